/**
 * What the kernels of flat images have in common: flat segments and a state segment, interrupt gates, page tables, and a
 * console on the serial port and port E9h. The labels are `gdt`, `tssDescriptor`, `gdtPointer`, `idtPointer`, `tss`,
 * `segments`, `paged`, `putc`, `putHex` and `nextDigit`. Image and state segments lie below 16 MiB.
 */
import {
  type Assembler,
  al,
  ax,
  cr0,
  cr3,
  ds,
  dx,
  eax,
  ecx,
  edi,
  edx,
  es,
  esi,
  esp,
  fs,
  gs,
  mem,
  mem8,
  mem16,
  ss,
  sym,
} from '../../toolchain/assembler/index.js';

export const selector = { kernelCode: 0x08, kernelData: 0x10, userCode: 0x1b, userData: 0x23, tss: 0x28 } as const;
/** Interrupt gates that ring 0 and all rings may call. */
export const gate = { kernel: 0x8e00, user: 0xee00 } as const;
/** Present, writable, for all rings. */
export const USER_PAGE = 7;

const FIXED_DESCRIPTORS = 6;
const STATE_BYTES = 104;
/** Fields of a task-state segment (Intel SDM vol. 3, 8.2.1). */
const state = { esp0: 4, ss0: 8, ioMap: 102 } as const;

export interface Descriptor {
  readonly label: string;
  readonly low: number;
  readonly high: number;
}

/** An available 32-bit state segment; `setBase` says where it is. */
export const stateDescriptor = (label: string): Descriptor => ({ label, low: STATE_BYTES - 1, high: 0x00008900 });

/** Data: GDT, its pointer and that of the IDT, TSS. @param more descriptors behind the six that are always there */
export function writeTables(a: Assembler, idt: number, more: readonly Descriptor[] = []): void {
  a.align(8);
  a.label('gdt');
  a.dd(0, 0, 0x0000ffff, 0x00cf9b00, 0x0000ffff, 0x00cf9300, 0x0000ffff, 0x00cffb00, 0x0000ffff, 0x00cff300);
  for (const { label, low, high } of [stateDescriptor('tssDescriptor'), ...more]) {
    a.label(label);
    a.dd(low, high);
  }
  a.label('gdtPointer');
  a.dw((FIXED_DESCRIPTORS + more.length) * 8 - 1);
  a.dd(sym('gdt'));
  a.label('idtPointer');
  a.dw(256 * 8 - 1);
  a.dd(idt);
  a.align(4);
  writeState(a, 'tss');
}

export function writeState(a: Assembler, label: string): void {
  a.label(label);
  a.space(STATE_BYTES);
}

/** Of a state segment's descriptor; the upper byte of the base stays 0. */
export function setBase(a: Assembler, descriptor: string, segment: string): void {
  a.mov(eax, sym(segment));
  a.mov(mem16({ sym: descriptor, disp: 2 }), ax);
  a.shr(eax, 16);
  a.or(mem({ sym: descriptor, disp: 4 }), eax);
  a.mov(mem16({ sym: segment, disp: state.ioMap }), STATE_BYTES);
}

/** Interrupts off, a stack, flat segments, and the TSS that leads back to this stack. */
export function loadSegments(a: Assembler, stack: number): void {
  a.cli();
  a.cld();
  a.mov(esp, stack);
  setBase(a, 'tssDescriptor', 'tss');
  a.lgdt(mem({ sym: 'gdtPointer' }));
  a.ljmp(selector.kernelCode, sym('segments'));
  a.label('segments');
  a.mov(ax, selector.kernelData);
  for (const segment of [ds, es, fs, gs, ss]) a.mov(segment, ax);
  a.mov(mem({ sym: 'tss', disp: state.esp0 }), stack);
  a.mov(mem({ sym: 'tss', disp: state.ss0 }), selector.kernelData);
  a.mov(ax, selector.tss);
  a.ltr(ax);
}

export interface Gate {
  readonly vector: number;
  readonly handler: string;
  readonly type: number;
}

/** Every exception goes to `otherwise`, but for those that `gates` gives; then the IDT is loaded. */
export function loadGates(a: Assembler, idt: number, otherwise: string, gates: readonly Gate[]): void {
  clear(a, idt, 256 * 8);
  for (let vector = 0; vector < 32; vector++) setGate(a, idt, { vector, handler: otherwise, type: gate.kernel });
  for (const each of gates) setGate(a, idt, each);
  a.lidt(mem({ sym: 'idtPointer' }));
}

function setGate(a: Assembler, idt: number, { vector, handler, type }: Gate): void {
  const at = idt + 8 * vector;
  a.mov(eax, sym(handler));
  a.mov(mem16({ disp: at }), ax);
  a.mov(mem16({ disp: at + 2 }), selector.kernelCode);
  a.mov(mem16({ disp: at + 4 }), type);
  a.shr(eax, 16);
  a.mov(mem16({ disp: at + 6 }), ax);
}

/** Zeroes `bytes` bytes at `at`. */
export function clear(a: Assembler, at: number, bytes: number): void {
  a.mov(edi, at);
  a.mov(ecx, bytes / 4);
  a.xor(eax, eax);
  a.rep();
  a.stosd();
}

/** `count` words from `at` on: `first`, `first + step`, and so on. */
export function fillEntries(
  a: Assembler,
  label: string,
  at: number,
  first: number,
  count: number,
  step = 0x1000,
): void {
  a.mov(edi, at);
  a.mov(eax, first);
  a.mov(ecx, count);
  a.label(label);
  a.stosd();
  a.add(eax, step);
  a.dec(ecx);
  a.jnz(label);
}

/** Paging on, caches on. */
export function turnPagingOn(a: Assembler, directory: number): void {
  a.mov(eax, directory);
  a.mov(cr3, eax);
  a.mov(eax, cr0);
  a.or(eax, 0x80000000);
  a.and(eax, ~0x60000000);
  a.mov(cr0, eax);
  a.jmp('paged');
  a.label('paged');
}

/** `putc`: AL to both consoles. `putHex`: EAX in eight hexadecimal digits. They keep all registers but EAX. */
export function writeConsole(a: Assembler): void {
  a.label('putc');
  a.push(edx);
  a.mov(edx, 0x3f8);
  a.out(dx, al);
  a.out(0xe9, al);
  a.pop(edx);
  a.ret();

  a.label('putHex');
  a.push(ecx);
  a.push(esi);
  a.mov(esi, eax);
  a.mov(ecx, 8);
  a.label('nextDigit');
  a.rol(esi, 4);
  a.mov(eax, esi);
  a.and(eax, 15);
  a.mov(al, mem8({ sym: 'digits', base: eax }));
  a.call('putc');
  a.dec(ecx);
  a.jnz('nextDigit');
  a.pop(esi);
  a.pop(ecx);
  a.ret();
  a.label('digits');
  a.db('0123456789abcdef');
}
