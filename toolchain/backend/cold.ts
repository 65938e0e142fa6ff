// Cold blocks. From some no way returns: they end in a trap, in a call of what never returns, or in a loop for ever,
// while other ways through the function do return. To others only ways lead that are rarely taken (expect.ts). All go
// behind the rest, so that the usual ways run on without jumping over them, and lie in fewer cache lines.
import { predecessorsOf, reach } from './edges.js';
import type { MachineBlock, MachineFunction } from './machine.js';

/** The blocks from which some way returns. */
export function returningBlocks(f: MachineFunction): Set<MachineBlock> {
  const before = predecessorsOf(f);
  const returns = f.blocks.filter((b) => b.instructions.at(-1)?.op === 'ret');
  return reach(returns, (b) => before.get(b) ?? []);
}

export function moveColdBlocks(f: MachineFunction): void {
  const returning = returningBlocks(f);
  const usual = reach([f.blocks[0]], usualSuccessors);
  const isCold = (b: MachineBlock) => !usual.has(b) || (returning.has(f.blocks[0]) && !returning.has(b));
  for (const b of f.blocks) b.isCold = isCold(b);
  f.blocks = [...f.blocks.filter((b) => !b.isCold), ...f.blocks.filter((b) => b.isCold)];
}

function usualSuccessors(b: MachineBlock): readonly MachineBlock[] {
  const last = b.instructions.at(-1);
  if (last?.rare === undefined) return b.successors;
  const usual = last.targets?.[1 - last.rare];
  return usual ? [usual] : b.successors;
}
