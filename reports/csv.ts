/** One CSV an experiment: a line a cell, every column named with its unit. */
import { stringify } from 'csv-stringify/sync';
import type { Cell } from '../experiments/schema.js';
import { causes } from '../machine/tables/causes.js';

type Column = [header: string, value: (cell: Cell) => string | number];

const columns: Column[] = [
  ['id', (cell) => cell.id],
  ['experiment', (cell) => cell.experiment],
  ['family', (cell) => cell.factors.family],
  ['system', (cell) => cell.system],
  ['variant', (cell) => cell.factors.variant],
  ['processor', (cell) => cell.processor],
  ['historical', (cell) => String(cell.historical)],
  ['operation', (cell) => cell.factors.operation],
  ['size_bytes', (cell) => cell.factors.size],
  ['batch', (cell) => cell.factors.batch],
  ['direction', (cell) => cell.factors.direction],
  ['state', (cell) => cell.factors.state],
  ['seed', (cell) => cell.factors.seed],
  ['prices', (cell) => cell.factors.prices],
  ['timer', (cell) => cell.factors.timer],
  ['status', (cell) => cell.status],
  ['reason', (cell) => cell.reason ?? ''],
  ['n_operations', (cell) => cell.n],
  ['cycles_total', (cell) => cell.total.cycles],
  ['busy_total', (cell) => cell.total.busy],
  ['idle_total', (cell) => cell.total.idle],
  ['instructions_total', (cell) => cell.total.instructions],
  ['cycles_per_operation_min', (cell) => cell.perOperation.min],
  ['cycles_per_operation_median', (cell) => cell.perOperation.median],
  ['cycles_per_operation_p90', (cell) => cell.perOperation.p90],
  ['cycles_per_operation_max', (cell) => cell.perOperation.max],
  ['busy_per_operation_median', (cell) => cell.busyPerOperation],
  ['privilege_crossings_total', (cell) => cell.crossings.privilege],
  ['address_space_crossings_total', (cell) => cell.crossings.addressSpace],
  ['small_space_crossings_total', (cell) => cell.crossings.smallSpace],
  ['component_crossings_total', (cell) => cell.crossings.component],
  ['server_crossings_total', (cell) => cell.crossings.server],
  ...causes.map(
    ({ id }): Column => [
      `cycles_${id}_total`,
      (cell) => cell.ledger.reduce((sum, row) => sum + (row.cause === id ? row.cycles : 0), 0),
    ],
  ),
  ['residual', (cell) => cell.residual],
  ['checksum', (cell) => cell.work.checksum ?? ''],
];

export function csvOf(cells: readonly Cell[]): string {
  const rows = cells.map((cell) => columns.map(([, value]) => value(cell)));
  return stringify([columns.map(([header]) => header), ...rows]);
}
