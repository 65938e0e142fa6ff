// Live ranges split where the calls begin and end. A value that lives across a call wants a register that the callee
// saves, and a function that uses such a register has to save it first; where a way from the entry to a return makes no
// call, it should do without. So around the calls (the hull of the blocks with a value that lives across one) values get
// names of their own, and frame.ts saves registers on the ways into those blocks alone.
//
// The copies at the borders are not to be joined (allocate.ts): joined, the values would have the callee's register
// everywhere. They cost what they cost, so only where few are needed.
import { avoidable, hullOf, insertOnEdge, predecessorsOf } from './edges.js';
import { type Live, liveness } from './liveness.js';
import * as m from './machine.js';

/** Copies on one way through the calls, beyond those that receive an argument. */
const MOST_COPIES = 2;

export function separateCalls(f: m.MachineFunction): void {
  if (!f.blocks.some((b) => b.instructions.some((i) => i.op === 'call'))) return;
  const live = liveness(f);
  const across = new Set<number>();
  const calling = new Set(f.blocks.filter((b) => findAcross(b, live.out, across)));
  if (calling.size === 0) return;
  const hull = hullOf(f, calling);
  if (hull.has(f.blocks[0]) || !avoidable(f, hull)) return;
  const names = new Map<number, number>();
  const edges = borders(f, hull, across, live.in);
  if (costOf(f, hull, edges) > MOST_COPIES) return;
  const outside = (r: number): number => {
    if (!across.has(r)) return r;
    const name = names.get(r) ?? f.registers++;
    names.set(r, name);
    if (f.byteRegisters.has(r)) f.byteRegisters.add(name);
    return name;
  };
  for (const b of f.blocks) {
    if (hull.has(b)) continue;
    for (const i of b.instructions) {
      i.a = m.renameOperand(i.a, outside);
      i.b = m.renameOperand(i.b, outside);
    }
  }
  const before = predecessorsOf(f);
  for (const { from, to, registers } of edges) {
    const position = to.instructions[0].position;
    const copies = registers.map((r): m.Instruction => {
      const [a, b] = hull.has(to) ? [r, outside(r)] : [outside(r), r];
      return { op: 'mov', a: m.reg(a), b: m.reg(b), splits: true, position };
    });
    if (copies.length > 0) insertOnEdge(f, from, to, before, copies);
  }
}

/** Notes the registers that live across a call in the block; tells whether there are any. */
function findAcross(b: m.MachineBlock, out: Live, across: Set<number>): boolean {
  const live = out.get(b)?.copy();
  let found = false;
  for (let k = b.instructions.length - 1; live && k >= 0; k--) {
    const { uses, defs } = m.usesAndDefs(b.instructions[k]);
    for (const r of defs) live.delete(r);
    if (b.instructions[k].op === 'call')
      live.forEach((r) => {
        if (!m.isVirtual(r)) return;
        across.add(r);
        found = true;
      });
    for (const r of uses) live.add(r);
  }
  return found;
}

interface Border {
  readonly from: m.MachineBlock;
  readonly to: m.MachineBlock;
  readonly registers: readonly number[];
}

function borders(f: m.MachineFunction, hull: Set<m.MachineBlock>, of: Set<number>, liveIn: Live): Border[] {
  return f.blocks.flatMap((from) =>
    from.successors
      .filter((to) => hull.has(from) !== hull.has(to))
      .map((to) => ({ from, to, registers: [...of].filter((r) => liveIn.get(to)?.has(r)) })),
  );
}

/** Copies on the way in, of what was not received as an argument, and on the way out. */
function costOf(f: m.MachineFunction, hull: Set<m.MachineBlock>, edges: readonly Border[]): number {
  const computed = new Set<number>();
  for (const b of f.blocks)
    for (const i of hull.has(b) ? [] : b.instructions)
      if (!m.isCopy(i) || m.isVirtual(i.b.reg)) for (const r of m.usesAndDefs(i).defs) computed.add(r);
  let [most, mostOut] = [0, 0];
  for (const { to, registers } of edges) {
    if (hull.has(to)) most = Math.max(most, registers.filter((r) => computed.has(r)).length);
    else mostOut = Math.max(mostOut, registers.length);
  }
  return most + mostOut;
}
