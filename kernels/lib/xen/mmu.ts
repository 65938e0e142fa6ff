// mmu_update, mmuext_op and update_va_mapping of Xen 3.0.0 (public/xen.h).

/** mmu_update takes an array of these; the low two bits of ptr are the command. */
@unmanaged
@size(16)
export class MmuUpdate {
  ptr: u32;
  ptrHigh: u32;
  val: u32;
  valHigh: u32;
}
export const MMU_NORMAL_PT_UPDATE: u32 = 0;
export const MMU_MACHPHYS_UPDATE: u32 = 1;

/** mmuext_op takes an array of these. */
@unmanaged
@size(12)
export class MmuextOp {
  cmd: u32;
  /** A frame, or a linear address. */
  arg1: u32;
  /** A count, or a mask of virtual processors. */
  arg2: u32;
}
export const MMUEXT_PIN_L1_TABLE: u32 = 0;
export const MMUEXT_PIN_L2_TABLE: u32 = 1;
export const MMUEXT_UNPIN_TABLE: u32 = 4;
export const MMUEXT_NEW_BASEPTR: u32 = 5;
export const MMUEXT_TLB_FLUSH_LOCAL: u32 = 6;
export const MMUEXT_INVLPG_LOCAL: u32 = 7;
export const MMUEXT_TLB_FLUSH_ALL: u32 = 10;
export const MMUEXT_INVLPG_ALL: u32 = 11;

// update_va_mapping(va, low, high, flags).
export const UVMF_NONE: u32 = 0;
export const UVMF_TLB_FLUSH: u32 = 1;
export const UVMF_INVLPG: u32 = 2;
export const UVMF_FLUSHTYPE_MASK: u32 = 3;
export const UVMF_LOCAL: u32 = 0;
