// 64-bit operations on pairs of registers.
import { type Expr, isPlainConst, type Statement } from './ir.js';
import * as m from './machine.js';
import type { Selector } from './select.js';

type Pair = Statement & { kind: 'pair' };

const isZero = (e: Expr): boolean => isPlainConst(e) && e.value === 0;

export function selectPair(s: Selector, p: Pair): void {
  if (p.op === 'mul') return multiply(s, p);
  const lo = s.fresh();
  const hi = s.fresh();
  if (p.op === 'add' || p.op === 'sub') {
    const low = s.anyOperand(p.b[0]);
    const high = s.anyOperand(p.b[1]);
    s.into(p.a[0], lo);
    s.into(p.a[1], hi);
    s.emit({ op: p.op, a: m.reg(lo), b: low, setsCarry: true });
    s.emit({ op: p.op === 'add' ? 'adc' : 'sbb', a: m.reg(hi), b: high });
  } else {
    // A shift by 1..31; shifts by 32 and more are moves of halves already.
    const count = (p.b[0] as Expr & { kind: 'const' }).value;
    s.into(p.a[0], lo);
    s.into(p.a[1], hi);
    const [first, second] = p.op === 'shl' ? [hi, lo] : [lo, hi];
    s.emit({ op: p.op === 'shl' ? 'shld' : 'shrd', a: m.reg(first), b: m.reg(second), count });
    s.emit({ op: p.op, a: m.reg(second), b: m.imm(count) });
  }
  s.move(p.lo, m.reg(lo));
  s.move(p.hi, m.reg(hi));
}

/** ADD and ADC, SUB and SBB, to memory. */
export function accumulate(s: Selector, { op, address, offset, by }: Statement & { kind: 'accumulate' }): void {
  const [low, high] = by.map((half) => s.registerOrImmediate(half));
  const at = s.address(address, offset);
  s.emit({ op, a: at, b: low, setsCarry: true });
  s.emit({ op: op === 'add' ? 'adc' : 'sbb', a: { ...at, disp: (at.disp + 4) | 0 }, b: high });
}

/** a.lo * b.lo, plus the cross products in the high half. */
function multiply(s: Selector, p: Pair): void {
  const a = s.inRegister(p.a[0]);
  const b = s.inRegister(p.b[0]);
  let cross: number | undefined;
  const addProduct = (high: Expr, low: number) => {
    if (isZero(high)) return;
    const product = s.fresh();
    s.into(high, product);
    s.emit({ op: 'imul', a: m.reg(product), b: m.reg(low) });
    if (cross === undefined) cross = product;
    else s.emit({ op: 'add', a: m.reg(cross), b: m.reg(product) });
  };
  addProduct(p.a[1], b);
  addProduct(p.b[1], a);
  s.move(m.EAX, m.reg(a));
  s.emit({ op: 'mul', a: m.reg(b), uses: [m.EAX], defs: [m.EAX, m.EDX] });
  s.move(p.lo, m.reg(m.EAX));
  const high = s.fresh();
  s.move(high, m.reg(m.EDX));
  if (cross !== undefined) s.emit({ op: 'add', a: m.reg(high), b: m.reg(cross) });
  s.move(p.hi, m.reg(high));
}
