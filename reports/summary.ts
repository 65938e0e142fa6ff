/** Cells of several seeds drawn together: what tables and charts show. */

import { sumRows } from '../experiments/cells.js';
import type { Family, Row } from '../experiments/define.js';
import type { Cell, Crossings, LedgerRow, Manifest, State } from '../experiments/schema.js';

export interface Spread {
  median: number;
  min: number;
  max: number;
}

/** One row of a family on one processor at one set of factors. */
export interface Line {
  row: Row;
  processor: string;
  historical: boolean;
  /** Cells with a number, one a seed. */
  cells: Cell[];
  /** Why there is no number, or why it may not be compared. */
  remark?: string;
  /** Cycles an operation. */
  busy: Spread;
  elapsed: Spread;
  first: boolean;
}

export interface Factors {
  operation: string;
  size: number;
  batch: number;
  state: State;
}

export function linesOf(cells: readonly Cell[], family: Family, processor: string, factors: Factors): Line[] {
  return family.rows.flatMap((row) => {
    const mine = cells.filter(
      (cell) =>
        cell.processor === processor &&
        cell.factors.prices === 'nominal' &&
        cell.system === row.system &&
        cell.factors.family === family.id &&
        cell.factors.variant === row.variant &&
        cell.factors.operation === factors.operation &&
        cell.factors.size === factors.size &&
        cell.factors.batch === factors.batch &&
        cell.factors.state === factors.state,
    );
    if (mine.length === 0) return [];
    const numbers = mine.filter((cell) => cell.n > 0 && cell.status !== 'failed');
    return {
      row,
      processor,
      historical: mine[0].historical,
      cells: numbers,
      remark: mine.find((cell) => cell.status !== 'ok')?.reason,
      busy: spread(numbers.map((cell) => cell.busyPerOperation)),
      elapsed: spread(numbers.map((cell) => cell.perOperation.median)),
      first: factors.state === 'first',
    };
  });
}

/** Median is the lower one: always a value that was measured. */
export function spread(values: number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  if (sorted.length === 0) return { median: Number.NaN, min: Number.NaN, max: Number.NaN };
  return { median: sorted[Math.ceil(sorted.length / 2) - 1], min: sorted[0], max: sorted[sorted.length - 1] };
}

/** Crossings an operation, the mean over all operations of all seeds. */
export function crossingsOf(line: Line, definition: keyof Crossings): number {
  return perOperation(line.cells, (cell) => cell.crossings[definition]);
}

export function perOperation(cells: readonly Cell[], count: (cell: Cell) => number): number {
  const operations = cells.reduce((sum, cell) => sum + cell.n, 0);
  return operations === 0 ? Number.NaN : cells.reduce((sum, cell) => sum + count(cell), 0) / operations;
}

/** Cycles an operation by cause, the mean over all operations of all seeds. */
export function causesOf(line: Line): Map<string, number> {
  const operations = line.cells.reduce((sum, cell) => sum + cell.n, 0);
  const byCause = new Map<string, number>();
  for (const row of line.cells.flatMap((cell) => cell.ledger)) {
    byCause.set(row.cause, (byCause.get(row.cause) ?? 0) + row.cycles / operations);
  }
  return byCause;
}

export function ledgerOf(line: Line): LedgerRow[] {
  return sumRows(line.cells.flatMap((cell) => cell.ledger));
}

/** Cycles of a processor in microseconds. */
export function microseconds(manifest: Manifest, processor: string, cycles: number): number {
  return cycles / manifest.processors[processor].megahertz;
}
