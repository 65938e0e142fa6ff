import type { CrossingCounts } from './crossings.js';

/** One account and what was charged to it. */
export interface AccountRow {
  /** Who executed: the name of a kernel, domain kernel, program or server. */
  readonly component: string;
  /** Whose work it was: the component that was current when the trap was taken. */
  readonly onBehalfOf: string;
  readonly cpl: number;
  /** Id of a row of `machine/tables/causes.ts`. */
  readonly cause: string;
  readonly cycles: number;
}

/** What happened between two instants; every figure is a safe integer. */
export interface LedgerDifference {
  readonly cycles: number;
  readonly busy: number;
  readonly idle: number;
  readonly instructions: number;
  readonly crossings: CrossingCounts;
  /** In the order of the accounts' creation and of the causes' table; rows of 0 cycles are left out. */
  readonly ledger: readonly AccountRow[];
  /** cycles minus the sum of the ledger. */
  readonly residual: number;
  /** How often each priced event happened, by id of `machine/tables/events.ts`; all ids present. */
  readonly events: Readonly<Record<string, number>>;
  /** Other counters (TLB and cache misses, ...) by id of `machine/tables/counters.ts`. */
  readonly counters: Readonly<Record<string, number>>;
  /** How often each `__work_*` label was reached, by name without the prefix; and packets and bytes sent. */
  readonly work: Readonly<Record<string, number>>;
}
