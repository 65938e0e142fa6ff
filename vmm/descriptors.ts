// The hypercalls on descriptor tables. What a descriptor may be stands in segments.ts.
import { Descriptor } from '../kernels/lib/descriptors';
import { Elements } from '../kernels/lib/elements';
import { FIRST_RESERVED_GDT_ENTRY } from '../kernels/lib/xen/arch';
import { EFAULT, EINVAL } from '../kernels/lib/xen/numbers';
import { currentDomain, Domain } from './domain';
import { flushTlb, frameInfo, getFrame, putFrame, TYPE_GDT, TYPE_WRITABLE } from './frame';
import { guestReadable } from './guest';
import { FRAME_MASK, PTE_A, PTE_D, PTE_P, PTE_RW } from './layout';
import { mapFrame, unmapFrame } from './mapcache';
import { getType, putType } from './pagetable';
import { descriptorAllowed } from './segments';

const MAX_GDT_FRAMES: u32 = 14;
const frameList: usize = memory.data(14 * 4, 4);

/** Hypercall 2: the guest's GDT is the `entries` descriptors in the frames listed at `list`. */
export function setGdt(list: Elements<u32>, entries: u32): i32 {
  const domain = currentDomain();
  const owner = <u32>changetype<usize>(domain);
  const count = (entries + 511) >> 9;
  if (entries > FIRST_RESERVED_GDT_ENTRY) return -EINVAL;
  if (!guestReadable(changetype<usize>(list), count << 2)) return -EFAULT;
  // Read once, so that a fault comes before anything is taken; then what is taken is what is checked.
  const frames = changetype<Elements<u32>>(frameList);
  for (let i: u32 = 0; i < count; i++) frames[i] = list[i];
  for (let i: u32 = 0; i < count; i++) {
    const frame = frames[i];
    if (!getFrame(frame, owner)) return refuse(i);
    if (!getType(frame, TYPE_GDT)) {
      putFrame(frame);
      return refuse(i);
    }
  }
  releaseGdt(domain);
  for (let i: u32 = 0; i < count; i++) {
    domain.perDomain[i] = (frames[i] << 12) | PTE_P | PTE_RW | PTE_A | PTE_D;
  }
  domain.gdtFrames = count;
  flushTlb();
  return 0;
}

function refuse(taken: u32): i32 {
  const frames = changetype<Elements<u32>>(frameList);
  for (let i: u32 = 0; i < taken; i++) {
    putType(frames[i]);
    putFrame(frames[i]);
  }
  return -EINVAL;
}

function releaseGdt(domain: Domain): void {
  for (let i: u32 = 0; i < min(domain.gdtFrames, MAX_GDT_FRAMES); i++) {
    const frame = (domain.perDomain[i] & FRAME_MASK) >> 12;
    domain.perDomain[i] = 0;
    putType(frame);
    putFrame(frame);
  }
}

/** Hypercall 10: writes one descriptor, at the machine address, into a page of the guest's own. */
export function updateDescriptor(address: u32, addressHigh: u32, low: u32, high: u32): i32 {
  const frame = address >> 12;
  if (addressHigh != 0 || (address & 7) != 0 || !descriptorAllowed(low, high)) return -EINVAL;
  if (!getFrame(frame, <u32>changetype<usize>(currentDomain()))) return -EINVAL;
  const type = frameInfo(frame).use.type == TYPE_GDT ? TYPE_GDT : TYPE_WRITABLE;
  const allowed = getType(frame, type);
  if (allowed) {
    const page = mapFrame(frame);
    const descriptor = changetype<Descriptor>(page + (address & 0xfff));
    descriptor.low = low;
    descriptor.high = high;
    unmapFrame(page);
    putType(frame);
  }
  putFrame(frame);
  return allowed ? 0 : -EINVAL;
}
