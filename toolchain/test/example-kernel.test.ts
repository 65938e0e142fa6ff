// The kernel of docs/writing-kernels.md: the document shows its files as they are, and it does what the document says, on
// our machine and on QEMU.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import { Machine } from '../../machine/index.js';
import { processors } from '../../machine/processors/index.js';
import { type CompiledImage, compileImage } from '../driver/compile.js';
import { coreBytes } from '../driver/core.js';
import { image } from './example-kernel/stubs/image.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = join(root, 'toolchain/test/example-kernel');
const document = readFileSync(join(root, 'docs/writing-kernels.md'), 'utf8');

let compiled: CompiledImage;
beforeAll(async () => {
  compiled = await compileImage(image, root);
});

const address = (name: string): number => compiled.linked.symbols.find((s) => s.name === name)?.address as number;

/** Blocks that start with ```LANGUAGE NAME, by name; those of one name are pieces of one text. */
function blocks(): Map<string, string> {
  const found = new Map<string, string>();
  for (const [, name, text] of document.matchAll(/^```\w+ (\S+)\n(.*?)^```$/gms))
    found.set(name, found.has(name) ? `${found.get(name)}\n${text}` : text);
  return found;
}

test('the document shows every file of the example as it is', () => {
  const shown = blocks();
  const files = ['kernel', 'stubs'].flatMap((f) => readdirSync(join(folder, f)).map((name) => `${f}/${name}`));
  expect([...shown.keys()].filter((name) => name !== 'output').sort()).toEqual(files.sort());
  for (const file of files) expect(shown.get(file), file).toBe(readFileSync(join(folder, file), 'utf8'));
});

test('on our machine it prints what the document says, and powers off', () => {
  const core = new WebAssembly.Module(coreBytes() as BufferSource);
  const machine = Machine.create({ core, preset: processors['pentium3-800'], memoryMiB: 8 });
  const hooks: string[] = [];
  let output = '';
  machine.observe({
    console: (byte) => {
      output += String.fromCharCode(byte);
    },
    hook: (name, place) => void hooks.push(`${name} by ${place.component}`),
  });
  machine.load(compiled.elf);
  const before = machine.ledger.snapshot();
  expect(machine.run(100_000_000n)).toMatchObject({ reason: 'exit', code: 0 });
  expect(output).toBe(blocks().get('output'));
  // A character of "hello from ring 3" and its newline each are a call, and so is the exit.
  expect(hooks.filter((h) => h === '__work_syscall by example')).toHaveLength(19);
  expect(hooks.filter((h) => h === '__work_fault by example')).toHaveLength(1);
  expect(hooks.slice(0, 2)).toEqual(['__component_created by example', '__switch_commit by example']);
  const { ledger, crossings, residual } = machine.ledger.difference(before, machine.ledger.snapshot());
  // Into ring 3 once; there and back for each character and for the fault; the exit does not return.
  expect([crossings.privilege, residual]).toEqual([1 + 2 * 18 + 2 + 1, 0]);
  const parties = new Set(ledger.map((row) => `${row.component} for ${row.onBehalfOf} at CPL ${row.cpl}`));
  expect(parties).toContain('program for program at CPL 3');
  expect(parties).toContain('example for program at CPL 0');
});

test('its program lies on a page of its own, and nothing else does', () => {
  expect(address('program') % 4096).toBe(0);
  const inPage = compiled.linked.symbols.filter((s) => s.address >>> 12 === address('program') >>> 12);
  expect(inPage.map((s) => s.name).sort()).toEqual(['message', 'next', 'printed', 'program']);
});

test('its map tells where each function lies, how large it is, and where it comes from', () => {
  const rows = compiled.map.split('\n').map((line) => line.split(/ +/));
  const row = (name: string) => rows.find((r) => r[2] === name) ?? [];
  const functions = compiled.linked.layout.chunks.filter(({ chunk }) => chunk.origin.startsWith('function'));
  for (const name of ['systemCall', 'pageFault', 'main']) {
    const [at, size, , ...origin] = row(name);
    expect(Number.parseInt(at, 16)).toBe(address(name));
    const chunk = functions.find((f) => f.address === address(name))?.chunk;
    expect(Number(size)).toBe(chunk?.code.bytes.length);
    expect(origin.join(' ')).toBe(`function toolchain/test/example-kernel/kernel/main/${name}`);
  }
  expect(row('enterUser').slice(3).join(' ')).toBe("stubs 'entry'");
  expect(row('currentThread')[1]).toBe('4');
});

const qemu = spawnSync('qemu-system-i386', ['--version']).status === 0;
test.skipIf(!qemu)(`QEMU agrees${qemu ? '' : ' (skipped: qemu-system-i386 is not installed)'}`, () => {
  const temporary = mkdtempSync(join(tmpdir(), 'crossings-'));
  try {
    const file = join(temporary, 'example.elf');
    writeFileSync(file, compiled.elf);
    const { stdout, status } = spawnSync(
      'qemu-system-i386',
      [
        ...['-nodefaults', '-display', 'none', '-no-reboot', '-serial', 'stdio'],
        ...['-device', 'isa-debug-exit,iobase=0xf4,iosize=4', '-kernel', file],
      ],
      { encoding: 'utf8', timeout: 60_000 },
    );
    expect(stdout).toBe(blocks().get('output'));
    expect(status).toBe(1); // isa-debug-exit: (0 << 1) | 1
  } finally {
    rmSync(temporary, { recursive: true });
  }
});
