// The kernels' pure logic, tested twice from one source: as WebAssembly in Node, and compiled to IA-32 on the machine. What
// the logic under test imports of the machine, and does not use there, is not to be had in either.
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
/** The VMM's frame table lies where both have memory. */
const FRAME_TABLE = 0x600000;
const MEMORY_MIB = 8;

const SUITES: Record<string, string[]> = {
  schedule: ['readyListKeepsOrder', 'readyListsOfPrioritiesAreApart', 'flexpages'],
  frames: ['framesAreHandedOutOnce', 'commandLines', 'frameReferences', 'pageTypesExclude'],
};

const entryOf = (suite: string): string => `toolchain/test/logic/${suite}.ts`;
const layout = readFileSync(join(root, 'vmm/layout.ts'), 'utf8');
const aliases = {
  'vmm/layout.ts': layout.replace(/(?<=FRAME_TABLE: u32 = )0x\w+/, `0x${FRAME_TABLE.toString(16)}`),
};

/** What each test gives in Node. */
async function inNode(suite: string): Promise<Record<string, number>> {
  const entry = entryOf(suite);
  const { wasm } = await compileAssemblyScript({ root, entry, aliases, memoryBase: 0x1000 });
  const memory = new WebAssembly.Memory({ initial: MEMORY_MIB * 16, maximum: 65536 });
  let free = 0x100000;
  const place = (name: string) => {
    const { size, align } = areaOf(name);
    const at = Math.ceil(free / align) * align;
    free = at + size;
    return () => at;
  };
  const imports: Record<string, Record<string, unknown>> = { env: { memory } };
  for (const { import: from } of readModule(wasm).functions)
    if (from) {
      imports[from.module] ??= {};
      imports[from.module][from.name] ??= from.module === AREAS ? place(from.name) : () => 0;
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
  const { wasm } = await compileAssemblyScript({ root, entry: entryOf(suite), aliases, memoryBase: 0x1000 });
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
