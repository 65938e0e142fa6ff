// The intermediate representation: a control-flow graph of statements over pure expression trees, all of 32 bits. A
// 64-bit value is a pair of trees, low half first; what does not split into halves is a `pair` statement.
//
// Registers are numbers: 0..7 are the machine's, by their encoding; from FIRST_VIRTUAL on they are virtual.
// The makers below fold constants and put expressions into the form that select.ts matches: constants on the right,
// `x - c` as `x + -c`, one constant at the end of a sum.
import type { Condition } from '../assembler/operands.js';

export const FIRST_VIRTUAL = 8;

export type BinaryOp =
  | 'add'
  | 'sub'
  | 'mul'
  | 'divs'
  | 'divu'
  | 'rems'
  | 'remu'
  | 'and'
  | 'or'
  | 'xor'
  | 'shl'
  | 'sar'
  | 'shr'
  | 'rol'
  | 'ror'
  | HighProduct;
/** Of the forms that only division by a constant uses: the high half of an unsigned or a signed product. */
export type HighProduct = 'mulhu' | 'mulhs';
export type UnaryOp = 'clz' | 'ctz' | 'popcnt' | 'ext8' | 'ext16' | Expectation;
/** What its author says of a condition; its value is that of the condition. */
export type Expectation = 'likely' | 'unlikely';
export type AccessSize = 1 | 2 | 4;

export type Expr =
  | { readonly kind: 'const'; readonly value: number; readonly symbol?: string }
  | { readonly kind: 'reg'; readonly reg: number }
  | {
      readonly kind: 'load';
      readonly size: AccessSize;
      readonly signed: boolean;
      readonly address: Expr;
      readonly offset: number;
      /** The WebAssembly global that this load reads; no store through a pointer changes it. */
      readonly global?: number;
    }
  | { readonly kind: 'binary'; readonly op: BinaryOp; readonly x: Expr; readonly y: Expr }
  | { readonly kind: 'unary'; readonly op: UnaryOp; readonly x: Expr }
  | { readonly kind: 'compare'; readonly cc: Compare; readonly x: Expr; readonly y: Expr }
  /** Of two 64-bit values, low halves first; 'b', 'ae', 'l' or 'ge': what CMP and SBB tell. */
  | { readonly kind: 'compare64'; readonly cc: Compare; readonly x: readonly Expr[]; readonly y: readonly Expr[] }
  | { readonly kind: 'select'; readonly condition: Expr; readonly x: Expr; readonly y: Expr };

export type Compare = 'e' | 'ne' | 'l' | 'ge' | 'g' | 'le' | 'b' | 'ae' | 'a' | 'be';
export type PairOp = 'add' | 'sub' | 'mul' | 'shl' | 'shr' | 'sar';

export type Statement = { position: number } & (
  | { kind: 'set'; reg: number; value: Expr }
  | { kind: 'store'; size: AccessSize; address: Expr; offset: number; value: Expr }
  | { kind: 'call'; target: string | Expr; args: Expr[]; results: number[] }
  | { kind: 'intrinsic'; name: string; args: Expr[]; results: number[] }
  | { kind: 'hook'; name: string }
  /** lo:hi = a op b. */
  | { kind: 'pair'; op: PairOp; lo: number; hi: number; a: Expr[]; b: Expr[] }
  /** 64 bits in memory op= by; what is added or subtracted are registers and constants. */
  | { kind: 'accumulate'; op: 'add' | 'sub'; address: Expr; offset: number; by: Expr[] }
);

export type Terminator = { position: number } & (
  | { kind: 'jump'; to: Block }
  | { kind: 'branch'; condition: Expr; yes: Block; no: Block }
  | { kind: 'switch'; value: Expr; to: Block[]; other: Block }
  | { kind: 'return'; values: Expr[] }
  | { kind: 'trap' }
);

export interface Block {
  readonly id: number;
  statements: Statement[];
  end?: Terminator;
  /** Nesting depth of loops: weighs spill costs. */
  depth: number;
  isLoopHead: boolean;
}

