// Folds addresses: a register that one LEA sets, and that is only ever used to access memory while the sum still holds,
// gives way to the sum in those operands. One instruction less, and one register.
import * as m from './machine.js';

type Sums = Map<number, m.MemoryOperand>;

export function foldAddresses(f: m.MachineFunction): void {
  foldConstants(f);
  // A sum may have become one of fewer registers, and fit now.
  for (let round = 0; round < 2; round++) foldSums(f);
}

/** A register that only ever holds one constant is that constant in every address. */
function foldConstants(f: m.MachineFunction): void {
  const constants = new Map<number, m.ImmediateOperand | null>();
  for (const b of f.blocks)
    for (const i of b.instructions)
      for (const r of m.usesAndDefs(i).defs) {
        const single = i.op === 'mov' && i.b?.kind === 'imm' && m.isVirtual(r) && !constants.has(r);
        constants.set(r, single && i.a?.kind === 'reg' ? (i.b as m.ImmediateOperand) : null);
      }
  const replace = (o: m.Operand | undefined): m.Operand | undefined => {
    if (o?.kind !== 'mem') return o;
    let at = o;
    for (const part of ['base', 'index'] as const) {
      const c = at[part] >= 0 ? constants.get(at[part]) : undefined;
      if (!c || (c.symbol !== undefined && (at.symbol !== undefined || (part === 'index' && at.shift > 0)))) continue;
      const value = part === 'index' ? c.value << at.shift : c.value;
      at = { ...at, [part]: m.NO_REGISTER, disp: (at.disp + value) | 0, symbol: at.symbol ?? c.symbol };
      if (part === 'index') at.shift = 0;
    }
    return at;
  };
  for (const b of f.blocks)
    for (const i of b.instructions) {
      i.a = replace(i.a);
      i.b = replace(i.b);
      // What is no sum of registers any more.
      if (i.op === 'lea' && i.b?.kind === 'mem' && i.b.base === m.NO_REGISTER && i.b.index < 0) {
        i.op = 'mov';
        i.b = m.imm(i.b.disp, i.b.symbol);
      }
    }
}

function foldSums(f: m.MachineFunction): void {
  const { sums, uses } = candidates(f);
  if (sums.size === 0) return;
  const folded = new Map<number, number>();
  visit(f, sums, (reg) => {
    folded.set(reg, (folded.get(reg) ?? 0) + 1);
    return false;
  });
  const all = new Set([...sums.keys()].filter((reg) => folded.get(reg) === uses.get(reg)));
  if (all.size > 0) visit(f, sums, (reg) => all.has(reg));
}

/** Registers with one definition, a LEA of one register, and how often each register is read. */
function candidates(f: m.MachineFunction): { sums: Sums; uses: Map<number, number> } {
  const sums: Sums = new Map();
  const uses = new Map<number, number>();
  const defined = new Set<number>();
  for (const b of f.blocks)
    for (const i of b.instructions) {
      const { uses: read, defs } = m.usesAndDefs(i);
      for (const r of read) uses.set(r, (uses.get(r) ?? 0) + 1);
      for (const r of defs) {
        if (defined.has(r)) sums.delete(r);
        else if (i.op === 'lea' && m.isVirtual(r) && i.b?.kind === 'mem' && isSum(i.b, r)) sums.set(r, i.b);
        defined.add(r);
      }
    }
  return { sums, uses };
}

function isSum({ base, index }: m.MemoryOperand, reg: number): boolean {
  const single = base >= 0 !== index >= 0;
  return single && base >= m.NO_REGISTER && base !== reg && index !== reg && (m.isVirtual(base) || m.isVirtual(index));
}

/** Walks along straight lines of blocks; `fold` is asked whether the operand at hand is to be replaced. */
function visit(f: m.MachineFunction, sums: Sums, fold: (reg: number) => boolean): void {
  const predecessors = new Map<m.MachineBlock, m.MachineBlock[]>();
  for (const b of f.blocks) for (const s of b.successors) predecessors.set(s, [...(predecessors.get(s) ?? []), b]);
  const atEnd = new Map<m.MachineBlock, ReadonlySet<number>>();
  for (const [index, b] of f.blocks.entries()) {
    const before = predecessors.get(b) ?? [];
    const known = new Set(index > 0 && before.length === 1 ? atEnd.get(before[0]) : undefined);
    const replace = (o: m.Operand | undefined): m.Operand | undefined => {
      if (o?.kind !== 'mem' || o.index >= 0 || !known.has(o.base)) return o;
      const sum = sums.get(o.base) as m.MemoryOperand;
      if (o.symbol !== undefined && sum.symbol !== undefined) return o;
      return fold(o.base) ? { ...sum, disp: (sum.disp + o.disp) | 0, symbol: sum.symbol ?? o.symbol } : o;
    };
    for (const i of b.instructions) {
      const { defs } = m.usesAndDefs(i);
      i.a = replace(i.a);
      i.b = replace(i.b);
      for (const r of defs) {
        known.delete(r);
        for (const other of known) {
          const sum = sums.get(other) as m.MemoryOperand;
          if (sum.base === r || sum.index === r) known.delete(other);
        }
        if (i.op === 'lea' && sums.get(r) === i.b) known.add(r);
      }
    }
    atEnd.set(b, known);
  }
}
