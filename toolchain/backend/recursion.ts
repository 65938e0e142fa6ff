// One level of recursion laid into the function itself. A small function that walks a tree by calling itself spends much
// of its time on entering and leaving; with a copy of its body in place of each call it enters for every second level
// only. The copies call as before, so it still recurses as deep as it has to.
import {
  type Block,
  type Expr,
  FIRST_VIRTUAL,
  type IrFunction,
  mapChildren,
  register,
  type Statement,
  type Terminator,
} from './ir.js';
import { joinBlocks } from './simplify.js';

/** Statements and branches of the function with its copies, at most: they take cache lines. */
const LARGEST = 60;

type Call = Statement & { kind: 'call' };
type Rename = (r: number) => number;

export function unrollRecursion(f: IrFunction): void {
  const calls = f.blocks.flatMap((b) => b.statements.filter((s, k) => isCallOf(f, s) && !isLast(b, k)));
  const size = f.blocks.reduce((sum, b) => sum + b.statements.length + 1, 0);
  if (calls.length === 0 || size * (1 + calls.length) > LARGEST) return;
  const original = instance(f.blocks, (r) => r, 0);
  const own = f.registers - FIRST_VIRTUAL;
  for (const call of calls) {
    const [from, least] = [f.registers, 1 + Math.max(...f.blocks.map((b) => b.id))];
    const rename: Rename = (r) => (r < FIRST_VIRTUAL ? r : r - FIRST_VIRTUAL + from);
    f.registers += own;
    layIn(f, call as Call, instance(original, rename, least), f.params.map(rename));
  }
  f.blocks = joinBlocks(f.blocks);
}

const isCallOf = (f: IrFunction, s: Statement): boolean => s.kind === 'call' && s.target === f.name;

/** Such a call becomes a jump (peephole.ts). */
const isLast = (b: Block, k: number): boolean => k === b.statements.length - 1 && b.end?.kind === 'return';

/** The blocks once more, numbered from `least` on. */
function instance(blocks: readonly Block[], rename: Rename, least: number): Block[] {
  const copies = new Map(blocks.map((b, k): [Block, Block] => [b, { ...b, id: least + k }]));
  const to = (b: Block) => copies.get(b) as Block;
  const inTree = (e: Expr): Expr => (e.kind === 'reg' ? register(rename(e.reg)) : mapChildren(e, inTree));
  for (const copy of copies.values()) {
    copy.statements = copy.statements.map((s) => renamed(s, rename, inTree));
    copy.end = redirected(copy.end as Terminator, to, inTree);
  }
  return [...copies.values()];
}

function renamed(s: Statement, rename: Rename, inTree: (e: Expr) => Expr): Statement {
  switch (s.kind) {
    case 'set':
      return { ...s, reg: rename(s.reg), value: inTree(s.value) };
    case 'store':
      return { ...s, address: inTree(s.address), value: inTree(s.value) };
    case 'call': {
      const target = typeof s.target === 'string' ? s.target : inTree(s.target);
      return { ...s, target, args: s.args.map(inTree), results: s.results.map(rename) };
    }
    case 'intrinsic':
      return { ...s, args: s.args.map(inTree), results: s.results.map(rename) };
    case 'pair':
      return { ...s, lo: rename(s.lo), hi: rename(s.hi), a: s.a.map(inTree), b: s.b.map(inTree) };
    case 'accumulate':
      return { ...s, address: inTree(s.address), by: s.by.map(inTree) };
    case 'hook':
      return s;
  }
}

function redirected(end: Terminator, to: (b: Block) => Block, inTree: (e: Expr) => Expr): Terminator {
  switch (end.kind) {
    case 'jump':
      return { ...end, to: to(end.to) };
    case 'branch':
      return { ...end, condition: inTree(end.condition), yes: to(end.yes), no: to(end.no) };
    case 'switch':
      return { ...end, value: inTree(end.value), to: end.to.map(to), other: to(end.other) };
    case 'return':
      return { ...end, values: end.values.map(inTree) };
    case 'trap':
      return end;
  }
}

/** Puts a copy of the function in place of a call of it. */
function layIn(f: IrFunction, call: Call, copy: readonly Block[], params: readonly number[]): void {
  const at = f.blocks.findIndex((b) => b.statements.includes(call));
  const b = f.blocks[at];
  const k = b.statements.indexOf(call);
  const { position } = call;
  const set = (reg: number, value: Expr): Statement => ({ kind: 'set', reg, value, position });
  const id = 1 + Math.max(...copy.map((c) => c.id));
  const behind: Block = { ...b, id, statements: b.statements.slice(k + 1), isLoopHead: false };
  b.statements = [...b.statements.slice(0, k), ...params.map((r, n) => set(r, call.args[n]))];
  b.end = { kind: 'jump', to: copy[0], position };
  for (const c of copy) {
    if (c.end?.kind !== 'return') continue;
    c.statements.push(...call.results.map((r, n) => set(r, (c.end as Terminator & { kind: 'return' }).values[n])));
    c.end = { kind: 'jump', to: behind, position: c.end.position };
  }
  f.blocks.splice(at + 1, 0, ...copy, behind);
}
