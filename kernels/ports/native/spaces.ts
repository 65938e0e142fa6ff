// Address spaces: a page directory each, whose upper quarter is the kernel's and the same in all. A space's name is its
// directory's frame.
import { clearPage, copyBytes } from '../../lib/bytes';
import { ENOMEM } from '../../lib/callnumbers';
import { allocateFrame, freeFrame } from '../../lib/frames';
import { __work_pte } from '../../lib/hooks';
import { directorySlot, FRAME_MASK, PAGE_PRESENT, PAGE_SIZE, PAGE_USER, PAGE_WRITE, tableSlot } from '../../lib/paging';
import { invlpg, readCr3, writeCr3 } from '../../lib/x86';
import { KERNEL_BASE, linearOf, physicalOf } from './physical';
import { addressOf_kernelDirectory } from './stubs';

const TABLE_FLAGS: u32 = PAGE_PRESENT | PAGE_WRITE | PAGE_USER;
/** Bytes of a directory that are for programs, and all of it. */
const USER_BYTES: u32 = (KERNEL_BASE >> 22) << 2;
const DIRECTORY_BYTES: u32 = 4096;
/** What one table maps. */
const TABLE_BYTES: u32 = 4 << 20;

/** The space with a batch open, 0: none; and how many of its entries the processor may still hold. */
let batch: u32 = 0;
let stale: u32 = 0;

export function spaceCreate(): u32 {
  const space = allocateFrame();
  if (!space) return 0;
  const directory = linearOf(space);
  clearPage(directory);
  copyBytes(directory + USER_BYTES, addressOf_kernelDirectory() + USER_BYTES, DIRECTORY_BYTES - USER_BYTES);
  return space;
}

export function spaceDestroy(space: u32): void {
  for (let i: u32 = 0; i < USER_BYTES; i += 4) {
    const entry = load<u32>(linearOf(space) + i);
    if (entry & PAGE_PRESENT) freeFrame(entry & FRAME_MASK);
  }
  freeFrame(space);
}

export function spaceLoad(space: u32): void {
  writeCr3(space ? space : physicalOf(addressOf_kernelDirectory()));
}

export function pageEntry(space: u32, linear: u32): u32 {
  const table = load<u32>(directorySlot(linearOf(space), linear));
  return table & PAGE_PRESENT ? load<u32>(tableSlot(linearOf(table & FRAME_MASK), linear)) : 0;
}

export function setPageEntry(space: u32, linear: u32, entry: u32): i32 {
  const slot = directorySlot(linearOf(space), linear);
  let table = load<u32>(slot);
  if (!(table & PAGE_PRESENT)) {
    const frame = allocateFrame();
    if (!frame) return -ENOMEM;
    clearPage(linearOf(frame));
    table = frame | TABLE_FLAGS;
    store<u32>(slot, table);
  }
  const at = tableSlot(linearOf(table & FRAME_MASK), linear);
  const old = load<u32>(at);
  store<u32>(at, entry);
  __work_pte();
  // The processor keeps no entry that was not present (Intel SDM vol. 3, "Invalidation of TLBs").
  if (old & PAGE_PRESENT) {
    if (space == batch) stale++;
    else invlpg(linear);
  }
  return 0;
}

/** From here on, changes in `space` need not take effect before closeBatch. */
export function openBatch(space: u32): void {
  batch = space;
  stale = 0;
}

/** One reload of CR3 for all of them; the kernel's entries are global and stay. */
export function closeBatch(_space: u32): void {
  if (stale && (readCr3() & FRAME_MASK) == batch) writeCr3(batch);
  batch = 0;
}

/** The first page at `from` or above whose entry is not 0, or `end` if there is none below. */
export function nextPage(space: u32, from: u32, end: u32): u32 {
  let at = from;
  while (at < end) {
    const table = load<u32>(directorySlot(linearOf(space), at));
    const stop = min(end, (at & ~(TABLE_BYTES - 1)) + TABLE_BYTES);
    if (table & PAGE_PRESENT) {
      for (; at < stop; at += PAGE_SIZE) if (load<u32>(tableSlot(linearOf(table & FRAME_MASK), at))) return at;
    }
    at = stop;
  }
  return end;
}