export interface IrFunction {
  readonly name: string;
  blocks: Block[];
  /** Number of registers in use, machine registers included. */
  registers: number;
  readonly params: readonly number[];
}

export const constant = (value: number, symbol?: string): Expr => ({ kind: 'const', value: value | 0, symbol });
export const register = (reg: number): Expr => ({ kind: 'reg', reg });
export const isExpectation = (e: Expr): e is Expr & { kind: 'unary'; op: Expectation } =>
  e.kind === 'unary' && (e.op === 'likely' || e.op === 'unlikely');
export const isPlainConst = (e: Expr): e is Expr & { kind: 'const' } => e.kind === 'const' && e.symbol === undefined;

/** A load that can be the memory operand of an instruction. */
export const isWordLoad = (e: Expr): e is Expr & { kind: 'load' } => e.kind === 'load' && e.size === 4;

export const INVERSE: Record<string, Condition> = {
  e: 'ne',
  ne: 'e',
  l: 'ge',
  ge: 'l',
  g: 'le',
  le: 'g',
  b: 'ae',
  ae: 'b',
  a: 'be',
  be: 'a',
  s: 'ns',
  ns: 's',
};
export const SWAPPED: Record<Compare, Compare> = {
  e: 'e',
  ne: 'ne',
  l: 'g',
  g: 'l',
  ge: 'le',
  le: 'ge',
  b: 'a',
  a: 'b',
  ae: 'be',
  be: 'ae',
};

export function children(e: Expr): Expr[] {
  switch (e.kind) {
    case 'load':
      return [e.address];
    case 'binary':
    case 'compare':
      return [e.x, e.y];
    case 'unary':
      return [e.x];
    case 'compare64':
      return [...e.x, ...e.y];
    case 'select':
      return [e.condition, e.x, e.y];
    default:
      return [];
  }
}

export const contains = (e: Expr, test: (e: Expr) => boolean): boolean =>
  test(e) || children(e).some((child) => contains(child, test));

export const reads = (e: Expr, reg: number): boolean => contains(e, (x) => x.kind === 'reg' && x.reg === reg);

/** The tree with its operands replaced. */
export function mapChildren(e: Expr, f: (e: Expr) => Expr): Expr {
  switch (e.kind) {
    case 'reg':
    case 'const':
      return e;
    case 'load':
      return { ...e, address: f(e.address) };
    case 'unary':
      return unary(e.op, f(e.x));
    case 'binary':
      return binary(e.op, f(e.x), f(e.y));
    case 'compare':
      return compare(e.cc, f(e.x), f(e.y));
    case 'compare64':
      return { ...e, x: e.x.map(f), y: e.y.map(f) };
    case 'select':
      return select(f(e.condition), f(e.x), f(e.y));
  }
}

/** The tree with every read of `reg` replaced. */
export function substitute(e: Expr, reg: number, by: Expr): Expr {
  if (e.kind === 'reg') return e.reg === reg ? by : e;
  return mapChildren(e, (child) => substitute(child, reg, by));
}

export function sameTree(a: Expr, b: Expr): boolean {
  if (a === b) return true;
  if (a.kind !== b.kind) return false;
  const head = (e: Expr): unknown[] =>
    e.kind === 'const'
      ? [e.value, e.symbol]
      : e.kind === 'reg'
        ? [e.reg]
        : e.kind === 'load'
          ? [e.size, e.signed, e.offset, e.global]
          : e.kind === 'binary' || e.kind === 'unary'
            ? [e.op]
            : e.kind === 'compare' || e.kind === 'compare64'
              ? [e.cc]
              : [];
  const other = head(b);
  if (!head(a).every((x, i) => x === other[i])) return false;
  const kids = children(b);
  return children(a).every((x, i) => sameTree(x, kids[i]));
}

/** A tree with the same low bytes, of which alone something is made: what only changes higher ones is left out. */
export function lowBytes(e: Expr, size: AccessSize): Expr {
  const mask = 256 ** size - 1;
  if (e.kind === 'binary' && e.op === 'and' && isPlainConst(e.y) && (e.y.value & mask) === mask)
    return lowBytes(e.x, size);
  if (e.kind === 'unary' && (e.op === 'ext16' || (e.op === 'ext8' && size === 1))) return lowBytes(e.x, size);
  return e;
}

