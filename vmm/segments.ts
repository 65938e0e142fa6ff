// Which segments a guest may have. Ring 0 is the VMM's, and so is linear memory from GUEST_SEGMENT_END on: a descriptor is
// refused if it is a system segment or gate, if it has DPL 0, or if it reaches into the VMM; a selector for a gate of the
// real IDT, if it does not lead to ring 1.
import { FIRST_RESERVED_GDT_ENTRY, FLAT_RING1_CS } from '../kernels/lib/xen/arch';
import { GUEST_SEGMENT_END } from './layout';

const PRESENT: u32 = 0x8000;
const NOT_SYSTEM: u32 = 0x1000;
const CODE: u32 = 0x800;
const EXPAND_DOWN: u32 = 0x400;
const PAGE_GRANULAR: u32 = 0x800000;

export function descriptorAllowed(low: u32, high: u32): bool {
  if ((high & PRESENT) == 0) return true;
  if ((high & NOT_SYSTEM) == 0 || ((high >> 13) & 3) == 0) return false;
  if ((high & CODE) == 0 && (high & EXPAND_DOWN) != 0) return false;
  const base = (low >> 16) | ((high & 0xff) << 16) | (high & 0xff000000);
  let last = (low & 0xffff) | (high & 0xf0000);
  if ((high & PAGE_GRANULAR) != 0) last = (last << 12) | 0xfff;
  return base < GUEST_SEGMENT_END && last < GUEST_SEGMENT_END - base;
}

/** May this selector stand in a gate, or as the CS of a bounce? Of the VMM's own descriptors only flat ring 1 code. */
export function codeSelectorAllowed(selector: u32): bool {
  return (selector & 3) == 1 && (selector == FLAT_RING1_CS || selector >> 3 < FIRST_RESERVED_GDT_ENTRY);
}

/** Makes a selector of ring 1 out of one of ring 0, as Xen does with what guests ask for. */
export function fixSelector(selector: u32): u32 {
  return (selector & 3) == 0 ? selector | 1 : selector;
}
