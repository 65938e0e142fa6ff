// A whole image, high in the address space: sections, addresses, symbols, note, and what its code does on QEMU.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseElf } from '../../machine/image/elf.js';
import { readNote } from '../../machine/image/note.js';
import { cr0, cr3, cr4, defineStubs, eax, esp, mem, sym } from '../assembler/index.js';
import { SourceMap } from '../debug/source-map.js';
import { type CompiledImage, compileImage } from '../driver/compile.js';
import { defineImage } from '../image.js';

const BASE = 0xfc100000;
const OFFSET = 0xfc000000;
const SHARED_AT = 0x7ffff000;

const FILES = {
  'main.ts': `
import { outb } from './x86';
import { __region_begin, __region_end } from './hooks';
import { __bss_start, __image_end, __load_offset, __text_start } from './linker';
import { addressOf_currentThread, addThree } from './stubs';
import { chosen } from './port';
const table: usize = memory.data(8192, 4096);
const words: usize = memory.data<u32>([11, 22, 33]);
export let currentThread: u32 = 5;
export let components: u32 = 0;
export let componentCount: u32 = 0;
let early: u32 = load<u32>(words + 4);
function text(literal: string): void {
  for (let i = 0; i < literal.length; i++) outb(0x3f8, literal.charCodeAt(i));
  outb(0x3f8, 10);
}
function check(name: string, good: bool): void { text(name); if (!good) outb(0xf4, 1); }
export function main(): void {
  __region_begin();
  currentThread = currentThread + 1;
  __region_end();
  check('initialiser', early == 22);
  check('address', addressOf_currentThread() > __text_start() && load<u32>(addressOf_currentThread()) == 6);
  check('zero', load<u32>(table + 8188) == 0 && __bss_start() < __image_end());
  check('offset', __load_offset() == 0xfc000000);
  check('stub', addThree(1, 20, 300, 4000) == 4321);
  check('port', chosen() == 7);
  store<u32>(table, 1);
  outb(0xf4, 0);
}
`,
  'x86.ts': 'export declare function outb(port: u32, value: u32): void;\n',
  'hooks.ts': 'export declare function __region_begin(): void;\nexport declare function __region_end(): void;\n',
  'linker.ts': ['__bss_start', '__image_end', '__load_offset', '__text_start']
    .map((name) => `export declare function ${name}(): u32;\n`)
    .join(''),
  'stubs.ts':
    'export declare function addressOf_currentThread(): u32;\n' +
    'export declare function addThree(a: u32, b: u32, c: u32, d: u32): u32;\n',
  'port.ts': 'export function chosen(): u32 { return 1; }\n',
};

const bootStubs = defineStubs('boot', (a) => {
  a.global('_start'); // paging off: 4 MiB pages map the image low and high
  a.mov(eax, 0x83);
  a.mov(mem({ sym: 'directory', disp: -OFFSET }), eax);
  a.mov(mem({ sym: 'directory', disp: (OFFSET >>> 20) - OFFSET }), eax);
  a.mov(eax, sym('directory', -OFFSET));
  a.mov(cr3, eax);
  a.mov(eax, 0x10);
  a.mov(cr4, eax);
  a.mov(eax, cr0);
  a.or(eax, 0x80000001);
  a.mov(cr0, eax);
  a.mov(eax, sym('high'));
  a.jmpIndirect(eax);
  a.label('high');
  a.mov(esp, sym('stackTop'));
  a.call('__module_start');
  a.call('main');
  a.hlt();
  a.global('addThree');
  a.add(eax, mem({ base: esp, disp: 4 }));
  a.bytes(0x01, 0xd0, 0x01, 0xc8); // add eax, edx; add eax, ecx
  a.ret();
  a.align(4096);
  a.global('shared');
  a.nop();
  a.hook('__stub_enter');
  a.nop();
  a.align(4096); // nothing else in that page
  a.bss();
  a.align(4096);
  a.label('directory');
  a.space(4096);
  a.space(4096);
  a.label('stackTop');
});

let root: string;
let image: CompiledImage;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'crossings-'));
  for (const [name, text] of Object.entries(FILES)) writeFileSync(join(root, name), text);
  image = await compileImage(
    defineImage({
      name: 'test',
      kind: 'kernel',
      entry: 'main.ts',
      base: BASE,
      load: BASE - OFFSET,
      start: '_start',
      aliases: { 'port.ts': 'export function chosen(): u32 { return 7; }\n' },
      stubs: [bootStubs],
      sharedPage: { symbol: 'shared', at: SHARED_AT },
      currentThread: 'currentThread',
      components: 'components',
      componentCount: 'componentCount',
    }),
    root,
  );
}, 60_000);
afterAll(() => rmSync(root, { recursive: true }));