const FOLD: Partial<Record<BinaryOp, (a: number, b: number) => number>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: Math.imul,
  and: (a, b) => a & b,
  or: (a, b) => a | b,
  xor: (a, b) => a ^ b,
  shl: (a, b) => a << b,
  shr: (a, b) => a >>> b,
  sar: (a, b) => a >> b,
};
const SHIFTS = new Set<BinaryOp>(['shl', 'shr', 'sar', 'rol', 'ror']);
const COMMUTES = new Set<BinaryOp>(['add', 'and', 'or', 'xor', 'mul']);
const ZERO_IS_NEUTRAL = new Set<BinaryOp>(['add', 'or', 'xor', ...SHIFTS]);

export const powerOfTwo = (v: number): number | undefined =>
  v !== 0 && (v & (v - 1)) === 0 ? 31 - Math.clz32(v) : undefined;

export function unary(op: UnaryOp, x: Expr): Expr {
  if ((op === 'likely' || op === 'unlikely') && isPlainConst(x)) return x;
  return { kind: 'unary', op, x };
}

export function binary(op: BinaryOp, x: Expr, y: Expr): Expr {
  if (x.kind === 'const' && COMMUTES.has(op) && (isPlainConst(x) || y.kind !== 'const')) [x, y] = [y, x];
  // An address and what is added to it become one constant.
  if (op === 'add' && y.kind === 'const' && x.kind === 'binary' && x.op === 'add' && x.y.kind === 'const')
    if (x.y.symbol === undefined || y.symbol === undefined)
      return binary('add', x.x, constant(x.y.value + y.value, x.y.symbol ?? y.symbol));
  if (!isPlainConst(y)) return { kind: 'binary', op, x, y };
  const fold = FOLD[op];
  if (isPlainConst(x) && fold) return constant(fold(x.value, y.value));
  const c = y.value;
  // All 32 bits of a count are the program's, five of them count: what follows, and select.ts, compare it with numbers.
  if (SHIFTS.has(op) && c !== (c & 31)) return binary(op, x, constant(c & 31));
  if (op === 'sub') return binary('add', x, constant(-c));
  if (c === 0 && ZERO_IS_NEUTRAL.has(op)) return x;
  if (op === 'and' && c === -1) return x;
  if ((op === 'and' || op === 'mul') && c === 0) return y;
  if (op === 'add' && x.kind === 'const') return constant(x.value + c, x.symbol);
  const power = powerOfTwo(c);
  if (op === 'mul' && power !== undefined) return binary('shl', x, constant(power));
  if (op === 'divu' && power !== undefined) return binary('shr', x, constant(power));
  if (op === 'remu' && power !== undefined) return binary('and', x, constant(c - 1));
  // ((v >> a) & m) << b is (v >> (a - b)) & (m << b): one shift less in page-table indices.
  if (op === 'shl' && x.kind === 'binary' && x.op === 'and' && isPlainConst(x.y)) {
    const inner = x.x;
    if (inner.kind === 'binary' && inner.op === 'shr' && isPlainConst(inner.y) && inner.y.value > c)
      return binary('and', binary('shr', inner.x, constant(inner.y.value - c)), constant(x.y.value << c));
  }
  return { kind: 'binary', op, x, y };
}

const HOLDS: Record<Compare, (a: number, b: number) => boolean> = {
  e: (a, b) => a === b,
  ne: (a, b) => a !== b,
  l: (a, b) => a < b,
  g: (a, b) => a > b,
  le: (a, b) => a <= b,
  ge: (a, b) => a >= b,
  b: (a, b) => a >>> 0 < b >>> 0,
  a: (a, b) => a >>> 0 > b >>> 0,
  ae: (a, b) => a >>> 0 >= b >>> 0,
  be: (a, b) => a >>> 0 <= b >>> 0,
};

