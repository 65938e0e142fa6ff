/**
 * The guest of the speed benchmark: eleven phases, each printed as `BEGIN name` and `END name n=... rep=... ck=...` on COM1
 * and port E9h, where n is the number of instructions (a REP instruction counts once), rep the iterations of REP
 * instructions, and ck a checksum that any correct machine prints alike. A program at CPL 3 runs the phases; the kernel
 * around it prints, counts, switches address spaces and resolves page faults.
 *
 *     00003000 IDT       00005000 counters (no code on their page)      00100000 this image
 *     00400000 page directories A, B; then page tables: identity 0-128 MiB, a window in A and in B, a demand-zero window
 *     02000000 64 MiB of test memory     06000000 4 MiB of frames     40000000 the window     50000000 demand-zero pages
 */
import {
  type Assembler,
  al,
  ax,
  cr0,
  cr2,
  cr3,
  defineStubs,
  ds,
  dx,
  eax,
  ebp,
  ebx,
  ecx,
  edi,
  edx,
  es,
  esi,
  esp,
  fs,
  gs,
  mem,
  mem16,
  ss,
  sym,
} from '../../toolchain/assembler/index.js';
import { type FlatImage, flatImage } from './flat-image.js';

const selector = { kernelCode: 0x08, kernelData: 0x10, userCode: 0x1b, userData: 0x23, tss: 0x28 } as const;
const IDT = 0x3000;
const COUNT = 0x5000;
const NEXT_FRAME = 0x5040;
const KERNEL_STACK = 0x9f000;
const USER_STACK = 0x8f000;
const DIRECTORY_A = 0x400000;
const DIRECTORY_B = 0x401000;
const IDENTITY_TABLES = 0x402000;
const WINDOW_TABLE_A = 0x430000;
const WINDOW_TABLE_B = 0x431000;
const ZERO_TABLE = 0x432000;
const TABLES_END = 0x433000;
const MEMORY = 0x2000000;
const FRAMES = 0x6000000;
const WINDOW = 0x40000000;
const ZERO_WINDOW = 0x50000000;
/** Present, writable, user. */
const USER_PAGE = 7;
const MIB = 0x100000;
const gate = { interrupt: 0x8e00, user: 0xee00 } as const;
const service = { NULL: 0x80, PRINT: 0x81, UNMAP: 0x82, SWITCH: 0x83, DONE: 0x84 } as const;

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
      boot(a);
      paging(a);
      kernel(a);
      program(a, shift);
    }),
    'start',
  );
}

function boot(a: Assembler): void {
  a.align(8);
  a.label('gdt');
  a.dd(0, 0, 0x0000ffff, 0x00cf9b00, 0x0000ffff, 0x00cf9300, 0x0000ffff, 0x00cffb00, 0x0000ffff, 0x00cff300);
  // The TSS's base lies below 16 MiB: its low 24 bits are filled in at the start.
  a.label('tssDescriptor');
  a.dd(103, 0x00008900);
  a.label('gdtPointer');
  a.dw(6 * 8 - 1);
  a.dd(sym('gdt'));
  a.label('idtPointer');
  a.dw(256 * 8 - 1);
  a.dd(IDT);
  a.align(4);
  a.label('tss');
  a.space(104);

  a.label('start');
  a.cli();
  a.cld();
  a.mov(mem({ disp: COUNT }), 0);
  a.mov(mem({ disp: NEXT_FRAME }), FRAMES);
  a.mov(esp, KERNEL_STACK);
  a.mov(eax, sym('tss'));
  a.mov(mem16({ sym: 'tssDescriptor', disp: 2 }), ax);
  a.shr(eax, 16);
  a.or(mem({ sym: 'tssDescriptor', disp: 4 }), eax);
  a.lgdt(mem({ sym: 'gdtPointer' }));
  a.ljmp(selector.kernelCode, sym('segments'));
  a.label('segments');
  a.mov(ax, selector.kernelData);
  for (const segment of [ds, es, fs, gs, ss]) a.mov(segment, ax);
  a.mov(mem({ sym: 'tss', disp: 4 }), KERNEL_STACK);
  a.mov(mem({ sym: 'tss', disp: 8 }), selector.kernelData);
  a.mov(mem16({ sym: 'tss', disp: 102 }), 104);
  a.mov(ax, selector.tss);
  a.ltr(ax);
  fill(a, IDT, 256 * 8);
  for (let vector = 0; vector < 32; vector++) setGate(a, vector, 'exception', gate.interrupt);
  setGate(a, 14, 'pageFault', gate.interrupt);
  setGate(a, service.NULL, 'nullCall', gate.user);
  setGate(a, service.PRINT, 'print', gate.user);
  setGate(a, service.UNMAP, 'unmap', gate.user);
  setGate(a, service.SWITCH, 'switchSpaces', gate.user);
  setGate(a, service.DONE, 'done', gate.user);
  a.lidt(mem({ sym: 'idtPointer' }));
}

