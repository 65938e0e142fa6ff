// A process's memory: regions of its address space, filled page by page on demand, and the calls that change them.
//
// A write-protected page (call 503) is present, not writable, and marked with PAGE_AVAILABLE: the next write faults, and
// the fault gives the page back.
import { clearPage } from '../lib/bytes';
import { EINVAL, ENOMEM } from '../lib/callnumbers';
import { allocateFrame, freeFrame } from '../lib/frames';
import { __work_zeroed } from '../lib/hooks';
import {
  FRAME_MASK,
  PAGE_ACCESSED,
  PAGE_AVAILABLE,
  PAGE_DIRTY,
  PAGE_PRESENT,
  PAGE_SIZE,
  PAGE_USER,
  PAGE_WRITE,
} from '../lib/paging';
import { ENTRY_PAGE, MAP_TOP, USER_TOP } from '../lib/userlayout';
import { frameAddress, pageEntry, setPageEntry } from '../ports/port';
import { MAX_REGIONS, Process, regionAt } from './process';
import { self } from './thread';

/** Pages from start up to end, with entries of these flags once they are there. */
@unmanaged
export class Region {
  start: u32;
  end: u32;
  flags: u32;
  unused: u32;
}

/** Accessed and dirty are set beforehand: the first write is why the page comes. */
export const FLAGS_DATA: u32 = PAGE_PRESENT | PAGE_WRITE | PAGE_USER | PAGE_ACCESSED | PAGE_DIRTY;
export const FLAGS_READ_ONLY: u32 = PAGE_PRESENT | PAGE_USER | PAGE_ACCESSED;

/** Is [address, address + length) a range of user addresses? */
export function userRange(address: u32, length: u32): bool {
  return length <= USER_TOP && address <= USER_TOP - length;
}

export function addRegion(process: Process, start: u32, end: u32, flags: u32): bool {
  if (process.regionCount == MAX_REGIONS) return false;
  const region = regionAt(process, process.regionCount++);
  region.start = start;
  region.end = end;
  region.flags = flags;
  return true;
}

/** Flags of the region that `address` lies in, or 0. */
export function regionFlags(process: Process, address: u32): u32 {
  for (let i = process.regionCount; i > 0; i--) {
    const region = regionAt(process, i - 1);
    if (address >= region.start && address < region.end) return region.flags;
  }
  return 0;
}

/** Puts a zeroed frame at `address`; returns the frame, or 0 when memory is short. */
export function addPage(process: Process, address: u32, flags: u32): u32 {
  const frame = allocateFrame();
  if (!frame) return 0;
  clearPage(frameAddress(frame));
  __work_zeroed();
  if (setPageEntry(process.space, address & FRAME_MASK, frame | flags) == 0) return frame;
  freeFrame(frame);
  return 0;
}

function removePages(process: Process, start: u32, end: u32): void {
  for (let page = start; page < end; page += PAGE_SIZE) {
    const entry = pageEntry(process.space, page);
    if (!(entry & PAGE_PRESENT)) continue;
    setPageEntry(process.space, page, 0);
    if (page != ENTRY_PAGE) freeFrame(entry & FRAME_MASK);
  }
}

export function releaseMemory(process: Process): void {
  for (let i: u32 = 0; i < process.regionCount; i++) {
    const region = regionAt(process, i);
    removePages(process, region.start, region.end);
  }
  process.regionCount = 0;
}

function roundUp(length: u32): u32 {
  return (length + PAGE_SIZE - 1) & FRAME_MASK;
}

/** mmap2(address, length, ...): private, anonymous, readable and writable memory, at an address of the kernel's choice. */
export function sysMmap2(_address: u32, length: u32, _protection: u32): i32 {
  const process = self().process;
  if (!length || length > MAP_TOP - process.mapNext) return -EINVAL;
  const start = process.mapNext;
  if (!addRegion(process, start, start + roundUp(length), FLAGS_DATA)) return -ENOMEM;
  process.mapNext = start + roundUp(length);
  return start;
}

/** munmap(address, length): a whole area that mmap2 gave. */
export function sysMunmap(address: u32, length: u32): i32 {
  const process = self().process;
  for (let i: u32 = 0; i < process.regionCount; i++) {
    const region = regionAt(process, i);
    if (region.start != address || region.end != address + roundUp(length)) continue;
    removePages(process, region.start, region.end);
    const moved = regionAt(process, --process.regionCount);
    region.start = moved.start;
    region.end = moved.end;
    region.flags = moved.flags;
    return 0;
  }
  return -EINVAL;
}

/** writeProtect(address, length): the next write to each page that is there faults once. */
export function sysWriteProtect(address: u32, length: u32): i32 {
  if ((address | length) & (PAGE_SIZE - 1) || !userRange(address, length)) return -EINVAL;
  const process = self().process;
  for (let page = address; page < address + length; page += PAGE_SIZE) {
    const entry = pageEntry(process.space, page);
    if (!(entry & PAGE_WRITE)) continue;
    setPageEntry(process.space, page, (entry & ~PAGE_WRITE) | PAGE_AVAILABLE);
  }
  return 0;
}
