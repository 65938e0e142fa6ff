// From the state that a boot loader leaves (Multiboot: 32-bit protected mode, flat segments, paging off) to code at its
// linear address.
import { type Assembler, cr0, cr3, eax, ecx, edi, mem, sym } from '../../../toolchain/assembler/index.js';

const PRESENT_WRITABLE = 3;
const TABLE_BYTES = 4096;
/** Paging, and write protection of the kernel too. */
const PG_WP = 0x80010000;

interface BootSpace {
  /** Symbols of a page directory and of `tables` page tables in a row, in bss. */
  readonly directory: string;
  readonly tables: string;
  readonly count: number;
  /** Where physical memory is seen from 0 on, besides where it is. */
  readonly base: number;
}

/** Shows the first `count` * 4 MiB of memory at 0 and at `base`, and goes on at `then`. EAX, ECX and EDI are lost. */
export function pagingOn(a: Assembler, { directory, tables, count, base }: BootSpace, then: string): void {
  a.mov(edi, sym(tables, -base | 0));
  a.mov(eax, PRESENT_WRITABLE);
  a.mov(ecx, (count * TABLE_BYTES) / 4);
  a.label('fill');
  a.mov(mem({ base: edi }), eax);
  a.add(eax, TABLE_BYTES);
  a.add(edi, 4);
  a.dec(ecx);
  a.jnz('fill');
  for (let i = 0; i < count; i++) {
    a.mov(eax, sym(tables, (i * TABLE_BYTES + PRESENT_WRITABLE - base) | 0));
    for (const slot of [i, (base >>> 22) + i]) a.mov(mem({ sym: directory, disp: (slot * 4 - base) | 0 }), eax);
  }
  a.mov(eax, sym(directory, -base | 0));
  a.mov(cr3, eax);
  a.mov(eax, cr0);
  a.or(eax, PG_WP | 0);
  a.mov(cr0, eax);
  a.mov(eax, sym(then));
  a.jmpIndirect(eax);
}
