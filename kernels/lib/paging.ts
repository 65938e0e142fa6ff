// Two-level page tables as the processor reads them (Intel SDM vol. 3, "32-bit paging").
//
//   31            22 21          12 11             0
//  +----------------+--------------+----------------+
//  | directory      | table        | offset         |   linear address
//  +----------------+--------------+----------------+
export const PAGE_SIZE: u32 = 4096;
export const PAGE_PRESENT: u32 = 0x001;
export const PAGE_WRITE: u32 = 0x002;
export const PAGE_USER: u32 = 0x004;
export const PAGE_WRITE_THROUGH: u32 = 0x008;
export const PAGE_NO_CACHE: u32 = 0x010;
export const PAGE_ACCESSED: u32 = 0x020;
export const PAGE_DIRTY: u32 = 0x040;
/** In a directory entry: it maps 4 MiB itself. */
export const PAGE_LARGE: u32 = 0x080;
export const PAGE_GLOBAL: u32 = 0x100;
/** First of the three bits that the processor leaves to the kernel. */
export const PAGE_AVAILABLE: u32 = 0x200;
export const FRAME_MASK: u32 = 0xfffff000;

/**
 * An entry of a directory or table, as a number that has been read: `load<PageEntry>(slot).writable`. `large` is for
 * directories, `dirty` for what maps a page; `mark` is the first of the bits that the processor leaves to the kernel.
 * `pageEntry` makes one of the masks above.
 */
@word
@bits(`
    31 12   11 10    9       8        7       6        5          4           3          2        1          0
  | frame |   -   | mark | global | large | dirty | accessed | noCache | writeThrough | user | writable | present |
`)
@unmanaged
export class PageEntry {
  readonly frame: u32;
  readonly mark: bool;
  readonly global: bool;
  readonly large: bool;
  readonly dirty: bool;
  readonly accessed: bool;
  readonly user: bool;
  readonly writable: bool;
  readonly present: bool;

  get word(): u32 {
    return changetype<u32>(this);
  }
  /** Physical address of the page or table. */
  get address(): u32 {
    return changetype<u32>(this) & FRAME_MASK;
  }
}

export function pageEntry(word: u32): PageEntry {
  return changetype<PageEntry>(word);
}

/** Bits of a page fault's error code. */
export const FAULT_PRESENT: u32 = 1;
export const FAULT_WRITE: u32 = 2;
export const FAULT_USER: u32 = 4;

/** CR0 and CR4 bits. */
export const CR0_WRITE_PROTECT: u32 = 0x00010000;
export const CR0_PAGING: u32 = 0x80000000;
export const CR4_PSE: u32 = 0x10;
export const CR4_PGE: u32 = 0x80;

/** Where the entry for `linear` lies in a directory seen at `directory`. */
export function directorySlot(directory: usize, linear: u32): usize {
  return directory + ((linear >> 22) << 2);
}

/** The same for a page table. */
export function tableSlot(table: usize, linear: u32): usize {
  return table + ((linear >> 10) & 0xffc);
}
