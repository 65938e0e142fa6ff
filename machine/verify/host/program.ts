/**
 * Thousands of instances (instances.ts) as one flat program, for Linux on the host and for the core: the same
 * bytes at the same addresses. Each instance loads its registers from its block, executes, and stores them there. A
 * fault is recorded in the block by the system below, a signal handler here and ring 0 there, and goes on behind the
 * instruction. At the end Linux is asked to write all blocks to standard output; the core stops at that call.
 */
import { defineStubs, eax, ebx, ecx, edx, esp, mem, sym } from '../../../toolchain/assembler/index.js';
import { flatImage } from '../../bench/flat-image.js';
import { block, local, user, type Window } from './block.js';
import { type Instance, instanceOf, rows } from './instances.js';
import { little, Random } from './random.js';

/** The file's headers come first in its first page, so that file offsets are congruent to addresses. */
const FILE = 0x400000;
const HEADERS = 52 + 32;
export const RUNTIME = FILE + HEADERS;
export const CODE = FILE + 0x1000;
/** Room for an instance's code; the longest take 140 bytes. */
const CODE_BYTES = 160;
/** Windows of 64 KiB on the blocks, one every 32 KiB, in the LDT behind the segments of `local`. */
const WINDOW_STEP = 0x8000;
const FIRST_WINDOW = Object.keys(local).length;
export const WINDOW_LIMIT = 0xffff;

export interface Program {
  readonly instances: readonly Instance[];
  readonly bytes: Uint8Array;
  readonly entry: number;
  readonly current: number;
  readonly blocks: number;
  readonly windows: readonly Window[];
}

/** `count` instances of a seed, row by row from number `first` on. */
export function programOf(seed: number, count: number, first = 0): Program {
  const current = CODE + count * CODE_BYTES + 0x100;
  const signalStack = current + 0x100;
  const blocks = (signalStack + 0x10000 + 0xfff) & ~0xfff;
  const bytes = new Uint8Array(blocks + count * block.bytes - RUNTIME);
  const put = (address: number, values: ArrayLike<number>) => bytes.set(values, address - RUNTIME);
  const windows = Array.from({ length: Math.ceil((count * block.bytes) / WINDOW_STEP) }, (_, i) => ({
    selector: ((FIRST_WINDOW + i) << 3) | 7,
    base: blocks + i * WINDOW_STEP,
  }));
  const image = flatImage(linux(current, signalStack, windows), 'start', RUNTIME);
  put(RUNTIME, image.bytes);
  const seeds = new Random(seed);
  const instances: Instance[] = [];
  for (let i = 0; i < count; i++) {
    const [at, base] = [CODE + i * CODE_BYTES, blocks + i * block.bytes];
    const window = seeds.chance(40) ? windows[Math.floor((i * block.bytes) / WINDOW_STEP)] : undefined;
    const load = window ? [0xb8, ...little(window.selector), 0x8e, 0xe0] : []; // mov eax, selector; mov fs, eax
    const start = [0xc7, 5, ...little(current), ...little(base), ...load, 0xbc, ...little(base), 0x9d, 0x61, 0xbc];
    const instance = instanceOf(rows[(first + i) % rows.length], seeds.word(), base, at + start.length + 4, window);
    const code = [...start, ...little(instance.registers[4]), ...instance.code];
    const resume = at + code.length;
    code.push(0x89, 0x25, ...little(base + block.espAfter), 0xbc, ...little(base + block.espAfter), 0x9c, 0x60);
    if (instance.segments || window) code.push(...loadData, ...loadLocal);
    const gap = CODE_BYTES - code.length - 5;
    if (gap < 0) throw new Error(`instance ${i} takes ${code.length} bytes of code`);
    put(at, [...code, 0xe9, ...little(gap)]);
    const [a, c, d, b, , bp, si, di] = instance.registers;
    put(base, new Uint8Array(Uint32Array.of(instance.flags, di, si, bp, 0, b, d, c, a).buffer));
    put(base + block.vector, new Uint8Array(Uint32Array.of(~0, 0, resume).buffer));
    put(base + block.window, instance.memory);
    instances.push(instance);
  }
  put(CODE + count * CODE_BYTES, ending(blocks, count * block.bytes));
  return { instances, bytes, entry: image.symbols.get('start')!, current, blocks, windows };
}

