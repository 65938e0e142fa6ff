// Where things lie in a program's address space, on every system whose kernel is kernels/guest.

/** The kernel starts here: user addresses lie below. */
export const USER_TOP: u32 = 0xc0000000;
/** The page with the kernel's entry routine (AT_SYSINFO), readable by programs. */
export const ENTRY_PAGE: u32 = 0xbffff000;
/** The stack ends here (less a seeded offset) and may grow down to STACK_BOTTOM. */
export const STACK_TOP: u32 = 0xbfffe000;
export const STACK_BOTTOM: u32 = 0xbffee000;
/** mmap2 hands out addresses from here upwards. */
export const MAP_BASE: u32 = 0x40000000;
export const MAP_TOP: u32 = 0xb0000000;

/** Is [address, address + length) a range of user addresses? */
export function userRange(address: u32, length: u32): bool {
  return length <= USER_TOP && address <= USER_TOP - length;
}
