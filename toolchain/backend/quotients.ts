// Division by a constant as a multiplication, which takes a quarter of the time or less. (Granlund and Montgomery,
// "Division by invariant integers using multiplication", 1994; the constants as in Warren, "Hacker's Delight", 10.)
import { binary, constant, type Expr, powerOfTwo } from './ir.js';

/** Who can evaluate a tree once, to use its value twice. */
interface Evaluates {
  once(e: Expr): Expr;
}

/** x / d, unsigned; a division by zero stays one. */
export function quotient(l: Evaluates, x: Expr, d: number): Expr {
  const divisor = d >>> 0;
  if (divisor === 0 || powerOfTwo(d) !== undefined) return binary('divu', x, constant(d));
  // Above 2^31 the quotient is 0 or 1.
  if (divisor > 0x80000000) return { kind: 'compare', cc: 'ae', x, y: constant(d) };
  const bits = 32 - Math.clz32(divisor - 1);
  // The factor has 33 bits in general: 2^(32 + bits) / divisor, rounded up.
  const exact = (1n << BigInt(32 + bits)) / BigInt(divisor) + 1n;
  const short = shorter(divisor, bits);
  if (short) return binary('shr', high('mulhu', x, short.factor), constant(short.shift));
  const once = l.once(x);
  const product = l.once(high('mulhu', once, Number(BigInt.asIntN(32, exact))));
  const sum = binary('add', binary('shr', binary('sub', once, product), constant(1)), product);
  return binary('shr', sum, constant(bits - 1));
}

/** A factor of 32 bits that does, where there is one. */
function shorter(divisor: number, bits: number): { factor: number; shift: number } | undefined {
  for (let shift = 0; shift <= bits; shift++) {
    const power = 1n << BigInt(32 + shift);
    const factor = power / BigInt(divisor) + 1n;
    const error = factor * BigInt(divisor) - power;
    if (factor < 1n << 32n && error <= 1n << BigInt(shift)) return { factor: Number(BigInt.asIntN(32, factor)), shift };
  }
  return undefined;
}

/** x / d, signed, rounded towards zero; d is neither 0 nor a power of two. */
export function signedQuotient(l: Evaluates, x: Expr, d: number): Expr {
  const magnitude = Math.abs(d);
  if (d === 0 || magnitude === 1 || powerOfTwo(magnitude | 0) !== undefined) return binary('divs', x, constant(d));
  const bits = 32 - Math.clz32(magnitude - 1);
  const shift = bits - 1;
  const factor = (1n << BigInt(32 + shift)) / BigInt(magnitude) + 1n;
  const once = l.once(x);
  let product: Expr = high('mulhs', once, Number(BigInt.asIntN(32, factor)));
  // A factor of 2^31 or more is a negative number here, 2^32 too small.
  if (factor >= 1n << 31n) product = binary('add', product, once);
  const quotient = binary('sar', product, constant(shift));
  const sign = binary('sar', once, constant(31));
  return d > 0 ? binary('sub', quotient, sign) : binary('sub', sign, quotient);
}

const high = (op: 'mulhu' | 'mulhs', x: Expr, factor: number): Expr => ({
  kind: 'binary',
  op,
  x,
  y: constant(factor),
});
