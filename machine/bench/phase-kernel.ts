/**
 * The kernel around the benchmark's program: it prints, counts, switches address spaces and resolves page faults.
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

const selector = { kernelCode: 0x08, kernelData: 0x10, userCode: 0x1b, userData: 0x23, tss: 0x28 } as const;
const IDT = 0x3000;
export const COUNT = 0x5000;
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
export const MEMORY = 0x2000000;
const FRAMES = 0x6000000;
const WINDOW = 0x40000000;
export const ZERO_WINDOW = 0x50000000;
/** Present, writable, user. */
const USER_PAGE = 7;
const MIB = 0x100000;
const gate = { interrupt: 0x8e00, user: 0xee00 } as const;
export const service = { NULL: 0x80, PRINT: 0x81, UNMAP: 0x82, SWITCH: 0x83, DONE: 0x84 } as const;

/** Boot, paging and services, in this order; the program begins at the label `user`. */
export function writeKernel(a: Assembler): void {
  boot(a);
  paging(a);
  kernel(a);
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
