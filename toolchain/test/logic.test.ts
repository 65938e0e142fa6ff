// The kernels' pure logic, tested twice from one source: as WebAssembly in Node, and compiled to IA-32 on the machine. In Node
// memory accesses among the intrinsics do what they do on the machine, and the others nothing.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { Machine } from '../../machine/index.js';
import { processors } from '../../machine/processors/index.js';
import { al, defineStubs, eax, esp } from '../assembler/index.js';
import { AREAS, areaOf } from '../backend/globals.js';
import { readModule } from '../backend/wasm.js';
import { compileAssemblyScript } from '../driver/asc.js';
import { compileImage } from '../driver/compile.js';
import { buildCore } from '../driver/core.js';
import { defineImage } from '../image.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const MEMORY_MIB = 8;

const SUITES: Record<string, string[]> = {
  schedule: ['readyListKeepsOrder', 'readyListsOfPrioritiesAreApart', 'flexpages'],
  frames: ['framesAreHandedOutOnce', 'commandLines', 'frameReferences', 'pageTypesExclude'],
  pagetypes: [
    'aTableHoldsWhatItMaps',
    'aForgedTableIsRefusedWhole',
    'aDirectoryHoldsItsTables',
    'aPageOfDescriptorsIsChecked',
    'countsAreThoseOfTheEntries',
  ],
  grants: ['aMappingHoldsTheFrame', 'nothingIsMappedThatWasNotGranted', 'aMappedEntryKeepsItsFrame'],
  rings: ['notificationsAreForWhoAsked', 'slotsLieBehindTheHeaderAndWrap', 'nobodySleepsWhileSomethingWaits'],
  mapping: [
    'whatCameOfAMappingGoesWithIt',
    'rightsOnlyShrinkOnTheWayDown',
    'aGrantTakesTheGiversPlace',
    'randomMappingsAreThoseOfTheModel',
  ],
};

const entryOf = (suite: string): string => `toolchain/test/logic/${suite}.ts`;

/** The address maps, with the kernels' views of memory where both have memory. */
const VMM = 'vmm/layout.ts';
const VIEWS: Record<string, Record<string, number>> = {
  [VMM]: { FRAME_TABLE: 0x600000, DIRECT_MAP: 0 },
  'microkernel/kernel/layout.ts': { KERNEL_BASE: 0 },
};
const PAGE_TABLES = { LINEAR_TABLES: 0x500000, LINEAR_DIRECTORY: 0x503000 };

function aliasesOf(suite: string): Record<string, string> {
  const views = { ...VIEWS, [VMM]: { ...VIEWS[VMM], ...(suite === 'grants' ? PAGE_TABLES : {}) } };
  return Object.fromEntries(
    Object.entries(views).map(([path, constants]) => {
      let text = readFileSync(join(root, path), 'utf8');
      for (const [name, value] of Object.entries(constants)) {
        const declared = new RegExp(`(?<=const ${name}: u32 = )0x\\w+`);
        if (!declared.test(text)) throw new Error(`${path} has no constant ${name}`);
        text = text.replace(declared, String(value));
      }
      return [path, text];
    }),
  );
}

/** What intrinsics do to memory. */
function memoryIntrinsics(memory: WebAssembly.Memory): Record<string, (...args: number[]) => unknown> {
  const view = new DataView(memory.buffer);
  const fill = (at: number, count: number, put: (at: number) => void, size: number) => {
    for (let i = 0; i < count; i++) put(at + i * size);
  };
  const put = (at: number, value: number) => view.setUint32(at, value, true);
  return {
    likely: (condition) => condition,
    unlikely: (condition) => condition,
    vload8: (at) => view.getUint8(at),
    vload16: (at) => view.getUint16(at, true),
    vload32: (at) => view.getUint32(at, true),
    vstore8: (at, value) => view.setUint8(at, value),
    vstore16: (at, value) => view.setUint16(at, value, true),
    vstore32: (at, value) => put(at, value),
    lockOr32: (at, value) => put(at, view.getUint32(at, true) | value),
    lockAnd32: (at, value) => put(at, view.getUint32(at, true) & value),
    repStosb: (at, value, count) => fill(at, count, (to) => view.setUint8(to, value), 1),
    repStosd: (at, value, count) => fill(at, count, (to) => put(to, value), 4),
    repMovsd: (to, from, count) => new Uint8Array(memory.buffer).copyWithin(to, from, from + 4 * count),
    repMovsb: (to, from, count) => new Uint8Array(memory.buffer).copyWithin(to, from, from + count),
    umulh: (a, b) => Number((BigInt(a >>> 0) * BigInt(b >>> 0)) >> 32n) | 0,
  };
}