/** mov eax, selector; mov ds, es, ss, eax. */
const loadData = [0xb8, ...little(user.data), 0x8e, 0xd8, 0x8e, 0xc0, 0x8e, 0xd0];
/** mov al, selector; mov fs, eax; mov al, selector; mov gs, eax. */
export const loadLocal = [0xb0, local.fs.selector, 0x8e, 0xe0, 0xb0, local.gs.selector, 0x8e, 0xe8];

/** write(1, blocks, size); exit(0). */
function ending(blocks: number, size: number): number[] {
  const write = [0xb8, 4, 0, 0, 0, 0xbb, 1, 0, 0, 0, 0xb9, ...little(blocks), 0xba, ...little(size), 0xcd, 0x80];
  return [0xfc, ...write, 0xb8, 1, 0, 0, 0, 0x31, 0xdb, 0xcd, 0x80];
}

/** Start under Linux: an alternate stack and a handler for all that an instruction can raise. */
const linux = (current: number, signalStack: number, windows: readonly Window[]) =>
  defineStubs('linux', (a) => {
    const [SIGACTION, SIGALTSTACK, MODIFY_LDT] = [67, 186, 123];
    const [SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV] = [4, 5, 7, 8, 11];
    a.label('start');
    a.mov(eax, SIGALTSTACK);
    a.mov(ebx, sym('alternate'));
    a.mov(ecx, 0);
    a.int(0x80);
    for (const signal of [SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV]) {
      a.mov(eax, SIGACTION);
      a.mov(ebx, signal);
      a.mov(ecx, sym('action'));
      a.mov(edx, 0);
      a.int(0x80);
    }
    a.mov(ecx, sym('descriptors'));
    a.label('describe');
    a.mov(eax, MODIFY_LDT);
    a.mov(ebx, 1);
    a.mov(edx, 16);
    a.int(0x80);
    a.add(ecx, 16);
    a.cmp(ecx, sym('described'));
    a.jnz('describe');
    a.mov(eax, user.data);
    a.bytes(...loadLocal);
    a.push(CODE);
    a.ret();
    // handler(signal, siginfo, ucontext): 68 vector, 72 error code, 76 EIP in the last.
    a.label('handler');
    a.mov(ecx, mem({ base: esp, disp: 12 }));
    a.mov(edx, mem({ disp: current }));
    for (const [from, to] of [
      [68, block.vector],
      [72, block.error],
      [76, block.eip],
    ]) {
      a.mov(eax, mem({ base: ecx, disp: from }));
      a.mov(mem({ base: edx, disp: to }), eax);
    }
    a.mov(eax, mem({ base: edx, disp: block.resume }));
    a.mov(mem({ base: ecx, disp: 76 }), eax);
    a.ret();
    a.align(4);
    a.label('alternate');
    a.dd(signalStack, 0, 0x10000);
    // struct user_desc: entry, base, limit; 32 bits, read-only, limit in pages.
    a.label('descriptors');
    for (const { selector, base, limit, writable } of Object.values(local)) {
      a.dd(selector >> 3, base, limit >>> 12, 0x11 | (writable ? 0 : 8));
    }
    for (const { selector, base } of windows) a.dd(selector >> 3, base, WINDOW_LIMIT, 1);
    a.label('described');
    a.label('action');
    // SA_SIGINFO, SA_ONSTACK, SA_NODEFER
    a.dd(sym('handler'), 0, 0x48000004, 0);
  });

/** A program that begins at RUNTIME as a 32-bit executable: ELF header, one program header, and the bytes. */
export function executableOf({ bytes, entry }: Pick<Program, 'bytes' | 'entry'>): Uint8Array {
  const file = new Uint8Array(HEADERS + bytes.length);
  const view = new DataView(file.buffer);
  const words = (at: number, ...values: number[]) =>
    values.forEach((value, i) => {
      view.setUint32(at + 4 * i, value, true);
    });
  file.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1]);
  // Executable, 80386; version, entry, program headers at 52; sizes of the headers, one of them.
  words(16, 0x00030002, 1, entry, 52, 0, 0, 0x00200034, 1);
  // To be loaded: offset, addresses, sizes, readable, writable and executable, in pages.
  words(52, 1, HEADERS, RUNTIME, RUNTIME, bytes.length, bytes.length, 7, 0x1000);
  file.set(bytes, HEADERS);
  return file;
}
