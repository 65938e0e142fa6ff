// Selection of expression trees: `selectExpression(s, e, d)` evaluates the tree `e` into register `d`, which it does not
// read. Sub-trees are evaluated before `d` is written. A tree whose operands need a register of their own is built up in a
// fresh one and moved: the allocator joins the two where it can.
import type { Condition } from '../assembler/operands.js';
import { binary as binaryOf, type Expr, isExpectation, isPlainConst, isWordLoad } from './ir.js';
import * as m from './machine.js';
import { quotient } from './quotients.js';
import type { Selector } from './select.js';

/** Masks that MOVZX applies. */
export const ZERO_EXTENDS: Record<number, 1 | 2> = { 255: 1, 65535: 2 };

export function selectExpression(s: Selector, e: Expr, d: number): void {
  switch (e.kind) {
    case 'const':
      return s.move(d, m.imm(e.value, e.symbol));
    case 'reg':
      return s.move(d, m.reg(e.reg));
    case 'load': {
      const from = s.address(e.address, e.offset);
      if (e.size === 4) return s.move(d, from);
      return s.emit({ op: e.signed ? 'movsx' : 'movzx', a: m.reg(d), b: from, size: e.size });
    }
    case 'compare':
    case 'compare64':
      return setByCondition(s, s.condition(e), d);
    case 'select':
      return choose(s, e, d);
    case 'unary':
      return unary(s, e, d);
    case 'binary':
      return binary(s, e, d);
  }
}

/** 1 where the condition holds, else 0. */
export function setByCondition(s: Selector, cc: Condition, d: number): void {
  const byte = s.asByte(s.fresh());
  s.emit({ op: 'setcc', a: m.reg(byte), cc });
  s.emit({ op: 'movzx', a: m.reg(d), b: m.reg(byte), size: 1 });
}

function choose(s: Selector, e: Expr & { kind: 'select' }, d: number): void {
  const chosen = s.anyOperand(e.x);
  const result = s.fresh();
  s.into(e.y, result);
  const cc = s.condition(e.condition);
  s.emit({ op: 'movif', a: m.reg(result), b: chosen, cc });
  s.move(d, m.reg(result));
}

function unary(s: Selector, e: Expr & { kind: 'unary' }, d: number): void {
  if (isExpectation(e)) {
    s.into(e.x, d);
  } else if (e.op === 'popcnt') {
    s.call('__popcnt32', [e.x], [d]);
  } else if (e.op === 'clz' || e.op === 'ctz') {
    // BSR and BSF leave the result undefined for 0, and set ZF. 63 ^ 31 is 32.
    const found = s.fresh();
    s.emit({ op: e.op === 'clz' ? 'bsr' : 'bsf', a: m.reg(found), b: s.registerOrMemory(e.x) });
    s.emit({ op: 'movif', a: m.reg(found), b: m.imm(e.op === 'clz' ? 63 : 32), cc: 'e' });
    if (e.op === 'clz') s.emit({ op: 'xor', a: m.reg(found), b: m.imm(31) });
    s.move(d, m.reg(found));
  } else {
    const x = s.inRegister(e.x);
    if (e.op === 'ext8') s.asByte(x);
    s.emit({ op: 'movsx', a: m.reg(d), b: m.reg(x), size: e.op === 'ext8' ? 1 : 2 });
  }
}

function binary(s: Selector, e: Expr & { kind: 'binary' }, d: number): void {
  const { op, x, y } = e;
  switch (op) {
    case 'add':
      return add(s, e, d);
    case 'shl':
    case 'shr':
    case 'sar':
    case 'rol':
    case 'ror':
      return shift(s, op, x, y, d);
    case 'mul':
      return multiply(s, x, y, d);
    case 'mulhu':
    case 'mulhs':
      return highProduct(s, op === 'mulhs', x, y, d);
    case 'divs':
    case 'divu':
    case 'rems':
    case 'remu':
      return divide(s, op, x, y, d);
  }
  if (op === 'and' && isPlainConst(y) && ZERO_EXTENDS[y.value]) {
    const r = s.inRegister(x);
    if (y.value === 255) s.asByte(r);
    return s.emit({ op: 'movzx', a: m.reg(d), b: m.reg(r), size: ZERO_EXTENDS[y.value] });
  }
  if (op === 'xor' && isPlainConst(y) && y.value === -1) {
    s.into(x, d);
    return s.emit({ op: 'not', a: m.reg(d) });
  }
  if (op === 'sub' && isPlainConst(x)) {
    // 31 - clz(x), for x = 0: -1.
    if (x.value === 31 && y.kind === 'unary' && y.op === 'clz') {
      s.emit({ op: 'bsr', a: m.reg(d), b: s.registerOrMemory(y.x) });
      return s.emit({ op: 'movif', a: m.reg(d), b: m.imm(-1), cc: 'e' });
    }
    s.into(y, d);
    s.emit({ op: 'neg', a: m.reg(d) });
    if (x.value !== 0) s.emit({ op: 'add', a: m.reg(d), b: m.imm(x.value) });
    return;
  }
  combine(s, op, x, y, d);
}

