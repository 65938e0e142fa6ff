/**
 * The ledger: where every cycle went, and what happened meanwhile. The core counts in its memory; a snapshot is a copy of
 * all of it, and what happened between two instants is the difference of two snapshots.
 */
import type { Core } from '../core.js';
import { SavedByName } from '../devices/saved-state.js';
import { LedgerError } from '../errors.js';
import { causes } from '../tables/causes.js';
import { counters } from '../tables/counters.js';
import { events } from '../tables/events.js';
import { layout } from '../tables/layout.js';
import { type Account, Accounts } from './accounts.js';
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
  /** The core's counters by id of `machine/tables/counters.ts`; all ids present. */
  readonly counters: Readonly<Record<string, number>>;
  /** How often each `__work_*` label was reached, by name without the prefix; and `packets`, `packetBytes` sent. */
  readonly work: Readonly<Record<string, number>>;
}

/** A copy of all counts at one instant, in the order: head, work, events, counters, rows. Rows only ever get more. */
export type Snapshot = Float64Array;

const IDLE = causes.findIndex((c) => c.id === 'idle');
const columns = Accounts.columns;
const head = { CYCLES: 0, SMALL_SPACE: 1, COMPONENT: 2, SERVER: 3, LENGTH: 4 } as const;
const counterIndex = (id: string) => counters.findIndex((c) => c.id === id);

export class Ledger extends SavedByName {
  protected readonly stateFields = ['accounts', 'crossings', 'work'];
  readonly accounts = new Accounts();
  /** Changes that the host counts, since it alone knows the components. */
  crossings = { smallSpace: 0, component: 0, server: 0 };
  private workIds: readonly string[] = [];
  private work: number[] = [];

  constructor(private readonly core: Core) {
    super();
  }

  /** Declares the units of work that may be reported; `packets` and `packetBytes` are always there. */
  declareWork(names: readonly string[]): void {
    this.workIds = [...names, 'packets', 'packetBytes'];
    this.work = this.workIds.map(() => 0);
  }

  countWork(name: string, amount = 1): void {
    const index = this.workIds.indexOf(name);
    if (index >= 0) this.work[index] += amount;
  }

  snapshot(): Snapshot {
    const { core, accounts } = this;
    const rows = accounts.list.length;
    const values = new Float64Array(this.rowsAt + rows * columns);
    values[head.CYCLES] = core.cycle;
    values[head.SMALL_SPACE] = this.crossings.smallSpace;
    values[head.COMPONENT] = this.crossings.component;
    values[head.SERVER] = this.crossings.server;
    values.set(this.work, head.LENGTH);
    core.copyWide(layout.EVENT_COUNTS, events.length, values, this.eventsAt);
    core.copyWide(layout.COUNTERS, counters.length, values, this.countersAt);
    for (let row = 0; row < rows; row++) {
      core.copyWide(layout.LEDGER_ROWS + row * layout.LEDGER_ROW_BYTES, columns, values, this.rowsAt + row * columns);
    }
    return values;
  }

  /** `b` minus `a`, where `b` is the later one and may have more rows. */
  subtract(a: Snapshot, b: Snapshot): Snapshot {
    const difference = b.slice();
    for (let i = 0; i < a.length; i++) difference[i] -= a[i];
    return difference;
  }

  /** `a` plus `b`, where `b` is the later one and may have more rows; reuses `a` where it can. */
  add(a: Snapshot, b: Snapshot): Snapshot {
    const [sum, other] = a.length < b.length ? [b.slice(), a] : [a, b];
    for (let i = 0; i < other.length; i++) sum[i] += other[i];
    return sum;
  }

  /**
   * What happened from `a` to `b`, in words.
   * @throws LedgerError when the accounts do not add up to the cycles that passed
   */
  difference(a: Snapshot, b: Snapshot): LedgerDifference {
    return this.describe(this.subtract(a, b));
  }

  /** A difference, or a sum of differences, in words. */
  describe(values: Snapshot): LedgerDifference {
    const ledger: AccountRow[] = [];
    let sum = 0;
    let idle = 0;
    this.accounts.list.forEach((account, row) => {
      causes.forEach((cause, column) => {
        const cycles = values[this.rowsAt + row * columns + column] ?? 0;
        if (cycles === 0) return;
        sum += cycles;
        if (column === IDLE) idle += cycles;
        ledger.push({ ...account, cause: cause.id, cycles });
      });
    });
    const cycles = values[head.CYCLES];
    const residual = cycles - sum;
    if (residual !== 0) {
      throw new LedgerError(
        `${cycles} cycles passed, but the accounts add up to ${sum}: residual ${residual}, expected 0`,
      );
    }
    const counted = this.named(counters, values, this.countersAt);
    return {
      cycles,
      busy: cycles - idle,
      idle,
      instructions: counted.instructions,
      crossings: {
        privilege: counted.privilege,
        addressSpace: counted.addressSpace,
        smallSpace: values[head.SMALL_SPACE],
        component: values[head.COMPONENT],
        server: values[head.SERVER],
      },
      ledger,
      residual,
      events: this.named(events, values, this.eventsAt),
      counters: counted,
      work: Object.fromEntries(this.workIds.map((id, i) => [id, values[head.LENGTH + i]])),
    };
  }

  /** Cycles, idle cycles and instructions of a difference, without the rest. */
  totals(values: Snapshot): { cycles: number; idle: number; instructions: number } {
    let idle = 0;
    for (let at = this.rowsAt + IDLE; at < values.length; at += columns) idle += values[at];
    return { cycles: values[head.CYCLES], idle, instructions: values[this.countersAt + counterIndex('instructions')] };
  }

  /** Cycles of a difference by cause, over all accounts or those chosen. */
  byCause(values: Snapshot, chosen: (account: Account) => boolean = () => true): number[] {
    const sums = causes.map(() => 0);
    this.accounts.list.forEach((account, row) => {
      if (!chosen(account)) return;
      for (let column = 0; column < columns; column++)
        sums[column] += values[this.rowsAt + row * columns + column] ?? 0;
    });
    return sums;
  }

  private named(table: readonly { readonly id: string }[], values: Snapshot, at: number): Record<string, number> {
    return Object.fromEntries(table.map(({ id }, i) => [id, values[at + i]]));
  }

  private get eventsAt(): number {
    return head.LENGTH + this.work.length;
  }

  private get countersAt(): number {
    return this.eventsAt + events.length;
  }

  private get rowsAt(): number {
    return this.countersAt + counters.length;
  }
}
