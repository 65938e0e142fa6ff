/** Where whole programs spend their cycles: user, kernel and idle, and by cause. */
import { sumRows } from '../experiments/cells.js';
import { experiments } from '../experiments/index.js';
import type { Cell, LedgerRow, Manifest } from '../experiments/schema.js';
import { causes } from '../machine/tables/causes.js';
import { percent, short, table } from './format.js';

const macros = ['build', 'db', 'files'];

export interface Split {
  experiment: string;
  system: string;
  processor: string;
  /** Mean cycles a run, over seeds. */
  user: number;
  kernel: number;
  idle: number;
  byCause: { cause: string; user: number; kernel: number }[];
}

/** One for each experiment, system and processor that was measured. */
export function splits(manifest: Manifest, cells: readonly Cell[]): Split[] {
  return macros.flatMap((experiment) =>
    manifest.systems.flatMap((system) =>
      Object.keys(manifest.processors).flatMap((processor) => {
        const mine = cells.filter(
          (cell) =>
            cell.experiment === experiment && cell.system === system && cell.processor === processor && cell.n > 0,
        );
        return mine.length === 0 ? [] : [splitOf(experiment, system, processor, mine)];
      }),
    ),
  );
}

function splitOf(experiment: string, system: string, processor: string, cells: readonly Cell[]): Split {
  const runs = cells.reduce((sum, { n }) => sum + n, 0);
  const rows = sumRows(cells.flatMap(({ ledger }) => ledger));
  const sum = (some: (row: LedgerRow) => boolean) =>
    rows.filter(some).reduce((all, { cycles }) => all + cycles, 0) / runs;
  const busy = causes.filter(({ id }) => id !== 'idle');
  return {
    experiment,
    system,
    processor,
    user: sum(({ cpl, cause }) => cpl === 3 && cause !== 'idle'),
    kernel: sum(({ cpl, cause }) => cpl < 3 && cause !== 'idle'),
    idle: sum(({ cause }) => cause === 'idle'),
    byCause: busy.map(({ id }) => ({
      cause: id,
      user: sum(({ cpl, cause }) => cpl === 3 && cause === id),
      kernel: sum(({ cpl, cause }) => cpl < 3 && cause === id),
    })),
  };
}

/** As Markdown; undefined where nothing was measured. */
export function splitTables(manifest: Manifest, cells: readonly Cell[]): string | undefined {
  const all = splits(manifest, cells);
  if (all.length === 0) return undefined;
  const title = (id: string) => experiments.find((one) => one.id === id)!.title;
  const million = (cycles: number) => short(cycles / 1e6);
  const head = ['experiment', 'system', 'processor', 'ms', 'user', 'kernel', 'idle', 'kernel of busy'];
  const rows = all.map(({ experiment, system, processor, user, kernel, idle }) => [
    title(experiment),
    system,
    processor,
    short((user + kernel + idle) / manifest.processors[processor].megahertz / 1000),
    million(user),
    million(kernel),
    million(idle),
    percent(kernel / (user + kernel)),
  ]);
  const shown = causes.filter(({ id }) =>
    all.some(({ byCause }) => byCause.some((c) => c.cause === id && c.user + c.kernel > 0)),
  );
  const byCause = all.flatMap((split) =>
    (['user', 'kernel'] as const).map((who) => [
      title(split.experiment),
      split.system,
      split.processor,
      who,
      ...shown.map(({ id }) => million(split.byCause.find(({ cause }) => cause === id)![who])),
    ]),
  );
  return [
    'Whole programs, in millions of cycles:',
    table(head, rows),
    'By cause, in millions of cycles:',
    table(['experiment', 'system', 'processor', 'mode', ...shown.map(({ label }) => label)], byCause),
  ].join('\n\n');
}
