// Tidies the control-flow graph: joins straight lines, threads jumps through empty blocks and through the tests that
// `&&` and `||` leave behind, copies returns and short loop heads to where they are jumped from.
import { reachable } from './endless.js';
import {
  type Block,
  compare,
  constant,
  type Expr,
  isExpectation,
  isPlainConst,
  reads,
  type Statement,
  substitute,
  successors,
  type Terminator,
} from './ir.js';
import { makeSwitches } from './switches.js';
import { addUses, countUses } from './uses.js';

export function simplify(blocks: Block[]): Block[] {
  const all = splitConditions(joinBlocks(blocks));
  makeSwitches(all);
  copyLoopTests(all);
  decideEntries(all);
  return reachable(all);
}

/** Straight lines become one block each, and what only jumps or returns goes to where it is jumped from. */
export function joinBlocks(blocks: readonly Block[]): Block[] {
  let all = reachable(blocks);
  for (let changed = true, round = 0; changed && round < 100; round++) {
    changed = threadEmpty(all);
    all = reachable(all);
    const predecessors = findPredecessors(all);
    const uses = countUses(all);
    for (const b of all) if (joinOrCopy(b, all[0], predecessors, uses)) changed = true;
    all = reachable(all);
  }
  return all;
}

/** Jumps to an empty block that only jumps go on to where it leads; decided branches become jumps. */
function threadEmpty(blocks: Block[]): boolean {
  let changed = false;
  const beyond = (from: Block): Block => {
    let to = from;
    for (let n = 0; n < 10 && to.statements.length === 0 && to.end?.kind === 'jump' && to.end.to !== to; n++)
      to = to.end.to;
    if (to !== from) changed = true;
    return to;
  };
  for (const b of blocks) {
    const end = b.end as Terminator;
    if (end.kind === 'jump') b.end = { ...end, to: beyond(end.to) };
    else if (end.kind === 'branch') {
      const [yes, no] = [beyond(end.yes), beyond(end.no)];
      b.end = { ...end, yes, no };
      if (end.condition.kind === 'const' && end.condition.symbol === undefined) {
        b.end = { kind: 'jump', to: end.condition.value !== 0 ? yes : no, position: end.position };
        changed = true;
      }
    } else if (end.kind === 'switch') b.end = { ...end, to: end.to.map(beyond), other: beyond(end.other) };
  }
  return changed;
}

type Predecessors = Map<Block, Set<Block>>;

function findPredecessors(blocks: Block[]): Predecessors {
  const found: Predecessors = new Map(blocks.map((b) => [b, new Set()]));
  for (const b of blocks) for (const s of successors(b)) found.get(s)?.add(b);
  return found;
}

const isSimple = (e: Expr): boolean => e.kind === 'const' || e.kind === 'reg';

function joinOrCopy(b: Block, entry: Block, predecessors: Predecessors, uses: Map<number, number>): boolean {
  const end = b.end as Terminator;
  const last = b.statements[b.statements.length - 1];
  const setOnly = last?.kind === 'set' && uses.get(last.reg) === 1 ? last : undefined;
  if (end.kind === 'branch' && setOnly && reads(end.condition, setOnly.reg)) {
    b.statements.pop();
    b.end = { ...end, condition: substitute(end.condition, setOnly.reg, setOnly.value) };
    uses.delete(setOnly.reg);
    return true;
  }
  if (end.kind !== 'jump') return false;
  const next = end.to;
  if (next === b) return false;
  const before = predecessors.get(next) as Set<Block>;
  if (before.size === 1 && next !== entry) {
    b.statements.push(...next.statements);
    b.end = next.end;
    for (const s of successors(b)) predecessors.get(s)?.delete(next);
    for (const s of successors(b)) predecessors.get(s)?.add(b);
    next.statements = [];
    next.end = { kind: 'trap', position: end.position };
    before.clear();
    return true;
  }
  if (next.statements.length > 0) return false;
  const tail = next.end as Terminator;
  if (tail.kind === 'return' && tail.values.every(isSimple)) {
    const [value] = tail.values;
    const direct = tail.values.length === 1 && value.kind === 'reg' && last?.kind === 'set' && last.reg === value.reg;
    if (direct) b.statements.pop();
    b.end = direct ? { ...tail, values: [last.value] } : tail;
    if (!direct) for (const e of tail.values) addUses(e, uses);
    before.delete(b);
    return true;
  }
  if (tail.kind === 'branch' && setOnly && reads(tail.condition, setOnly.reg) && allSet(before, setOnly.reg)) {
    b.statements.pop();
    addUses(tail.condition, uses);
    uses.set(setOnly.reg, 1);
    b.end = { ...tail, condition: substitute(tail.condition, setOnly.reg, setOnly.value) };
    before.delete(b);
    for (const to of [tail.yes, tail.no]) predecessors.get(to)?.add(b);
    return true;
  }
  return false;
}

