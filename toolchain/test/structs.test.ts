// Structures inside of structures, rows, bits, volatile fields and checked layouts: compiled, run on the machine, and held
// against loads and stores at the addresses that the layout rule gives.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Machine } from '../../machine/index.js';
import { processors } from '../../machine/processors/index.js';
import { al, defineStubs, esp, type Stubs } from '../assembler/index.js';
import { compileImage } from '../driver/compile.js';
import { buildCore } from '../driver/core.js';
import { parseDrawing } from '../driver/drawing.js';
import { defineImage } from '../image.js';

const project = fileURLToPath(new URL('../..', import.meta.url));
let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'crossings-'));
  for (const file of ['kernels/lib/elements.ts', 'kernels/lib/locked.ts', 'kernels/lib/x86.ts']) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), readFileSync(join(project, file)));
  }
});
afterAll(() => rmSync(root, { recursive: true }));

const start = defineStubs('start', (a) => {
  a.global('_start');
  a.mov(esp, 0x90000);
  a.call('__module_start');
  a.call('main');
  a.out(0xf4, al);
});

function build(text: string, stubs: Stubs[] = []) {
  writeFileSync(join(root, 'kernels/main.ts'), text);
  const d = { name: 'structs', kind: 'kernel', entry: 'kernels/main.ts', base: 0x100000, start: '_start' } as const;
  return compileImage(defineImage({ ...d, stubs: [...stubs, start] }), root);
}

/** What `main` reports by words to port 80h. */
async function reported(text: string): Promise<number[]> {
  const { elf } = await build(text);
  const core = await WebAssembly.compile((await buildCore()) as Uint8Array<ArrayBuffer>);
  const machine = Machine.create({ core, preset: processors['pentium-133'], memoryMiB: 4 });
  const words: number[] = [];
  machine.observe({ port: (port, _size, value) => void (port === 0x80 && words.push(value >>> 0)) });
  machine.load(elf);
  expect(machine.run(10_000_000n).reason).toBe('exit');
  return words;
}

const HEAD = `import { Elements, Structs } from './lib/elements';
import { outl } from './lib/x86';
`;

test('structures and rows lie inside of a structure', async () => {
  const words = await reported(`${HEAD}
@unmanaged class Pair { a: u16; b: u32; }
@unmanaged @size(60) class Whole {
  tag: u8;
  @embedded @offset(4) pair: Pair;
  @elements(5) @offset(12) bytes: Elements<u8>;
  @elements(3) @offset(20) words: Elements<u32>;
  @elements(3) @offset(32) pairs: Structs<Pair>;
  @offset(56) last: u32;
}
const area: usize = memory.data(64, 8);
export function main(): void {
  const w = changetype<Whole>(area);
  w.tag = 1;
  w.pair.b = 0x11223344;
  for (let i = 0; i < 5; i++) w.bytes[i] = <u8>(10 + i);
  for (let i = 0; i < 3; i++) { w.words[i] = 100 + i; w.pairs[i].a = <u16>(200 + i); w.pairs[i].b = 300 + i; }
  w.last = 7;
  outl(0x80, w.pair.b + w.words[2] + w.pairs[1].b + w.bytes[4]);
  for (let at: usize = 0; at < 60; at += 4) outl(0x80, load<u32>(area + at));
}
`);
  const expected = [1, 0, 0x11223344, 0x0d0c0b0a, 14, 100, 101, 102, 200, 300, 201, 301, 202, 302, 7];
  expect(words).toEqual([0x11223344 + 102 + 301 + 14, ...expected]);
});

test('bits by a drawing', async () => {
  const words = await reported(`${HEAD}
@bits(\`
  31                  12 11        9     8     7      1     0
 |        frame         | available  | global |   -      | present |
\`)
@unmanaged class Entry { frame: u32; available: u32; global: bool; present: bool; }
@unmanaged class Table { count: u16; @embedded first: Entry; @embedded second: Entry; }
const area: usize = memory.data(16, 4);
export function main(): void {
  const t = changetype<Table>(area);
  store<u32>(area + 4, 0xffffffff);
  t.first.global = false;
  t.first.frame = 0x12345;
  t.second.present = true;
  t.second.available = 13;
  outl(0x80, load<u32>(area + 4)), outl(0x80, load<u32>(area + 8));
  outl(0x80, t.first.frame), outl(0x80, t.first.available), outl(0x80, t.first.global ? 1 : 0);
}
`);
  expect(words).toEqual([0x12345eff, 0xa01, 0x12345, 7, 0]);
});

