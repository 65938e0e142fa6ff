/** Predictions beside published figures: historical cells only, misses shown as misses. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { published } from '../experiments/published.js';
import { projectRoot } from '../experiments/runner/project.js';
import type { Cell, Manifest } from '../experiments/schema.js';
import { View } from '../experiments/view.js';
import { cycles, short, table } from './format.js';
import { spread } from './summary.js';

interface Figure {
  id: string;
  source: string;
  where: string;
  system: string;
  quantity: string;
  value: number;
  unit: string;
  role: string;
}

/** Within a quarter of the published value, either way. */
const near = (share: number) => share >= 0.8 && share <= 1.25;

export function publishedTable(manifest: Manifest, cells: readonly Cell[]): string | undefined {
  const path = join(projectRoot, 'experiments/reference/figures.json');
  const figures: Figure[] = JSON.parse(readFileSync(path, 'utf8'));
  const rows = published.flatMap((entry) => {
    const figure = figures.find(({ id }) => id === entry.figure);
    if (figure === undefined || figure.role !== 'validation') {
      throw new Error(`${path}: ${entry.figure} is not a validation row, so nothing may be held against it`);
    }
    const here = cells.filter((cell) => cell.processor === entry.processor && cell.factors.prices === 'nominal');
    const values = manifest.seeds.flatMap((seed) => {
      const view = new View(here.filter((cell) => cell.factors.seed === seed));
      const cell = view.find(entry.selector);
      return cell?.historical ? [cell.busyPerOperation / entry.operations] : [];
    });
    if (values.length === 0) return [];
    const { megahertz } = manifest.processors[entry.processor];
    const asCycles = figure.unit === 'us' ? figure.value * megahertz : figure.value;
    const mine = spread(values).median;
    return [
      [
        `${figure.system}: ${figure.quantity}`,
        entry.processor,
        `${figure.value} ${figure.unit}`,
        cycles(asCycles),
        cycles(mine),
        short(mine / asCycles),
        near(mine / asCycles) ? 'near' : 'miss',
        entry.caution,
        `${figure.source}, ${figure.where} (${figure.id})`,
      ],
    ];
  });
  if (rows.length === 0) return undefined;
  const head = [
    'published',
    'processor',
    'figure',
    'cycles',
    'predicted',
    'ratio',
    'outcome',
    'how they differ',
    'source',
  ];
  return table(head, rows);
}
