// Local improvements on allocated code: three-operand adds by LEA, XOR for zero, INC and DEC, tests that repeat flags
// which are set already, tail calls, and the epilogue in place of each return.
import type { Frame } from './frame.js';
import * as m from './machine.js';

type I = m.Instruction;

export function improve(f: m.MachineFunction, frame: Frame): void {
  for (const b of f.blocks) {
    let code = combineMoves(b.instructions);
    code = code.map((i, k) => (isZeroMove(i) && !flagsLiveAfter(code, k) ? { ...i, op: 'xor' as const, b: i.a } : i));
    code = dropRepeatedTests(code);
    code = code.map((i, k) => byOne(code, i, k));
    b.instructions = finish(code, frame);
  }
}

const isReg = (o: m.Operand | undefined): o is m.RegisterOperand => o?.kind === 'reg';
const isPlainImm = (o: m.Operand | undefined): o is m.ImmediateOperand => o?.kind === 'imm' && o.symbol === undefined;

function flagsLiveAfter(code: I[], k: number): boolean {
  for (let j = k + 1; j < code.length; j++) {
    if (m.readsFlags(code[j])) return true;
    if (!m.keepsFlags(code[j])) return false;
  }
  return false;
}

/** mov a, b; add a, c is lea a, [b + c]; mov a, b; shl a, n is lea a, [b * 2^n]. */
function combineMoves(code: I[]): I[] {
  const out: I[] = [];
  for (let k = 0; k < code.length; k++) {
    const [i, next] = [code[k], code[k + 1]];
    const at = m.isCopy(i) && next && isReg(next.a) && next.a.reg === i.a.reg ? leaFor(i.b.reg, next) : undefined;
    if (at && next && !flagsLiveAfter(code, k + 1)) {
      out.push({ op: 'lea', a: i.a, b: at, position: next.position });
      k++;
    } else out.push(i);
  }
  return out;
}

function leaFor(from: number, { op, a, b }: I): m.MemoryOperand | undefined {
  const to = (a as m.RegisterOperand).reg;
  if (op === 'add' && b?.kind === 'imm') return m.mem(from, b.value, m.NO_REGISTER, 0, b.symbol);
  if (op === 'add' && isReg(b) && b.reg !== to) return m.mem(from, 0, b.reg, 0);
  if (op === 'shl' && isPlainImm(b) && b.value >= 1 && b.value <= 3) return m.mem(m.NO_REGISTER, 0, from, b.value);
  return undefined;
}

const isZeroMove = (i: I): boolean =>
  i.op === 'mov' && isReg(i.a) && isPlainImm(i.b) && i.b.value === 0 && i.size === undefined;

const SETS_RESULT_FLAGS = new Set<m.Opcode>(['add', 'sub', 'and', 'or', 'xor', 'adc', 'sbb']);

function dropRepeatedTests(code: I[]): I[] {
  const out: I[] = [];
  for (const [k, i] of code.entries()) {
    const user = code[k + 1];
    const onSelf = i.op === 'test' && isReg(i.a) && isReg(i.b) && i.a.reg === i.b.reg;
    const bySignOrZero = user && m.readsFlags(user) && ['e', 'ne', 's', 'ns'].includes(user.cc ?? '');
    if (onSelf && bySignOrZero && hasResultFlags(out, (i.a as m.RegisterOperand).reg)) continue;
    out.push(i);
  }
  return out;
}

/** The flags at the end of `code` are those of the value in register r. */
function hasResultFlags(code: I[], r: number): boolean {
  for (let k = code.length - 1; k >= 0; k--) {
    const i = code[k];
    if (SETS_RESULT_FLAGS.has(i.op) && isReg(i.a) && i.a.reg === r) return i.size === undefined;
    if (!m.keepsFlags(i) || m.usesAndDefs(i).defs.includes(r)) return false;
  }
  return false;
}

/** INC and DEC leave CF alone: only where no later instruction reads the carry. */
function byOne(code: I[], i: I, k: number): I {
  if ((i.op !== 'add' && i.op !== 'sub') || !isPlainImm(i.b) || i.lock || i.setsCarry) return i;
  if (i.b.value !== 1 && i.b.value !== -1) return i;
  for (let j = k + 1; j < code.length; j++) {
    if (m.readsFlags(code[j]) && !['e', 'ne', 's', 'ns'].includes(code[j].cc ?? '')) return i;
    if (!m.keepsFlags(code[j]) && code[j].op !== 'movif') break;
  }
  return { ...i, op: (i.b.value === 1) === (i.op === 'add') ? 'inc' : 'dec', b: undefined };
}

function finish(code: I[], frame: Frame): I[] {
  const last = code[code.length - 1];
  if (last?.op !== 'ret') return code;
  const position = last.position;
  const epilogue = frame.epilogue.map((i) => ({ ...i, position }));
  const before = code[code.length - 2];
  if (before?.op === 'call' && frame.allowsTailCalls && survivesEpilogue(before.a))
    return [...code.slice(0, -2), ...epilogue, { ...before, op: 'tailcall' }];
  return [...code.slice(0, -1), ...epilogue, last];
}

/** The callee's address does not depend on registers that the epilogue restores, or on ESP. */
function survivesEpilogue(target: m.Operand | undefined): boolean {
  if (target === undefined) return true;
  const kept = (r: number) => r < 0 || m.CALLER_SAVED.includes(r);
  if (target.kind === 'reg') return kept(target.reg);
  return target.kind === 'mem' && kept(target.base) && kept(target.index);
}
