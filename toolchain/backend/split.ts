// Live ranges split around loops. The allocator spills a value for all of its life. Once registers are known, a spilled
// value that a loop uses goes to a register for that loop, where the loop has one to spare: loaded on the ways in, and
// stored on the ways out if the loop changed it. Where the loop has none, a value that it only carries past gives up its
// register, which is saved on the ways in and loaded again on the ways out.
//
// What is done so takes nothing from what the allocator gave, so each split is judged alone: by the accesses that the
// loop is spared and those that its borders get. Outer loops come first, and in a loop the split that gains most.
import { insertOnEdge, predecessorsOf } from './edges.js';
import { liveness } from './liveness.js';
import { type Loop, loopsOf } from './loops.js';
import * as m from './machine.js';
import { weightOf } from './weight.js';

/** A move at a border is an instruction more; an access of the loop mostly is an operand of one that is there anyway. */
const MOVE = 3;
const PUSH_AND_POP = 2;

export function splitAtLoops(f: m.MachineFunction): void {
  if (f.spills > 0) for (const loop of loopsOf(f)) splitAt(f, loop);
}

function splitAt(f: m.MachineFunction, loop: Loop): void {
  for (let best = bestSplit(f, loop.blocks); best; best = bestSplit(f, loop.blocks)) apply(f, loop.blocks, best);
  for (const inner of loop.inner) splitAt(f, inner);
}

/** What a loop does with a place in the frame. */
interface Place {
  readonly disp: number;
  /** Accesses, by how often they are made. */
  weight: number;
  isWritten: boolean;
  isByte: boolean;
}

interface Border {
  readonly from: m.MachineBlock;
  readonly to: m.MachineBlock;
  readonly isEntry: boolean;
  readonly weight: number;
}

interface Split {
  readonly place: Place;
  readonly register: number;
  /** Whether the register holds a value that the loop carries past. */
  readonly isCarried: boolean;
  readonly gain: number;
}

const isPlace = (o: m.Operand | undefined): o is m.MemoryOperand => o?.kind === 'mem' && o.base === m.SPILL_AREA;

function bestSplit(f: m.MachineFunction, loop: ReadonlySet<m.MachineBlock>): Split | undefined {
  const places = placesIn(loop);
  if (places.length === 0) return undefined;
  const live = liveness(f);
  const mentioned = new Set<number>();
  const carried = new Set<number>();
  for (const b of loop) {
    live.in.get(b)?.forEach((r) => {
      carried.add(r);
    });
    for (const i of b.instructions) {
      const { uses, defs } = m.usesAndDefs(i);
      for (const r of uses) mentioned.add(r);
      for (const r of defs) mentioned.add(r);
    }
  }
  const borders = bordersOf(f, loop);
  const inUse = registersIn(f);
  let best: Split | undefined;
  for (const place of places) {
    const isNeeded = needed(f, place.disp);
    const moves = sum(borders, ({ isEntry, to }) => (isEntry || place.isWritten) && isNeeded(to));
    for (const register of m.ALLOCATABLE) {
      if (mentioned.has(register) || (place.isByte && m.NO_BYTE.includes(register))) continue;
      const isCarried = carried.has(register);
      const saves = isCarried
        ? sum(borders, ({ isEntry, to }) => isEntry || (live.in.get(to)?.has(register) ?? false))
        : 0;
      const first = m.CALLEE_SAVED.includes(register) && !inUse.has(register) ? PUSH_AND_POP : 0;
      const gain = place.weight - MOVE * (moves + saves + first);
      if (gain > (best?.gain ?? 0)) best = { place, register, isCarried, gain };
    }
  }
  return best;
}

const sum = (borders: readonly Border[], test: (b: Border) => boolean): number =>
  borders.reduce((total, b) => total + (test(b) ? b.weight : 0), 0);

function placesIn(loop: ReadonlySet<m.MachineBlock>): Place[] {
  const places = new Map<number, Place>();
  for (const b of loop)
    for (const i of b.instructions)
      for (const o of [i.a, i.b]) {
        if (!isPlace(o)) continue;
        const known = places.get(o.disp) ?? { disp: o.disp, weight: 0, isWritten: false, isByte: false };
        places.set(o.disp, known);
        known.weight += weightOf(b);
        known.isWritten ||= o === i.a && m.writesA(i);
        known.isByte ||= i.size === 1;
      }
  return [...places.values()];
}

function bordersOf(f: m.MachineFunction, loop: ReadonlySet<m.MachineBlock>): Border[] {
  return f.blocks.flatMap((from) =>
    from.successors
      .filter((to) => loop.has(from) !== loop.has(to))
      .map((to) => ({ from, to, isEntry: loop.has(to), weight: Math.min(weightOf(from), weightOf(to)) })),
  );
}

function registersIn(f: m.MachineFunction): Set<number> {
  const found = new Set<number>();
  for (const b of f.blocks) for (const i of b.instructions) for (const r of m.usesAndDefs(i).defs) found.add(r);
  return found;
}

/** Whether what a place holds at the start of a block is read later. */
function needed(f: m.MachineFunction, disp: number): (b: m.MachineBlock) => boolean {
  const isThis = (o: m.Operand | undefined) => isPlace(o) && o.disp === disp;
  /** What a block does with the place first. */
  const first = (b: m.MachineBlock): 'reads' | 'writes' | 'passes' => {
    const i = b.instructions.find(({ a, b: source }) => isThis(a) || isThis(source));
    if (!i) return 'passes';
    return isThis(i.a) && i.op === 'mov' ? 'writes' : 'reads';
  };
  const before = predecessorsOf(f);
  const found = new Set<m.MachineBlock>();
  const work = f.blocks.filter((b) => first(b) === 'reads');
  for (let b = work.pop(); b; b = work.pop()) {
    if (found.has(b)) continue;
    found.add(b);
    work.push(...(before.get(b) ?? []).filter((p) => first(p) === 'passes'));
  }
  return (b) => found.has(b);
}

function apply(f: m.MachineFunction, loop: ReadonlySet<m.MachineBlock>, { place, register, isCarried }: Split): void {
  const live = liveness(f).in;
  const isNeeded = needed(f, place.disp);
  const borders = bordersOf(f, loop);
  const before = predecessorsOf(f);
  const inRegister = (o: m.Operand | undefined) => (isPlace(o) && o.disp === place.disp ? m.reg(register) : o);
  for (const b of loop)
    for (const i of b.instructions) {
      i.a = inRegister(i.a);
      i.b = inRegister(i.b);
    }
  const there = () => m.mem(m.SPILL_AREA, place.disp);
  const saved = isCarried ? f.spills++ * 4 : 0;
  for (const { from, to, isEntry } of borders) {
    const { position } = to.instructions[0];
    const move = (a: m.Operand, b: m.Operand): m.Instruction => ({ op: 'mov', a, b, position });
    const code: m.Instruction[] = [];
    if (isEntry) {
      if (isCarried) code.push(move(m.mem(m.SPILL_AREA, saved), m.reg(register)));
      if (isNeeded(to)) code.push(move(m.reg(register), there()));
    } else {
      if (place.isWritten && isNeeded(to)) code.push(move(there(), m.reg(register)));
      if (isCarried && live.get(to)?.has(register)) code.push(move(m.reg(register), m.mem(m.SPILL_AREA, saved)));
    }
    if (code.length > 0) insertOnEdge(f, from, to, before, code);
  }
}
