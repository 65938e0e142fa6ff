// The loops of a function, nested: the strongly connected parts of its control-flow graph, and inside of each one those
// that remain when the edges back to where it is entered are cut.
import { type Predecessors, predecessorsOf, reach } from './edges.js';
import type { MachineBlock, MachineFunction } from './machine.js';

export interface Loop {
  readonly blocks: ReadonlySet<MachineBlock>;
  readonly inner: readonly Loop[];
}

export function loopsOf(f: MachineFunction): Loop[] {
  return loopsAmong(new Set(f.blocks), new Set([f.blocks[0]]), predecessorsOf(f));
}

/** How deep in loops each block lies. */
export function noteDepths(f: MachineFunction): void {
  const note = (loops: readonly Loop[]): void => {
    for (const { blocks, inner } of loops) {
      for (const b of blocks) b.depth++;
      note(inner);
    }
  };
  for (const b of f.blocks) b.depth = 0;
  note(loopsOf(f));
}

/** @param entered blocks that edges from within do not lead to */
function loopsAmong(
  blocks: ReadonlySet<MachineBlock>,
  entered: ReadonlySet<MachineBlock>,
  before: Predecessors,
): Loop[] {
  const left = new Set(blocks);
  const next = (b: MachineBlock) => b.successors.filter((s) => left.has(s) && !entered.has(s));
  const previous = (b: MachineBlock) => (entered.has(b) ? [] : (before.get(b) ?? []).filter((p) => left.has(p)));
  const loops: Loop[] = [];
  for (const b of blocks) {
    if (!left.has(b)) continue;
    const behind = reach([b], next);
    const part = new Set([...reach([b], previous)].filter((p) => behind.has(p)));
    if (part.size > 1 || next(b).includes(b)) loops.push({ blocks: part, inner: innerLoops(part, entered, before) });
    for (const p of part) left.delete(p);
  }
  return loops;
}

function innerLoops(part: ReadonlySet<MachineBlock>, entered: ReadonlySet<MachineBlock>, before: Predecessors): Loop[] {
  const heads = [...part].filter((b) => before.get(b)?.some((p) => !part.has(p)));
  return loopsAmong(part, new Set([...entered, ...heads]), before);
}
