// Runs an IA-32 executable of our linker on this host's processor, where its kernel allows 32-bit programs.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineStubs, eax, ebx, ecx, edx, type Stubs } from '../assembler/index.js';
import { readModule } from '../backend/wasm.js';
import { defineImage } from '../image.js';
import { type Chunk, stubChunks } from '../linker/chunk.js';
import { writeElf } from '../linker/elf.js';
import type { StaticData } from '../linker/layout.js';
import { link } from '../linker/link.js';
import { moduleChunks, runtimeChunks } from '../linker/objects.js';

const [EXIT, WRITE] = [1, 4];
/** Of a program that takes a second, on a host that does much else. */
const LONGEST_RUN_MS = 60_000;

/** Calls `run`, writes the memory from `from` on to standard output, and exits. */
export const linuxStart = (from: number, size: number): Stubs =>
  defineStubs('linux', (a) => {
    a.global('_start');
    a.call('run');
    a.mov(eax, WRITE);
    a.mov(ebx, 1);
    a.mov(ecx, from);
    a.mov(edx, size);
    a.int(0x80);
    a.mov(eax, EXIT);
    a.mov(ebx, 0);
    a.int(0x80);
  });

export interface Placement {
  readonly base: number;
  /** Where the module's memory starts, and where it ends; it is zero at first. */
  readonly memory: number;
  readonly end: number;
}

/** A module that exports `run`, compiled but not linked. */
export interface CompiledModule {
  readonly chunks: readonly Chunk[];
  readonly segments: StaticData['segments'];
}

export function compiled(wasm: Uint8Array): CompiledModule {
  const module = readModule(wasm);
  return { chunks: moduleChunks(module), segments: module.data };
}

/** The executable of a module, with `start` to call its `run`. */
export function executable(
  { chunks, segments }: CompiledModule,
  o: Placement,
  kind: 'kernel' | 'program',
  start: Stubs,
): Uint8Array {
  const { base, memory, end } = o;
  const d = defineImage({
    name: 'test',
    kind,
    entry: 'test',
    base,
    textSpace: memory - base,
    start: '_start',
    stubs: [start],
  });
  const all = [...stubChunks(start.assemble()), ...chunks];
  return writeElf(link(d, [...all, ...runtimeChunks(all)], { segments, end }));
}

export const linuxProgram = (module: CompiledModule, o: Placement): Uint8Array =>
  executable(module, o, 'program', linuxStart(o.memory, o.end - o.memory));

export interface Outcome {
  readonly output: Uint8Array;
  readonly status: number | null;
  readonly signal: string | null;
}

export function execute(elf: Uint8Array): Outcome {
  const folder = mkdtempSync(join(tmpdir(), 'crossings-'));
  try {
    const file = join(folder, 'program');
    writeFileSync(file, elf, { mode: 0o755 });
    const { stdout, status, signal } = spawnSync(file, { timeout: LONGEST_RUN_MS, maxBuffer: 1 << 26 });
    return { output: stdout, status, signal };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Why 32-bit programs cannot run here, or undefined when they can. */
export function linuxUnavailable(): string | undefined {
  const empty = Uint8Array.from([
    0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 7, 7, 1, 3, 0x72, 0x75, 0x6e, 0, 0, 10, 4, 1, 2,
    0, 0x0b,
  ]);
  const { status } = execute(linuxProgram(compiled(empty), { base: 0x400000, memory: 0x440000, end: 0x441000 }));
  return status === 0 ? undefined : 'this host does not run 32-bit Linux programs';
}
