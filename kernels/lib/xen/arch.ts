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

// struct trap_info: { u8 vector; u8 flags; u16 cs; u32 address }, a table of them ends with address 0.
// flags: bits 0-1 the lowest privilege that may raise it by `int n`; bit 2: mask events on entry.
export const TRAP_INFO_BYTES: u32 = 8;
export const TRAP_vector: usize = 0;
export const TRAP_flags: usize = 1;
export const TRAP_cs: usize = 2;
export const TRAP_address: usize = 4;
export const TI_IF: u32 = 4;

// struct cpu_user_regs; saved_upcall_mask is the byte above cs.
export const REGS_ebx: usize = 0;
export const REGS_ecx: usize = 4;
export const REGS_edx: usize = 8;
export const REGS_esi: usize = 12;
export const REGS_edi: usize = 16;
export const REGS_ebp: usize = 20;
export const REGS_eax: usize = 24;
export const REGS_error_code: usize = 28;
export const REGS_entry_vector: usize = 30;
export const REGS_eip: usize = 32;
export const REGS_cs: usize = 36;
export const REGS_eflags: usize = 40;
export const REGS_esp: usize = 44;
export const REGS_ss: usize = 48;
export const REGS_es: usize = 52;
export const REGS_ds: usize = 56;
export const REGS_fs: usize = 60;
export const REGS_gs: usize = 64;
export const REGS_BYTES: u32 = 68;
