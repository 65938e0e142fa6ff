/**
 * `npm run verify [-- PART...]`: runs parts of the proof and prints one line for each. Standard output is the result,
 * standard error progress. Exit status: 0 all agree, 1 something differs, 2 usage.
 */
import { parseArgs } from 'node:util';
import type { Depth, Outcome, Part, PartOptions } from './part.js';
import { parts } from './parts.js';

const USAGE = `usage: npm run verify [-- [--quick|--deep] [--seed N] [--record] [PART...]]; parts: ${parts.map((p) => p.id).join(', ')}`;
const HELP = `${USAGE}

  --quick   what every change is checked by: minutes
  --deep    all scenarios, ten minutes of fuzzing, the longest runs; the default lies between, at most half an hour
  --seed N  other random cases: N is added to the first seed of each part, which its line tells; from 100000 on none is
            a case of a run without it
  --record  also write which instructions were exercised into machine/verify/coverage.json (host and scenarios, deep)

${parts.map(({ id, title }) => `  ${id.padEnd(12)}${title}`).join('\n')}`;
/** Differences shown of a part; the line has their number. */
const SHOWN = 20;

function usage(message: string): never {
  process.stderr.write(`${message}\n${USAGE}\n`);
  process.exit(2);
}

/** On a terminal one line that is written over; elsewhere a line every half minute. */
function reporter(part: Part): { progress(done: number, total: number, what?: string): void; end(): void } {
  const began = Date.now();
  let last = began;
  const text = (done: number, total: number, what = '') =>
    `${part.id}: ${done} of ${total}${what === '' ? '' : ` (${what})`}, ${Math.round((Date.now() - began) / 1000)} s`;
  const terminal = process.stderr.isTTY;
  return {
    progress(done, total, what) {
      const now = Date.now();
      if (now - last < (terminal ? 200 : 30_000)) return;
      last = now;
      process.stderr.write(terminal ? `\r\x1b[K${text(done, total, what)}` : `${text(done, total, what)}\n`);
    },
    end() {
      if (terminal) process.stderr.write('\r\x1b[K');
    },
  };
}

function lineOf({ id, title }: Part, o: Outcome, seconds: number): string {
  const skipped = o.skipped.length === 0 ? 'nothing skipped' : `skipped: ${o.skipped.join('; ')}`;
  const notes = o.notes && o.notes.length > 0 ? ` (${o.notes.join(', ')})` : '';
  return `${id}: ${title}: ${o.count} ${o.unit}${notes}, ${o.mismatches} mismatches, ${skipped}, ${seconds} s`;
}

async function runPart(part: Part, options: Omit<PartOptions, 'progress'>): Promise<boolean> {
  const began = Date.now();
  const report = reporter(part);
  try {
    const outcome = await part.run({ ...options, progress: report.progress });
    report.end();
    for (const detail of outcome.details.slice(0, SHOWN)) process.stderr.write(`${part.id}: ${detail}\n`);
    console.log(lineOf(part, outcome, Math.round((Date.now() - began) / 1000)));
    return outcome.mismatches === 0;
  } catch (error) {
    report.end();
    process.stderr.write(`${(error as Error).stack ?? error}\n`);
    console.log(`${part.id}: ${part.title}: failed: ${(error as Error).message}`);
    return false;
  }
}

/** Seeds are 32 bits wide, and the parts' own come on top. */
const LAST_SEED = 2_000_000_000;

function seedOf(text: string): number {
  const seed = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(seed <= LAST_SEED)) usage(`--seed ${text}: expected a whole number from 0 to ${LAST_SEED}`);
  return seed;
}

function parse() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        help: { type: 'boolean', short: 'h' },
        quick: { type: 'boolean' },
        deep: { type: 'boolean' },
        seed: { type: 'string' },
        record: { type: 'boolean' },
      },
    });
  } catch (error) {
    // Its first sentence says what is wrong, the second explains parseArgs.
    return usage((error as Error).message.split('. ')[0]);
  }
}

const { values: flags, positionals: ids } = parse();
if (flags.help) {
  console.log(HELP);
  process.exit(0);
}
for (const id of ids) if (!parts.some((p) => p.id === id)) usage(`unknown part '${id}'`);
if (flags.quick && flags.deep) usage('--quick and --deep: one of them');
if (flags.record && flags.seed !== undefined) usage('--record is of the usual seeds: not with --seed');
const depth: Depth = flags.deep ? 'deep' : flags.quick ? 'quick' : 'usual';
const options = { depth, seed: seedOf(flags.seed ?? '0'), record: flags.record ?? false };

let failed = 0;
for (const part of parts) {
  if (ids.length > 0 && !ids.includes(part.id)) continue;
  if (!(await runPart(part, options))) failed++;
}
process.exitCode = failed > 0 ? 1 : 0;
