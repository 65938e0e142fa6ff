// Copies between registers of the machine that are not needed: where what a copy made is only read, and its source stays
// as it is meanwhile, the source is read.
import { liveOut, type RegisterSet } from './liveness.js';
import * as m from './machine.js';

export function propagateCopies(f: m.MachineFunction): void {
  const out = liveOut(f);
  for (const b of f.blocks)
    b.instructions = b.instructions.filter((i, k) => {
      if (!m.isCopy(i) || i.a.reg === m.ESP || i.b.reg === m.ESP) return true;
      const readers = readersOf(b.instructions, k, out.get(b) as RegisterSet);
      if (!readers) return true;
      const rename = (r: number) => (r === i.a.reg ? i.b.reg : r);
      for (const reader of readers) {
        reader.a = m.renameOperand(reader.a, rename);
        reader.b = m.renameOperand(reader.b, rename);
      }
      return false;
    });
}

/** The instructions that read what the copy at `k` made; undefined where some of them cannot read its source instead. */
function readersOf(code: readonly m.Instruction[], k: number, out: RegisterSet): m.Instruction[] | undefined {
  const [to, from] = [code[k].a, code[k].b].map((o) => (o as m.RegisterOperand).reg);
  const readers: m.Instruction[] = [];
  let isSourceSame = true;
  for (const i of code.slice(k + 1)) {
    const { uses, defs } = m.usesAndDefs(i);
    if (uses.includes(to)) {
      const isImplicit = i.uses?.includes(to) || i.defs?.includes(to) || countsBy(i, to);
      const isByte = i.size === 1 && m.NO_BYTE.includes(from);
      if (!isSourceSame || isImplicit || isByte || defs.includes(to)) return undefined;
      readers.push(i);
    }
    if (defs.includes(to)) return readers;
    if (defs.includes(from)) isSourceSame = false;
  }
  return out.has(to) ? undefined : readers;
}

/** A shift counts by CL only. */
const countsBy = ({ op, b }: m.Instruction, r: number): boolean => SHIFTS.has(op) && b?.kind === 'reg' && b.reg === r;
const SHIFTS = new Set<m.Opcode>(['shl', 'shr', 'sar', 'rol', 'ror']);
