// Where the VMM lies. Linear addresses, highest first, as in Xen 3.0.0 (4 MiB pages where the processor has them):
//
//   0xFFC00000   4 MiB  not used (device memory in Xen)
//   0xFF000000  12 MiB  the first 12 MiB of memory: this image and the VMM's heap
//   0xFEC00000   4 MiB  windows onto other frames (mapcache.ts)
//   0xFE800000   4 MiB  the current domain's GDT: pages 0-13 its own, page 14 the VMM's
//   0xFE000000   4 MiB  page tables of the current space, seen through its page directory
//   0xFDC00000   4 MiB  machine-to-physical table, writable
//   0xFC400000          frame table (frame.ts)
//   -------- segments of guests end here
//   0xFC000000   4 MiB  machine-to-physical table, read-only, for guests
//
// Memory: 0-12 MiB image, modules and heap; 12 MiB frame table; 16 MiB machine-to-physical table; domains from 20 MiB.
import { PageEntry } from '../kernels/lib/paging';

export const VIRT_START: u32 = 0xfc000000;
export const READ_ONLY_M2P: u32 = 0xfc000000;
export const GUEST_SEGMENT_END: u32 = 0xfc400000;
export const FRAME_TABLE: u32 = 0xfc400000;
export const MACHINE_TO_PHYS: u32 = 0xfdc00000;
export const LINEAR_TABLES: u32 = 0xfe000000;
/** The page directory within LINEAR_TABLES. */
export const LINEAR_DIRECTORY: u32 = 0xfe3f8000;
export const PER_DOMAIN: u32 = 0xfe800000;
export const MAP_CACHE: u32 = 0xfec00000;
export const DIRECT_MAP: u32 = 0xff000000;

export const HEAP_END: u32 = 0x00c00000;
export const FRAME_TABLE_MEMORY: u32 = 0x00c00000;
export const M2P_MEMORY: u32 = 0x01000000;
export const DOMAIN_MEMORY: u32 = 0x01400000;

/** Page-directory slots from here belong to the VMM. */
export const FIRST_VMM_SLOT: u32 = VIRT_START >> 22;
export const PAGE: u32 = 4096;

// Bits of page-table entries (Intel SDM vol. 3, 3.7).
export const PTE_P: u32 = 0x001;
export const PTE_RW: u32 = 0x002;
export const PTE_US: u32 = 0x004;
export const PTE_A: u32 = 0x020;
export const PTE_D: u32 = 0x040;
export const PTE_PS: u32 = 0x080;
export const PTE_G: u32 = 0x100;
export const FRAME_MASK: u32 = 0xfffff000;

/** The page-directory entry for a linear address of the current space. */
export function directoryEntry(linear: u32): PageEntry {
  return load<PageEntry>(LINEAR_DIRECTORY + ((linear >> 22) << 2));
}

/** Where the VMM sees the level-1 entry for a linear address of the current space, if there is a table. */
export function entryAddress(linear: u32): usize {
  return LINEAR_TABLES + ((linear >> 12) << 2);
}

export function machineToPhys(frame: u32, physical: u32): void {
  store<u32>(MACHINE_TO_PHYS + (frame << 2), physical);
}

export function directMap(physical: u32): usize {
  return DIRECT_MAP + physical;
}
