// Code quality: kernel-like routines compiled by this toolchain and, from C, by gcc -O2; both run on the machine, which
// counts the instructions that each executes. The routines are in toolchain/test/quality.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Machine } from '../../machine/index.js';
import { processors } from '../../machine/processors/index.js';
import { al, defineStubs, esp } from '../assembler/index.js';
import { compileImage } from '../driver/compile.js';
import { defineImage } from '../image.js';

const FOLDER = 'toolchain/test/quality';
const MARK_PORT = 0x80;
export const LIMITS = { mean: 1.08, each: 1.25 };

/** In the order in which both programs run them. */
const ROUTINES = [
  'list insert and remove',
  'run queue pick',
  'page-table walk',
  'ring protocol',
  'message transfer',
  'bitmap allocation',
  'hash lookup',
  'checksum',
  'string search',
  'descriptors',
  '64-bit time',
  'call dispatch',
  'sort and search',
  'printing numbers',
  'mapping revocation',
];

export const GCC_OPTIONS = [
  '-O2',
  '-m32',
  '-mregparm=3',
  '-fomit-frame-pointer',
  ...['-ffreestanding', '-fno-pic', '-fno-stack-protector', '-fcf-protection=none'],
  ...['-fno-asynchronous-unwind-tables', '-fno-tree-loop-distribute-patterns'],
];
const LINK_OPTIONS = ['-nostdlib', '-static', '-no-pie', '-Wl,-N', '-Wl,-Ttext=0x100000', '-Wl,--build-id=none'];

export interface QualityRow {
  readonly routine: string;
  readonly ours: number;
  readonly gcc: number;
  readonly ratio: number;
}
export interface Quality {
  readonly rows: readonly QualityRow[];
  readonly mean: number;
  readonly compiler: string;
}

/** Why there is nothing to compare with, or undefined. */
export function gccUnavailable(): string | undefined {
  const { status, error } = spawnSync('gcc', ['-m32', '-E', '-x', 'c', '/dev/null'], { stdio: 'ignore' });
  return error || status !== 0 ? 'no gcc that compiles for 32 bits is installed' : undefined;
}

/** @throws Error when the two programs do not give the same results */
export async function measureQuality(root: string, core: WebAssembly.Module): Promise<Quality> {
  const ours = count(await compileOurs(root), core);
  const gcc = count(compileC(root), core);
  const rows = ROUTINES.map((routine, i) => {
    if (ours[i].result !== gcc[i].result)
      throw new Error(`${routine}: this toolchain's code gives ${ours[i].result}, gcc's ${gcc[i].result}`);
    const [a, b] = [ours[i].instructions, gcc[i].instructions];
    return { routine, ours: a, gcc: b, ratio: a / b };
  });
  const mean = Math.exp(rows.reduce((sum, r) => sum + Math.log(r.ratio), 0) / rows.length);
  const version = spawnSync('gcc', ['--version'], { encoding: 'utf8' }).stdout.split('\n')[0];
  return { rows, mean, compiler: version };
}

export function qualityTable({ rows, mean }: Quality): string {
  const lines = rows.map((r) => `| ${r.routine} | ${r.ours} | ${r.gcc} | ${r.ratio.toFixed(3)} |`);
  const head = ['| routine | this toolchain | gcc -O2 | ratio |', '|---|---:|---:|---:|'];
  return [...head, ...lines, `| geometric mean | | | ${mean.toFixed(3)} |`].join('\n');
}

async function compileOurs(root: string): Promise<Uint8Array> {
  const start = defineStubs('quality', (a) => {
    a.global('_start');
    a.mov(esp, 0x200000);
    a.call('__module_start');
    a.call('main');
    a.out(0xf4, al);
  });
  const entry = `${FOLDER}/guest/main.ts`;
  const d = defineImage({ name: 'quality', kind: 'kernel', entry, base: 0x100000, start: '_start', stubs: [start] });
  return (await compileImage(d, root)).elf;
}

function compileC(root: string): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), 'crossings-'));
  try {
    const out = join(folder, 'quality');
    const options = [...GCC_OPTIONS, ...LINK_OPTIONS, '-o', out, join(root, FOLDER, 'routines.c')];
    const { status, stderr } = spawnSync('gcc', options, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`gcc does not compile the routines:\n${stderr}`);
    return readFileSync(out);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Count {
  readonly result: number;
  readonly instructions: number;
}

/** What each routine returns, and the instructions between the two writes around it. */
function count(elf: Uint8Array, core: WebAssembly.Module): Count[] {
  const machine = Machine.create({ core, preset: processors['pentium3-800'], memoryMiB: 32 });
  const marks: { value: number; instructions: number }[] = [];
  const first = machine.ledger.snapshot();
  machine.observe({
    port: (port, _size, value) => {
      if (port !== MARK_PORT) return;
      const { instructions } = machine.ledger.difference(first, machine.ledger.snapshot());
      marks.push({ value: value >>> 0, instructions });
    },
  });
  machine.load(elf);
  const stop = machine.run(10_000_000_000n);
  if (stop.reason !== 'exit' || marks.length !== 2 * ROUTINES.length)
    throw new Error(`the routines stopped (${stop.reason}) after ${marks.length} of ${2 * ROUTINES.length} marks`);
  return ROUTINES.map((_, i) => ({
    result: marks[2 * i + 1].value,
    instructions: marks[2 * i + 1].instructions - marks[2 * i].instructions,
  }));
}
