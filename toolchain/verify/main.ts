// `npm run verify:toolchain`: the proofs of the toolchain that take too long for every test run, with their counts.
// Options: --programs N (100000), --seed N (1), --workers N.
import { parseArgs } from 'node:util';
import { coreBytes } from '../driver/core.js';
import { PROJECT_ROOT } from '../driver/definitions.js';
import { runPrograms } from './programs.js';
import { gccUnavailable, LIMITS, measureQuality, qualityTable } from './quality.js';

const BETWEEN_LINES_MS = 5000;

const { values } = parseArgs({
  options: {
    programs: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
    workers: { type: 'string' },
  },
});

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  process.stderr.write(`--${name} ${text}: expected a whole number from 1 on\n`);
  process.exit(2);
}

async function randomPrograms(core: WebAssembly.Module): Promise<boolean> {
  const programs = wholeNumber('programs', values.programs);
  const started = performance.now();
  let shown = started;
  const { run, failures, notNative } = await runPrograms({
    programs,
    seed: wholeNumber('seed', values.seed),
    core,
    ...(values.workers === undefined ? {} : { workers: wholeNumber('workers', values.workers) }),
    progress: (done, mismatches) => {
      const now = performance.now();
      if (now - shown < BETWEEN_LINES_MS) return;
      shown = now;
      const seconds = Math.round((now - started) / 1000);
      process.stderr.write(`random programs: ${done} of ${programs}, ${mismatches} mismatches, ${seconds} s\n`);
    },
  });
  for (const failure of failures) process.stdout.write(`${failure}\n`);
  const where = notNative === undefined ? 'on the machine and natively' : `on the machine (natively: ${notNative})`;
  process.stdout.write(`random programs ${where}: ${run} run, ${failures.length} mismatches\n`);
  return failures.length === 0;
}

async function codeQuality(core: WebAssembly.Module): Promise<boolean> {
  const unavailable = gccUnavailable();
  if (unavailable) {
    process.stdout.write(`code quality: skipped, ${unavailable}\n`);
    return true;
  }
  const quality = await measureQuality(PROJECT_ROOT, core);
  const above = quality.rows.filter(({ ratio }) => ratio > LIMITS.each).map(({ routine }) => routine);
  const worst = above.length > 0 ? `; above ${LIMITS.each}: ${above.join(', ')}` : '';
  process.stdout.write(
    `${qualityTable(quality)}\ncode quality: ${quality.rows.length} routines, ${quality.mean.toFixed(3)} times the ` +
      `instructions of ${quality.compiler} (at most ${LIMITS.mean} wanted)${worst}\n`,
  );
  return quality.mean <= LIMITS.mean && above.length === 0;
}

const core = new WebAssembly.Module(coreBytes() as BufferSource);
const agree = await randomPrograms(core);
const isGood = await codeQuality(core);
process.exitCode = agree && isGood ? 0 : 1;
