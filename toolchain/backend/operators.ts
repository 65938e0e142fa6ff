// WebAssembly's operators as expression trees: what neither branches nor calls. Each takes its operands from the stack
// and pushes its result. What 32 bits cannot express in line is a call of a helper (runtime.ts).
import {
  type AccessSize,
  type BinaryOp,
  binary,
  type Compare,
  compare,
  constant,
  type Expr,
  isPlainConst,
  type PairOp,
  powerOfTwo,
  register,
  SWAPPED,
  select,
  type UnaryOp,
  unary,
} from './ir.js';
import type { Lowering, Value } from './lower.js';
import { quotient, signedQuotient } from './quotients.js';
import type { FunctionType } from './wasm.js';

type Operator = (l: Lowering) => void;

export const OPERATORS: Record<number, Operator> = {};

// Operands and variables

const I32_BY_TWO: FunctionType = { params: ['i32', 'i32'], results: ['i32'] };
const VOID_BY_THREE: FunctionType = { params: ['i32', 'i32', 'i32'], results: [] };
const I64: FunctionType = { params: [], results: ['i64'] };
const I32: FunctionType = { params: [], results: ['i32'] };

OPERATORS[0x41] = (l) => l.push(constant(l.r.s32()));
OPERATORS[0x42] = (l) => {
  const { low, high } = l.r.s64();
  l.push(constant(low), constant(high));
};

const choose: Operator = (l) => {
  const condition = l.pop();
  const y = l.popValue();
  const x = l.popValue();
  if (x.length === 1) return l.push(select(condition, x[0], y[0]));
  const once = l.once(condition);
  l.push(...x.map((half, i) => l.once(select(once, half, y[i]))));
};
OPERATORS[0x1b] = choose;
OPERATORS[0x1c] = (l) => {
  l.r.list(() => l.r.type());
  choose(l);
};

OPERATORS[0x23] = (l) => {
  const index = l.r.u32();
  const g = l.module.globals[index];
  if (!g.mutable) {
    if (g.type === 'i32') return l.push(constant(g.init.low));
    return l.push(constant(g.init.low), constant(g.init.high));
  }
  if (g.constant) return l.push(constant(g.constant.value, g.constant.symbol));
  const address = constant(0, l.names.global(index));
  const word = (offset: number): Expr => ({ kind: 'load', size: 4, signed: false, address, offset, global: index });
  if (g.type === 'i64') l.push(word(0), word(4));
  else l.push(word(0));
};
OPERATORS[0x24] = (l) => {
  const index = l.r.u32();
  const value = l.popValue();
  l.settle((e) => e.kind === 'load' && e.global === index);
  const address = constant(0, l.names.global(index));
  // Both halves are evaluated before either is stored: the high half may read the global.
  const halves = value.length === 2 ? value.map((half) => l.once(half)) : value;
  for (const [i, half] of halves.entries()) l.emit({ kind: 'store', size: 4, address, offset: 4 * i, value: half });
};

// Memory

function load(l: Lowering, size: AccessSize, signed: boolean): Expr {
  l.r.u32();
  const offset = l.r.u32() | 0;
  return { kind: 'load', size, signed, address: l.pop(), offset };
}
for (const [op, size, signed] of [
  [0x28, 4, false],
  [0x2c, 1, true],
  [0x2d, 1, false],
  [0x2e, 2, true],
  [0x2f, 2, false],
] as const)
  OPERATORS[op] = (l) => l.push(load(l, size, signed));
for (const [op, size] of [
  [0x31, 1],
  [0x33, 2],
  [0x35, 4],
] as const)
  OPERATORS[op] = (l) => l.push(load(l, size, false), constant(0));
for (const [op, size] of [
  [0x30, 1],
  [0x32, 2],
  [0x34, 4],
] as const)
  OPERATORS[op] = (l) => signExtend(l, l.once(load(l, size, true)));
/** An address to be used twice: what is added to it stays a displacement. */
function twice(l: Lowering, e: Expr): Expr {
  return e.kind === 'binary' && e.op === 'add' && e.y.kind === 'const' ? binary('add', l.once(e.x), e.y) : l.once(e);
}
OPERATORS[0x29] = (l) => {
  l.r.u32();
  const offset = l.r.u32() | 0;
  const address = twice(l, l.pop());
  const word = (o: number): Expr => l.once({ kind: 'load', size: 4, signed: false, address, offset: (offset + o) | 0 });
  l.push(word(0), word(4));
};

function store(l: Lowering, size: AccessSize): void {
  l.r.u32();
  const offset = l.r.u32() | 0;
  const [value] = l.popValue();
  const address = l.pop();
  l.settleLoads();
  l.emit({ kind: 'store', size, address, offset, value });
}
for (const [op, size] of [
  [0x36, 4],
  [0x3a, 1],
  [0x3b, 2],
  [0x3c, 1],
  [0x3d, 2],
  [0x3e, 4],
] as const)
  OPERATORS[op] = (l) => store(l, size);
