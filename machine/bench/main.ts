/**
 * `npm run bench`: guest MIPS of each phase on this machine with full timing, beside v86 (without and with its JIT; needs
 * V86_DIR) and QEMU TCG, all in the same run, since hosts differ from minute to minute. Ratios are what to quote.
 *
 *     npm run bench -- [--shift N] [--runs N] [--processor P]      iteration counts are divided by 2^N; default 3
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Bench } from 'tinybench';
import { buildCore } from '../../toolchain/driver/core.js';
import { Machine } from '../index.js';
import { processors } from '../processors/index.js';
import { PhaseTimer } from './phase-timer.js';
import { type Phase, phases, phasesImage } from './phases.js';

const MEMORY_MIB = 256;

const { values } = parseArgs({
  options: {
    shift: { type: 'string', default: '3' },
    runs: { type: 'string', default: '1' },
    processor: { type: 'string', default: 'pentium3-800' },
  },
});
const shift = whole('--shift', values.shift, 0, 8);
const runs = whole('--runs', values.runs, 1, 20);
const preset = processors[values.processor];
if (!preset) fail(`--processor ${values.processor}: expected one of ${Object.keys(processors).join(', ')}`);

/** What the first contestant printed, by phase. */
const results = new Map<string, string>();
const image = phasesImage(shift).bytes;
const folder = mkdtempSync(join(tmpdir(), 'crossings-bench-'));
const imagePath = join(folder, 'phases.bin');
writeFileSync(imagePath, image);
try {
  await main();
} finally {
  rmSync(folder, { recursive: true });
}

async function main(): Promise<void> {
  const core = await WebAssembly.compile((await buildCore()) as BufferSource);
  const contestants = new Map<string, () => Promise<PhaseTimer> | PhaseTimer>([['crossings', () => runHere(core)]]);
  const { V86_DIR } = process.env;
  if (V86_DIR !== undefined && existsSync(join(V86_DIR, 'build/libv86.mjs'))) {
    const script = fileURLToPath(new URL('run-v86.js', import.meta.url));
    const run = (mode: string) => () => runProcess(process.execPath, [script, V86_DIR, imagePath, mode]);
    contestants.set('v86 no JIT', run('nojit'));
    contestants.set('v86', run('jit'));
  } else {
    say('v86: left out; set V86_DIR to the folder of the npm package v86');
  }
  if (spawnSync('qemu-system-i386', ['--version']).status === 0) {
    const machine = ['-m', String(MEMORY_MIB), '-display', 'none', '-nodefaults', '-no-user-config', '-no-reboot'];
    const options = [...machine, '-accel', 'tcg', '-debugcon', 'stdio', '-kernel', imagePath];
    contestants.set('QEMU TCG', () => runProcess('qemu-system-i386', options));
  } else {
    say('QEMU TCG: left out; qemu-system-i386 is not installed');
  }
  report(await measure(contestants));
}

/** Seconds of each phase, the median over the runs, by contestant. */
async function measure(contestants: Map<string, () => Promise<PhaseTimer> | PhaseTimer>) {
  const bench = new Bench({ iterations: runs, time: 0, warmup: false, throws: true });
  const collected = new Map<string, PhaseTimer[]>();
  for (const [name, run] of contestants) {
    const timers: PhaseTimer[] = [];
    collected.set(name, timers);
    bench.add(name, async () => {
      timers.push(await run());
    });
  }
  await bench.run();
  for (const task of bench.tasks) {
    const { result } = task;
    if ('latency' in result) say(`${task.name}: ${(result.latency.mean / 1000).toFixed(1)} s a run`);
  }
  return collected;
}

function report(collected: Map<string, PhaseTimer[]>): void {
  const names = [...collected.keys()];
  const rival = names.includes('v86 no JIT') ? 'v86 no JIT' : null;
  const heading = ['guest MIPS', ...names, ...(rival ? [`crossings / ${rival}`] : [])];
  const rows = phases(shift).map((phase) => {
    const mips = names.map((name) => speed(phase, name, collected.get(name)!));
    const ratio = rival ? [(mips[0] / mips[names.indexOf(rival)]).toFixed(2)] : [];
    return [`${phase.id} ${phase.title}`, ...mips.map((m) => m.toFixed(1)), ...ratio];
  });
  const widths = heading.map((_, i) => Math.max(...[heading, ...rows].map((row) => row[i].length)));
  for (const row of [heading, ...rows]) {
    const cells = row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])));
    process.stdout.write(`${cells.join('  ')}\n`);
  }
}

/** Millions of instructions a second; every contestant must have printed the same result. */
function speed(phase: Phase, name: string, timers: readonly PhaseTimer[]): number {
  const times = timers.map((t) => t.times.get(phase.id)).filter((t) => t !== undefined);
  if (times.length !== timers.length) throw new Error(`${name} did not print the end of ${phase.id}`);
  for (const { result } of times) check(phase, name, result);
  const sorted = times.map((t) => t.seconds).sort((a, b) => a - b);
  return phase.instructions / 1e6 / sorted[sorted.length >> 1];
}

function check(phase: Phase, name: string, result: string): void {
  const first = results.get(phase.id) ?? result;
  results.set(phase.id, first);
  if (result !== first) throw new Error(`${phase.id}: ${name} printed ${result}, crossings ${first}`);
}

function runHere(core: WebAssembly.Module): PhaseTimer {
  const timer = new PhaseTimer(() => performance.now());
  const machine = Machine.create({ core, preset, memoryMiB: MEMORY_MIB });
  machine.observe({
    console: (byte, source) => {
      if (source === 'debug') timer.take(byte);
    },
  });
  machine.load(image);
  const stop = machine.run(1n << 50n);
  if (stop.reason !== 'exit') throw new Error(`the benchmark ended by ${stop.reason} at cycle ${stop.cycle}`);
  return timer;
}

function runProcess(command: string, args: readonly string[]): Promise<PhaseTimer> {
  return new Promise((resolve, reject) => {
    const timer = new PhaseTimer(() => performance.now());
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'ignore'] });
    child.stdout.on('data', (bytes: Buffer) => {
      for (const byte of bytes) timer.take(byte);
      if (timer.finished) child.kill();
    });
    child.on('error', reject);
    child.on('close', () => {
      if (timer.finished) resolve(timer);
      else reject(new Error(`${command} ended before the benchmark did`));
    });
  });
}

function whole(option: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least || value > most)
    fail(`${option} ${text}: expected ${least} to ${most}`);
  return value;
}

function fail(message: string): never {
  say(message);
  process.exit(2);
}

function say(message: string): void {
  process.stderr.write(`${message}\n`);
}
