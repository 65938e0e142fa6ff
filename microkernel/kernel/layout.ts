// The address map of every space.
//
//   0xFC000000  end of the kernel's window
//   0xF0000000  the window: physical memory from 0, supervisor, global where the processor can; the image at +1 MiB
//   0xEFFFF000  one word, readable by all: the running thread's UTCB address (%gs:0)
//   0xC0000000  end of user memory
//   0xBFFFE000  kernel interface page, and behind it the page with the programs' entry routine
//   0xBFF00000  UTCB area of the spaces that our servers make (a space may have it anywhere)
export const KERNEL_BASE: u32 = 0xf0000000;
export const KERNEL_WINDOW: u32 = 0x0c000000;
export const UTCB_POINTER: u32 = 0xeffff000;
/** The directory's entries from this linear address on are the kernel's, equal in all spaces. */
export const SHARED_FROM: u32 = 0xefc00000;
export const USER_TOP: u32 = 0xc0000000;
export const KIP_AREA: u32 = 0xbfffe000;
export const ENTRY_PAGE: u32 = 0xbffff000;

/** Log2 of bytes: the KIP area, a UTCB, and the smallest UTCB area. */
export const KIP_AREA_SHIFT: u32 = 13;
export const UTCB_SHIFT: u32 = 9;
/** A UTCB's address, which is also its thread's local id, points behind its control registers. */
export const UTCB_REGISTERS: u32 = 0x100;

export const SELECTOR_KERNEL_CODE: u32 = 0x08;
export const SELECTOR_KERNEL_DATA: u32 = 0x10;
export const SELECTOR_USER_CODE: u32 = 0x1b;
export const SELECTOR_USER_DATA: u32 = 0x23;
export const SELECTOR_UTCB: u32 = 0x2b;
export const SELECTOR_TASK: u32 = 0x30;

/** Interrupts enabled, IOPL 0, the bit that is always 1. */
export const USER_FLAGS: u32 = 0x202;
/** What a user may choose in EFLAGS: CF PF AF ZF SF TF DF OF. */
export const USER_FLAGS_MASK: u32 = 0x0dd5;

/** Vectors: the interrupt controller's 16 lines, then IPC and the other system calls. */
export const VECTOR_INTERRUPTS: u32 = 0x20;
export const VECTOR_IPC: u32 = 0x30;
export const SYSTEM_CALL_VECTORS: u32 = 12;

/** Where the kernel sees physical memory. */
export function window(physical: u32): usize {
  return KERNEL_BASE + physical;
}

export function physicalOf(address: usize): u32 {
  return address - KERNEL_BASE;
}