test('a volatile field is read as often as the source says, and a volatile load that nobody uses stays', async () => {
  const { elf, linked } = await build(`${HEAD}
import { vload32 } from './lib/x86';
@unmanaged class Device { @volatile status: u32; @volatile command: u8; }
export function poll(at: usize): u32 {
  const d = changetype<Device>(at);
  d.command = 1;
  return d.status + d.status;
}
export function discard(at: usize): void { vload32(at); }
export function main(): void { poll(0x9000); discard(0x9000); }
`);
  expect(elf.length).toBeGreaterThan(0);
  const code = (name: string) => {
    const s = linked.symbols.find((x) => x.name === name);
    const from = (s?.address ?? 0) - linked.layout.sections.text.start;
    return Buffer.from(linked.contents.text.subarray(from, from + (s?.size ?? 0))).toString('hex');
  };
  // Two moves from [ECX]; the last function is one read and RET.
  expect(code('poll').match(/8b0[0-9]/g)).toHaveLength(2);
  expect(code('discard')).toMatch(/^8b(00|08|10)c3/);
});

const TABLE = `
import { Locked } from './lib/locked';
@unmanaged class Shared { tag: u32; @embedded @offset(4) count: Locked; }
type Step = (at: usize, n: u32) => u32;
function read(at: usize, n: u32): u32 { return changetype<Shared>(at).count.value + n; }
function add(at: usize, n: u32): u32 { return changetype<Shared>(at).count.fetchAdd(n); }
function swap(at: usize, n: u32): u32 { return changetype<Shared>(at).count.exchange(n); }
export const STEPS = functions<Step>(read, add, swap, read);
staticAssert(offsetof<Shared>() == 8, 'one number behind the tag');
const area: usize = memory.data(8, 4);
export function step(n: u32, by: u32): u32 { return STEPS[n](area, by); }
export function first(): u32 { return STEPS[0](area, 0); }
export function main(): void {
  const count = changetype<Shared>(area).count;
  count.value = 5;
  for (let i: u32 = 0; i < STEPS.length; i++) outl(0x80, step(i, 10 * i));
  count.or(3), count.and(6), count.add(100);
  outl(0x80, STEPS[0](area, 0)), outl(0x80, count.compareExchange(1, 2) ? 1 : 0);
  outl(0x80, count.compareExchange(122, 9) ? 1 : 0), outl(0x80, count.value);
}
`;

test('tables of functions, called by a number and by a constant; locked numbers', async () => {
  // 5 + 0; 5, now 15; 15, now 20; 20 + 30; (20 | 3) & 6, and 100
  expect(await reported(HEAD + TABLE)).toEqual([5, 5, 15, 50, 106, 0, 0, 106]);
});

test('a call through a table is one instruction, and each change of a locked number is a locked one', async () => {
  const { linked } = await build(HEAD + TABLE);
  const symbol = (name: string) => linked.symbols.find((x) => x.name === name);
  const code = (name: string) => {
    const [from, size] = [(symbol(name)?.address ?? 0) - linked.layout.sections.text.start, symbol(name)?.size ?? 0];
    return Buffer.from(linked.contents.text.subarray(from, from + size)).toString('hex');
  };
  const address = Buffer.alloc(4);
  address.writeUInt32LE(symbol('kernels/main/STEPS')?.address ?? 0);
  expect(code('step')).toMatch(new RegExp(`ff[12]4[89][5d]${address.toString('hex')}`));
  expect(code('main').match(/f0(0fb|8[13]|83|09|21|01)/g)?.length).toBeGreaterThanOrEqual(5);
  expect(code('first')).not.toMatch(/ff[12]4/);
});

test('a table and a call of it that cannot be', async () => {
  const head = 'function f(n: u32): u32 { return n; }\n';
  const main = 'export function main(): void {}';
  await expect(build(`${head}const T = functions<(n: u32) => u32>(f, 3);\n${main}`)).rejects.toThrow(
    'kernels/main.ts:2:41: functions() takes names of functions',
  );
  await expect(build(`${head}const T = functions<Unknown>(f);\n${main}`)).rejects.toThrow(
    'kernels/main.ts:2:21: functions<F>: F is a type of functions',
  );
  await expect(
    build(`${head}const T = functions<(n: u32) => u32>(f);\nexport function main(): u32 { return T[1](2); }`),
  ).rejects.toThrow(/kernels\/main\.ts:3:38: 'kernels\/main\/T' has 1 entry, from 0/);
  await expect(build(`const N: u32 = 3;\n  staticAssert(N < 3, 'N is below 3');\n${main}`)).rejects.toThrow(
    /^kernels\/main\.ts:2:3: N is below 3\n +2 \| {3}staticAssert/,
  );
});