/** A suite as WebAssembly, compiled once. */
const compiled = new Map<string, Promise<Uint8Array>>();
function wasmOf(suite: string): Promise<Uint8Array> {
  const input = { root, entry: entryOf(suite), aliases: aliasesOf(suite), memoryBase: 0x1000 };
  const wasm = compiled.get(suite) ?? compileAssemblyScript(input).then((output) => output.wasm);
  compiled.set(suite, wasm);
  return wasm;
}

/** What each test gives in Node. */
async function inNode(suite: string): Promise<Record<string, number>> {
  const wasm = await wasmOf(suite);
  const memory = new WebAssembly.Memory({ initial: MEMORY_MIB * 16, maximum: 65536 });
  let free = 0x100000;
  const place = (name: string) => {
    const { size, align } = areaOf(name);
    const at = Math.ceil(free / align) * align;
    free = at + size;
    return () => at;
  };
  const imports: Record<string, Record<string, unknown>> = { env: { memory } };
  const intrinsics = memoryIntrinsics(memory);
  for (const { import: from } of readModule(wasm).functions)
    if (from) {
      imports[from.module] ??= {};
      imports[from.module][from.name] ??=
        from.module === AREAS ? place(from.name) : (intrinsics[from.name] ?? (() => 0));
    }
  const module = new WebAssembly.Module(wasm as Uint8Array<ArrayBuffer>);
  const { exports } = new WebAssembly.Instance(module, imports as WebAssembly.Imports);
  return Object.fromEntries(SUITES[suite].map((name) => [name, (exports[name] as () => number)()]));
}

/** The same on the machine: results go to port 80h, one a test. */
async function onMachine(suite: string): Promise<Record<string, number>> {
  const start = defineStubs('tests', (a) => {
    a.global('_start');
    a.mov(esp, 0x90000);
    a.call('__module_start');
    for (const name of SUITES[suite]) {
      a.call(name);
      a.out(0x80, eax);
    }
    a.out(0xf4, al);
  });
  const aliases = aliasesOf(suite);
  const wasm = await wasmOf(suite);
  const declared = readModule(wasm).functions.flatMap(({ import: from }) =>
    from?.module === 'stubs' ? [from.name.replace(/^addressOf_/, '')] : [],
  );
  const missing = defineStubs('missing', (a) => {
    for (const name of new Set(declared)) a.global(name);
    a.ud2();
  });
  const d = { name: 'logic', kind: 'kernel', entry: entryOf(suite), base: 0x100000, start: '_start', aliases } as const;
  const { elf } = await compileImage(defineImage({ ...d, stubs: [start, missing] }), root);
  const core = await WebAssembly.compile((await buildCore()) as Uint8Array<ArrayBuffer>);
  const machine = Machine.create({ core, preset: processors['pentium-133'], memoryMiB: MEMORY_MIB });
  const words: number[] = [];
  machine.observe({ port: (port, _size, value) => void (port === 0x80 && words.push(value >>> 0)) });
  machine.load(elf);
  expect(machine.run(1_000_000_000n).reason).toBe('exit');
  return Object.fromEntries(SUITES[suite].map((name, i) => [name, words[i]]));
}

describe.each(Object.keys(SUITES))('%s', (suite) => {
  const good = Object.fromEntries(SUITES[suite].map((name) => [name, 0]));
  test('as WebAssembly', async () => expect(await inNode(suite)).toEqual(good));
  test('as IA-32', async () => expect(await onMachine(suite)).toEqual(good));
});
