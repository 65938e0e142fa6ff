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
  'imul1',
  'test',
  'shld',
  'shrd',
  'push',
]);

/** What combines a register with memory, and can combine memory with a register as well. */
const IN_MEMORY = new Set<m.Opcode>(['add', 'sub', 'and', 'or', 'xor']);

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

type Place = m.MemoryOperand | m.ImmediateOperand;

/**
 * Moves each spilled class of registers to a place in the frame, or, when it only ever holds one constant, to immediate
 * operands.
 * @param classOf the class of a register that is spilled, undefined for any other
 * @param short registers that live for one instruction; those made here are added
 */
export function spill(f: m.MachineFunction, classOf: (r: number) => number | undefined, short: Set<number>): void {
  const places = constants(f, classOf);
  const bytes = new Set([...f.byteRegisters].map(classOf));
  const placeOf = (c: number): Place => {
    let place = places.get(c);
    if (!place) {
      place = m.mem(m.SPILL_AREA, f.spills++ * 4);
      places.set(c, place);
    }
    return place;
  };
  for (const b of f.blocks) {
    const out: m.Instruction[] = [];
    for (const i of b.instructions) {
      const classes = spilledIn(i, classOf);
      if (classes.length === 0) out.push(i);
      else new Rewriting(f, i, classOf, short, bytes).run(classes, placeOf, out);
    }
    b.instructions = out;
  }
}

function spilledIn(i: m.Instruction, classOf: (r: number) => number | undefined): number[] {
  const { uses, defs } = m.usesAndDefs(i);
  const found: number[] = [];
  for (const r of uses) note(classOf(r));
  for (const r of defs) note(classOf(r));
  return found;

  function note(c: number | undefined): void {
    if (c !== undefined && !found.includes(c)) found.push(c);
  }
}

/** Classes that every definition sets to the same constant. */
function constants(f: m.MachineFunction, classOf: (r: number) => number | undefined): Map<number, Place> {
  const values = new Map<number, m.ImmediateOperand | null>();
  for (const b of f.blocks)
    for (const i of b.instructions)
      for (const r of m.usesAndDefs(i).defs) {
        const c = classOf(r);
        if (c === undefined) continue;
        const value = i.op === 'mov' && i.a?.kind === 'reg' && i.b?.kind === 'imm' ? i.b : null;
        const known = values.get(c);
        const same = known === undefined || (known?.value === value?.value && known?.symbol === value?.symbol);
        values.set(c, same ? value : null);
      }
  const found = new Map<number, Place>();
  for (const [c, value] of values) if (value) found.set(c, value);
  return found;
}

/** One instruction, and what comes before and after it. */
class Rewriting {
  private readonly before: m.Instruction[] = [];
  private readonly after: m.Instruction[] = [];

  constructor(
    private readonly f: m.MachineFunction,
    private readonly i: m.Instruction,
    private readonly classOf: (r: number) => number | undefined,
    private readonly short: Set<number>,
    private readonly bytes: ReadonlySet<number | undefined>,
  ) {}

  run(classes: readonly number[], placeOf: (c: number) => Place, out: m.Instruction[]): void {
    for (const c of classes) if (!this.rewrite(c, placeOf(c))) return;
    out.push(...this.before, this.i, ...this.after);
  }

  /** @returns false when the instruction is not needed any more */
  private rewrite(c: number, place: Place): boolean {
    const { i } = this;
    const isSpilled = (r: number): boolean => this.classOf(r) === c;
    const inA = i.a?.kind === 'reg' && isSpilled(i.a.reg);
    const inB = i.b?.kind === 'reg' && isSpilled(i.b.reg);
    if (m.isCopy(i) && inA && inB) return false;
    const { uses, defs } = m.usesAndDefs(i);
    const defined = defs.some(isSpilled);
    if (place.kind === 'imm') {
      if (defined) return false;
      const inAddress = [i.a, i.b].some((o) => o?.kind === 'mem' && (isSpilled(o.base) || isSpilled(o.index)));
      if (inB && !inA && !inAddress && IMMEDIATE_SOURCE.has(i.op) && i.size === undefined) {
        i.b = { ...place };
        return true;
      }
    } else if (i.a?.kind !== 'mem' && i.b?.kind !== 'mem') {
      const widens = i.op === 'movzx' || i.op === 'movsx';
      if (inB && !inA && SOURCE_IN_MEMORY.has(i.op) && (i.size === undefined || widens)) {
        i.b = { ...place };
        return true;
      }
      if (inA && !inB && DESTINATION_IN_MEMORY.has(i.op) && i.size === undefined) {
        i.a = { ...place };
        return true;
      }
    }
    if (place.kind === 'mem' && inA && i.b?.kind === 'mem' && IN_MEMORY.has(i.op) && this.loadSource(i.b)) {
      i.a = { ...place };
      return true;
    }
    const t = this.f.registers++;
    this.short.add(t);
    if (this.bytes.has(c)) this.f.byteRegisters.add(t);
    const rename = (r: number): number => (isSpilled(r) ? t : r);
    if (uses.some(isSpilled)) this.before.push({ op: 'mov', a: m.reg(t), b: { ...place }, position: i.position });
    i.a = m.renameOperand(i.a, rename);
    i.b = m.renameOperand(i.b, rename);
    if (defined) this.after.push({ op: 'mov', a: { ...place }, b: m.reg(t), position: i.position });
    return true;
  }

  /** r op [m] with r in the frame: [m] goes to a register, so that the frame is the destination. */
  private loadSource(source: m.MemoryOperand): boolean {
    // Another class that is still to be rewritten would not be found in the load.
    const isFree = (r: number) => r < 0 || this.classOf(r) === undefined;
    if (this.i.size !== undefined || !isFree(source.base) || !isFree(source.index)) return false;
    const t = this.f.registers++;
    this.short.add(t);
    this.before.push({ op: 'mov', a: m.reg(t), b: { ...source }, position: this.i.position });
    this.i.b = m.reg(t);
    return true;
  }
}
