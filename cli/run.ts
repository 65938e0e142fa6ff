import { availableParallelism, cpus, platform, release } from 'node:os';
import { join, relative } from 'node:path';
import { Command, Option } from 'commander';
import pc from 'picocolors';
import { dailyExperiments, experiments } from '../experiments/index.js';
import { imagesOf, type Selection, type Surroundings } from '../experiments/runner/boots.js';
import { projectSurroundings } from '../experiments/runner/outside.js';
import { openPool } from '../experiments/runner/pool.js';
import { InterruptedError, manifestOf, run } from '../experiments/runner/run.js';
import { type ResultSet, refuseForeign, refuseUnwritable, Store } from '../experiments/runner/store.js';
import { systemIds } from '../experiments/system.js';
import { systems } from '../experiments/systems/index.js';
import { applyPreset, debatedProcessors, processors } from '../machine/processors/index.js';
import { rowTables } from '../reports/rows.js';
import { splitTables } from '../reports/split.js';
import { judgeAll, statusText, whyText } from '../reports/verdicts.js';
import { writeReports } from '../reports/write.js';
import { CheckFailedError } from './errors.js';
import { bringUpToDate } from './fresh.js';
import { known, list, setting, wholeNumber } from './options.js';
import { progressView } from './progress.js';

interface RunFlags {
  system?: string[];
  processor?: string[];
  seeds: number;
  out?: string;
  json?: boolean;
  workers: number;
  force?: boolean;
  timer: 'on' | 'off';
  set?: Record<string, number>;
}

export function runCommand(): Command {
  return new Command('run')
    .description('measure experiments and write a report; those too long for every day only by name')
    .argument('[experiment...]', `of ${experiments.map(({ id }) => id).join(', ')}`)
    .option('--system <name>', 'only these systems', list)
    .option('--processor <name>', `on these processors instead of ${debatedProcessors.join(', ')}`, list)
    .option('--seeds <n>', 'declared seeds 1 to n: page placement, stack offset, timer phase', wholeNumber(1, 999), 3)
    .option('--out <dir>', 'result folder (default: ./crossings-out/<hash>)')
    .option('--json', 'print { manifest, cells } and nothing else; a folder is written only with --out')
    .option('--workers <n>', 'worker threads', wholeNumber(1, 256), availableParallelism())
    .option('--force', 'measure again, and replace the results of another run')
    .addOption(new Option('--timer <state>', "the kernels' 100 Hz tick").choices(['on', 'off']).default('on'))
    .option('--set <path=value>', 'another value for a constant of the presets', setting)
    .action(runAction);
}

async function runAction(names: string[], flags: RunFlags): Promise<void> {
  const selection = selectionOf(names, flags);
  if (flags.out !== undefined) {
    refuseForeign(flags.out);
    refuseUnwritable(flags.out);
  }
  await bringUpToDate(imagesOf(selection, systems));
  const surroundings = projectSurroundings();
  const manifest = manifestOf(selection, surroundings);
  const out = flags.out ?? (flags.json ? undefined : join('crossings-out', manifest.id));
  const store = out === undefined ? undefined : Store.open(out, manifest.id, flags.force ?? false);
  const started = Date.now();
  const results = await measure(selection, surroundings, flags.workers, store);
  if (store !== undefined) {
    store.commit(results, hostFacts(flags.workers, started));
    writeReports(store.dir);
  }
  if (flags.json) process.stdout.write(`${JSON.stringify({ manifest: results.manifest, cells: results.cells })}\n`);
  else sayVerdicts(results, store!.dir);
  const failed = results.cells.filter((cell) => cell.status === 'failed');
  if (failed.length > 0) throw new CheckFailedError(`${failed.length} cells failed; the first: ${failed[0].reason}`);
}

function selectionOf(names: string[], flags: RunFlags): Selection {
  const overrides = flags.set ?? {};
  const chosen = known('processor', flags.processor ?? [...debatedProcessors], Object.keys(processors));
  for (const id of chosen) applyPreset(processors[id], overrides);
  return {
    experiments: experimentsOf(names.flatMap((name) => list(name, []))),
    systems: known('system', flags.system, systemIds),
    processors: chosen,
    seeds: flags.seeds,
    timer: flags.timer,
    overrides,
  };
}

/** The named ones, or all that are for every day. */
function experimentsOf(names: string[]): string[] {
  if (names.length === 0) return dailyExperiments.map(({ id }) => id);
  return known(
    'experiment',
    names,
    experiments.map(({ id }) => id),
  );
}

async function measure(
  selection: Selection,
  surroundings: Surroundings,
  workers: number,
  store: Store | undefined,
): Promise<ResultSet> {
  const stop = new AbortController();
  const interrupt = () => stop.abort();
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  const pool = openPool(workers, stop.signal);
  const progress = progressView((id) => processors[id].hz / 1e6);
  try {
    return await run({ selection, surroundings, measure: pool.measure, workers, signal: stop.signal, store, progress });
  } catch (error) {
    if (!(error instanceof InterruptedError)) throw error;
    const kept =
      store === undefined ? '' : `; finished boots are kept in ${store.dir}, and the same command goes on from there`;
    throw new InterruptedError(`interrupted${kept}`);
  } finally {
    progress.stop();
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
    await pool.close();
  }
}

function hostFacts(workers: number, started: number): object {
  return {
    node: process.version,
    platform: `${platform()} ${release()}`,
    processor: cpus()[0]?.model,
    workers,
    started: new Date(started).toISOString(),
    seconds: (Date.now() - started) / 1000,
  };
}

function sayVerdicts({ manifest, cells }: ResultSet, dir: string): void {
  for (const tables of [rowTables(manifest, cells), splitTables(manifest, cells)])
    if (tables !== undefined) console.log(`${tables}\n`);
  const verdicts = judgeAll(manifest, cells);
  for (const verdict of verdicts.filter(({ findings }) => findings.length > 0)) {
    const why = verdict.status === 'depends' ? `: ${whyText(verdict)}` : '';
    console.log(`${verdict.claim.padEnd(4)} ${statusText(verdict)}${why}`);
  }
  const others = verdicts.filter(({ findings }) => findings.length === 0).map(({ claim }) => claim);
  if (others.length > 0) console.log(pc.dim(`not judged: ${others.join(', ')} (crossings claims says why)`));
  console.log(`report: ${relative(process.cwd(), join(dir, 'report.html')) || dir}`);
}