/** Two-operand forms. */
function combine(s: Selector, op: m.Opcode, x: Expr, y: Expr, d: number): void {
  if (op !== 'sub' && isWordLoad(x) && !isWordLoad(y) && y.kind !== 'const') {
    s.move(d, m.reg(s.inRegister(y)));
    return s.emit({ op, a: m.reg(d), b: s.registerOrMemory(x) });
  }
  if (y.kind === 'const') {
    s.into(x, d);
    return s.emit({ op, a: m.reg(d), b: m.imm(y.value, y.symbol) });
  }
  const result = s.fresh();
  s.into(x, result);
  s.emit({ op, a: m.reg(result), b: s.anyOperand(y) });
  s.move(d, m.reg(result));
}

function add(s: Selector, e: Expr & { kind: 'binary' }, d: number): void {
  if (isWordLoad(e.x) || isWordLoad(e.y)) return combine(s, 'add', e.x, e.y, d);
  const at = s.address(e, 0);
  if (at.base < 0 && at.index >= 0 && at.shift === 0) {
    at.base = at.index;
    at.index = m.NO_REGISTER;
  }
  if (at.base >= 0 && at.index < 0 && at.disp === 0 && at.symbol === undefined) s.move(d, m.reg(at.base));
  else if (at.base >= 0 && at.shift === 0 && at.disp === 0 && at.symbol === undefined) {
    s.move(d, m.reg(at.base));
    s.emit({ op: 'add', a: m.reg(d), b: m.reg(at.index) });
  } else if (at.base < 0 && at.index < 0) s.move(d, m.imm(at.disp, at.symbol));
  else s.emit({ op: 'lea', a: m.reg(d), b: at });
}

function shift(s: Selector, op: 'shl' | 'shr' | 'sar' | 'rol' | 'ror', x: Expr, y: Expr, d: number): void {
  if (isPlainConst(y)) {
    // Sums and small shifts are LEA until their registers are known (fold.ts, peephole.ts).
    if (op === 'shl' && x.kind === 'reg' && y.value >= 1 && y.value <= 3)
      return s.emit({ op: 'lea', a: m.reg(d), b: m.mem(m.NO_REGISTER, 0, x.reg, y.value) });
    s.into(x, d);
    s.emit({ op, a: m.reg(d), b: m.imm(y.value & 31) });
    return;
  }
  const count = s.inRegister(y);
  const result = s.fresh();
  s.into(x, result);
  s.move(m.ECX, m.reg(count));
  s.emit({ op, a: m.reg(result), b: m.reg(m.ECX) });
  s.move(d, m.reg(result));
}

function multiply(s: Selector, x: Expr, y: Expr, d: number): void {
  if (isPlainConst(y)) {
    const shift = { 3: 1, 5: 2, 9: 3 }[y.value];
    if (shift === undefined) s.emit({ op: 'imul3', a: m.reg(d), b: s.registerOrMemory(x), count: y.value });
    else {
      const r = s.inRegister(x);
      s.emit({ op: 'lea', a: m.reg(d), b: m.mem(r, 0, r, shift) });
    }
    return;
  }
  const result = s.fresh();
  const factor = s.registerOrMemory(y);
  s.into(x, result);
  s.emit({ op: 'imul', a: m.reg(result), b: factor });
  s.move(d, m.reg(result));
}

/** x - x / y * y; not lowered to that before, so that a comparison with 0 is seen (ir.ts). */
function remainderByConstant(s: Selector, x: Expr, y: Expr & { kind: 'const' }, d: number): void {
  const dividend = s.inRegister(x);
  const copy: Expr = { kind: 'reg', reg: dividend };
  const once = (e: Expr): Expr => ({ kind: 'reg', reg: s.inRegister(e) });
  const result = s.fresh();
  s.into(binaryOf('sub', copy, binaryOf('mul', quotient({ once }, copy, y.value), y)), result);
  s.move(d, m.reg(result));
}

/** The high half of a product goes to EDX. */
function highProduct(s: Selector, signed: boolean, x: Expr, y: Expr, d: number): void {
  const factor = s.inRegister(y);
  s.move(m.EAX, m.reg(s.inRegister(x)));
  s.emit({ op: signed ? 'imul1' : 'mul', a: m.reg(factor), uses: [m.EAX], defs: [m.EAX, m.EDX] });
  s.move(d, m.reg(m.EDX));
}

function divide(s: Selector, op: 'divs' | 'divu' | 'rems' | 'remu', x: Expr, y: Expr, d: number): void {
  if (op === 'remu' && isPlainConst(y) && y.value !== 0) return remainderByConstant(s, x, y, d);
  const divisor = s.inRegister(y);
  const dividend = s.inRegister(x);
  const signed = op === 'divs' || op === 'rems';
  s.move(m.EAX, m.reg(dividend));
  if (signed) s.emit({ op: 'cdq', uses: [m.EAX], defs: [m.EDX] });
  else s.move(m.EDX, m.imm(0));
  const both = [m.EAX, m.EDX];
  s.emit({ op: signed ? 'idiv' : 'div', a: m.reg(divisor), uses: both, defs: both });
  s.move(d, m.reg(op === 'divs' || op === 'divu' ? m.EAX : m.EDX));
}
