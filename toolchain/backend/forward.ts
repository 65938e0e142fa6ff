// Forwards values through memory: a load of what a register still holds, because it was loaded or stored there before,
// becomes a read of that register. Along straight lines of blocks, each of which has one predecessor.
//
// Two accesses are apart where both go by the same register at displacements that do not overlap, where both addresses
// are constants that do not, and where one is of a global variable and the other goes by a pointer. Whatever calls, or
// is an intrinsic or a hook, ends everything known.
import {
  type Block,
  type Expr,
  isPlainConst,
  mapChildren,
  reads,
  type Statement,
  sameTree,
  successors,
  type Terminator,
} from './ir.js';

type Load = Expr & { kind: 'load' };
interface Known {
  readonly load: Load;
  readonly value: Expr;
}

export function forwardLoads(blocks: Block[]): Block[] {
  const predecessors = new Map<Block, Set<Block>>();
  for (const b of blocks) for (const s of successors(b)) predecessors.set(s, (predecessors.get(s) ?? new Set()).add(b));
  const atEnd = new Map<Block, readonly Known[]>();
  for (const [index, b] of blocks.entries()) {
    const before = [...(predecessors.get(b) ?? [])];
    const inherited = index > 0 && before.length === 1 ? atEnd.get(before[0]) : undefined;
    atEnd.set(b, new Forwarding(inherited ?? []).run(b));
  }
  return blocks;
}

class Forwarding {
  private known: Known[];

  constructor(inherited: readonly Known[]) {
    this.known = [...inherited];
  }

  run(b: Block): readonly Known[] {
    b.statements = b.statements.map((s) => this.statement(s));
    const end = b.end as Terminator;
    if (end.kind === 'branch') b.end = { ...end, condition: this.rewrite(end.condition) };
    else if (end.kind === 'switch') b.end = { ...end, value: this.rewrite(end.value) };
    else if (end.kind === 'return') b.end = { ...end, values: end.values.map((v) => this.rewrite(v)) };
    return this.known;
  }

  private statement(s: Statement): Statement {
    switch (s.kind) {
      case 'set':
        return this.set(s);
      case 'store':
        return this.store(s);
      case 'pair': {
        const pair = { ...s, a: s.a.map((e) => this.rewrite(e)), b: s.b.map((e) => this.rewrite(e)) };
        this.written(s.lo);
        this.written(s.hi);
        return pair;
      }
      case 'accumulate':
        this.known = [];
        return s;
      case 'call': {
        const target = typeof s.target === 'string' ? s.target : this.rewrite(s.target);
        const call = { ...s, target, args: s.args.map((e) => this.rewrite(e)) };
        this.known = [];
        return call;
      }
      case 'intrinsic': {
        const intrinsic = { ...s, args: s.args.map((e) => this.rewrite(e)) };
        this.known = [];
        return intrinsic;
      }
      case 'hook':
        this.known = [];
        return s;
    }
  }

  private set(s: Statement & { kind: 'set' }): Statement {
    const value = this.rewrite(s.value);
    this.written(s.reg);
    if (value.kind === 'load' && !reads(value, s.reg))
      this.known.push({ load: value, value: { kind: 'reg', reg: s.reg } });
    return { ...s, value };
  }

  private store(s: Statement & { kind: 'store' }): Statement {
    const address = this.rewrite(s.address);
    const target: Load = { kind: 'load', size: s.size, signed: false, address, offset: s.offset };
    // [a] = [a] op v stays: it is one instruction.
    const inPlace = s.value.kind === 'binary' && [s.value.x, s.value.y].some((e) => isSamePlace(e, target));
    const value = inPlace ? s.value : this.rewrite(s.value);
    this.known = this.known.filter(({ load }) => apart(load, target));
    if (s.size === 4 && (value.kind === 'reg' || isPlainConst(value))) this.known.push({ load: target, value });
    return { ...s, address, value };
  }

  private written(reg: number): void {
    this.known = this.known.filter(
      ({ load, value }) => !reads(load, reg) && !(value.kind === 'reg' && value.reg === reg),
    );
  }

  private rewrite(e: Expr): Expr {
    if (e.kind === 'reg' || e.kind === 'const') return e;
    if (e.kind !== 'load') return mapChildren(e, (child) => this.rewrite(child));
    const load = { ...e, address: this.rewrite(e.address) };
    const found = this.known.find(
      (k) => isSamePlace(load, k.load) && (load.size === 4 || k.load.signed === load.signed),
    );
    return found ? found.value : load;
  }
}

function isSamePlace(e: Expr, load: Load): boolean {
  return e.kind === 'load' && e.size === load.size && e.offset === load.offset && sameTree(e.address, load.address);
}

interface Place {
  readonly base: Expr | undefined;
  readonly symbol: string | undefined;
  readonly at: number;
}

function placeOf({ address, offset }: Load): Place {
  if (address.kind === 'const') return { base: undefined, symbol: address.symbol, at: address.value + offset };
  if (address.kind === 'binary' && address.op === 'add' && address.y.kind === 'const')
    return { base: address.x, symbol: address.y.symbol, at: address.y.value + offset };
  return { base: address, symbol: undefined, at: offset };
}

/** Whether no byte of one can be of the other. */
function apart(known: Load, stored: Load): boolean {
  const a = placeOf(known);
  const b = placeOf(stored);
  const sameBase = a.base && b.base ? sameTree(a.base, b.base) : a.base === b.base;
  if (sameBase && a.symbol === b.symbol) return a.at + known.size <= b.at || b.at + stored.size <= a.at;
  // A symbol without anything added is a global variable of the module, or something that only assembly knows.
  const isVariable = (p: Place) => p.base === undefined && p.symbol !== undefined;
  return isVariable(a) || isVariable(b);
}
