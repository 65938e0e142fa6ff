import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildCore } from '../../toolchain/driver/core.js';
import { Machine } from '../index.js';
import { processors } from '../processors/index.js';
import { elf } from './elf-writer.js';
import { type RandomProgram, RESULT_BYTES, randomProgram } from './random-instructions.js';

/**
 * User-mode instructions against the processor that runs the tests: the same random program as a 32-bit Linux executable
 * and as a multiboot image in ring 0. Needs a host that runs such executables.
 */
const LINK = 0x08048000;
const HEADER_BYTES = 52 + 32 + 12;
const BASE = LINK + HEADER_BYTES;
const CASES = 3000;

const le32 = (value: number) => [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, (value >>> 24) & 0xff];

/** write(1, results, bytes); exit(0) by int 80h. On our machine there is no IDT: the first of them ends the run. */
const epilogue = (results: number): number[] => [
  ...[0xb8, ...le32(4), 0xbb, ...le32(1), 0xb9, ...le32(results), 0xba, ...le32(CASES * RESULT_BYTES), 0xcd, 0x80],
  ...[0xb8, ...le32(1), 0xbb, ...le32(0), 0xcd, 0x80],
];

function image({ bytes }: { bytes: Uint8Array }): Uint8Array {
  const header = new Uint8Array(Uint32Array.of(0x1badb002, 0, -0x1badb002).buffer);
  return elf({ entry: BASE, segments: [{ virtual: BASE, physical: BASE, bytes }] }, header);
}

function onHost(program: Uint8Array): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), 'oracle-'));
  try {
    const path = join(folder, 'program');
    writeFileSync(path, program);
    chmodSync(path, 0o755);
    return execFileSync(path, { maxBuffer: 1 << 24 });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Why the host cannot be asked, or null. */
function obstacle(): string | null {
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'the host is not x86-64 Linux';
  try {
    onHost(image({ bytes: Uint8Array.from([0xb8, ...le32(1), 0xbb, ...le32(0), 0xcd, 0x80]) }));
    return null;
  } catch {
    return 'the host does not run 32-bit executables';
  }
}

async function onMachine(program: RandomProgram): Promise<Uint8Array> {
  const core = await WebAssembly.compile((await buildCore()) as BufferSource);
  const machine = Machine.create({ core, preset: processors['pentium3-800'], memoryMiB: 144 });
  machine.load(image(program));
  expect(machine.run(100_000_000n).reason).toBe('triple-fault');
  const at = BASE + program.results;
  return machine.memory.ram.slice(at, at + CASES * RESULT_BYTES);
}

const NAMES = ['EAX', 'ECX', 'EDX', 'EBX', 'ESP', 'EBP', 'ESI', 'EDI', 'EFLAGS', 'memory'];
const EFLAGS = 8;

/** Differences in what the manual defines, one line a case. */
function differences({ cases }: RandomProgram, host: Uint8Array, ours: Uint8Array): string[] {
  const view = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset);
  return cases.flatMap(({ bytes, flags }, i) => {
    const differ = NAMES.flatMap((name, field) => {
      const mask = field === EFLAGS ? flags : 0xffffffff;
      const [a, b] = [host, ours].map((from) => view(from).getUint32(i * RESULT_BYTES + 4 * field, true) & mask);
      return a === b ? [] : [`${name} ${(a >>> 0).toString(16)} here ${(b >>> 0).toString(16)}`];
    });
    const code = bytes.map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    return differ.length === 0 ? [] : [`case ${i}, ${code}: ${differ.join(', ')}`];
  });
}

const reason = obstacle();
if (reason) console.warn(`instructions against the host processor: skipped, ${reason}`);

describe.skipIf(reason !== null)('random instructions do what the host processor does', () => {
  for (const seed of [1, 2, 3, 4]) {
    it(`seed ${seed}: ${CASES} instructions`, async () => {
      const program = randomProgram(seed, CASES, BASE, epilogue);
      const host = onHost(image(program));
      expect(host.length).toBe(CASES * RESULT_BYTES);
      expect(differences(program, host, await onMachine(program))).toEqual([]);
    });
  }
});
