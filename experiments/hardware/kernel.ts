/**
 * The kernel around the probes: it boots, maps memory one to one, runs each probe in its ring and prints a line for
 * each: its number and the cycles of its second run, both hexadecimal, on port E9h and the serial port.
 *
 *     00003000 IDT   00005000 words below   00008000 stacks   00100000 this image
 *     00400000 page directory, then 32 page tables: 0-128 MiB, for all rings     02000000 memory for the probes
 *     40000000 window of 4 MiB pages, all on the frame at 02000000               A0000000 nothing is mapped
 *
 * Without a time-stamp counter the guest cannot know the time: it writes STX and ETX to port E9h where it would read
 * the counter, and the host notes the cycle.
 */

import { type FlatImage, flatImage } from '../../machine/bench/flat-image.js';
import {
  clear,
  fillEntries,
  selector as fixedSelectors,
  gate,
  loadGates,
  loadSegments,
  setBase,
  stateDescriptor,
  turnPagingOn,
  USER_PAGE,
  writeConsole,
  writeState,
  writeTables,
} from '../../machine/bench/flat-kernel.js';
import type { FeatureId } from '../../machine/tables/config.js';
import {
  type Assembler,
  al,
  ax,
  cr4,
  defineStubs,
  ds,
  eax,
  ebp,
  ecx,
  edi,
  edx,
  es,
  esi,
  esp,
  mem,
  mem16,
  sym,
} from '../../toolchain/assembler/index.js';
import type { Chain, Probe } from './probe.js';

export const selector = { ...fixedSelectors, callGate: 0x33, otherTask: 0x38 } as const;
export const vector = { NULL: 0x80, SAME: 0x81, DONE: 0x90 } as const;
/** Bytes on port E9h in place of time stamps. */
export const stamp = { BEGIN: 2, END: 3 } as const;
export const DIRECTORY = 0x400000;
export const CHAIN = 0x2000000;
export const WINDOW = 0x40000000;
export const UNMAPPED = 0xa0000000;
/** A page of its own that probes may write to. */
export const SCRATCH = 0x1f00000;
export const MEMORY_MIB = 128;

const IDT = 0x3000;
const words = { begin: 0x5000, end: 0x5004, pass: 0x5008, resume: 0x500c } as const;
/** Fields of a task-state segment (Intel SDM vol. 3, 8.2.1). */
const tss = { cr3: 28, eip: 32, eflags: 36, esp: 56, es: 72, cs: 76, ss: 80, ds: 84, fs: 88, gs: 92 } as const;
const OTHER_STACK = 0x8000;
const KERNEL_STACK = 0x9000;
const USER_STACK = 0xb000;
const PASSES = 2;
const LARGE_PAGE = 0x87;
/** Interrupts off, IOPL 3, so that ring 3 may use ports. */
const USER_FLAGS = 0x3002;
const CALL_GATE = 0xec00;
const SYSENTER_CS = 0x174;

/** @param features of the processor: the image executes nothing that it lacks */
export function probeImage(probes: readonly Probe[], features: readonly FeatureId[]): FlatImage {
  const stubs = defineStubs('hardware-probes', (a) => {
    tables(a);
    boot(a, features);
    probes.forEach((probe, number) => {
      run(a, probe, number);
    });
    a.mov(al, 0);
    a.out(0xf4, al);
    a.label('halt');
    a.hlt();
    a.jmp('halt');
    handlers(a);
    writeConsole(a);
    probes.forEach((probe, number) => {
      loop(a, probe, number, features.includes('tsc'));
    });
  });
  return flatImage(stubs, 'start');
}

function tables(a: Assembler): void {
  writeTables(a, IDT, [
    { label: 'callGate', low: selector.kernelCode << 16, high: CALL_GATE },
    stateDescriptor('otherDescriptor'),
  ]);
  writeState(a, 'otherTss');
}

function boot(a: Assembler, features: readonly FeatureId[]): void {
  a.label('start');
  loadSegments(a, KERNEL_STACK);
  a.mov(mem({ sym: 'tss', disp: tss.cr3 }), DIRECTORY);
  otherTask(a);
  a.mov(eax, sym('callGateEntry'));
  a.mov(mem16({ sym: 'callGate' }), ax);
  a.shr(eax, 16);
  a.mov(mem16({ sym: 'callGate', disp: 6 }), ax);
  loadGates(a, IDT, 'unexpected', [
    { vector: 6, handler: 'invalidOpcode', type: gate.kernel },
    { vector: 13, handler: 'protection', type: gate.kernel },
    { vector: 14, handler: 'pageFault', type: gate.kernel },
    { vector: vector.NULL, handler: 'return', type: gate.user },
    { vector: vector.SAME, handler: 'return', type: gate.kernel },
    { vector: vector.DONE, handler: 'done', type: gate.user },
  ]);
  if (features.includes('sysenter')) {
    const values = [selector.kernelCode, KERNEL_STACK, sym('sysenterEntry')];
    values.forEach((value, i) => {
      a.mov(ecx, SYSENTER_CS + i);
      a.mov(eax, value);
      a.xor(edx, edx);
      a.wrmsr();
    });
  }
  paging(a, features.includes('pse'));
}

