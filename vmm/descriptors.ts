// Descriptors of guests. Ring 0 is the VMM's, and so is linear memory from GUEST_SEGMENT_END on: a guest's descriptor is
// refused if it is a system segment or gate, if it has DPL 0, or if it reaches into the VMM. So is any selector of a
// gate in the real IDT that does not lead to ring 1.
import { FIRST_RESERVED_GDT_ENTRY, FLAT_RING1_CS } from '../kernels/lib/xen/arch';
import { EFAULT, EINVAL } from '../kernels/lib/xen/numbers';
import { currentDomain, Domain } from './domain';
import { flushTlb, frameInfo, getFrame, getType, putFrame, putType, TYPE_GDT, TYPE_WRITABLE } from './frame';
import { guestReadable } from './guest';
import { FRAME_MASK, GUEST_SEGMENT_END, PTE_A, PTE_D, PTE_P, PTE_RW } from './layout';
import { mapFrame, unmapFrame } from './mapcache';

const PRESENT: u32 = 0x8000;
const NOT_SYSTEM: u32 = 0x1000;
const CODE: u32 = 0x800;
const EXPAND_DOWN: u32 = 0x400;
const PAGE_GRANULAR: u32 = 0x800000;
const MAX_GDT_FRAMES: u32 = 14;

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

/** Hypercall 2: the guest's GDT is the `entries` descriptors in the frames listed at `list`. */
export function setGdt(list: usize, entries: u32): i32 {
  const domain = currentDomain();
  const owner = <u32>changetype<usize>(domain);
  const count = (entries + 511) >> 9;
  if (entries > FIRST_RESERVED_GDT_ENTRY) return -EINVAL;
  if (!guestReadable(list, count << 2)) return -EFAULT;
  for (let i: u32 = 0; i < count; i++) load<u32>(list + (i << 2));
  for (let i: u32 = 0; i < count; i++) {
    const frame = load<u32>(list + (i << 2));
    if (!getFrame(frame, owner)) return refuse(list, i);
    if (!getType(frame, TYPE_GDT)) {
      putFrame(frame);
      return refuse(list, i);
    }
  }
  releaseGdt(domain);
  for (let i: u32 = 0; i < count; i++) {
    store<u32>(domain.perDomain + (i << 2), (load<u32>(list + (i << 2)) << 12) | PTE_P | PTE_RW | PTE_A | PTE_D);
  }
  domain.gdtFrames = count;
  flushTlb();
  return 0;
}

function refuse(list: usize, taken: u32): i32 {
  for (let i: u32 = 0; i < taken; i++) {
    putType(load<u32>(list + (i << 2)));
    putFrame(load<u32>(list + (i << 2)));
  }
  return -EINVAL;
}

function releaseGdt(domain: Domain): void {
  for (let i: u32 = 0; i < min(domain.gdtFrames, MAX_GDT_FRAMES); i++) {
    const frame = (load<u32>(domain.perDomain + (i << 2)) & FRAME_MASK) >> 12;
    store<u32>(domain.perDomain + (i << 2), 0);
    putType(frame);
    putFrame(frame);
  }
}

/** Hypercall 10: writes one descriptor, at the machine address, into a page of the guest's own. */
export function updateDescriptor(address: u32, addressHigh: u32, low: u32, high: u32): i32 {
  const frame = address >> 12;
  if (addressHigh != 0 || (address & 7) != 0 || !descriptorAllowed(low, high)) return -EINVAL;
  if (!getFrame(frame, <u32>changetype<usize>(currentDomain()))) return -EINVAL;
  const type = (frameInfo(frame).type & (7 << 29)) == TYPE_GDT ? TYPE_GDT : TYPE_WRITABLE;
  const allowed = getType(frame, type);
  if (allowed) {
    const page = mapFrame(frame);
    store<u32>(page + (address & 0xfff), low);
    store<u32>(page + (address & 0xfff), high, 4);
    unmapFrame(page);
    putType(frame);
  }
  putFrame(frame);
  return allowed ? 0 : -EINVAL;
}