function setGate(a: Assembler, vector: number, handler: string, type: number): void {
  const at = IDT + 8 * vector;
  a.mov(eax, sym(handler));
  a.mov(mem16({ disp: at }), ax);
  a.mov(mem16({ disp: at + 2 }), selector.kernelCode);
  a.mov(mem16({ disp: at + 4 }), type);
  a.shr(eax, 16);
  a.mov(mem16({ disp: at + 6 }), ax);
}

/** Zeroes `bytes` bytes at `at`. */
function fill(a: Assembler, at: number, bytes: number): void {
  a.mov(edi, at);
  a.mov(ecx, bytes / 4);
  a.xor(eax, eax);
  a.rep();
  a.stosd();
}

/** Fills `count` page-table entries from `table` with consecutive pages from `from`. */
function fillTable(a: Assembler, label: string, table: number, from: number, count: number): void {
  a.mov(edi, table);
  a.mov(eax, from + USER_PAGE);
  a.mov(ecx, count);
  a.label(label);
  a.stosd();
  a.add(eax, 0x1000);
  a.dec(ecx);
  a.jnz(label);
}

function paging(a: Assembler): void {
  fill(a, DIRECTORY_A, TABLES_END - DIRECTORY_A);
  fillTable(a, 'directoryA', DIRECTORY_A, IDENTITY_TABLES, 32);
  fillTable(a, 'directoryB', DIRECTORY_B, IDENTITY_TABLES, 32);
  for (const [directory, window] of [
    [DIRECTORY_A, WINDOW_TABLE_A],
    [DIRECTORY_B, WINDOW_TABLE_B],
  ]) {
    a.mov(mem({ disp: directory + (WINDOW >>> 22) * 4 }), window + USER_PAGE);
    a.mov(mem({ disp: directory + (ZERO_WINDOW >>> 22) * 4 }), ZERO_TABLE + USER_PAGE);
  }
  fillTable(a, 'identity', IDENTITY_TABLES, 0, 32768);
  fillTable(a, 'windowA', WINDOW_TABLE_A, MEMORY, 64);
  // B's window shows other frames: the 64 behind those of A's.
  fillTable(a, 'windowB', WINDOW_TABLE_B, MEMORY + 64 * 0x1000, 64);
  a.mov(eax, DIRECTORY_A);
  a.mov(cr3, eax);
  a.mov(eax, cr0);
  a.or(eax, 0x80000000);
  a.and(eax, ~0x60000000);
  a.mov(cr0, eax);
  a.jmp('paged');
  a.label('paged');
  a.mov(esi, sym('textBoot'));
  a.call('puts');
  a.push(selector.userData);
  a.push(USER_STACK);
  a.push(0x2);
  a.push(selector.userCode);
  a.push(sym('user'));
  a.mov(ax, selector.userData);
  a.mov(ds, ax);
  a.mov(es, ax);
  a.iretd();
}

