// The back end against the WebAssembly engine of Node: random modules must leave the same memory, on this host's
// processor and on our machine.
import { describe, expect, test } from 'vitest';
import { Machine } from '../../machine/index.js';
import { processors } from '../../machine/processors/index.js';
import { al, defineStubs, esp } from '../assembler/index.js';
import { buildCore } from '../driver/core.js';
import { executable, execute, linuxProgram, linuxUnavailable } from './linux.js';
import { AREA, ARGUMENT_SETS, BASE, RESULTS, randomModule } from './random-module.js';

const FUNCTIONS = 24;
const SIZE = AREA + 8 * ARGUMENT_SETS * FUNCTIONS;
const PLACE = { base: 0x400000, memory: BASE, end: BASE + SIZE };

function byNode(wasm: Uint8Array): Uint8Array {
  const memory = new WebAssembly.Memory({ initial: (BASE + SIZE + 65535) >>> 16 });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(wasm as Uint8Array<ArrayBuffer>), {
    env: { memory },
  });
  (exports.run as () => void)();
  return new Uint8Array(memory.buffer, BASE, SIZE);
}

/** The first function and argument set whose result differs, or the first byte of the shared area. */
function difference(a: Uint8Array, b: Uint8Array): string | undefined {
  for (let at = RESULTS - BASE; at < SIZE; at += 8)
    if (a.subarray(at, at + 8).some((v, i) => v !== b[at + i])) {
      const n = (at - AREA) / 8;
      return `function ${Math.floor(n / ARGUMENT_SETS)}, arguments ${n % ARGUMENT_SETS}`;
    }
  const byte = a.findIndex((v, i) => v !== b[i]);
  return byte < 0 ? undefined : `memory at +${byte}`;
}

const reason = linuxUnavailable();

describe.skipIf(reason !== undefined)(`compiled code on this processor${reason ? ` (skipped: ${reason})` : ''}`, () => {
  test.each(Array.from({ length: 16 }, (_, i) => i + 1))('agrees with Node on random module %i', (seed) => {
    const wasm = randomModule(seed, FUNCTIONS);
    const expected = byNode(wasm);
    const program = linuxProgram(wasm, PLACE);
    const { output, status, signal } = execute(program);
    expect({ status, signal, length: output.length }).toEqual({ status: 0, signal: null, length: SIZE });
    expect(difference(output, expected)).toBeUndefined();
  });
});

describe('compiled code on our machine', () => {
  const start = defineStubs('bare', (a) => {
    a.global('_start'); // multiboot leaves flat segments, paging off, no stack
    a.mov(esp, PLACE.base);
    a.call('run');
    a.out(0xf4, al);
  });

  test.each([101, 102, 103, 104, 105, 106])('agrees with Node on random module %i', async (seed) => {
    const wasm = randomModule(seed, FUNCTIONS);
    const core = await WebAssembly.compile((await buildCore()) as Uint8Array<ArrayBuffer>);
    const machine = Machine.create({ core, preset: processors['pentium-133'], memoryMiB: 16 });
    machine.load(executable(wasm, PLACE, 'kernel', start));
    expect(machine.run(10_000_000_000n).reason).toBe('exit');
    expect(difference(machine.memory.ram.slice(BASE, BASE + SIZE), byNode(wasm))).toBeUndefined();
  });
});
