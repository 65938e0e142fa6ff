// After allocation: the frame, prologue and epilogue.
//
//   ESP + frame + saved + 4 ...  incoming arguments from the fourth on
//   ESP + frame + saved          return address
//   ESP + frame ...              saved EBX, ESI, EDI, EBP, as far as used on ways that return
//   ESP + outgoing + spills ...  areas of stackSlot()
//   ESP + outgoing ...           spilled registers
//   ESP ...                      arguments on the stack of calls made here
//
// ESP does not move between prologue and epilogue. Both stand at the borders of those blocks that need a frame, and of
// those between: where a way from the entry to a return touches none, it saves nothing (shrink-wrapping). Once left, the
// frame is never laid again on the same way.
import { returningBlocks } from './cold.js';
import { appendTo, avoidable, hullOf, type Predecessors, placeOnEdge, predecessorsOf, splitEdge } from './edges.js';
import * as m from './machine.js';

type Code = readonly Omit<m.Instruction, 'position'>[];

export interface Frame {
  /** What takes the frame away again. */
  readonly restore: Code;
  /** What a return in a block has to do first. */
  epilogueOf(b: m.MachineBlock): Code;
  /** A call in tail position may become a jump: the callee's frame takes the place of this one. */
  readonly allowsTailCalls: boolean;
}

/** Ways in that are worth a prologue of their own, and ways out: each epilogue there saves one behind it. */
const MOST_ENTRIES = 2;
const MOST_EXITS = 6;

export function layFrame(f: m.MachineFunction): Frame {
  const returning = returningBlocks(f);
  const touched = new Set([...returning].flatMap(savedRegistersIn));
  const saved = m.CALLEE_SAVED.filter((r) => touched.has(r));
  const size = f.outgoing + f.spills * 4 + f.slots;
  const depth = size + 4 * saved.length;
  const before = predecessorsOf(f);
  const inside = depth > 0 ? framed(f, returning, before) : new Set<m.MachineBlock>();
  for (const b of f.blocks) settle(f, b, inside.has(b) ? depth : 0);
  const adjust = (op: 'add' | 'sub'): Code => (size > 0 ? [{ op, a: m.reg(m.ESP), b: m.imm(size) }] : []);
  const save: Code = [...saved.map((r) => ({ op: 'push' as const, a: m.reg(r) })), ...adjust('sub')];
  const restore: Code = [...adjust('add'), ...saved.toReversed().map((r) => ({ op: 'pop' as const, a: m.reg(r) }))];
  const [entry] = f.blocks;
  if (inside.has(entry)) prepend(entry, save, 0);
  else
    for (const border of bordersOf(f, inside, before)) {
      if (inside.has(border.to)) cross(f, border, before, save, 0);
      else cross(f, border, before, restore, depth);
    }
  return {
    restore,
    epilogueOf: (b) => (inside.has(b) ? restore : []),
    allowsTailCalls: f.outgoing === 0 && f.slots === 0,
  };
}

/** Of the registers that a caller wants to find unchanged, those that the block reads or writes. */
function savedRegistersIn(b: m.MachineBlock): number[] {
  return b.instructions.flatMap((i) => {
    const { uses, defs } = m.usesAndDefs(i);
    return [...uses, ...defs].filter((r) => m.CALLEE_SAVED.includes(r));
  });
}

/** The blocks that run with the frame laid: all, where no way avoids it or it would be laid in too many places. */
function framed(
  f: m.MachineFunction,
  returning: ReadonlySet<m.MachineBlock>,
  before: Predecessors,
): Set<m.MachineBlock> {
  const all = new Set(f.blocks);
  // The address of an area of stackSlot() may be kept anywhere.
  if (f.slots > 0) return all;
  const needy = f.blocks.filter((b) => touchesFrame(b) || (returning.has(b) && savedRegistersIn(b).length > 0));
  const hull = hullOf(f, new Set(needy), before);
  if (hull.has(f.blocks[0]) || !avoidable(f, hull)) return all;
  const borders = bordersOf(f, hull, before);
  const entries = borders.filter(({ to }) => hull.has(to)).length;
  return entries <= MOST_ENTRIES && borders.length - entries <= MOST_EXITS ? hull : all;
}

function touchesFrame(b: m.MachineBlock): boolean {
  const isInFrame = (o: m.Operand | undefined) =>
    (o?.kind === 'mem' && (o.base === m.ESP || o.base === m.SPILL_AREA)) || (o?.kind === 'reg' && o.reg === m.ESP);
  return b.instructions.some((i) => isInFrame(i.a) || isInFrame(i.b));
}

/** An edge into or out of the frame; without a source: all edges to its target. */
interface Border {
  readonly from?: m.MachineBlock;
  readonly to: m.MachineBlock;
}

function bordersOf(f: m.MachineFunction, inside: ReadonlySet<m.MachineBlock>, before: Predecessors): Border[] {
  return f.blocks.flatMap((to): Border[] => {
    const all = before.get(to) ?? [];
    const across = all.filter((from) => inside.has(from) !== inside.has(to));
    if (across.length === all.length && across.length > 0 && to !== f.blocks[0]) return [{ to }];
    return across.map((from) => ({ from, to }));
  });
}

/** Lays the frame, or takes it away, on the way across a border. */
function cross(
  f: m.MachineFunction,
  { from, to }: Border,
  before: Predecessors,
  code: Code,
  depthBefore: number,
): void {
  if (!from) prepend(to, code, depthBefore);
  else if (placeOnEdge(f, from, to, before) === 'source') appendTo(from, placed(code, from));
  else prepend(splitEdge(f, from, to), code, depthBefore);
}

const placed = (code: Code, b: m.MachineBlock): m.Instruction[] => {
  const position = b.instructions[0]?.position ?? 0;
  return code.map((i) => ({ ...i, position }));
};

function prepend(b: m.MachineBlock, code: Code, depthBefore: number): void {
  b.frame = depthBefore;
  b.instructions.unshift(...placed(code, b));
}

/** Places in the frame become displacements from ESP. */
function settle(f: m.MachineFunction, b: m.MachineBlock, depth: number): void {
  b.frame = depth;
  const bases: Record<number, number> = {
    [m.INCOMING_ARGUMENTS]: depth + 4,
    [m.SPILL_AREA]: f.outgoing,
    [m.SLOT_AREA]: f.outgoing + f.spills * 4,
  };
  const toStack = (o: m.Operand | undefined): m.Operand | undefined => {
    if (o?.kind !== 'mem' || bases[o.base] === undefined) return o;
    return { ...o, base: m.ESP, disp: o.disp + bases[o.base] };
  };
  for (const i of b.instructions) {
    i.a = toStack(i.a);
    i.b = toStack(i.b);
  }
}
