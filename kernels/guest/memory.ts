// A process's memory and the calls that change it: mmap, munmap, mprotect, msync, brk.
//
// A page that mprotect made inaccessible keeps its frame in an entry that is not present and marked PAGE_AVAILABLE.
import { EACCES, EBADF, EFAULT, EINVAL, ENODEV, ENOMEM } from '../lib/callnumbers';
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
import {
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_PRIVATE,
  MAP_SHARED,
  O_ACCESS,
  O_RDWR,
  O_WRONLY,
  PROT_WRITE,
  S_IFREG,
} from '../lib/unix';
import { MAP_BASE, MAP_TOP, userRange } from '../lib/userlayout';
import { stackSlot } from '../lib/x86';
import { closeBatch, copyFromUser, nextPage, openBatch, pageEntry, setPageEntry, sixthArgument } from '../ports/port';
import { markDirty, writeBack } from './cache';
import { FILE_INODE, FILE_ZERO, fileOf } from './file';
import { putInode } from './filesystem';
import { balanceDirty } from './flush';
import { Inode, noInode, typeOf } from './inode';
import { dropFrame, pageOf } from './page';
import {
  addRegion,
  findGap,
  findRegion,
  noRegion,
  REGION_KERNEL,
  REGION_SHARED,
  regionAfter,
  removeRegion,
  splitAt,
} from './region';
import { callFrame } from './signal';
import { Process, Region } from './task';
import { self } from './thread';
import { makeMemoryFile } from './tmpfs';

/** Heaps grow up to where mmap begins. */
const HEAP_TOP: u32 = MAP_BASE;

/** Entry bits for a page of this protection. Accessed and dirty are set beforehand: an access is why the page comes. */
export function entryFlags(protection: u32): u32 {
  if (protection & PROT_WRITE) return PAGE_PRESENT | PAGE_USER | PAGE_ACCESSED | PAGE_WRITE | PAGE_DIRTY;
  return PAGE_PRESENT | PAGE_USER | PAGE_ACCESSED;
}

export function roundUp(length: u32): u32 {
  return (length + PAGE_SIZE - 1) & FRAME_MASK;
}

/** Unmaps what is there of [start, end) in `region`; the caller opened a batch. */
function removePages(process: Process, region: Region, start: u32, end: u32): void {
  for (let page = nextPage(process.space, start, end); page < end; page = nextPage(process.space, page, end)) {
    const entry = pageEntry(process.space, page);
    if (entry & (PAGE_PRESENT | PAGE_AVAILABLE)) {
      setPageEntry(process.space, page, 0);
      if (!(region.flags & REGION_KERNEL)) {
        if (region.flags & REGION_SHARED && entry & PAGE_WRITE && entry & PAGE_DIRTY) noteWritten(entry & FRAME_MASK);
        dropFrame(entry & FRAME_MASK);
      }
    }
    page += PAGE_SIZE;
  }
}

/** A shared page has been written through a mapping. */
export function noteWritten(frame: u32): void {
  const page = pageOf(frame);
  if (changetype<usize>(page.owner) && changetype<Inode>(changetype<usize>(page.owner)).fs == 1) {
    markDirty(page, 0, PAGE_SIZE);
  }
}

/** Everything that the process has mapped goes. */
export function releaseMemory(process: Process): void {
  openBatch(process.space);
  for (let region = process.firstRegion; changetype<usize>(region); region = region.next) {
    removePages(process, region, region.start, region.end);
  }
  closeBatch(process.space);
  while (changetype<usize>(process.firstRegion)) removeRegion(process, process.firstRegion);
  balanceDirty();
}

/** Unmaps [start, end); 0 or -ENOMEM when that needs more regions than there are. */
export function unmap(process: Process, start: u32, end: u32): i32 {
  if (!splitAt(process, start) || !splitAt(process, end)) return -ENOMEM;
  let region = regionAfter(process, start);
  if (!changetype<usize>(region) || region.start >= end) return 0;
  openBatch(process.space);
  for (let each = region; changetype<usize>(each) && each.start < end; each = each.next) {
    removePages(process, each, each.start, each.end);
  }
  closeBatch(process.space);
  // A region's file may go with it, and that may sleep: no batch is open any more.
  while (changetype<usize>(region) && region.start < end) {
    const next = region.next;
    removeRegion(process, region);
    region = next;
  }
  balanceDirty();
  return 0;
}

