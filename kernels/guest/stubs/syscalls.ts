// The system-call table: entry n is the handler of call n (numbers in kernels/lib/callnumbers.ts). Every port's entry code
// calls through it: EBX, ECX, EDX of the program arrive as the handler's three arguments.
import { defineStubs, sym } from '../../../toolchain/assembler/index.js';

/** Entries; a call's number must be below. */
export const SYSCALLS = 512;

const handlers: Readonly<Record<number, string>> = {
  1: 'sysExit',
  3: 'sysRead',
  4: 'sysWrite',
  20: 'sysGetpid',
  42: 'sysPipe',
  64: 'sysGetppid',
  91: 'sysMunmap',
  146: 'sysWritev',
  158: 'sysSchedYield',
  192: 'sysMmap2',
  500: 'notImplemented', // ask: here a write and a read on the channel's descriptors
  501: 'notImplemented', // answer: the same
  503: 'sysWriteProtect',
  504: 'sysCatchFault',
};

export const syscallStubs = defineStubs('syscalls', (a) => {
  a.rodata();
  a.align(64);
  a.global('syscallTable');
  for (let n = 0; n < SYSCALLS; n++) a.dd(sym(handlers[n] ?? 'notImplemented'));
});