/** The number whose product with an odd number is 1 modulo 2^32: each step of Newton's doubles the bits that are right. */
function inverse(odd: number): number {
  let x = odd;
  for (let i = 0; i < 4; i++) x = Math.imul(x, 2 - Math.imul(odd, x));
  return x;
}

export function compare(cc: Compare, x: Expr, y: Expr): Expr {
  // Multiples of an odd c, and no others, are at most (2^32 - 1) / c when multiplied by its inverse.
  if (x.kind === 'binary' && x.op === 'remu' && isPlainConst(x.y) && x.y.value & 1 && isPlainConst(y) && y.value === 0)
    if (cc === 'e' || cc === 'ne') {
      const product = binary('mul', x.x, constant(inverse(x.y.value)));
      return compare(cc === 'e' ? 'be' : 'a', product, constant(Math.floor(0xffffffff / (x.y.value >>> 0))));
    }
  if (x.kind === 'const' && y.kind !== 'const') return compare(SWAPPED[cc], y, x);
  if (isPlainConst(x) && isPlainConst(y)) return constant(HOLDS[cc](x.value, y.value) ? 1 : 0);
  if (isPlainConst(y) && y.value === 0 && isExpectation(x) && (cc === 'e' || cc === 'ne'))
    return unary(cc === 'ne' ? x.op : x.op === 'likely' ? 'unlikely' : 'likely', compare(cc, x.x, y));
  if (isPlainConst(y) && y.value === 0 && (x.kind === 'compare' || x.kind === 'compare64')) {
    if (cc === 'e') return { ...x, cc: INVERSE[x.cc] as Compare };
    if (cc === 'ne') return x;
  }
  return { kind: 'compare', cc, x, y };
}

/** The tree of one bit that a condition tests, and whether it is to be set. */
function testedBit(e: Expr): { of: Expr; bit: number; set: boolean } | undefined {
  if (e.kind === 'compare' && (e.cc === 'e' || e.cc === 'ne') && isPlainConst(e.y) && e.y.value === 0) {
    const inner = testedBit(e.x);
    return inner && { ...inner, set: inner.set === (e.cc === 'ne') };
  }
  if (e.kind !== 'binary' || e.op !== 'and' || !isPlainConst(e.y)) return undefined;
  const bit = powerOfTwo(e.y.value);
  return bit === undefined ? undefined : { of: e.x, bit, set: true };
}

/** Between two constants that differ by a power of two, one bit decides by shifting. */
export function select(condition: Expr, x: Expr, y: Expr): Expr {
  if (isPlainConst(condition)) return condition.value !== 0 ? x : y;
  const test = isPlainConst(x) && isPlainConst(y) ? testedBit(condition) : undefined;
  if (test && isPlainConst(x) && isPlainConst(y)) {
    const [one, zero] = test.set ? [x.value, y.value] : [y.value, x.value];
    const to = powerOfTwo((one - zero) | 0);
    if (to !== undefined) {
      const by = constant(Math.abs(to - test.bit));
      const shifted = binary(to >= test.bit ? 'shl' : 'shr', test.of, by);
      return binary('add', binary('and', shifted, constant(1 << to)), constant(zero));
    }
  }
  return { kind: 'select', condition, x, y };
}

export function successors(b: Block): Block[] {
  const end = b.end as Terminator;
  switch (end.kind) {
    case 'jump':
      return [end.to];
    case 'branch':
      return [end.yes, end.no];
    case 'switch':
      return [...end.to, end.other];
    default:
      return [];
  }
}

/** Every expression that a statement or terminator evaluates. */
export function expressions(s: Statement | Terminator): Expr[] {
  switch (s.kind) {
    case 'set':
      return [s.value];
    case 'store':
      return [s.address, s.value];
    case 'call':
      return typeof s.target === 'string' ? s.args : [s.target, ...s.args];
    case 'intrinsic':
      return s.args;
    case 'pair':
      return [...s.a, ...s.b];
    case 'accumulate':
      return [s.address, ...s.by];
    case 'branch':
      return [s.condition];
    case 'switch':
      return [s.value];
    case 'return':
      return s.values;
    default:
      return [];
  }
}