/** A region like this one that ends at `start` grows; else there is a new one. Anonymous memory only. */
function addAnonymous(process: Process, start: u32, end: u32, protection: u32): bool {
  const before = start ? findRegion(process, start - 1) : noRegion();
  if (
    changetype<usize>(before) &&
    !changetype<usize>(before.inode) &&
    !before.flags &&
    before.protection == protection &&
    before.end == start
  ) {
    before.end = end;
    return true;
  }
  return changetype<usize>(addRegion(process, start, end, protection, 0, noInode(), 0)) != 0;
}

/** mmap2(address, length, protection, flags, fd, page of the file) */
export function sysMmap2(address: u32, length: u32, protection: u32): i32 {
  const frame = callFrame();
  return mapAt(address, length, protection, frame.esi, frame.edi, sixthArgument(frame));
}

/** mmap(arguments): the old form, six words in memory, the last in bytes */
export function sysOldMmap(from: u32, _b: u32, _c: u32): i32 {
  const at = stackSlot(24);
  if (!userRange(from, 24) || copyFromUser(at, from, 24) < 0) return -EFAULT;
  const offset = load<u32>(at + 20);
  if (offset & 0xfff) return -EINVAL;
  return mapAt(
    load<u32>(at),
    load<u32>(at + 4),
    load<u32>(at + 8),
    load<u32>(at + 12),
    load<u32>(at + 16),
    offset >> 12,
  );
}

function mapAt(address: u32, length: u32, protection: u32, flags: u32, fd: u32, offset: u32): i32 {
  const process = self().process;
  const sharing = flags & (MAP_SHARED | MAP_PRIVATE);
  if (!length || !sharing || sharing == (MAP_SHARED | MAP_PRIVATE)) return -EINVAL;
  if (length > MAP_TOP) return -ENOMEM;
  const size = roundUp(length);
  let inode = noInode();
  if (!(flags & MAP_ANONYMOUS)) {
    const file = fileOf(fd);
    if (!changetype<usize>(file)) return -EBADF;
    if (file.kind == FILE_ZERO) flags |= MAP_ANONYMOUS;
    else {
      if (file.kind != FILE_INODE || typeOf(file.inode) != S_IFREG) return -ENODEV;
      const access = file.flags & O_ACCESS;
      if (access == O_WRONLY || (sharing == MAP_SHARED && protection & PROT_WRITE && access != O_RDWR)) return -EACCES;
      inode = file.inode;
    }
  }
  let start = address & FRAME_MASK;
  if (flags & MAP_FIXED) {
    if (address & 0xfff || !start || start > MAP_TOP - size) return -EINVAL;
    const result = unmap(process, start, start + size);
    if (result < 0) return result;
  } else {
    // A hint is taken if it is free.
    const hint = start >= PAGE_SIZE && start < MAP_TOP ? findGap(process, start, MAP_TOP, size) : 0;
    start = hint && hint == start ? hint : findGap(process, MAP_BASE, MAP_TOP, size);
    if (!start) return -ENOMEM;
  }
  if (flags & MAP_ANONYMOUS && sharing == MAP_PRIVATE) {
    return addAnonymous(process, start, start + size, protection & 7) ? start : -ENOMEM;
  }
  let made = noInode();
  if (flags & MAP_ANONYMOUS) {
    made = makeMemoryFile(size);
    if (!changetype<usize>(made)) return -ENOMEM;
    inode = made;
    offset = 0;
  }
  const region = addRegion(
    process,
    start,
    start + size,
    protection & 7,
    sharing == MAP_SHARED ? REGION_SHARED : 0,
    inode,
    offset,
  );
  if (changetype<usize>(made)) putInode(made);
  return changetype<usize>(region) ? start : -ENOMEM;
}

/** munmap(address, length) */
export function sysMunmap(address: u32, length: u32, _c: u32): i32 {
  if (address & 0xfff || !length || !userRange(address, length) || address + roundUp(length) > MAP_TOP) return -EINVAL;
  return unmap(self().process, address, address + roundUp(length));
}

