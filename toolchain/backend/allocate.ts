// Register allocation: Chaitin's graph colouring with Briggs's optimistic colouring and conservative coalescing.
// (Chaitin 1982; Briggs, Cooper, Torczon 1994; the two coalescing tests after Briggs and after George.)
//
// Build the interference graph; merge the ends of copies where that cannot make the graph harder to colour; take nodes
// off the graph, those of low degree first, else the one that is cheapest to spill for its degree; colour them in the
// opposite order. What finds no colour is spilled to the frame, and everything starts again. At last the colours become
// the machine's registers.
import { liveOut, type RegisterSet } from './liveness.js';
import * as m from './machine.js';
import { spill } from './spill.js';
import { weightOf } from './weight.js';

const COLOURS = m.ALLOCATABLE.length;

/** Puts the machine's registers in place of the virtual ones, and spill code where they are too few. */
export function allocate(f: m.MachineFunction): void {
  assign(f, colour(f));
}

/** The machine's register by register number, once spill code has been inserted into `f`. */
function colour(f: m.MachineFunction): number[] {
  const short = new Set<number>();
  for (let round = 0; round < 40; round++) {
    const graph = new Graph(f, short);
    graph.coalesce();
    const { colours, spilled } = graph.colour();
    if (spilled.length === 0) return colours;
    const classes = new Set(spilled);
    const classOf = (r: number): number | undefined => {
      const found = m.isVirtual(r) && r < graph.size ? graph.find(r) : -1;
      return classes.has(found) ? found : undefined;
    };
    spill(f, classOf, short);
  }
  throw new Error(`no register allocation found for ${f.name}`);
}

function assign(f: m.MachineFunction, colours: number[]): void {
  const machineRegister = (r: number): number => colours[r] ?? r;
  for (const b of f.blocks) {
    for (const i of b.instructions) {
      i.a = m.renameOperand(i.a, machineRegister);
      i.b = m.renameOperand(i.b, machineRegister);
    }
    b.instructions = b.instructions.filter((i) => !(m.isCopy(i) && i.a.reg === i.b.reg));
  }
}

interface Copy {
  a: number;
  b: number;
  weight: number;
  /** At the border of two live ranges that are not to be joined. */
  splits: boolean;
}

class Graph {
  private readonly neighbours: Set<number>[];
  private readonly cost: Float64Array;
  private readonly alias: number[];
  private readonly copies: Copy[] = [];
  private readonly seen = new Set<number>();
  /** Registers that the graph was built for. */
  readonly size: number;

  constructor(
    f: m.MachineFunction,
    /** Registers that live for one instruction: spilling them gains nothing. */
    private readonly short: Set<number>,
  ) {
    this.size = f.registers;
    this.neighbours = Array.from({ length: f.registers }, () => new Set<number>());
    this.cost = new Float64Array(f.registers);
    this.alias = Array.from({ length: f.registers }, (_, r) => r);
    for (const a of m.ALLOCATABLE) for (const b of m.ALLOCATABLE) this.interfere(a, b);
    for (const r of f.byteRegisters) for (const p of m.NO_BYTE) this.interfere(r, p);
    const out = liveOut(f);
    for (const b of f.blocks) this.scan(b, (out.get(b) as RegisterSet).copy());
    this.copies.sort((x, y) => y.weight - x.weight);
  }

  find(r: number): number {
    while (this.alias[r] !== r) r = this.alias[r];
    return r;
  }

  private interfere(a: number, b: number): void {
    if (a === b) return;
    this.neighbours[a].add(b);
    this.neighbours[b].add(a);
  }

  private scan(b: m.MachineBlock, live: RegisterSet): void {
    const weight = weightOf(b);
    for (let k = b.instructions.length - 1; k >= 0; k--) {
      const i = b.instructions[k];
      const { uses, defs } = m.usesAndDefs(i);
      const copied = m.isCopy(i) ? i.b.reg : -1;
      if (m.isCopy(i)) this.copies.push({ a: i.a.reg, b: i.b.reg, weight, splits: i.splits ?? false });
      for (const d of defs) {
        live.forEach((r) => {
          if (r !== copied) this.interfere(d, r);
        });
        for (const other of defs) this.interfere(d, other);
      }
      for (const r of defs) live.delete(r);
      for (const r of uses) live.add(r);
      for (const r of [...uses, ...defs]) {
        if (!m.isVirtual(r)) continue;
        this.cost[r] += weight;
        this.seen.add(r);
      }
    }
  }

  private degree(r: number): number {
    return m.isVirtual(r) ? this.neighbours[r].size : Number.POSITIVE_INFINITY;
  }

