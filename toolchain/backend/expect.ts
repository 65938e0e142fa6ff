// Which way a branch rarely takes: what its author says by `likely` and `unlikely`, and else a guess. A way that only
// returns a negative number reports an error.
//
// (Ball, Larus, "Branch prediction for free", 1993, have the return heuristic; gcc's predict.def holds a return of a
// negative constant to be untaken in 98 of 100 cases.)
import { type Block, isExpectation, isPlainConst, type Terminator } from './ir.js';

/** Which of the two targets of a branch, if that can be told. */
export function rareTarget({ condition, yes, no }: Terminator & { kind: 'branch' }): 0 | 1 | undefined {
  if (isExpectation(condition)) return condition.op === 'unlikely' ? 0 : 1;
  if (reportsError(yes) === reportsError(no)) return undefined;
  return reportsError(yes) ? 0 : 1;
}

function reportsError({ end, statements }: Block): boolean {
  if (end?.kind !== 'return' || end.values.length !== 1 || statements.length > 0) return false;
  const [value] = end.values;
  return isPlainConst(value) && value.value < 0;
}