OPERATORS[0x37] = (l) => {
  l.r.u32();
  const offset = l.r.u32() | 0;
  const halves = l.popValue().map((half) => l.once(half));
  const address = twice(l, l.pop());
  l.settleLoads();
  for (const [i, value] of halves.entries())
    l.emit({ kind: 'store', size: 4, address, offset: (offset + 4 * i) | 0, value });
};
OPERATORS[0x3f] = (l) => l.fail('memory.size: guest code has no growing memory');
OPERATORS[0x40] = (l) => l.fail('memory.grow: guest code has no growing memory (is there a `new` or a string?)');
OPERATORS[0xfc] = (l) => {
  const sub = l.r.u32();
  if (sub !== 10 && sub !== 11) l.fail(`WebAssembly instruction 0xfc ${sub} is not supported`);
  l.r.at += sub === 10 ? 2 : 1;
  const [n, value, to] = [l.pop(), l.pop(), l.pop()];
  l.call(sub === 10 ? '__memory_copy' : '__memory_fill', VOID_BY_THREE, [to, value, n]);
};

// 32-bit operators

const COMPARES: Compare[] = ['e', 'ne', 'l', 'b', 'g', 'a', 'le', 'be', 'ge', 'ae'];
OPERATORS[0x45] = (l) => l.push(compare('e', l.pop(), constant(0)));
for (const [i, cc] of COMPARES.entries())
  OPERATORS[0x46 + i] = (l) => {
    const y = l.pop();
    l.push(compare(cc, l.pop(), y));
  };
for (const [i, op] of (['clz', 'ctz', 'popcnt'] as UnaryOp[]).entries())
  OPERATORS[0x67 + i] = (l) => l.push(unary(op, l.pop()));
OPERATORS[0xc0] = (l) => l.push(unary('ext8', l.pop()));
OPERATORS[0xc1] = (l) => l.push(unary('ext16', l.pop()));

const BINARY: BinaryOp[] = [
  'add',
  'sub',
  'mul',
  'divs',
  'divu',
  'rems',
  'remu',
  'and',
  'or',
  'xor',
  'shl',
  'sar',
  'shr',
  'rol',
  'ror',
];
for (const [i, op] of BINARY.entries())
  OPERATORS[0x6a + i] = (l) => {
    const y = l.pop();
    const x = l.pop();
    if (op === 'divs') l.push(divideSigned(l, x, y));
    else if (op === 'rems') remainderSigned(l, x, y);
    else if (op === 'divu' && isPlainConst(y)) l.push(quotient(l, x, y.value));
    else l.push(binary(op, x, y));
  };

/** What to add before an arithmetic shift right by k, so that it rounds towards zero. */
const bias = (x: Expr, k: number): Expr => binary('shr', binary('sar', x, constant(31)), constant(32 - k));

function divideSigned(l: Lowering, x: Expr, y: Expr): Expr {
  const k = isPlainConst(y) && y.value > 0 ? powerOfTwo(y.value) : undefined;
  if (k === undefined && isPlainConst(y)) return signedQuotient(l, x, y.value);
  if (k === undefined) return binary('divs', x, y);
  if (k === 0) return x;
  const once = l.once(x);
  return binary('sar', binary('add', once, bias(once, k)), constant(k));
}

function remainderSigned(l: Lowering, x: Expr, y: Expr): void {
  const k = isPlainConst(y) && y.value > 0 ? powerOfTwo(y.value) : undefined;
  if (k !== undefined && k > 0) {
    const once = l.once(x);
    const multiple = binary('and', binary('add', once, bias(once, k)), constant(-(2 ** k)));
    l.push(binary('sub', once, multiple));
  } else if (isPlainConst(y) && y.value !== -1 && y.value !== 1 && y.value !== 0) {
    const once = l.once(x);
    l.push(binary('sub', once, binary('mul', signedQuotient(l, once, y.value), y)));
  } else l.call('__remainder_s32', I32_BY_TWO, [x, y]); // INT_MIN % -1 is 0 here, and #DE by IDIV
}

// 64-bit operators

function signExtend(l: Lowering, low: Expr): void {
  const once = l.once(low);
  l.push(once, binary('sar', once, constant(31)));
}
const isZero = (e: Expr): boolean => isPlainConst(e) && e.value === 0;

/** A bound of a tree's value as an unsigned number. */
function largest(e: Expr): number {
  if (isPlainConst(e)) return e.value >>> 0;
  if (e.kind === 'load' && e.size < 4 && !e.signed) return 256 ** e.size - 1;
  if (e.kind === 'binary' && e.op === 'and' && isPlainConst(e.y)) return e.y.value >>> 0;
  if (e.kind === 'binary' && e.op === 'shr' && isPlainConst(e.y)) return 0xffffffff >>> (e.y.value & 31);
  return 0xffffffff;
}

OPERATORS[0xa7] = (l) => l.push(l.pop());
OPERATORS[0xac] = (l) => signExtend(l, l.pop());
OPERATORS[0xad] = (l) => l.push(l.pop(), constant(0));
OPERATORS[0xc2] = (l) => signExtend(l, unary('ext8', l.pop()));
OPERATORS[0xc3] = (l) => signExtend(l, unary('ext16', l.pop()));
OPERATORS[0xc4] = (l) => signExtend(l, l.pop());