/** A task in ring 0 that jumps back to the first one, again and again. */
function otherTask(a: Assembler): void {
  setBase(a, 'otherDescriptor', 'otherTss');
  const set = (field: number, value: number): void => a.mov(mem({ sym: 'otherTss', disp: field }), value);
  set(tss.cr3, DIRECTORY);
  set(tss.eflags, 2);
  set(tss.esp, OTHER_STACK);
  set(tss.cs, selector.kernelCode);
  for (const field of [tss.es, tss.ss, tss.ds, tss.fs, tss.gs]) set(field, selector.kernelData);
  a.mov(mem({ sym: 'otherTss', disp: tss.eip }), sym('otherTask'));
}

function paging(a: Assembler, large: boolean): void {
  const table = DIRECTORY + 0x1000;
  clear(a, DIRECTORY, 0x1000);
  fillEntries(a, 'directory', DIRECTORY, table + USER_PAGE, MEMORY_MIB / 4);
  fillEntries(a, 'pages', table, USER_PAGE, MEMORY_MIB * 256);
  if (large) {
    fillEntries(a, 'window', DIRECTORY + (WINDOW >>> 20), CHAIN + LARGE_PAGE, 256, 0);
    a.mov(eax, cr4);
    a.or(eax, 0x10);
    a.mov(cr4, eax);
  }
  turnPagingOn(a, DIRECTORY);
}

/** Runs one probe and prints its line. */
function run(a: Assembler, { ring }: Probe, number: number): void {
  a.mov(mem({ disp: words.pass }), PASSES);
  if (ring === 0) {
    a.call(`probe${number}`);
  } else {
    a.mov(mem({ disp: words.resume }), sym(`resume${number}`));
    a.mov(ax, selector.userData);
    for (const segment of [ds, es]) a.mov(segment, ax);
    a.push(selector.userData);
    a.push(USER_STACK);
    a.push(USER_FLAGS);
    a.push(selector.userCode);
    a.push(sym(`probe${number}`));
    a.iretd();
    a.label(`resume${number}`);
  }
  a.mov(eax, number);
  a.call('putHex');
  a.mov(al, 0x20);
  a.call('putc');
  a.mov(eax, mem({ disp: words.end }));
  a.sub(eax, mem({ disp: words.begin }));
  a.call('putHex');
  a.mov(al, 0x0a);
  a.call('putc');
}

function loop(a: Assembler, probe: Probe, number: number, tsc: boolean): void {
  a.align(64);
  a.label(`probe${number}`);
  probe.setup?.(a);
  a.label(`pass${number}`);
  a.mov(ebp, probe.iterations);
  timeStamp(a, tsc, words.begin, stamp.BEGIN);
  a.label(`loop${number}`);
  for (let copy = 0; copy < probe.unroll; copy++) probe.body(a, copy);
  a.dec(ebp);
  a.jnz(`loop${number}`);
  timeStamp(a, tsc, words.end, stamp.END);
  a.dec(mem({ disp: words.pass }));
  a.jnz(`pass${number}`);
  if (probe.ring === 0) a.ret();
  else a.int(vector.DONE);
}

function timeStamp(a: Assembler, tsc: boolean, at: number, byte: number): void {
  if (tsc) {
    a.rdtsc();
    a.mov(mem({ disp: at }), eax);
  } else {
    a.mov(al, byte);
    a.out(0xe9, al);
  }
}

function handlers(a: Assembler): void {
  a.label('return');
  a.iretd();
  a.label('callGateEntry');
  a.lret();
  a.label('sysenterEntry');
  a.sysexit();

  a.label('otherTask');
  a.ljmp(selector.tss, 0);
  a.jmp('otherTask');

  // The probes that fault do so by instructions of known length: HLT, a MOV of two bytes, UD2.
  a.label('protection');
  a.add(esp, 4);
  a.add(mem({ base: esp }), 1);
  a.iretd();
  a.label('pageFault');
  a.add(esp, 4);
  a.label('invalidOpcode');
  a.add(mem({ base: esp }), 2);
  a.iretd();

  a.label('done');
  a.mov(ax, selector.kernelData);
  for (const segment of [ds, es]) a.mov(segment, ax);
  a.mov(esp, KERNEL_STACK);
  a.jmpIndirect(mem({ disp: words.resume }));

  a.label('unexpected');
  a.mov(al, 1);
  a.out(0xf4, al);
}

/** Makes a chain of pointers, the last of which leads back to the first. Uses all registers but EBP. */
export function buildChain(a: Assembler, label: string, { base, count, stride, shift, mask, line }: Chain): void {
  a.mov(edi, base);
  a.mov(ecx, 1);
  a.label(label);
  a.mov(eax, ecx);
  a.shr(eax, shift);
  a.and(eax, mask);
  a.imul(eax, eax, line);
  a.mov(edx, ecx);
  a.imul(edx, edx, stride);
  a.lea(eax, mem({ base: eax, index: edx, scale: 1, disp: base }));
  a.mov(mem({ base: edi }), eax);
  a.mov(edi, eax);
  a.inc(ecx);
  a.cmp(ecx, count);
  a.jb(label);
  a.mov(mem({ base: edi }), base);
  a.mov(esi, base);
}