function kernel(a: Assembler): void {
  output(a);
  a.label('nullCall');
  a.add(mem({ disp: COUNT }), 1);
  a.iretd();

  a.label('unmap');
  a.pushad();
  fill(a, ZERO_TABLE, 0x1000);
  a.mov(eax, cr3);
  a.mov(cr3, eax);
  a.popad();
  a.iretd();

  // ECX rounds through both address spaces, eight pages of the window read in each.
  a.label('switchSpaces');
  a.push(ebp);
  a.mov(esi, DIRECTORY_B);
  a.mov(edi, DIRECTORY_A);
  a.xor(ebx, ebx);
  a.label('round');
  for (const directory of [esi, edi]) {
    a.mov(cr3, directory);
    for (let i = 0; i < 8; i++) a.add(ebx, mem({ disp: WINDOW + i * 0x1000 + i * 64 }));
  }
  a.dec(ecx);
  a.jnz('round');
  a.pop(ebp);
  a.iretd();

  // The next frame of the pool, zeroed, for the page at CR2.
  a.label('pageFault');
  a.pushad();
  a.mov(eax, cr2);
  a.shr(eax, 12);
  a.and(eax, 1023);
  a.mov(edx, mem({ disp: NEXT_FRAME }));
  a.mov(edi, edx);
  a.add(edx, 0x1000);
  a.and(edx, FRAMES + 4 * MIB - 1);
  a.mov(mem({ disp: NEXT_FRAME }), edx);
  a.mov(ecx, edi);
  a.or(ecx, USER_PAGE);
  a.mov(mem({ index: eax, scale: 4, disp: ZERO_TABLE }), ecx);
  a.xor(eax, eax);
  a.mov(ecx, 1024);
  a.rep();
  a.stosd();
  a.add(mem({ disp: COUNT }), 1);
  a.popad();
  a.add(esp, 4);
  a.iretd();

  a.label('exception');
  a.mov(esi, sym('textException'));
  a.call('puts');
  a.mov(eax, mem({ base: esp }));
  a.call('putHex');
  a.mov(eax, mem({ base: esp, disp: 4 }));
  a.call('putHex');
  a.label('done');
  a.mov(esi, sym('textDone'));
  a.call('puts');
  a.mov(al, 0);
  a.out(0xf4, al);
  a.label('halt');
  a.cli();
  a.hlt();
  a.jmp('halt');
}

function output(a: Assembler): void {
  a.label('putc');
  a.push(edx);
  a.mov(edx, 0x3f8);
  a.out(dx, al);
  a.out(0xe9, al);
  a.pop(edx);
  a.ret();

  // Zero-terminated text at ESI.
  a.label('puts');
  a.push(eax);
  a.label('nextByte');
  a.mov(al, mem({ base: esi }));
  a.inc(esi);
  a.test(al, al);
  a.jz('lastByte');
  a.call('putc');
  a.jmp('nextByte');
  a.label('lastByte');
  a.pop(eax);
  a.ret();

  // EAX in eight hexadecimal digits.
  a.label('putHex');
  a.push(ecx);
  a.push(edx);
  a.mov(edx, eax);
  a.mov(ecx, 8);
  a.label('nextDigit');
  a.rol(edx, 4);
  a.mov(eax, edx);
  a.and(eax, 15);
  a.cmp(eax, 10);
  a.jb('decimal');
  a.add(eax, 39);
  a.label('decimal');
  a.add(eax, 48);
  a.call('putc');
  a.dec(ecx);
  a.jnz('nextDigit');
  a.pop(edx);
  a.pop(ecx);
  a.ret();

  // Text at ESI; with EDI = 1 also EAX, EDX and EBX as n, rep and ck. Stack after PUSHAD: EDI ESI EBP ESP EBX EDX ECX EAX.
  a.label('print');
  a.pushad();
  a.call('puts');
  a.cmp(edi, 1);
  a.jne('endLine');
  for (const [label, slot] of [
    ['textN', 28],
    ['textRep', 20],
    ['textCk', 16],
  ] as const) {
    a.mov(esi, sym(label));
    a.call('puts');
    a.mov(eax, mem({ base: esp, disp: slot }));
    a.call('putHex');
  }
  a.label('endLine');
  a.mov(eax, 10);
  a.call('putc');
  a.popad();
  a.iretd();
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
