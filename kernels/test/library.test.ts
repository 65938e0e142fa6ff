// The library's logic, run as the same WebAssembly in Node. What touches the machine is imported; here, by JavaScript.

import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { main } from 'assemblyscript/asc';
import { beforeAll, describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const ENTRIES = ['text', 'frames', 'random', 'elf', 'measure', 'bytes', 'e1000'].map(
  (name) => `kernels/lib/${name}.ts`,
);
/** Scratch memory of the tests, behind all static data. */
const SCRATCH = 0x80000;
/** Bit 26 of the e1000's CTRL. */
const CTRL_RESET = 1 << 26;

type Exports = Record<string, (...args: number[]) => number>;
let lib: Exports;
let memory: DataView;
let globals: Record<string, WebAssembly.Global>;

beforeAll(async () => {
  let binary: Uint8Array | undefined;
  const { error, stderr } = await main(
    [...ENTRIES, '-O3', '--runtime', 'stub', '--initialMemory', '16', '-o', 'out.wasm'],
    {
      readFile: (name: string) => readFile(`${root}/${name}`, 'utf8').catch(() => null),
      writeFile: (_name: string, contents: string | Uint8Array) => {
        if (typeof contents !== 'string') binary = contents;
      },
      listFiles: () => [],
    },
  );
  if (error || !binary) throw new Error(`${error}\n${stderr}`);
  const bytes = () => new Uint8Array(memory.buffer);
  const x86 = {
    umulh: (a: number, b: number) => Number((BigInt(a >>> 0) * BigInt(b >>> 0)) >> 32n) | 0,
    repMovsd: (to: number, from: number, n: number) => void bytes().copyWithin(to, from, from + n * 4),
    repMovsb: (to: number, from: number, n: number) => void bytes().copyWithin(to, from, from + n),
    repStosd: (to: number, value: number, n: number) => {
      for (let i = 0; i < n; i++) memory.setUint32(to + i * 4, value, true);
    },
    vload32: (at: number) => memory.getUint32(at, true),
    // A reset is over at once, as the device's register says.
    vstore32: (at: number, value: number) => memory.setUint32(at, value & ~CTRL_RESET, true),
  };
  const instance = new WebAssembly.Instance(new WebAssembly.Module(binary as BufferSource), {
    x86,
    env: {
      abort: () => {
        throw new Error('abort');
      },
    },
  });
  lib = instance.exports as unknown as Exports;
  globals = instance.exports as unknown as Record<string, WebAssembly.Global>;
  memory = new DataView((instance.exports.memory as WebAssembly.Memory).buffer);
});

/** Puts text, ended by zero, at an address. */
function text(value: string, at = SCRATCH): number {
  for (let i = 0; i <= value.length; i++) memory.setUint8(at + i, i < value.length ? value.charCodeAt(i) : 0);
  return at;
}

/** Puts a string as AssemblyScript's literals lie in memory: its size in bytes in the word before it. */
function literal(value: string, at = SCRATCH + 0x1000): number {
  memory.setUint32(at - 4, value.length * 2, true);
  for (let i = 0; i < value.length; i++) memory.setUint16(at + i * 2, value.charCodeAt(i), true);
  return at;
}

describe('options on a command line', () => {
  test('a key is found as a whole word only', () => {
    const line = text('/boot/native xseed=7 seed=42 states=warm:60,tlb-cold:12');
    expect(lib.numberOption(line, literal('seed'), 5)).toBe(42);
    expect(lib.numberOption(line, literal('eed'), 5)).toBe(5);
    expect(lib.option(line, literal('states')) - line).toBe('/boot/native xseed=7 seed=42 states='.length);
    expect(lib.option(line, literal('size'))).toBe(0);
  });

  test('a list is walked item by item, with the numbers behind its marks', () => {
    let at = text('warm:60,polluted-16:5,first rest');
    expect(lib.numberAfter(at, ':'.charCodeAt(0), 9)).toBe(60);
    at = lib.nextItem(at);
    expect(lib.wordIs(at, literal('polluted-16:5'))).toBe(1);
    expect(lib.wordIs(at, literal('polluted-1'))).toBe(0);
    expect(lib.numberAfter(at, '-'.charCodeAt(0), 9)).toBe(16);
    expect(lib.numberAfter(at, ':'.charCodeAt(0), 9)).toBe(5);
    at = lib.nextItem(at);
    expect(lib.numberAfter(at, ':'.charCodeAt(0), 9)).toBe(9);
    expect(lib.nextItem(at)).toBe(0);
  });

  test.each([
    ['/some/where/packet.elf size=4', 'packet'],
    ['null-call', 'null-call'],
    ['a-name-that-is-far-too-long', 'a-name-that-is-'],
  ])('the name of %s is %s', (line, name) => {
    const to = SCRATCH + 0x2000;
    lib.copyName(to, text(line), 16);
    let found = '';
    for (let i = 0; i < 16; i++) found += String.fromCharCode(memory.getUint8(to + i));
    expect(found).toBe(name.padEnd(16, '\0'));
  });
});

describe('frames', () => {
  const first = 0x400000;
  const count = 64;
  const order = (seed: number) => {
    lib.seedRandom(seed);
    lib.framesInit(first, first + count * 4096);
    return Array.from({ length: count }, () => lib.allocateFrame());
  };

  test('each frame is handed out once, then none', () => {
    const frames = order(1);
    expect(new Set(frames).size).toBe(count);
    expect(Math.min(...frames)).toBe(first);
    expect(Math.max(...frames)).toBe(first + (count - 1) * 4096);
    expect(lib.allocateFrame()).toBe(0);
    lib.freeFrame(frames[3] as number);
    expect(lib.allocateFrame()).toBe(frames[3]);
  });

  test('the seed decides the order, and nothing else does', () => {
    expect(order(1)).toEqual(order(1));
    expect(order(1)).not.toEqual(order(2));
  });
});

describe('program images', () => {
  const at = SCRATCH;
  const length = 0x2000;
  const write = (field: number, value: number) => memory.setUint32(at + field, value, true);
  const valid = () => {
    for (let i = 0; i < 128; i++) memory.setUint8(at + i, 0);
    write(0, 0x464c457f);
    write(4, 0x00010101);
    memory.setUint16(at + 16, 2, true);
    memory.setUint16(at + 18, 3, true);
    write(24, 0x08048000);
    write(28, 52);
    memory.setUint16(at + 42, 32, true);
    memory.setUint16(at + 44, 1, true);
    [1, 0x1000, 0x08048000, 0x08048000, 0x800, 0x3000, 5, 0x1000].forEach((value, i) => write(52 + i * 4, value));
  };
  const TOP = 0xbffee000;

  test('a good one is accepted', () => {
    valid();
    expect(lib.elfValid(at, length, TOP)).toBe(1);
    expect(lib.elfEntry(at)).toBe(0x08048000);
  });

  test.each([
    ['another magic', 0, 0x464c457e],
    ['64 bits', 4, 0x00010102],
    ['headers outside the file', 28, 0x1fff],
    ['headers far outside the file', 28, 0xffffffff],
    ['contents outside the file', 56, 0x1900],
    ['contents that wrap around', 56, 0xfffffff0],
    ['more in the file than in memory', 68, 0x3001],
    ['memory at 0', 60, 0],
    ['memory above the top', 60, 0xc0000000],
    ['memory that reaches above the top', 72, 0xb8000000],
  ])('%s is refused', (_what, field, value) => {
    valid();
    write(field, value);
    expect(lib.elfValid(at, length, TOP)).toBe(0);
  });
});

test('the lists of a measurement', () => {
  lib.measureInit(text('x states=first:1,warm:60,polluted-4:12 sizes=64,1460'), 4);
  expect(globals.stateCount?.value).toBe(3);
  expect([0, 1, 2].map((i) => lib.repetitions(i))).toEqual([1, 60, 12]);
  expect(lib.repetitionsOfAll()).toBe(73);
  expect([lib.sizeAt(0), lib.sizeAt(1)]).toEqual([64, 1460]);
  expect([globals.batchCount?.value, lib.batchAt(0)]).toEqual([1, 1]);
});

test('FNV-1a of "foobar" is what its authors publish', () => {
  expect((lib.checksum(0x811c9dc5, text('foobar'), 6) as number) >>> 0).toBe(0xbf9cf968);
});

describe('the transmit ring of the e1000', () => {
  const nic = SCRATCH;
  const ring = SCRATCH + 0x1000;
  const registers = SCRATCH + 0x10000;

  test('takes 63 frames, gives them back in order as the device marks them', () => {
    lib.e1000Init(nic, registers, ring, 0x123000);
    expect(memory.getUint32(registers + 0x3800, true)).toBe(0x123000);
    expect(memory.getUint32(registers + 0x3808, true)).toBe(1024);
    for (let i = 0; i < 63; i++) lib.e1000Queue(nic, 0x5000 + i, 64 + i);
    expect(lib.e1000Room(nic)).toBe(0);
    lib.e1000Start(nic);
    expect(memory.getUint32(registers + 0x3818, true)).toBe(63);
    // EOP, IFCS, RS and IDE in the command byte, the length below it.
    expect(memory.getUint32(ring + 16 + 8, true)).toBe(0x8b000000 + 65);
    expect(lib.e1000Completed(nic)).toBe(0);
    memory.setUint8(ring + 12, 1);
    memory.setUint8(ring + 16 + 12, 1);
    memory.setUint8(ring + 3 * 16 + 12, 1);
    expect(lib.e1000Completed(nic)).toBe(2);
    expect(lib.e1000Room(nic)).toBe(2);
  });
});