/** Every block sets the register last: its value does not come from further back, say from before a loop. */
const allSet = (blocks: Set<Block>, reg: number): boolean =>
  [...blocks].every((b) => {
    const last = b.statements[b.statements.length - 1];
    return b.end?.kind === 'jump' && last?.kind === 'set' && last.reg === reg;
  });

/** A branch on two conditions becomes two branches, as often as there are more. */
function splitConditions(blocks: readonly Block[]): Block[] {
  let id = Math.max(...blocks.map((b) => b.id));
  const split = (b: Block): Block[] => {
    const { end } = b;
    const both = end?.kind === 'branch' ? conditionsOf(end.condition) : undefined;
    if (end?.kind !== 'branch' || !both) return [b];
    const { yes, no, position } = end;
    const second: Block = { id: ++id, statements: [], depth: b.depth, isLoopHead: false };
    second.end = { kind: 'branch', condition: both.second, yes, no, position };
    b.end = { ...end, condition: both.first, yes: both.isAnd ? second : yes, no: both.isAnd ? no : second };
    return [...split(b), ...split(second)];
  };
  return blocks.flatMap(split);
}

/** `&&` and `||` arrive as `c ? x : 0` and `c ? 1 : y`, or, where both sides are cheap, as AND and OR of 0 and 1. */
function conditionsOf(e: Expr): { first: Expr; second: Expr; isAnd: boolean } | undefined {
  if (e.kind === 'binary' && (e.op === 'and' || e.op === 'or') && isTruth(e.x) && isTruth(e.y))
    return { first: e.x, second: e.y, isAnd: e.op === 'and' };
  if (e.kind === 'compare' && e.cc === 'e' && isPlainConst(e.y) && e.y.value === 0) {
    const both = conditionsOf(e.x);
    const not = (c: Expr) => compare('e', c, constant(0));
    return both && { first: not(both.first), second: not(both.second), isAnd: !both.isAnd };
  }
  if (e.kind !== 'select') return undefined;
  if (isPlainConst(e.y) && e.y.value === 0) return { first: e.condition, second: e.x, isAnd: true };
  return isPlainConst(e.x) && e.x.value !== 0 ? { first: e.condition, second: e.y, isAnd: false } : undefined;
}

/** Whether the tree is 0 or 1. */
function isTruth(e: Expr): boolean {
  if (e.kind === 'compare' || e.kind === 'compare64') return true;
  if (e.kind === 'unary') return isExpectation(e) && isTruth(e.x);
  return e.kind === 'binary' && (e.op === 'and' || e.op === 'or') && isTruth(e.x) && isTruth(e.y);
}

/** A jump back to a loop head that only tests becomes that test: one jump less an iteration. */
function copyLoopTests(blocks: Block[]): void {
  const index = new Map(blocks.map((b, i) => [b, i]));
  for (const b of blocks) {
    if (b.end?.kind !== 'jump') continue;
    const head = b.end.to;
    if (!head.isLoopHead || (index.get(head) as number) > (index.get(b) as number)) continue;
    if (head.end?.kind !== 'branch' || head.statements.length > 3) continue;
    if (!head.statements.every((s) => s.kind === 'set')) continue;
    b.statements.push(...head.statements);
    b.end = { ...head.end };
  }
}

/** A test that is decided by constants which were set just before, as a loop's before its first round often is. */
function decideEntries(blocks: Block[]): void {
  for (const b of blocks) {
    const end = b.end as Terminator;
    const test = end.kind === 'jump' && end.to.statements.length === 0 ? (end.to.end as Terminator) : end;
    if (test.kind !== 'branch' || test.condition.kind !== 'compare') continue;
    const { x, y } = test.condition;
    let condition: Expr = test.condition;
    for (const operand of [x, y]) {
      if (operand.kind !== 'reg') continue;
      const set = b.statements.findLast((s) => writes(s, operand.reg));
      if (set?.kind === 'set' && isPlainConst(set.value)) condition = substitute(condition, operand.reg, set.value);
    }
    if (!isPlainConst(condition)) continue;
    b.end = { kind: 'jump', to: condition.value !== 0 ? test.yes : test.no, position: end.position };
  }
}

function writes(s: Statement, reg: number): boolean {
  if (s.kind === 'set') return s.reg === reg;
  if (s.kind === 'pair') return s.lo === reg || s.hi === reg;
  return 'results' in s && s.results.includes(reg);
}
