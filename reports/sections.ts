/** The section of one experiment: what was asked, crossings first, then cycles, then where they went. */
import type { Experiment, Family } from '../experiments/define.js';
import { type Cell, crossingKinds, crossingNames, type Manifest, states } from '../experiments/schema.js';
import { causes } from '../machine/tables/causes.js';
import type { ChartFile } from './charts.js';
import { cycles, percent, short, shortTitle, spreadText, table } from './format.js';
import { causesOf, crossingsOf, type Line, linesOf, microseconds, perOperation } from './summary.js';

export function experimentSection(
  experiment: Experiment,
  manifest: Manifest,
  cells: readonly Cell[],
  charts: readonly ChartFile[],
): string {
  const parts = [
    `## ${experiment.title}`,
    `*${experiment.question}*`,
    `One operation: ${experiment.operation}.`,
    experiment.notes.map((note) => `- ${note}`).join('\n'),
  ];
  for (const family of experiment.families) {
    const mine = cells.filter((cell) => cell.experiment === experiment.id && cell.factors.family === family.id);
    if (mine.length === 0) continue;
    const pictures = charts.filter((chart) => chart.experiment === experiment.id && chart.family === family.id);
    parts.push(...familySection(family, manifest, mine, pictures));
  }
  return parts.join('\n\n');
}

function familySection(family: Family, manifest: Manifest, cells: Cell[], charts: ChartFile[]): string[] {
  const parts = [`### ${capital(family.title)}`];
  const processors = Object.keys(manifest.processors);
  for (const { operation, size, batch } of combinations(family)) {
    const lines = processors.flatMap((processor) =>
      linesOf(cells, family, processor, { operation, size, batch, state: 'warm' }),
    );
    if (lines.length === 0) continue;
    parts.push(`#### ${describe(family, operation, size, batch)}, warm`, mainTable(manifest, lines));
    parts.push(...remarks(lines));
    if (size === family.headline.size && batch === family.headline.batch) {
      parts.push('Where the busy cycles went, an operation, by cause (causes in *italics* are weakly modelled):');
      parts.push(causeTable(lines));
      parts.push('By temperature, elapsed cycles an operation:', temperatureTable(family, manifest, cells, operation));
      parts.push('Work done an operation:', workTable(lines));
    }
  }
  parts.push('What each row provides:', providesTable(family));
  for (const chart of charts) parts.push(`![${chart.caption}](${chart.path})`, `*${chart.caption}*`);
  return parts;
}

function combinations({ plan }: Family): { operation: string; size: number; batch: number }[] {
  return plan.operations.flatMap((operation) =>
    plan.sizes.flatMap((size) => plan.batches.map((batch) => ({ operation, size, batch }))),
  );
}

function describe(family: Family, operation: string, size: number, batch: number): string {
  const words = [capital(operation)];
  if (size > 0) words.push(`${size} bytes`);
  if (family.plan.batches.length > 1) words.push(`batch ${batch}`);
  return words.join(', ');
}

function mainTable(manifest: Manifest, lines: Line[]): string {
  const head = [
    'processor',
    'row',
    ...Object.values(crossingNames),
    'busy cycles',
    'elapsed cycles',
    'busy us',
    'n',
    'note',
  ];
  const rows = lines.map((line) => [
    shortTitle(manifest.processors[line.processor].title),
    line.row.label,
    ...crossingKinds.map((kind) => short(crossingsOf(line, kind))),
    spreadText(line.busy),
    spreadText(line.elapsed),
    short(microseconds(manifest, line.processor, line.busy.median)),
    String(line.cells.reduce((sum, cell) => sum + cell.n, 0)),
    [line.historical ? '' : 'counterfactual', statusOf(line)].filter((word) => word !== '').join(', '),
  ]);
  return table(head, rows);
}

function statusOf(line: Line): string {
  if (line.cells.length === 0) return 'no number (see below)';
  return line.cells.some((cell) => cell.status === 'unequal-work') ? 'unequal work' : '';
}

function remarks(lines: Line[]): string[] {
  const seen = new Set<string>();
  for (const line of lines)
    if (line.remark !== undefined) seen.add(`- ${line.row.label}, ${line.processor}: ${line.remark}`);
  return seen.size === 0 ? [] : [[...seen].join('\n')];
}

function causeTable(lines: Line[]): string {
  const busy = causes.filter(({ id }) => id !== 'idle');
  const shown = busy.filter(({ id }) => lines.some((line) => (causesOf(line).get(id) ?? 0) >= 0.05));
  const head = ['processor', 'row', ...shown.map(nameOfCause), 'weak share'];
  const rows = lines
    .filter((line) => line.cells.length > 0)
    .map((line) => {
      const byCause = causesOf(line);
      const sum = (list: readonly { id: string }[]) => list.reduce((all, { id }) => all + (byCause.get(id) ?? 0), 0);
      const weak = sum(busy.filter(({ modelled }) => modelled === 'weak'));
      return [
        line.processor,
        line.row.label,
        ...shown.map(({ id }) => cycles(Math.round((byCause.get(id) ?? 0) * 10) / 10)),
        percent(weak / sum(busy)),
      ];
    });
  return table(head, rows);
}

function nameOfCause({ label, modelled }: (typeof causes)[number]): string {
  return modelled === 'weak' ? `*${label}*` : label;
}

function temperatureTable(family: Family, manifest: Manifest, cells: Cell[], operation: string): string {
  const { size, batch } = family.headline;
  const shown = states.filter((state) => cells.some((cell) => cell.factors.state === state && cell.n > 0));
  const rows = Object.keys(manifest.processors).flatMap((processor) => {
    const byState = shown.map((state) => linesOf(cells, family, processor, { operation, size, batch, state }));
    return family.rows.flatMap((row) => {
      const mine = byState.map((lines) => lines.find((line) => line.row === row));
      if (mine.every((line) => line === undefined || line.cells.length === 0)) return [];
      return [[processor, row.label, ...mine.map((line) => (line === undefined ? '' : spreadText(line.elapsed)))]];
    });
  });
  return table(['processor', 'row', ...shown], rows);
}

function workTable(lines: Line[]): string {
  const measured = lines.filter((line) => line.cells.length > 0);
  const keys = new Set(measured.flatMap((line) => line.cells.flatMap((cell) => Object.keys(cell.work))));
  keys.delete('checksum');
  const shown = [...keys].sort();
  const rows = measured.map((line) => [
    line.processor,
    line.row.label,
    ...shown.map((key) => short(perOperation(line.cells, (cell) => Number(cell.work[key] ?? 0)))),
    String(line.cells[0].work.checksum ?? ''),
  ]);
  return table(['processor', 'row', ...shown, 'checksum'], rows);
}

function providesTable(family: Family): string {
  return table(
    ['row', 'copies', 'blocking', 'buffering', 'scheduler entered', 'kernels entered'],
    family.rows.map(({ label, provides }) => [
      label,
      provides.copies,
      provides.blocking,
      provides.buffering,
      provides.scheduler,
      provides.kernels,
    ]),
  );
}

function capital(text: string): string {
  return text[0].toUpperCase() + text.slice(1);
}
