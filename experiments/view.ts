/**
 * The cells of one processor and seed, seen at given prices. Costs are linear in the price of a hardware event as long
 * as the counters stay (docs/contracts.md, "Determinism under a doubled price"), so a cell at another price is the cell
 * plus (price - nominal) x events an operation: no run is needed. A view remembers which cells it was asked for, so
 * that a verdict knows what it rests on.
 */
import type { Cell, Crossings, LedgerRow, State } from './schema.js';
import type { SystemId } from './system.js';

export interface Selector {
  experiment: string;
  family?: string;
  system: SystemId;
  variant: string;
  operation?: string;
  size?: number;
  batch?: number;
  state?: State;
}

/** Cycles added to one occurrence of each event. */
export type PriceShift = Readonly<Record<string, number>>;

export class View {
  readonly used = new Set<Cell>();
  readonly #cells: readonly Cell[];
  readonly #shift: PriceShift;

  /** `cells`: those of one processor and seed. */
  constructor(cells: readonly Cell[], shift: PriceShift = {}) {
    this.#cells = cells;
    this.#shift = shift;
  }

  /** The cell that has a number and matches; its state is `warm` unless said. */
  find(selector: Selector): Cell | undefined {
    const { experiment, system, family, ...factors } = { state: 'warm' as State, ...selector };
    const cell = this.#cells.find(
      (candidate) =>
        candidate.experiment === experiment &&
        candidate.system === system &&
        candidate.n > 0 &&
        candidate.status !== 'failed' &&
        (family === undefined || candidate.factors.family === family) &&
        Object.entries(factors).every(
          ([key, value]) => value === undefined || candidate.factors[key as keyof Cell['factors']] === value,
        ),
    );
    if (cell !== undefined) this.used.add(cell);
    return cell;
  }

  /** Busy cycles an operation (median) at this view's prices. */
  busy(selector: Selector): number | undefined {
    const cell = this.find(selector);
    if (cell === undefined) return undefined;
    let cycles = cell.busyPerOperation;
    for (const [event, added] of Object.entries(this.#shift)) cycles += (added * (cell.events[event] ?? 0)) / cell.n;
    return cycles;
  }

  /** Crossings an operation by one definition. */
  crossings(selector: Selector, definition: keyof Crossings): number | undefined {
    const cell = this.find(selector);
    return cell === undefined ? undefined : cell.crossings[definition] / cell.n;
  }

  /** Events an operation, added up over ids. */
  events(selector: Selector, ids: readonly string[]): number | undefined {
    const cell = this.find(selector);
    return cell === undefined ? undefined : ids.reduce((sum, id) => sum + (cell.events[id] ?? 0), 0) / cell.n;
  }
}

export function ratio(numerator: number | undefined, denominator: number | undefined): number | undefined {
  return numerator === undefined || denominator === undefined || denominator === 0
    ? undefined
    : numerator / denominator;
}

/** Ledger rows of several cells in one list, an operation each. */
export function rowsOf(cells: Iterable<Cell>): LedgerRow[] {
  return [...cells].flatMap((cell) => cell.ledger.map((row) => ({ ...row, cycles: row.cycles / cell.n })));
}
