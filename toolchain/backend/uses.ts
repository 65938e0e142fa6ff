// How often each register is read.
import { type Block, contains, type Expr, expressions, type Terminator } from './ir.js';

export function countUses(blocks: readonly Block[]): Map<number, number> {
  const count = new Map<number, number>();
  for (const b of blocks)
    for (const s of [...b.statements, b.end as Terminator]) for (const e of expressions(s)) addUses(e, count);
  return count;
}

export function addUses(e: Expr, count: Map<number, number>): void {
  contains(e, (x) => {
    if (x.kind === 'reg') count.set(x.reg, (count.get(x.reg) ?? 0) + 1);
    return false;
  });
}
