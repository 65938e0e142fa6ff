// What is known of code by address: the stack of a guest that stopped, and a profile that adds up.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { Profile } from 'pprof-format';
import { beforeAll, expect, test } from 'vitest';
import { stackText, withoutRepeats } from '../../experiments/runner/stack.js';
import { Machine } from '../../machine/index.js';
import { processors } from '../../machine/processors/index.js';
import { pprofOf } from '../../reports/pprof.js';
import { Symbols } from '../debug/info.js';
import { foldedStacks, functionOf, lineOf, Profiler, sumBy } from '../debug/profile.js';
import { unwind } from '../debug/unwind.js';
import { type CompiledImage, compileImage } from '../driver/compile.js';
import { buildCore } from '../driver/core.js';
import { image } from './example-kernel/stubs/image.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
let compiled: CompiledImage;
let core: WebAssembly.Module;
beforeAll(async () => {
  compiled = await compileImage(image, root);
  core = await WebAssembly.compile((await buildCore()) as Uint8Array<ArrayBuffer>);
});

function boot(): Machine {
  const machine = Machine.create({ core, preset: processors['pentium-133'], memoryMiB: 8 });
  machine.load(compiled.elf);
  return machine;
}

test('the stack leads from the write that ended the run through compiled functions and the gate to the program', () => {
  const machine = boot();
  expect(machine.run(100_000_000n).reason).toBe('exit');
  const { eip, esp, cpl } = machine.position;
  const read = (linear: number) => machine.memory.readLinear(linear, 1)?.[0];
  const frames = unwind({ eip, esp, cpl, read }, [new Symbols(compiled.debug)]);
  const names = frames.map(({ place }) => place?.function.split('/').at(-1));
  // powerOff is part of systemCall by now; the return address is a label of the stub.
  expect(names).toEqual(['systemCall', 'leave', 'printed']);
  expect(frames[0].place?.file).toBe('toolchain/test/example-kernel/kernel/main.ts');
  expect(frames.map(({ searched }) => searched)).toEqual([false, false, true]);
  expect(frames.map(({ interrupted }) => interrupted)).toEqual([true, false, true]);
});

test('a handler that faults is shown with what it did, and its repetitions with their number', async () => {
  const handler = 'export function pageFault(frame: TrapFrame): void {\n';
  const main = 'toolchain/test/example-kernel/kernel/main.ts';
  const text = readFileSync(join(root, main), 'utf8').replace(handler, `${handler}  store<u32>(0xe0000000, 1);\n`);
  const { elf, debug } = await compileImage({ ...image, aliases: { [main]: text } }, root);
  const machine = Machine.create({ core, preset: processors['pentium-133'], memoryMiB: 8 });
  machine.load(elf);
  expect(machine.run(100_000_000n).reason).toBe('triple-fault');
  const lines = stackText(machine, [debug]).split('\n');
  const at = text.split('\n').findIndex((line) => line.includes('0xe0000000')) + 1;
  expect(lines.some((line) => line.includes(`pageFault`) && line.includes(`main.ts:${at}) (interrupted here)`))).toBe(
    true,
  );
  expect(lines.some((line) => / {2}\.\.\. these 2 again, \d+ times/.test(line))).toBe(true);
  expect(lines.length).toBeLessThan(40);
});

test('repetitions are folded', () => {
  expect(withoutRepeats(['a', 'b', 'c', 'b', 'c', 'b', 'c', 'd', 'd'])).toEqual([
    ...['a', 'b', 'c', '\n  ... these 2 again, 2 times', 'd', 'd'],
  ]);
});

test('every cycle is charged once, to a function and a line, and the formats say the same', () => {
  const machine = boot();
  const symbols = [new Symbols(compiled.debug)];
  const profiler = new Profiler(machine, () => symbols);
  machine.run(100_000_000n);
  const rows = profiler.finish();
  const cycles = Number(machine.cycle);
  expect(rows.reduce((sum, row) => sum + row.cycles, 0)).toBe(cycles);
  const plain = boot();
  plain.run(100_000_000n);
  expect(Number(plain.cycle)).toBe(cycles);
  for (const name of [functionOf, lineOf]) {
    const sums = sumBy(rows, name);
    expect(sums.reduce((sum, row) => sum + row.cycles, 0)).toBe(cycles);
    expect(sums.length).toBeGreaterThan(10);
  }
  expect(sumBy(rows, lineOf).some(({ what }) => /kernel\/main\.ts:\d+$/.test(what))).toBe(true);
  const folded = foldedStacks(rows).trim().split('\n');
  expect(folded.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)).toBe(cycles);
  const profile = Profile.decode(gunzipSync(pprofOf(rows, 133_000_000)));
  expect(profile.sample.reduce((sum, s) => sum + Number(s.value[0]), 0)).toBe(cycles);
  const names = profile.function.map((f) => profile.stringTable.strings[Number(f.name)]);
  expect(names).toContain('main');
});
