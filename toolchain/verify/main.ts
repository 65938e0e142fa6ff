// `npm run verify:toolchain`: the proofs of the toolchain that take too long for every test run, with their counts.
// Options: --programs N (100000), --seed N (1), --workers N.
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { Tinypool } from 'tinypool';
import { coreBytes } from '../driver/core.js';
import { PROJECT_ROOT } from '../driver/definitions.js';
import type { BatchOutcome, BatchTask } from './batch.js';
import { linuxUnavailable } from './linux.js';
import { gccUnavailable, LIMITS, measureQuality, qualityTable } from './quality.js';

const PROGRAMS_IN_BATCH = 200;
const BETWEEN_LINES_MS = 5000;

const { values } = parseArgs({
  options: {
    programs: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
    workers: { type: 'string', default: String(Math.min(availableParallelism(), 8)) },
  },
});

function wholeNumber(name: keyof typeof values): number {
  const value = Number(values[name]);
  if (Number.isSafeInteger(value) && value > 0) return value;
  process.stderr.write(`--${name} ${values[name]}: expected a whole number from 1 on\n`);
  process.exit(2);
}

const programs = wholeNumber('programs');
const seed = wholeNumber('seed');
const workers = wholeNumber('workers');
const core = new WebAssembly.Module(coreBytes() as BufferSource);
const reason = linuxUnavailable();
if (reason) process.stderr.write(`natively: skipped, ${reason}\n`);

const pool = new Tinypool({
  filename: new URL('./batch.js', import.meta.url).href,
  runtime: 'worker_threads',
  minThreads: workers,
  maxThreads: workers,
});
const batches = Math.ceil(programs / PROGRAMS_IN_BATCH);
const started = performance.now();
let [done, mismatches, shown] = [0, 0, 0];

function progress(last: boolean): void {
  const now = performance.now();
  if (!last && now - shown < BETWEEN_LINES_MS) return;
  shown = now;
  process.stderr.write(
    `random programs: ${done} of ${programs}, ${mismatches} mismatches, ${Math.round((now - started) / 1000)} s\n`,
  );
}

await Promise.all(
  Array.from({ length: batches }, async (_, i) => {
    const count = Math.min(PROGRAMS_IN_BATCH, programs - i * PROGRAMS_IN_BATCH);
    const task: BatchTask = { seed: seed + i, programs: count, core, native: reason === undefined };
    const outcome: BatchOutcome = await pool.run(task);
    done += outcome.programs;
    mismatches += outcome.failures.length;
    for (const failure of outcome.failures) process.stdout.write(`${failure}\n`);
    progress(false);
  }),
);
await pool.destroy();
progress(true);
const where = reason === undefined ? 'on the machine and natively' : 'on the machine (natively: skipped)';
process.stdout.write(`random programs ${where}: ${done} run, ${mismatches} mismatches\n`);

let tooMany = false;
const unavailable = gccUnavailable();
if (unavailable) process.stdout.write(`code quality: skipped, ${unavailable}\n`);
else {
  const quality = await measureQuality(PROJECT_ROOT, core);
  const above = quality.rows.filter(({ ratio }) => ratio > LIMITS.each).map(({ routine }) => routine);
  tooMany = quality.mean > LIMITS.mean || above.length > 0;
  process.stdout.write(`${qualityTable(quality)}\n`);
  const worst = above.length > 0 ? `; above ${LIMITS.each}: ${above.join(', ')}` : '';
  process.stdout.write(
    `code quality: ${quality.rows.length} routines, ${quality.mean.toFixed(3)} times the instructions of ` +
      `${quality.compiler} (at most ${LIMITS.mean} wanted)${worst}\n`,
  );
}
process.exitCode = mismatches > 0 || tooMany ? 1 : 0;
