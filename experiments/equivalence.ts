/**
 * Work equivalence: a ratio between two systems says something only when both did the same. Cells that differ in
 * nothing but system and variant are compared with the first row of their family that was measured. If the program's
 * results (its checksum) differ, there is no number at all: the cell is `failed`. If the work per operation differs, it
 * is `unequal-work`, and every ratio drawn from it says so.
 */
import type { Family } from './define.js';
import { experiments } from './index.js';
import type { Cell } from './schema.js';

/** Cells with their status brought up to date; the order is kept. */
export function judgeWork(cells: Cell[]): Cell[] {
  const reference = new Map<string, Cell>();
  for (const family of experiments.flatMap((experiment) => experiment.families)) {
    for (const row of family.rows) {
      for (const cell of cells) {
        if (!measured(cell) || cell.factors.family !== family.id) continue;
        if (cell.system !== row.system || cell.factors.variant !== row.variant) continue;
        const key = comparisonKey(cell);
        if (!reference.has(key)) reference.set(key, cell);
      }
    }
  }
  return cells.map((cell) => {
    const other = reference.get(comparisonKey(cell));
    if (!measured(cell) || other === undefined) return cell;
    const { reason: _, ...bare } = cell;
    const verdict = compareWork(cell, other, familyOf(cell));
    return verdict === undefined ? { ...bare, status: 'ok' } : { ...bare, ...verdict };
  });
}

export function familyOf(cell: Cell): Family {
  const experiment = experiments.find((candidate) => candidate.id === cell.experiment);
  const family = experiment?.families.find((candidate) => candidate.id === cell.factors.family);
  if (family === undefined) throw new Error(`cell ${cell.id}: no experiment ${cell.experiment}/${cell.factors.family}`);
  return family;
}

function measured(cell: Cell): boolean {
  return cell.n > 0;
}

function comparisonKey(cell: Cell): string {
  const { operation, size, batch, state, seed, family, prices } = cell.factors;
  return [cell.experiment, family, cell.processor, operation, size, batch, state, seed, prices].join('\t');
}

function compareWork(cell: Cell, other: Cell, family: Family): Pick<Cell, 'status' | 'reason'> | undefined {
  for (const key of family.equalWork) {
    if (key === 'checksum') {
      if (cell.work.checksum !== other.work.checksum) {
        return {
          status: 'failed',
          reason: `its results differ from those of ${nameOf(other)}: ${both(key, cell, other)}`,
        };
      }
      continue;
    }
    const mine = Number(cell.work[key] ?? 0) / cell.n;
    const theirs = Number(other.work[key] ?? 0) / other.n;
    if (mine !== theirs) {
      return { status: 'unequal-work', reason: `${mine} ${key} an operation, ${theirs} on ${nameOf(other)}` };
    }
  }
  return undefined;
}

function nameOf(cell: Cell): string {
  return `${cell.system} (${cell.factors.variant})`;
}

function both(key: string, cell: Cell, other: Cell): string {
  return `${key} ${cell.work[key]}, there ${other.work[key]}`;
}
