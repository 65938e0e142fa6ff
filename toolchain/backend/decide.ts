// Branches that an earlier one has decided. A function laid into another tests again what its caller has tested; where
// only one way leads to the second test, and nothing in between changes what it reads, the outcome is known.
import {
  type Block,
  type Compare,
  contains,
  type Expr,
  INVERSE,
  isExpectation,
  reads,
  type Statement,
  sameTree,
  successors,
} from './ir.js';

/** A condition that holds. */
type Fact = Expr;

/** @returns whether a branch was decided */
export function decideBranches(blocks: readonly Block[]): boolean {
  const before = new Map<Block, Block[]>();
  for (const b of blocks) for (const s of new Set(successors(b))) before.set(s, [...(before.get(s) ?? []), b]);
  const atEnd = new Map<Block, readonly Fact[]>();
  let changed = false;
  for (const [index, b] of blocks.entries()) {
    const [only, another] = before.get(b) ?? [];
    const inherited = index > 0 && only && !another ? [...(atEnd.get(only) ?? []), ...learnt(only, b)] : [];
    const facts = b.statements.reduce((known, s) => known.filter((fact) => survives(fact, s)), inherited);
    atEnd.set(b, facts);
    const { end } = b;
    if (end?.kind !== 'branch') continue;
    const condition = said(end.condition);
    const holds = facts.some((fact) => sameTree(fact, condition));
    if (!holds && !facts.some((fact) => sameTree(fact, opposite(condition)))) continue;
    b.end = { kind: 'jump', to: holds ? end.yes : end.no, position: end.position };
    changed = true;
  }
  return changed;
}

/** What a branch tells the block that one of its ways leads to. */
function learnt({ end }: Block, to: Block): Fact[] {
  if (end?.kind !== 'branch' || end.yes === end.no) return [];
  const condition = said(end.condition);
  return [to === end.yes ? condition : opposite(condition)];
}

const said = (e: Expr): Expr => (isExpectation(e) ? said(e.x) : e);

/** Only of comparisons: of anything else a tree that is like no condition. */
const opposite = (e: Expr): Expr =>
  e.kind === 'compare' || e.kind === 'compare64'
    ? { ...e, cc: INVERSE[e.cc] as Compare }
    : { kind: 'compare', cc: 'e', x: e, y: { kind: 'const', value: 0 } };

function survives(fact: Fact, s: Statement): boolean {
  const readsMemory = () => contains(fact, (e) => e.kind === 'load');
  switch (s.kind) {
    case 'set':
      return !reads(fact, s.reg);
    case 'pair':
      return !reads(fact, s.lo) && !reads(fact, s.hi);
    case 'store':
    case 'accumulate':
      return !readsMemory();
    case 'call':
    case 'intrinsic':
      return !readsMemory() && !s.results.some((r) => reads(fact, r));
    case 'hook':
      return true;
  }
}
