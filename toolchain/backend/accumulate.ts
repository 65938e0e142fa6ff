// Sums of 64 bits in memory. `account.cycles += spent` arrives as two loads, an addition of pairs and two stores; where
// nothing else reads the halves, it becomes ADD and ADC (or SUB and SBB) to memory.
import { type Block, type Expr, reads, type Statement, sameTree } from './ir.js';
import { countUses } from './uses.js';

type Pair = Statement & { kind: 'pair' };
type Store = Statement & { kind: 'store' };

export function accumulatePairs(blocks: Block[]): void {
  const uses = countUses(blocks);
  const once = (r: number) => uses.get(r) === 1;
  for (const b of blocks)
    for (let k = 0; k < b.statements.length; k++) {
      const pair = b.statements[k];
      if (pair.kind !== 'pair' || (pair.op !== 'add' && pair.op !== 'sub')) continue;
      if (!once(pair.lo) || !once(pair.hi)) continue;
      const stores = storesOf(pair, b.statements[k + 1], b.statements[k + 2]);
      const sum = stores && findSum(b.statements, k, pair, stores[0], once);
      if (!sum) continue;
      const { address, offset } = stores[0];
      const { op, position } = pair;
      b.statements.splice(k, 3, { kind: 'accumulate', op, address, offset, by: sum.by, position });
      b.statements = b.statements.filter((s) => !sum.loads.includes(s));
      k = 0;
    }
}

/** Both halves of the result go to memory, one behind the other. */
function storesOf(pair: Pair, low: Statement | undefined, high: Statement | undefined): [Store, Store] | undefined {
  if (low?.kind !== 'store' || high?.kind !== 'store' || low.size !== 4 || high.size !== 4) return undefined;
  if (low.value.kind !== 'reg' || low.value.reg !== pair.lo) return undefined;
  if (high.value.kind !== 'reg' || high.value.reg !== pair.hi) return undefined;
  return high.offset === low.offset + 4 && sameTree(low.address, high.address) ? [low, high] : undefined;
}

interface Sum {
  readonly by: Expr[];
  /** The statements that loaded the old value. */
  readonly loads: Statement[];
}

/** One operand is what the stores replace, loaded for this alone, and nothing in between changes it or its address. */
function findSum(
  statements: Statement[],
  at: number,
  pair: Pair,
  { address, offset }: Store,
  once: (r: number) => boolean,
): Sum | undefined {
  const loadOf = (e: Expr, where: number): Statement | undefined => {
    if (e.kind !== 'reg' || !once(e.reg)) return undefined;
    for (let k = at - 1; k >= 0; k--) {
      const s = statements[k];
      if (s.kind !== 'set' && s.kind !== 'pair') return undefined;
      const written = s.kind === 'set' ? [s.reg] : [s.lo, s.hi];
      if (written.includes(e.reg)) return s.kind === 'set' && isLoadOf(s.value, address, where) ? s : undefined;
      if (written.some((r) => reads(address, r))) return undefined;
    }
    return undefined;
  };
  const orders =
    pair.op === 'add' ? [[pair.a, pair.b] as const, [pair.b, pair.a] as const] : [[pair.a, pair.b] as const];
  for (const [own, by] of orders) {
    const low = loadOf(own[0], offset);
    const high = low && loadOf(own[1], offset + 4);
    if (low && high) return { by, loads: [low, high] };
  }
  return undefined;
}

const isLoadOf = (e: Expr, address: Expr, offset: number): boolean =>
  e.kind === 'load' && e.size === 4 && e.offset === offset && sameTree(e.address, address);
