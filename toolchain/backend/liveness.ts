// Liveness of registers at block boundaries, and the removal of instructions whose result nothing reads.
import { isVirtual, type MachineBlock, type MachineFunction, type Opcode, usesAndDefs } from './machine.js';

/** A set of register numbers. */
export class RegisterSet {
  private readonly words: Uint32Array;
  constructor(readonly size: number) {
    this.words = new Uint32Array((size + 31) >>> 5);
  }
  has(r: number): boolean {
    return ((this.words[r >>> 5] >>> (r & 31)) & 1) !== 0;
  }
  add(r: number): void {
    this.words[r >>> 5] |= 1 << (r & 31);
  }
  delete(r: number): void {
    this.words[r >>> 5] &= ~(1 << (r & 31));
  }
  copy(): RegisterSet {
    const other = new RegisterSet(this.size);
    other.words.set(this.words);
    return other;
  }
  /** Adds all of `other` but `except`; tells whether that changed anything. */
  merge(other: RegisterSet, except?: RegisterSet): boolean {
    let changed = false;
    for (let i = 0; i < this.words.length; i++) {
      const next = (this.words[i] | (except ? other.words[i] & ~except.words[i] : other.words[i])) >>> 0;
      if (next !== this.words[i]) changed = true;
      this.words[i] = next;
    }
    return changed;
  }
  forEach(f: (r: number) => void): void {
    for (let i = 0; i < this.words.length; i++)
      for (let w = this.words[i]; w !== 0; w &= w - 1) f(i * 32 + 31 - Math.clz32(w & -w));
  }
}

export type Live = ReadonlyMap<MachineBlock, RegisterSet>;

/** The registers live at the end of each block. */
export const liveOut = (f: MachineFunction): Live => liveness(f).out;

/** The registers live at the start and at the end of each block. */
export function liveness(f: MachineFunction): { in: Live; out: Live } {
  const size = f.registers;
  const read = new Map<MachineBlock, RegisterSet>();
  const written = new Map<MachineBlock, RegisterSet>();
  const liveIn = new Map<MachineBlock, RegisterSet>();
  const out = new Map<MachineBlock, RegisterSet>();
  for (const b of f.blocks) {
    const reads = new RegisterSet(size);
    const writes = new RegisterSet(size);
    for (const i of b.instructions) {
      const { uses, defs } = usesAndDefs(i);
      for (const r of uses) if (!writes.has(r)) reads.add(r);
      for (const r of defs) writes.add(r);
    }
    read.set(b, reads);
    written.set(b, writes);
    liveIn.set(b, reads.copy());
    out.set(b, new RegisterSet(size));
  }
  const at = <T>(map: Map<MachineBlock, T>, b: MachineBlock) => map.get(b) as T;
  for (let changed = true; changed; ) {
    changed = false;
    for (let k = f.blocks.length - 1; k >= 0; k--) {
      const b = f.blocks[k];
      let grew = false;
      for (const s of b.successors) if (at(out, b).merge(at(liveIn, s))) grew = true;
      if (grew && at(liveIn, b).merge(at(out, b), at(written, b))) changed = true;
    }
  }
  return { in: liveIn, out };
}

const DROPPABLE = new Set<Opcode>([
  'mov',
  'movzx',
  'movsx',
  'lea',
  'setcc',
  'add',
  'sub',
  'and',
  'or',
  'xor',
  'shl',
  'shr',
  'sar',
  'imul',
  'imul3',
  'not',
  'neg',
  'movif',
  'bsr',
  'bsf',
  'bswap',
  'shld',
  'shrd',
  'adc',
  'sbb',
]);

/** Removes instructions that only write virtual registers which nothing reads. */
export function removeDead(f: MachineFunction): void {
  for (let removed = true; removed; ) {
    removed = false;
    const out = liveOut(f);
    for (const b of f.blocks) {
      const live = (out.get(b) as RegisterSet).copy();
      const kept = [];
      for (let k = b.instructions.length - 1; k >= 0; k--) {
        const i = b.instructions[k];
        const { uses, defs } = usesAndDefs(i);
        const dead = i.a?.kind === 'reg' && defs.length > 0 && defs.every((r) => isVirtual(r) && !live.has(r));
        if (dead && DROPPABLE.has(i.op) && !i.setsCarry && !i.keep) {
          removed = true;
          continue;
        }
        kept.push(i);
        for (const r of defs) live.delete(r);
        for (const r of uses) live.add(r);
      }
      b.instructions = kept.reverse();
    }
  }
}
