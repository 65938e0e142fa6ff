// Xen 3.0.0 on x86_32 (public/arch-x86_32.h): selectors, addresses, trap tables, saved registers.

// The VMM owns everything from here; segments of guests end above the read-only machine-to-physical table.
export const HYPERVISOR_VIRT_START: u32 = 0xfc000000;
export const MACHINE_TO_PHYS: u32 = 0xfc000000;

// Pages 14 and 15 of the GDT are the VMM's; these flat segments lie in them.
export const FIRST_RESERVED_GDT_PAGE: u32 = 14;
export const FIRST_RESERVED_GDT_BYTE: u32 = 14 * 4096;
export const FIRST_RESERVED_GDT_ENTRY: u32 = (14 * 4096) / 8;
export const FLAT_RING1_CS: u32 = 0xe019;
export const FLAT_RING1_DS: u32 = 0xe021;
export const FLAT_RING3_CS: u32 = 0xe02b;
export const FLAT_RING3_DS: u32 = 0xe033;

/** struct trap_info. A table of them ends with address 0. */
@unmanaged
@size(8)
export class TrapInfo {
  vector: u8;
  /** Bits 0-1: the lowest privilege that may raise it by `int n`; TI_IF: mask events on entry. */
  flags: u8;
  cs: u16;
  address: u32;
}
export const TI_IF: u32 = 4;

/** struct cpu_user_regs. */
@unmanaged
@size(68)
export class UserRegs {
  ebx: u32;
  ecx: u32;
  edx: u32;
  esi: u32;
  edi: u32;
  ebp: u32;
  eax: u32;
  errorCode: u16;
  entryVector: u16;
  eip: u32;
  /** saved_upcall_mask is the byte above. */
  cs: u32;
  eflags: u32;
  esp: u32;
  ss: u32;
  es: u32;
  ds: u32;
  fs: u32;
  gs: u32;
}