function pair(l: Lowering, op: PairOp, a: Value, b: Value): void {
  if (op === 'add' && isZero(a[1]) && isZero(b[1]) && largest(a[0]) + largest(b[0]) < 2 ** 32)
    return l.push(binary('add', a[0], b[0]), constant(0));
  const [lo, hi] = l.fresh(2);
  const operands = { a: a.map((half) => l.once(half)), b: b.map((half) => l.once(half)) };
  l.emit({ kind: 'pair', op, lo, hi, ...operands });
  l.push(register(lo), register(hi));
}

/** CMP and SBB set the flags for below, above-or-equal, less and greater-or-equal only. */
function compare64(cc: Compare, x: Value, y: Value): Expr {
  if (cc === 'b' || cc === 'ae' || cc === 'l' || cc === 'ge') {
    const toZero = y.every((half) => isPlainConst(half) && half.value === 0);
    if (toZero && (cc === 'l' || cc === 'ge')) return compare(cc, x[1], y[1]);
    return { kind: 'compare64', cc, x, y };
  }
  const next = isPlainConst(y[0]) && isPlainConst(y[1]) ? successor(y[0].value, y[1].value) : undefined;
  const largest = cc === 'g' || cc === 'le' ? -0x80000000 : 0;
  // x > c is x >= c + 1, where there is a c + 1.
  if (next && !(next[0] === 0 && next[1] === largest))
    return { kind: 'compare64', cc: OR_EQUAL[cc], x, y: next.map((half) => constant(half)) };
  return { kind: 'compare64', cc: SWAPPED[cc], x: y, y: x };
}
const OR_EQUAL: Record<string, Compare> = { g: 'ge', le: 'l', a: 'ae', be: 'b' };
const successor = (low: number, high: number): [number, number] => [(low + 1) | 0, low === -1 ? (high + 1) | 0 : high];

OPERATORS[0x50] = (l) => {
  const [lo, hi] = l.popValue();
  l.push(compare('e', binary('or', lo, hi), constant(0)));
};
for (const [i, cc] of COMPARES.entries())
  OPERATORS[0x51 + i] = (l) => {
    const y = l.popValue().map((half) => l.once(half));
    const x = l.popValue().map((half) => l.once(half));
    if (cc === 'e' || cc === 'ne') {
      const differ = binary('or', binary('xor', x[0], y[0]), binary('xor', x[1], y[1]));
      return l.push(compare(cc, differ, constant(0)));
    }
    l.push(compare64(cc, x, y));
  };

for (const [op, name] of [
  [0x79, '__clz64'],
  [0x7a, '__ctz64'],
  [0x7b, '__popcnt64'],
] as const)
  OPERATORS[op] = (l) => {
    l.call(name, I32, l.popValue());
    l.push(l.pop(), constant(0));
  };
for (const [op, name] of [
  [0x7c, 'add'],
  [0x7d, 'sub'],
  [0x7e, 'mul'],
] as const)
  OPERATORS[op] = (l) => {
    const b = l.popValue();
    pair(l, name, l.popValue(), b);
  };
for (const [op, name] of [
  [0x7f, '__divide_s64'],
  [0x80, '__divide_u64'],
  [0x81, '__remainder_s64'],
  [0x82, '__remainder_u64'],
] as const)
  OPERATORS[op] = (l) => {
    const b = l.popValue();
    l.call(name, I64, [...l.popValue(), ...b]);
  };
for (const [op, name] of [
  [0x83, 'and'],
  [0x84, 'or'],
  [0x85, 'xor'],
] as const)
  OPERATORS[op] = (l) => {
    const b = l.popValue();
    const a = l.popValue();
    l.push(binary(name, a[0], b[0]), binary(name, a[1], b[1]));
  };
for (const [op, name] of [
  [0x86, 'shl'],
  [0x87, 'sar'],
  [0x88, 'shr'],
] as const)
  OPERATORS[op] = (l) => {
    const [count] = l.popValue();
    const value = l.popValue();
    if (isPlainConst(count)) shiftByConstant(l, name, value, count.value & 63);
    else l.call(`__${name}64`, I64, [...value, count]);
  };
for (const [op, name] of [
  [0x89, '__rol64'],
  [0x8a, '__ror64'],
] as const)
  OPERATORS[op] = (l) => {
    const [count] = l.popValue();
    l.call(name, I64, [...l.popValue(), count]);
  };

function shiftByConstant(l: Lowering, op: 'shl' | 'sar' | 'shr', [lo, hi]: Value, k: number): void {
  if (k === 0) return l.push(lo, hi);
  if (k < 32) {
    if (op === 'shr' && isPlainConst(hi) && hi.value === 0) return l.push(binary('shr', lo, constant(k)), hi);
    return pair(l, op, [lo, hi], [constant(k), constant(0)]);
  }
  const rest = constant(k - 32);
  if (op === 'shl') return l.push(constant(0), binary('shl', lo, rest));
  if (op === 'shr') return l.push(binary('shr', hi, rest), constant(0));
  const once = l.once(hi);
  l.push(binary('sar', once, rest), binary('sar', once, constant(31)));
}
