// Spill code: a register that found no colour lives in the frame. Instructions that can take a memory operand use it
// there; others get a register of their own for just that instruction.
import * as m from './machine.js';

/** Instructions whose source, or whose destination, may be the frame. */
const SOURCE_IN_MEMORY = new Set<m.Opcode>([
  'mov',
  'add',
  'sub',
  'and',
  'or',
  'xor',
  'cmp',
  'imul',
  'imul3',
  'adc',
  'sbb',
  'bsr',
  'bsf',
  'movif',
  'movzx',
  'movsx',
]);
const DESTINATION_IN_MEMORY = new Set<m.Opcode>([
  'mov',
  'add',
  'sub',
  'and',
  'or',
  'xor',
  'cmp',
  'adc',
  'sbb',
  'shl',
  'shr',
  'sar',
  'rol',
  'ror',
  'not',
  'neg',
  'div',
  'idiv',
  'mul',
  'test',
  'shld',
  'shrd',
  'push',
]);

/**
 * Moves all registers of one coalesced class to one place in the frame, or, when the class only ever holds one
 * constant, to immediate operands.
 */
export function spill(f: m.MachineFunction, isSpilled: (r: number) => boolean, short: Set<number>): void {
  const place = constantOf(f, isSpilled) ?? m.mem(m.SPILL_AREA, f.spills++ * 4);
  const wasByte = [...f.byteRegisters].some(isSpilled);
  for (const b of f.blocks) {
    const out: m.Instruction[] = [];
    for (const i of b.instructions) rewrite(f, i, isSpilled, place, wasByte, short, out);
    b.instructions = out;
  }
}

function constantOf(f: m.MachineFunction, isSpilled: (r: number) => boolean): m.ImmediateOperand | undefined {
  let value: m.ImmediateOperand | undefined;
  for (const b of f.blocks)
    for (const i of b.instructions) {
      const { defs } = m.usesAndDefs(i);
      if (!defs.some(isSpilled)) continue;
      if (i.op !== 'mov' || i.b?.kind !== 'imm') return undefined;
      if (value && (value.value !== i.b.value || value.symbol !== i.b.symbol)) return undefined;
      value = i.b;
    }
  return value;
}

const IMMEDIATE_SOURCE = new Set<m.Opcode>([
  'mov',
  'add',
  'sub',
  'and',
  'or',
  'xor',
  'cmp',
  'adc',
  'sbb',
  'movif',
  'test',
]);

function rewrite(
  f: m.MachineFunction,
  i: m.Instruction,
  isSpilled: (r: number) => boolean,
  place: m.MemoryOperand | m.ImmediateOperand,
  wasByte: boolean,
  short: Set<number>,
  out: m.Instruction[],
): void {
  const { uses, defs } = m.usesAndDefs(i);
  const used = uses.some(isSpilled);
  const defined = defs.some(isSpilled);
  if (!used && !defined) {
    out.push(i);
    return;
  }
  const inA = i.a?.kind === 'reg' && isSpilled(i.a.reg);
  const inB = i.b?.kind === 'reg' && isSpilled(i.b.reg);
  if (m.isCopy(i) && inA && inB) return;
  if (place.kind === 'imm') {
    if (defined) return;
    const inAddress = [i.a, i.b].some((o) => o?.kind === 'mem' && (isSpilled(o.base) || isSpilled(o.index)));
    if (inB && !inA && !inAddress && IMMEDIATE_SOURCE.has(i.op) && i.size === undefined) {
      i.b = { ...place };
      out.push(i);
      return;
    }
  } else if (i.a?.kind !== 'mem' && i.b?.kind !== 'mem') {
    const widens = i.op === 'movzx' || i.op === 'movsx';
    if (inB && !inA && SOURCE_IN_MEMORY.has(i.op) && (i.size === undefined || widens)) {
      i.b = { ...place };
      out.push(i);
      return;
    }
    if (inA && !inB && DESTINATION_IN_MEMORY.has(i.op) && i.size === undefined) {
      i.a = { ...place };
      out.push(i);
      return;
    }
  }
  const t = f.registers++;
  short.add(t);
  if (wasByte) f.byteRegisters.add(t);
  const rename = (r: number): number => (isSpilled(r) ? t : r);
  if (used) out.push({ op: 'mov', a: m.reg(t), b: { ...place }, position: i.position });
  i.a = m.renameOperand(i.a, rename);
  i.b = m.renameOperand(i.b, rename);
  out.push(i);
  if (defined) out.push({ op: 'mov', a: { ...place }, b: m.reg(t), position: i.position });
}
