/**
 * The ledger's accounts: one row of the core's memory for each (executor, on whose behalf, CPL), one column a cause. The
 * core charges the row in use; which that is, the host decides.
 */
import type { SavedFields } from '../devices/saved-state.js';
import { causes } from '../tables/causes.js';
import { layout } from '../tables/layout.js';

export interface Account {
  readonly component: string;
  readonly onBehalfOf: string;
  readonly cpl: number;
}

export class Accounts {
  /** In the order of creation; the position is the row. */
  readonly list: Account[] = [];
  private readonly rows = new Map<string, number>();

  /** Address of the row of an account, which is made when it is new. */
  address(component: string, onBehalfOf: string, cpl: number): number {
    const key = `${component}\n${onBehalfOf}\n${cpl}`;
    let row = this.rows.get(key);
    if (row === undefined) {
      row = this.list.length;
      if (row === layout.LEDGER_ROW_LIMIT) throw new Error(`the ledger is full: ${row} accounts`);
      this.list.push({ component, onBehalfOf, cpl });
      this.rows.set(key, row);
    }
    return layout.LEDGER_ROWS + row * layout.LEDGER_ROW_BYTES;
  }

  save(): SavedFields {
    return { list: this.list.map((account) => ({ ...account })) };
  }

  /** Rows keep their places: the core's memory names them by address. */
  restore(fields: SavedFields): void {
    this.list.length = 0;
    this.rows.clear();
    for (const { component, onBehalfOf, cpl } of fields.list as unknown as Account[]) {
      this.address(component, onBehalfOf, cpl);
    }
  }

  /** Causes a row: columns beyond are not in use. */
  static readonly columns = causes.length;
}
