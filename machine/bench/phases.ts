/**
 * The guest of the speed benchmark: eleven phases, each printed as `BEGIN name` and `END name n=... rep=... ck=...` on COM1
 * and port E9h, where n is the number of instructions (a REP instruction counts once), rep the iterations of REP
 * instructions, and ck a checksum that any correct machine prints alike. A program at CPL 3 runs the phases.
 */
import {
  type Assembler,
  al,
  defineStubs,
  eax,
  ebp,
  ebx,
  ecx,
  edi,
  edx,
  esi,
  mem,
  sym,
} from '../../toolchain/assembler/index.js';
import { type FlatImage, flatImage } from './flat-image.js';
import { COUNT, MEMORY, service, writeKernel, ZERO_WINDOW } from './phase-kernel.js';

export interface Phase {
  readonly id: string;
  readonly title: string;
  /** Instructions and REP iterations that the END line states. */
  readonly instructions: number;
  readonly repeats: number;
}

/** Iteration counts, each divided by 2^shift as the reference guest's `SH` divides them. */
function counts(shift: number) {
  const scaled = (n: number) => n >> shift;
  return {
    alu: scaled(33333333),
    passes1M: scaled(100),
    passes64M: scaled(3) + 1,
    random: scaled(20000000),
    nullCalls: scaled(1000000),
    switches: scaled(500000),
    faultWindows: scaled(196),
    copies1460: scaled(200000),
    copies4096: scaled(100000),
  };
}

/** The phases in the order in which they run. */
export function phases(shift: number): Phase[] {
  const n = counts(shift);
  const phase = (id: string, title: string, instructions: number, repeats = 0): Phase => ({
    id,
    title,
    instructions: instructions >>> 0,
    repeats: repeats >>> 0,
  });
  return [
    phase('a_alu', 'ALU loop', n.alu * 15),
    phase('b0_init64M', 'write 64 MiB', 0x1000000 * 6),
    phase('b1_seq1M', 'read 1 MiB in order', n.passes1M * (0x40000 * 4 + 4)),
    phase('b2_seq64M', 'read 64 MiB in order', n.passes64M * (0x1000000 * 4 + 4)),
    phase('b3_rand1M', 'read 1 MiB at random', n.random * 8),
    phase('b4_rand64M', 'read 64 MiB at random', n.random * 8),
    phase('c_int80', 'int 0x80 and iret', n.nullCalls * 5),
    phase('d_cr3churn', 'mov cr3 and 8 reads', n.switches * 20),
    phase(
      'e_pagefault',
      'page fault and zeroing',
      n.faultWindows * (1024 * 23 + 14),
      n.faultWindows * (1024 * 1024 + 1024),
    ),
    phase('f1_movsd1460', 'rep movsd of 1460 bytes', n.copies1460 * 6, n.copies1460 * 365),
    phase('f2_movsd4096', 'rep movsd of 4096 bytes', n.copies4096 * 6, n.copies4096 * 1024),
  ];
}

/** The benchmark's image; iteration counts are divided by 2^shift. */
export function phasesImage(shift = 0): FlatImage {
  return flatImage(
    defineStubs('phases', (a) => {
      writeKernel(a);
      program(a, shift);
    }),
    'start',
  );
}

function program(a: Assembler, shift: number): void {
  const n = counts(shift);
  const list = phases(shift);
  const phase = (id: string, body: () => void): void => {
    const { instructions, repeats } = list.find((p) => p.id === id)!;
    a.mov(esi, sym(`begin_${id}`));
    a.xor(edi, edi);
    a.int(service.PRINT);
    a.xor(ebx, ebx);
    body();
    a.mov(esi, sym(`end_${id}`));
    a.mov(eax, instructions);
    a.mov(edx, repeats);
    a.mov(edi, 1);
    a.int(service.PRINT);
  };
  a.label('user');
  phase('a_alu', () => alu(a, n.alu));
  phase('b0_init64M', () => initialise(a));
  phase('b1_seq1M', () => sequential(a, 'b1', n.passes1M, 0x40000));
  phase('b2_seq64M', () => sequential(a, 'b2', n.passes64M, 0x1000000));
  phase('b3_rand1M', () => random(a, 'b3', n.random, 0xffffc));
  phase('b4_rand64M', () => random(a, 'b4', n.random, 0x3fffffc));
  phase('c_int80', () => {
    a.mov(mem({ disp: COUNT }), 0);
    a.mov(ecx, n.nullCalls);
    a.label('call');
    a.int(service.NULL);
    a.dec(ecx);
    a.jnz('call');
    a.mov(ebx, mem({ disp: COUNT }));
  });
  phase('d_cr3churn', () => {
    a.mov(ecx, n.switches);
    a.int(service.SWITCH);
  });
  phase('e_pagefault', () => touch(a, n.faultWindows));
  phase('f1_movsd1460', () => copy(a, 'f1', n.copies1460, 365, 1456));
  phase('f2_movsd4096', () => copy(a, 'f2', n.copies4096, 1024, 4092));
  a.int(service.DONE);

  for (const { id } of list) {
    text(a, `begin_${id}`, `BEGIN ${id}`);
    text(a, `end_${id}`, `END ${id}`);
  }
  text(a, 'textBoot', 'BOOT\n');
  text(a, 'textN', ' n=');
  text(a, 'textRep', ' rep=');
  text(a, 'textCk', ' ck=');
  text(a, 'textException', '\nEXCEPTION ');
  text(a, 'textDone', 'ALLDONE\n');
}