test('stubs take offsets from the classes and constants from the files, by name', async () => {
  const text = `type Id = u16;
const ROWS: u32 = 3 << 4 | 1;
@unmanaged class Inner { a: u8; b: u32; }
@unmanaged class Base { tag: u8; id: Id; }
@unmanaged class Thread extends Base { @embedded inner: Inner; next: Thread | null; @elements(3) rows: Elements<u64>; end: bool; }
import { Elements } from './lib/elements';
export function main(at: usize): u32 { return changetype<Thread>(at).inner.b; }`;
  const main = (...use: string[]) =>
    build(text, [
      defineStubs('use', (a) => a.dd(...use.map((field) => a.struct<string>('Thread')[field]), a.constant('ROWS'))),
    ]);
  const { linked } = await main('tag', 'id', 'inner', 'next', 'rows', 'end', 'sizeof');
  const words = new Uint32Array(linked.contents.text.slice(0, 32).buffer);
  expect([...words]).toEqual([0, 2, 4, 12, 16, 40, 41, 49]);
  await expect(main('inner', 'last')).rejects.toThrow(
    "stubs 'use': 'Thread' has no field 'last'; there are: tag, id, inner, next, rows, end, sizeof",
  );
  await expect(build(text, [defineStubs('use', (a) => a.dd(a.struct<'x'>('Threat').x))])).rejects.toThrow(
    "the compiled code has no structure 'Threat'",
  );
  await expect(build(text, [defineStubs('use', (a) => a.dd(a.constant('ROW')))])).rejects.toThrow(
    /structs\.test\.ts:\d+:\d+: stubs 'use': the compiled code has no constant 'ROW'/,
  );
});

test('what does not lie where it should, or cannot, is an error with its place', async () => {
  await expect(
    build(
      '@unmanaged class A { x: u8; @offset(2) y: u32; }\nexport function main(): void { changetype<A>(64).y = 1; }',
    ),
  ).rejects.toThrow('kernels/main.ts:1:29: A.y does not lie at 2');
  await expect(
    build('@unmanaged @size(4) class A { x: u64; }\nexport function main(): void { changetype<A>(64).x = 1; }'),
  ).rejects.toThrow('kernels/main.ts:1:12: A is not 4 bytes');
  await expect(
    build('@unmanaged class A {\n  @embedded x: Nothing;\n}\nexport function main(): void {}'),
  ).rejects.toThrow(
    /kernels\/main\.ts:2:\d+: 'Nothing' is no class that stands in this file or is imported.*\n +2 \| {3}@embedded x: Nothing;\n +\| +\^/,
  );
  await expect(
    build('@bits(`\n 1 0\n|a|b|`)\n@unmanaged class A { c: u32; }\nexport function main(): void {}'),
  ).rejects.toThrow("'c' is not in the drawing; there are: a, b");
});

test('drawings', () => {
  const row = (numbers: string, names: string) => parseDrawing(`${numbers}\n${names}`);
  expect(row(' 7  4   3   0', '|high | low  |')).toEqual([
    { name: 'high', high: 7, low: 4 },
    { name: 'low', high: 3, low: 0 },
  ]);
  expect(row(' 7  4   3  1   0', '|high |  -  | low |').map(({ name }) => name)).toEqual(['high', '-', 'low']);
  expect(() => row(' 7  4   5   0', '|high | low  |')).toThrow(
    "'low' begins at bit 5 and not at 3, where 'high' leaves",
  );
  expect(() => row(' 7  4   3   0  1', '|high | low  |')).toThrow('1 stands above no name');
  expect(() => row(' 7  4   3   0', '|same | same |')).toThrow("'same' stands twice");
  expect(() => parseDrawing(' 7  4\n|high |\n 5  0\n|low  |')).toThrow("'low' and 'high' share a bit");
  expect(() => row('        3   0', '|high | low  |')).toThrow("above 'high' must stand its bit");
  expect(() => row(' 32 0', '|all|')).toThrow();
});