const symbol = (name: string): number => image.linked.symbols.find((s) => s.name === name)?.address as number;

describe('the file', () => {
  test('holds page-aligned segments, data apart from text, loaded at base - offset', () => {
    const { segments, entry } = parseElf(image.elf, 'test');
    expect(entry).toBe(symbol('_start'));
    expect(segments[0].virtualAddress).toBe(BASE);
    for (const s of segments) {
      expect(s.virtualAddress % 4096).toBe(0);
      expect(s.offset % 4096).toBe(0);
      expect(s.physicalAddress).toBe(s.virtualAddress - OFFSET);
      expect(s.executable).toBe(s.virtualAddress === BASE);
    }
    const ends = segments.map((s) => s.virtualAddress + s.memoryBytes);
    for (const [i, s] of segments.slice(1).entries()) expect(s.virtualAddress).toBeGreaterThanOrEqual(ends[i]);
    // The static area of main.ts is the last thing in bss.
    expect(ends[ends.length - 1]).toBe(symbol('main/table[]') + 8192);
    expect(symbol('main/table[]')).toBe(symbol('stackTop') ?? symbol('main/table[]'));
  });

  test('has a multiboot header in its first 8192 bytes, whose sum is zero', () => {
    const view = new DataView(image.elf.buffer, image.elf.byteOffset);
    const at = Array.from({ length: 2048 }, (_, i) => 4 * i).find(
      (i) => view.getUint32(i, true) === 0x1badb002,
    ) as number;
    const [magic, flags, checksum] = [0, 4, 8].map((o) => view.getUint32(at + o, true));
    expect([flags, (magic + flags + checksum) >>> 0]).toEqual([3, 0]);
  });

  test('has a note with hooks and the addresses of exported globals; a shared page lists its hooks twice', () => {
    const note = readNote(image.elf, 'test');
    expect(note).toMatchObject({ name: 'test', kind: 'kernel', currentThread: symbol('currentThread') });
    const hooks = note?.hooks ?? [];
    const addresses = (name: string) => hooks.filter(([n]) => n === name).map(([, at]) => at);
    expect(hooks.map(([name]) => name).sort()).toEqual([
      '__region_begin',
      '__region_end',
      '__stub_enter',
      '__stub_enter',
    ]);
    expect(addresses('__stub_enter')).toEqual([SHARED_AT + 1, symbol('shared') + 1]);
    const [begin, end] = ['__region_begin', '__region_end'].map((name) => addresses(name)[0]);
    expect(begin).toBeGreaterThanOrEqual(symbol('main'));
    // Between the two lies the one instruction in between: INC of an absolute word (FF /0, 6 bytes).
    expect(end - begin).toBe(6);
  });

  test('compiles the same to the byte', async () => {
    const again = await compileImage({ ...image.linked.definition, stubs: [bootStubs] }, root);
    expect(Buffer.compare(again.elf, image.elf)).toBe(0);
  });

  test('knows the source line of an instruction', () => {
    const main = image.linked.lines.filter(([at]) => at >= symbol('main') && at < symbol('main') + 12);
    const places = main.map(([, position]) => new SourceMap(image.objects.sourceMap).at(position));
    expect(places).toContainEqual({ file: 'main.ts', line: 20, column: 3 });
  });
});

const qemu = spawnSync('qemu-system-i386', ['--version']).status === 0;
test.skipIf(!qemu)(
  `the image runs on QEMU${qemu ? '' : ' (skipped: qemu-system-i386 is not installed)'}`,
  () => {
    const file = join(root, 'test.elf');
    writeFileSync(file, image.elf);
    const { stdout, status } = spawnSync(
      'qemu-system-i386',
      [
        '-nodefaults',
        '-display',
        'none',
        '-serial',
        'stdio',
        '-device',
        'isa-debug-exit,iobase=0xf4,iosize=4',
        '-kernel',
        file,
      ],
      { encoding: 'utf8', timeout: 30_000 },
    );
    expect(stdout).toBe('initialiser\naddress\nzero\noffset\nstub\nport\n');
    expect(status).toBe(1); // isa-debug-exit: (0 << 1) | 1
  },
  40_000,
);