function text(a: Assembler, label: string, value: string): void {
  a.label(label);
  a.db(`${value}\0`);
}

/** Marsaglia's 32-bit xorshift, its odd values added and its even ones xored: 15 instructions a round. */
function alu(a: Assembler, rounds: number): void {
  a.mov(eax, 0x12345678);
  a.mov(ecx, rounds);
  a.align(16);
  a.label('a');
  a.mov(edx, eax);
  a.shl(edx, 13);
  a.xor(eax, edx);
  a.mov(edx, eax);
  a.shr(edx, 17);
  a.xor(eax, edx);
  a.mov(edx, eax);
  a.shl(edx, 5);
  a.xor(eax, edx);
  a.test(al, 1);
  a.jz('aEven');
  a.add(ebx, eax);
  a.jmp('aNext');
  a.label('aEven');
  a.xor(ebx, eax);
  a.nop();
  a.label('aNext');
  a.dec(ecx);
  a.jnz('a');
}

/** Each word of the test memory becomes its address times an odd number. */
function initialise(a: Assembler): void {
  a.mov(edi, MEMORY);
  a.mov(ecx, 0x1000000);
  a.label('b0');
  a.mov(eax, edi);
  a.imul(eax, eax, 0x9e3779b1);
  a.mov(mem({ base: edi }), eax);
  a.add(edi, 4);
  a.dec(ecx);
  a.jnz('b0');
  a.xor(ebx, ebx);
}

function sequential(a: Assembler, label: string, passes: number, words: number): void {
  a.mov(ebp, passes);
  a.label(label);
  a.mov(esi, MEMORY);
  a.mov(ecx, words);
  a.align(16);
  a.label(`${label}Word`);
  a.add(ebx, mem({ base: esi }));
  a.add(esi, 4);
  a.dec(ecx);
  a.jnz(`${label}Word`);
  a.dec(ebp);
  a.jnz(label);
}

/** Reads at the addresses of a linear congruential generator. */
function random(a: Assembler, label: string, reads: number, mask: number): void {
  a.mov(eax, 1);
  a.mov(ecx, reads);
  a.align(16);
  a.label(label);
  a.imul(eax, eax, 1664525);
  a.add(eax, 1013904223);
  a.mov(edx, eax);
  a.shr(edx, 6);
  a.and(edx, mask);
  a.add(ebx, mem({ base: edx, disp: MEMORY }));
  a.dec(ecx);
  a.jnz(label);
}

function touch(a: Assembler, windows: number): void {
  a.mov(mem({ disp: COUNT }), 0);
  a.mov(ebp, windows);
  a.label('e');
  a.int(service.UNMAP);
  a.mov(edi, ZERO_WINDOW);
  a.mov(ecx, 1024);
  a.label('ePage');
  a.mov(eax, mem({ base: edi }));
  a.add(edi, 0x1000);
  a.dec(ecx);
  a.jnz('ePage');
  a.dec(ebp);
  a.jnz('e');
  a.mov(ebx, mem({ disp: COUNT }));
}

function copy(a: Assembler, label: string, copies: number, words: number, checked: number): void {
  a.mov(ebx, copies);
  a.label(label);
  a.mov(esi, MEMORY);
  a.mov(edi, MEMORY + 0x10000);
  a.mov(ecx, words);
  a.rep();
  a.movsd();
  a.dec(ebx);
  a.jnz(label);
  a.mov(ebx, mem({ disp: MEMORY + 0x10000 + checked }));
}
