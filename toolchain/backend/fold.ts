// Folds addresses: a register that one LEA sets, and that is only ever used to access memory while the sum still holds,
// gives way to the sum in those operands. One instruction less, and one register.
import * as m from './machine.js';

type Sums = Map<number, m.MemoryOperand>;

export function foldAddresses(f: m.MachineFunction): void {
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
      if (o?.kind !== 'mem' || o.index >= 0 || o.symbol !== undefined || !known.has(o.base)) return o;
      const sum = sums.get(o.base) as m.MemoryOperand;
      return fold(o.base) ? { ...sum, disp: (sum.disp + o.disp) | 0 } : o;
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