/** mprotect(address, length, protection) */
export function sysMprotect(address: u32, length: u32, protection: u32): i32 {
  if (address & 0xfff || protection & ~7) return -EINVAL;
  if (!length) return 0;
  if (!userRange(address, length)) return -ENOMEM;
  const process = self().process;
  const end = address + roundUp(length);
  let at = address;
  for (let region = regionAfter(process, address); at < end; region = region.next) {
    if (!changetype<usize>(region) || region.start > at) return -ENOMEM;
    if (region.flags & REGION_KERNEL) return -EACCES;
    at = region.end;
  }
  if (!splitAt(process, address) || !splitAt(process, end)) return -ENOMEM;
  openBatch(process.space);
  for (
    let region = regionAfter(process, address);
    changetype<usize>(region) && region.start < end;
    region = region.next
  ) {
    region.protection = protection;
    protectPages(process, region);
  }
  closeBatch(process.space);
  return 0;
}

/** The pages that are there get the region's protection; a writable one becomes so by its next fault. */
function protectPages(process: Process, region: Region): void {
  for (let page = region.start; ; page += PAGE_SIZE) {
    page = nextPage(process.space, page, region.end);
    if (page >= region.end) return;
    const entry = pageEntry(process.space, page);
    if (!(entry & (PAGE_PRESENT | PAGE_AVAILABLE))) continue;
    const written = entry & PAGE_WRITE && entry & PAGE_DIRTY;
    if (written && region.flags & REGION_SHARED) noteWritten(entry & FRAME_MASK);
    const flags = region.protection ? PAGE_PRESENT | PAGE_USER | PAGE_ACCESSED : PAGE_AVAILABLE;
    if (region.protection & PROT_WRITE && entry & PAGE_WRITE) continue;
    setPageEntry(process.space, page, (entry & FRAME_MASK) | flags);
  }
}

/** msync(address, length, flags) */
export function sysMsync(address: u32, length: u32, _flags: u32): i32 {
  if (address & 0xfff || !userRange(address, length)) return -EINVAL;
  const process = self().process;
  const end = address + roundUp(length);
  let at = address;
  while (at < end) {
    const region = findRegion(process, at);
    if (!changetype<usize>(region)) return -ENOMEM;
    const stop = min(end, region.end);
    if (region.flags & REGION_SHARED) {
      for (let page = nextPage(process.space, at, stop); page < stop; page = nextPage(process.space, page, stop)) {
        const entry = pageEntry(process.space, page);
        if (entry & PAGE_PRESENT && entry & PAGE_WRITE && entry & PAGE_DIRTY) noteWritten(entry & FRAME_MASK);
        page += PAGE_SIZE;
      }
      const result = writeBack(region.inode);
      if (result < 0) return result;
    }
    at = stop;
  }
  return 0;
}

/** brk(end): the new end of the heap, or the old one when that cannot be */
export function sysBrk(end: u32, _b: u32, _c: u32): i32 {
  const process = self().process;
  if (end < process.heapStart || end > HEAP_TOP) return process.heapEnd;
  const before = roundUp(process.heapEnd);
  const after = roundUp(end);
  if (after < before) {
    if (unmap(process, after, before) < 0) return process.heapEnd;
  } else if (after > before) {
    if (findGap(process, before, HEAP_TOP, after - before) != before) return process.heapEnd;
    if (!addAnonymous(process, before, after, 7)) return process.heapEnd;
  }
  process.heapEnd = end;
  return end;
}

/** writeProtect(address, length): the next write to each page that is there faults once, and is then allowed. */
export function sysWriteProtect(address: u32, length: u32, _c: u32): i32 {
  if ((address | length) & (PAGE_SIZE - 1) || !userRange(address, length)) return -EINVAL;
  const process = self().process;
  for (let page = address; page < address + length; page += PAGE_SIZE) {
    const entry = pageEntry(process.space, page);
    if (!(entry & PAGE_WRITE)) continue;
    setPageEntry(process.space, page, entry & ~PAGE_WRITE);
  }
  return 0;
}
