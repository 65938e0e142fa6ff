// Local improvements on allocated code: three-operand adds by LEA, XOR for zero, INC and DEC, tests that repeat flags
// which are set already, tail calls, and the epilogue in place of each return.
import type { Frame } from './frame.js';
import * as m from './machine.js';

type I = m.Instruction;

export function improve(f: m.MachineFunction, frame: Frame): void {
  threadJumps(f);
  dropUnreachable(f);
  for (const b of f.blocks) {
    let code = combineMoves(dropReloads(b.instructions));
    code = code.map((i, k) => (i.op === 'lea' && !flagsLiveAfter(code, k) ? inPlace(i) : i));
    code = code.map((i, k) => (isZeroMove(i) && !flagsLiveAfter(code, k) ? { ...i, op: 'xor' as const, b: i.a } : i));
    code = dropRepeatedTests(code);
    code = code.map((i, k) => byOne(code, i, k));
    b.instructions = finish(code, frame.epilogueOf(b), frame.allowsTailCalls);
  }
}

/** Where a register holds what a place in the frame does, a load of that place is not needed. */
function dropReloads(code: I[]): I[] {
  const held = new Map<number, number>();
  return code.filter((i) => {
    const isLoad = i.op === 'mov' && isReg(i.a) && isFrame(i.b) && i.size === undefined;
    if (isLoad && held.get((i.b as m.MemoryOperand).disp) === (i.a as m.RegisterOperand).reg) return false;
    const { defs } = m.usesAndDefs(i);
    for (const [place, r] of held) if (defs.includes(r)) held.delete(place);
    if (isFrame(i.a)) held.delete(i.a.disp);
    if (isLoad) held.set((i.b as m.MemoryOperand).disp, (i.a as m.RegisterOperand).reg);
    if (i.op === 'mov' && isFrame(i.a) && isReg(i.b) && i.size === undefined) held.set(i.a.disp, i.b.reg);
    return true;
  });
}

/** A word of the frame. Its places have fixed displacements, and no pointer leads to spilled registers or arguments. */
const isFrame = (o: m.Operand | undefined): o is m.MemoryOperand =>
  o?.kind === 'mem' && o.base === m.ESP && o.index < 0 && o.symbol === undefined;

/** Jumps to a block that only jumps go on to where it leads: most were made to set a register, and no longer do. */
function threadJumps(f: m.MachineFunction): void {
  const beyond = (from: m.MachineBlock): m.MachineBlock => {
    let to = from;
    for (let n = 0; n < 10; n++) {
      const [only, more] = to.instructions;
      if (more || only?.op !== 'jmp' || !only.targets) break;
      to = only.targets[0];
    }
    return to;
  };
  for (const b of f.blocks) {
    for (const i of b.instructions) if (i.targets) i.targets = i.targets.map(beyond);
    b.successors = b.successors.map(beyond);
  }
}

function dropUnreachable(f: m.MachineFunction): void {
  const reached = new Set<m.MachineBlock>();
  const work = [f.blocks[0]];
  for (let b = work.pop(); b; b = work.pop()) {
    if (reached.has(b)) continue;
    reached.add(b);
    work.push(...b.successors);
  }
  f.blocks = f.blocks.filter((b) => reached.has(b));
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

/** lea a, [a + c] is add a, c; lea a, [a + b] is add a, b; lea a, [a * 2^n] is shl a, n. */
function inPlace(i: I): I {
  const { a, b } = i;
  if (!isReg(a) || b?.kind !== 'mem') return i;
  const { position } = i;
  const { base, index, shift, disp, symbol } = b;
  const isConstant = disp === 0 && symbol === undefined;
  if (base === a.reg && index < 0) return { op: 'add', a, b: m.imm(disp, symbol), position };
  if (base < 0 && index === a.reg && shift > 0 && isConstant) return { op: 'shl', a, b: m.imm(shift), position };
  if (!isConstant || base < 0 || index < 0 || shift > 0) return i;
  if (base === a.reg) return { op: 'add', a, b: m.reg(index), position };
  return index === a.reg ? { op: 'add', a, b: m.reg(base), position } : i;
}

const isZeroMove = (i: I): boolean =>
  i.op === 'mov' && isReg(i.a) && isPlainImm(i.b) && i.b.value === 0 && i.size === undefined;

const SETS_RESULT_FLAGS = new Set<m.Opcode>(['add', 'sub', 'and', 'or', 'xor', 'adc', 'sbb', 'neg']);
/** A shift by zero leaves the flags alone. */
const setsResultFlags = (i: I): boolean =>
  SETS_RESULT_FLAGS.has(i.op) ||
  ((i.op === 'shl' || i.op === 'shr' || i.op === 'sar') && isPlainImm(i.b) && i.b.value !== 0);

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
    if (setsResultFlags(i) && isReg(i.a) && i.a.reg === r) return i.size === undefined;
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

function finish(code: I[], restoring: Frame['restore'], allowsTailCalls: boolean): I[] {
  const last = code[code.length - 1];
  if (last?.op !== 'ret') return code;
  const position = last.position;
  const epilogue = restoring.map((i) => ({ ...i, position }));
  const before = code[code.length - 2];
  if (before?.op === 'call' && allowsTailCalls && survivesEpilogue(before.a))
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
