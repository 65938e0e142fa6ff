/** lmbench's table: each row beside the published figure of native Linux, and why they differ where they do. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type LmbenchRow, lmbenchRows, nativeLinux, publishedEntry, reasonFor } from '../experiments/lmbench-rows.js';
import { projectRoot } from '../experiments/runner/project.js';
import type { Cell, Manifest } from '../experiments/schema.js';
import { type SystemId, systemIds } from '../experiments/system.js';
import { short, table } from './format.js';
import { spread } from './summary.js';

interface Figure {
  id: string;
  kind: string;
  processor: string;
  system: string;
  row: string | null;
  value: number;
  unit: string;
}

/** More than a quarter off is a deviation, which wants a reason. */
const DEVIATION = 0.25;
/** Said where nobody foresaw the direction. */
const UNEXPLAINED = 'not explained';
const MEBIBYTE = 1 << 20;

/** One value of the table, in `unit`. */
export interface RowValue {
  row: string;
  system: string;
  processor: string;
  /** How programs enter the kernel. */
  variant: string;
  unit: 'us' | 'MB/s';
  value: number;
  published?: { id: string; value: number };
  /** value / published. */
  ratio?: number;
  why?: string;
}

/** Every row that was measured, in the order of the table. */
export function rowValues(manifest: Manifest, cells: readonly Cell[]): RowValue[] {
  const figures: Figure[] = JSON.parse(readFileSync(join(projectRoot, 'experiments/reference/figures.json'), 'utf8'));
  const mine = cells.filter(({ experiment, n }) => experiment === 'lmbench' && n > 0);
  return systemIds.flatMap((system) =>
    Object.keys(manifest.processors).flatMap((processor) =>
      lmbenchRows.flatMap((row) =>
        variantsOf(mine, system).flatMap((variant) =>
          measuredRow(row, { system, processor, variant }, manifest, mine, figures),
        ),
      ),
    ),
  );
}

/** The variants that were measured, the one with published figures first. */
function variantsOf(cells: readonly Cell[], system: string): string[] {
  const found = new Set(cells.filter((cell) => cell.system === system).map(({ factors }) => factors.variant));
  return [...found].sort((a, b) => Number(b === publishedEntry) - Number(a === publishedEntry) || (a < b ? -1 : 1));
}

function measuredRow(
  row: LmbenchRow,
  { system, processor, variant }: { system: SystemId; processor: string; variant: string },
  manifest: Manifest,
  cells: readonly Cell[],
  figures: readonly Figure[],
): RowValue[] {
  const { megahertz } = manifest.processors[processor];
  const measured = (operation: string) => {
    const found = cells.filter(
      (cell) =>
        cell.system === system &&
        cell.processor === processor &&
        cell.factors.variant === variant &&
        cell.factors.row === operation,
    );
    return spread(found.map((cell) => cell.perOperation.median)).median / megahertz;
  };
  const named = typeof row.operation === 'string' ? row.operation : (row.operation?.[processor] ?? row.row);
  const us = measured(named) - (row.minus ? measured(row.minus) : 0) + (row.plus ? measured(row.plus) : 0);
  if (Number.isNaN(us)) return [];
  const unit = row.bytes === undefined ? 'us' : 'MB/s';
  const value = row.bytes === undefined ? us : row.bytes / MEBIBYTE / (us / 1e6);
  const base = { row: row.row, system, processor, variant, unit, value } as const;
  if (variant !== publishedEntry) return [base];
  const figure = figures.find(
    (one) =>
      one.kind === 'native' &&
      one.processor === processor &&
      one.row === row.row &&
      one.system === nativeLinux[processor],
  );
  if (figure === undefined) return [base];
  const published = figure.unit === 'cycles' ? figure.value / megahertz : figure.value;
  const ratio = value / published;
  // A bandwidth above the published one is a shorter time.
  const cheaper = row.bytes === undefined ? ratio < 1 : ratio > 1;
  const deviates = Math.abs(ratio - 1) > DEVIATION;
  return [
    {
      ...base,
      published: { id: figure.id, value: published },
      ratio,
      ...(deviates && { why: reasonFor(cheaper ? row.less : row.more, processor) ?? UNEXPLAINED }),
    },
  ];
}

function cellOf(values: readonly RowValue[], row: string, variant: string): string {
  const found = values.find((value) => value.row === row && value.variant === variant);
  return found === undefined ? '' : short(found.value);
}

/** As Markdown, a table a system and processor; undefined where nothing was measured. */
export function rowTables(manifest: Manifest, cells: readonly Cell[]): string | undefined {
  const values = rowValues(manifest, cells);
  if (values.length === 0) return undefined;
  const parts = systemIds.flatMap((system) =>
    Object.entries(manifest.processors).flatMap(([processor, { title }]) => {
      const mine = values.filter((value) => value.system === system && value.processor === processor);
      if (mine.length === 0) return [];
      const [first, ...others] = [...new Set(mine.map(({ variant }) => variant))];
      const head = ['row', first, ...others, 'native Linux', 'unit', 'ratio', 'more than 25% off, because'];
      const rows = mine
        .filter(({ variant }) => variant === first)
        .map(({ row, value, published, unit, ratio, why }) => [
          row,
          short(value),
          ...others.map((other) => cellOf(mine, row, other)),
          published === undefined ? '' : `${short(published.value)} (${published.id})`,
          unit,
          ratio === undefined ? '' : short(ratio),
          why ?? '',
        ]);
      return [`lmbench, ${system} on ${title}:`, table(head, rows)];
    }),
  );
  return parts.join('\n\n');
}
