// The edges of the control-flow graph of machine blocks: who leads where, and code that belongs to one way from a block
// to another.
import type { Instruction, MachineBlock, MachineFunction } from './machine.js';

export type Predecessors = ReadonlyMap<MachineBlock, readonly MachineBlock[]>;

export function predecessorsOf(f: MachineFunction): Predecessors {
  const found = new Map<MachineBlock, MachineBlock[]>(f.blocks.map((b) => [b, []]));
  for (const b of f.blocks) for (const s of b.successors) found.get(s)?.push(b);
  return found;
}

/** The blocks of `from` and those that they lead to by `next`, but not through what `beyond` excludes. */
export function reach(
  from: Iterable<MachineBlock>,
  next: (b: MachineBlock) => readonly MachineBlock[],
  passes: (b: MachineBlock) => boolean = () => true,
): Set<MachineBlock> {
  const reached = new Set<MachineBlock>();
  const work = [...from];
  for (let b = work.pop(); b; b = work.pop()) {
    if (reached.has(b) || !passes(b)) continue;
    reached.add(b);
    work.push(...next(b));
  }
  return reached;
}

/** The blocks of `inner`, and every block on a way from one of them to another: who leaves the hull never comes back. */
export function hullOf(
  f: MachineFunction,
  inner: ReadonlySet<MachineBlock>,
  before: Predecessors = predecessorsOf(f),
): Set<MachineBlock> {
  const forwards = reach(inner, (b) => b.successors);
  const backwards = reach(inner, (b) => before.get(b) ?? []);
  return new Set(f.blocks.filter((b) => forwards.has(b) && backwards.has(b)));
}

/** Whether a way leads from the entry to a return that touches none of these blocks. */
export function avoidable(f: MachineFunction, blocks: ReadonlySet<MachineBlock>): boolean {
  const free = reach(
    [f.blocks[0]],
    (b) => b.successors,
    (b) => !blocks.has(b),
  );
  return [...free].some((b) => b.instructions.at(-1)?.op === 'ret');
}

/** Where code stands that belongs to an edge. */
export type EdgePlace = 'source' | 'target' | 'between';

/** The end of the block that the edge leaves if it leaves that one only; the start of its target if nothing else leads there. */
export function placeOnEdge(f: MachineFunction, from: MachineBlock, to: MachineBlock, before: Predecessors): EdgePlace {
  if (from.instructions.at(-1)?.op === 'jmp') return 'source';
  return to !== f.blocks[0] && before.get(to)?.length === 1 ? 'target' : 'between';
}

/** A new, empty block on the way from one block to another. */
export function splitEdge(f: MachineFunction, from: MachineBlock, to: MachineBlock): MachineBlock {
  const position = from.instructions.at(-1)?.position ?? 0;
  const between: MachineBlock = {
    id: f.blocks.reduce((least, b) => Math.min(least, b.id), 0) - 1,
    instructions: [{ op: 'jmp', targets: [to], position }],
    successors: [to],
    depth: Math.min(from.depth, to.depth),
  };
  const redirect = (b: MachineBlock) => (b === to ? between : b);
  for (const i of from.instructions) if (i.targets) i.targets = i.targets.map(redirect);
  from.successors = from.successors.map(redirect);
  placeInOrder(f, between, from, to);
  return between;
}

/** Where it is fallen into or falls out of, if it can be. */
function placeInOrder(f: MachineFunction, between: MachineBlock, from: MachineBlock, to: MachineBlock): void {
  const target = f.blocks.indexOf(to);
  const above = f.blocks[target - 1];
  const isFallenInto = above?.successors.includes(to);
  if (above === from || !isFallenInto) f.blocks.splice(target, 0, between);
  else f.blocks.push(between);
}

/** Adds code at the end of a block, before what leaves it. */
export function appendTo(b: MachineBlock, code: readonly Instruction[]): void {
  b.instructions.splice(b.instructions.length - 1, 0, ...code);
}

/** Adds code that runs on the way from one block to another, and nowhere else. */
export function insertOnEdge(
  f: MachineFunction,
  from: MachineBlock,
  to: MachineBlock,
  before: Predecessors,
  code: readonly Instruction[],
): void {
  const place = placeOnEdge(f, from, to, before);
  if (place === 'source') appendTo(from, code);
  else if (place === 'target') to.instructions.unshift(...code);
  else appendTo(splitEdge(f, from, to), code);
}
