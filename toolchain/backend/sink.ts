// Constants are set where they are needed. A local that WebAssembly sets to zero at the start of a function, or a sum
// before another loop than its own, would hold a register all the way. Such a move of a constant goes down to the
// latest places that every use still finds on its way: none of them runs more often than the original did.
//
// (Knoop, Rüthing, Steffen, "Lazy code motion", 1992: the part that delays.)
import { insertOnEdge, type Predecessors, placeOnEdge, predecessorsOf } from './edges.js';
import { liveness } from './liveness.js';
import * as m from './machine.js';

/** More places would make the code longer than the register is worth. */
const MOST_PLACES = 2;

export function sinkConstants(f: m.MachineFunction): void {
  if (f.blocks.length < 2) return;
  let facts: Facts | undefined;
  for (const b of [...f.blocks])
    for (const i of [...b.instructions]) {
      const r = constantTo(i);
      if (r === undefined || !isLast(b, i, r)) continue;
      facts ??= factsOf(f);
      const places = latest(b, r, facts);
      if (!isWorthwhile(f, b, places, facts.before)) continue;
      move(f, b, i, r, places, facts.before);
      facts = undefined;
    }
}

function constantTo({ op, a, b, size }: m.Instruction): number | undefined {
  if (op !== 'mov' || a?.kind !== 'reg' || b?.kind !== 'imm' || size !== undefined) return undefined;
  return m.isVirtual(a.reg) ? a.reg : undefined;
}

const mentionedIn = (i: m.Instruction, r: number): boolean => {
  const { uses, defs } = m.usesAndDefs(i);
  return uses.includes(r) || defs.includes(r);
};

const isLast = (b: m.MachineBlock, i: m.Instruction, r: number): boolean =>
  b.instructions.findLast((other) => mentionedIn(other, r)) === i;

interface Places {
  /** Blocks that the constant is carried through or to. */
  readonly delayed: ReadonlySet<m.MachineBlock>;
  readonly inBlocks: readonly m.MachineBlock[];
  readonly onEdges: readonly (readonly [m.MachineBlock, m.MachineBlock])[];
}

interface Facts {
  readonly before: Predecessors;
  touches(b: m.MachineBlock, r: number): boolean;
  isLiveIn(b: m.MachineBlock, r: number): boolean;
}

function factsOf(f: m.MachineFunction): Facts {
  const live = liveness(f).in;
  const mentioned = new Map<m.MachineBlock, Set<number>>();
  for (const b of f.blocks) {
    const here = new Set<number>();
    mentioned.set(b, here);
    for (const i of b.instructions) {
      const { uses, defs } = m.usesAndDefs(i);
      for (const r of uses) here.add(r);
      for (const r of defs) here.add(r);
    }
  }
  return {
    before: predecessorsOf(f),
    touches: (b, r) => mentioned.get(b)?.has(r) ?? false,
    isLiveIn: (b, r) => live.get(b)?.has(r) ?? false,
  };
}

/** Where register r has to be set at the latest, if it is set to a constant at the end of `origin`. */
function latest(origin: m.MachineBlock, r: number, { before, isLiveIn, touches: touchesIn }: Facts): Places {
  const touches = (b: m.MachineBlock) => touchesIn(b, r);
  const passes = (b: m.MachineBlock) => b === origin || (delayed.has(b) && !touches(b));
  const delayed = new Set<m.MachineBlock>();
  const work = origin.successors.filter((b) => isLiveIn(b, r));
  for (let b = work.pop(); b; b = work.pop()) {
    if (delayed.has(b)) continue;
    delayed.add(b);
    if (!touches(b)) work.push(...b.successors.filter((s) => isLiveIn(s, r)));
  }
  delayed.delete(origin);
  for (let changed = true; changed; ) {
    changed = false;
    for (const b of delayed) {
      if ((before.get(b) ?? []).every(passes)) continue;
      delayed.delete(b);
      changed = true;
    }
  }
  const onEdges = [origin, ...delayed]
    .filter(passes)
    .flatMap((b) => b.successors.filter((s) => !delayed.has(s) && isLiveIn(s, r)).map((s) => [b, s] as const));
  return { delayed, inBlocks: [...delayed].filter(touches), onEdges };
}

/** A loop or a call is passed by, and no jump is added but for a loop. */
function isWorthwhile(f: m.MachineFunction, origin: m.MachineBlock, p: Places, before: Predecessors): boolean {
  const passed = [...p.delayed].filter((b) => !p.inBlocks.includes(b));
  const passesLoop = passed.some((b) => b.depth > origin.depth);
  const passesCall = passed.some((b) => b.instructions.some((i) => i.op === 'call'));
  const jumps = p.onEdges.some(([from, to]) => placeOnEdge(f, from, to, before) === 'between');
  return p.inBlocks.length + p.onEdges.length <= MOST_PLACES && (passesLoop || (passesCall && !jumps));
}

function move(
  f: m.MachineFunction,
  origin: m.MachineBlock,
  i: m.Instruction,
  r: number,
  places: Places,
  before: Predecessors,
): void {
  origin.instructions.splice(origin.instructions.indexOf(i), 1);
  const copy = () => ({ ...i, a: m.reg(r), b: { ...(i.b as m.ImmediateOperand) } });
  for (const b of places.inBlocks) {
    const first = b.instructions.findIndex((other) => mentionedIn(other, r));
    b.instructions.splice(first, 0, copy());
  }
  for (const [from, to] of places.onEdges) insertOnEdge(f, from, to, before, [copy()]);
}