  coalesce(): void {
    for (let merged = true; merged; ) {
      merged = false;
      for (const copy of this.copies) {
        if (copy.splits) continue;
        let a = this.find(copy.a);
        let b = this.find(copy.b);
        if (!m.isVirtual(b)) [a, b] = [b, a];
        if (a === b || !m.isVirtual(b) || this.neighbours[a].has(b)) continue;
        if (!(m.isVirtual(a) ? this.briggs(a, b) : this.george(a, b))) continue;
        this.merge(a, b);
        merged = true;
      }
    }
  }

  /** The merged node has fewer than COLOURS neighbours of significant degree. */
  private briggs(a: number, b: number): boolean {
    const significant = (r: number, shared: boolean) => this.degree(r) - (shared ? 1 : 0) >= COLOURS;
    let count = 0;
    for (const r of this.neighbours[a]) if (significant(r, this.neighbours[b].has(r))) count++;
    for (const r of this.neighbours[b]) if (!this.neighbours[a].has(r) && significant(r, false)) count++;
    return count < COLOURS;
  }

  /** Every neighbour of b is harmless to machine register a: it meets a already, or is of low degree. */
  private george(a: number, b: number): boolean {
    for (const r of this.neighbours[b])
      if (m.isVirtual(r) && !this.neighbours[r].has(a) && this.degree(r) >= COLOURS) return false;
    return true;
  }

  private merge(a: number, b: number): void {
    this.alias[b] = a;
    for (const r of this.neighbours[b]) {
      this.neighbours[r].delete(b);
      this.interfere(a, r);
    }
    this.neighbours[b] = new Set();
    this.cost[a] += this.cost[b];
    if (this.short.has(b)) this.short.add(a);
  }

  colour(): { colours: number[]; spilled: number[] } {
    const order = this.removalOrder();
    const colours: number[] = [];
    for (const r of m.ALLOCATABLE) colours[r] = r;
    const spilled: number[] = [];
    const partners = this.partners(false);
    const beyond = this.partners(true);
    const inUse = new Set<number>();
    for (let r = order.pop(); r !== undefined; r = order.pop()) {
      const taken = new Set<number>();
      for (const n of this.neighbours[r]) if (colours[n] !== undefined) taken.add(colours[n]);
      const free = m.ALLOCATABLE.filter((c) => !taken.has(c));
      if (free.length === 0) {
        spilled.push(r);
        continue;
      }
      const colourOf = (others: number[] | undefined) =>
        others?.map((p) => colours[p]).find((c) => c !== undefined && free.includes(c));
      const unsaved = free.find((c) => m.CALLER_SAVED.includes(c));
      const wished = colourOf(partners.get(r)) ?? unsaved ?? colourOf(beyond.get(r));
      const colour = wished ?? free.find((c) => inUse.has(c)) ?? free[0];
      inUse.add(colour);
      colours[r] = colour;
    }
    for (const r of this.alias.keys()) colours[r] ??= colours[this.find(r)];
    return { colours, spilled };
  }

  private removalOrder(): number[] {
    const left = new Set([...this.seen].map((r) => this.find(r)).filter(m.isVirtual));
    const degree = new Map([...left].map((r) => [r, this.neighbours[r].size]));
    const low = [...left].filter((r) => (degree.get(r) as number) < COLOURS);
    const order: number[] = [];
    while (left.size > 0) {
      let next = low.pop();
      while (next !== undefined && !left.has(next)) next = low.pop();
      next ??= this.cheapest(left, degree);
      left.delete(next);
      order.push(next);
      for (const n of this.neighbours[next]) {
        if (!left.has(n)) continue;
        const d = (degree.get(n) as number) - 1;
        degree.set(n, d);
        if (d === COLOURS - 1) low.push(n);
      }
    }
    return order;
  }

  private cheapest(left: Set<number>, degree: Map<number, number>): number {
    let best = -1;
    let bestCost = Number.POSITIVE_INFINITY;
    for (const r of left) {
      const cost = this.short.has(r) ? 1e18 : this.cost[r] / (degree.get(r) as number);
      if (cost < bestCost) [best, bestCost] = [r, cost];
    }
    return best;
  }

  /** The other ends of copies that were not merged: the same colour makes the copy vanish. */
  private partners(splits: boolean): Map<number, number[]> {
    const partners = new Map<number, number[]>();
    const add = (r: number, p: number) => {
      const list = partners.get(r);
      if (list) list.push(p);
      else partners.set(r, [p]);
    };
    for (const copy of this.copies) {
      const a = this.find(copy.a);
      const b = this.find(copy.b);
      if (a === b || copy.splits !== splits) continue;
      add(a, b);
      add(b, a);
    }
    return partners;
  }
}
