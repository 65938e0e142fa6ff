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
  cr2,
  cr3,
  ds,
  eax,
  ebp,
  ebx,
  ecx,
  edi,
  edx,
  es,
  esi,
  esp,
  mem,
  sym,
} from '../../toolchain/assembler/index.js';
import {
  clear,
  fillEntries,
  gate,
  loadGates,
  loadSegments,
  selector,
  turnPagingOn,
  USER_PAGE,
  writeConsole,
  writeTables,
} from './flat-kernel.js';

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
const MIB = 0x100000;
export const service = { NULL: 0x80, PRINT: 0x81, UNMAP: 0x82, SWITCH: 0x83, DONE: 0x84 } as const;

/** Boot, paging and services, in this order; the program begins at the label `user`. */
export function writeKernel(a: Assembler): void {
  boot(a);
  paging(a);
  kernel(a);
}

function boot(a: Assembler): void {
  writeTables(a, IDT);
  a.label('start');
  loadSegments(a, KERNEL_STACK);
  a.mov(mem({ disp: COUNT }), 0);
  a.mov(mem({ disp: NEXT_FRAME }), FRAMES);
  loadGates(a, IDT, 'exception', [
    { vector: 14, handler: 'pageFault', type: gate.kernel },
    { vector: service.NULL, handler: 'nullCall', type: gate.user },
    { vector: service.PRINT, handler: 'print', type: gate.user },
    { vector: service.UNMAP, handler: 'unmap', type: gate.user },
    { vector: service.SWITCH, handler: 'switchSpaces', type: gate.user },
    { vector: service.DONE, handler: 'done', type: gate.user },
  ]);
}

function paging(a: Assembler): void {
  clear(a, DIRECTORY_A, TABLES_END - DIRECTORY_A);
  fillEntries(a, 'directoryA', DIRECTORY_A, IDENTITY_TABLES + USER_PAGE, 32);
  fillEntries(a, 'directoryB', DIRECTORY_B, IDENTITY_TABLES + USER_PAGE, 32);
  for (const [directory, window] of [
    [DIRECTORY_A, WINDOW_TABLE_A],
    [DIRECTORY_B, WINDOW_TABLE_B],
  ]) {
    a.mov(mem({ disp: directory + (WINDOW >>> 22) * 4 }), window + USER_PAGE);
    a.mov(mem({ disp: directory + (ZERO_WINDOW >>> 22) * 4 }), ZERO_TABLE + USER_PAGE);
  }
  fillEntries(a, 'identity', IDENTITY_TABLES, USER_PAGE, 32768);
  fillEntries(a, 'windowA', WINDOW_TABLE_A, MEMORY + USER_PAGE, 64);
  // B's window shows other frames: the 64 behind those of A's.
  fillEntries(a, 'windowB', WINDOW_TABLE_B, MEMORY + 64 * 0x1000 + USER_PAGE, 64);
  turnPagingOn(a, DIRECTORY_A);
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
  clear(a, ZERO_TABLE, 0x1000);
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
  writeConsole(a);

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
