// Regions: what a process's address space is meant to hold, in a list by address. A region is anonymous memory or pages of
// a file, private to the process or shared. What is really there comes with the faults (fault.ts).
import { putInode } from './filesystem';
import { holdInode, Inode } from './inode';
import { addressOf_regionTable } from './stubs';
import { Process, Region } from './task';

/** All who map the file see what one writes. */
export const REGION_SHARED: u32 = 1;
/** A page of the kernel's; it has no holders. */
export const REGION_KERNEL: u32 = 2;
/** The region counts as one of its file's executors. */
export const REGION_EXECUTES: u32 = 4;

const MAX_REGIONS: u32 = 4096;
/** Of one process: no process takes them all. */
const MAX_OWN: u32 = 1024;
let freeList: Region = changetype<Region>(0);
let fresh: u32 = 0;
export let regionCount: u32 = 0;

export function noRegion(): Region {
  return changetype<Region>(0);
}

function takeRegion(): Region {
  const region = freeList;
  if (changetype<usize>(region)) {
    freeList = region.next;
    regionCount++;
    return region;
  }
  if (fresh == MAX_REGIONS) return noRegion();
  regionCount++;
  return changetype<Region>(addressOf_regionTable() + fresh++ * offsetof<Region>());
}

function giveRegion(region: Region): void {
  if (changetype<usize>(region.inode)) {
    if (region.flags & REGION_EXECUTES) region.inode.executors--;
    putInode(region.inode);
  }
  region.next = freeList;
  freeList = region;
  regionCount--;
}

/** Enters a region where there is none yet; null: too many. The inode gets a reference of its own. */
export function addRegion(
  process: Process,
  start: u32,
  end: u32,
  protection: u32,
  flags: u32,
  inode: Inode,
  offset: u32,
): Region {
  const region = process.regions < MAX_OWN ? takeRegion() : noRegion();
  if (!changetype<usize>(region)) return region;
  process.regions++;
  region.start = start;
  region.end = end;
  region.protection = protection;
  region.flags = flags;
  region.inode = inode;
  region.offset = offset;
  if (changetype<usize>(inode)) {
    holdInode(inode);
    if (flags & REGION_EXECUTES) inode.executors++;
  }
  let slot = changetype<usize>(process) + offsetof<Process>('firstRegion');
  while (load<u32>(slot) && load<Region>(slot).start < start) {
    slot = changetype<usize>(load<Region>(slot)) + offsetof<Region>('next');
  }
  region.next = load<Region>(slot);
  store<Region>(slot, region);
  return region;
}

/** Copies `region` with other bounds into `process`. */
export function copyRegion(process: Process, region: Region, start: u32, end: u32): Region {
  const offset = region.offset + ((start - region.start) >> 12);
  return addRegion(process, start, end, region.protection, region.flags, region.inode, offset);
}

export function removeRegion(process: Process, region: Region): void {
  let slot = changetype<usize>(process) + offsetof<Process>('firstRegion');
  while (load<Region>(slot) != region) slot = changetype<usize>(load<Region>(slot)) + offsetof<Region>('next');
  store<Region>(slot, region.next);
  process.regions--;
  giveRegion(region);
}

/** The region with `address` in it, or null. */
export function findRegion(process: Process, address: u32): Region {
  let region = process.firstRegion;
  while (changetype<usize>(region) && region.end <= address) region = region.next;
  return changetype<usize>(region) && region.start <= address ? region : noRegion();
}

/** The first region that ends above `address`, or null. */
export function regionAfter(process: Process, address: u32): Region {
  let region = process.firstRegion;
  while (changetype<usize>(region) && region.end <= address) region = region.next;
  return region;
}

/** The lowest gap of `length` bytes from `from` up, below `top`; 0: none. */
export function findGap(process: Process, from: u32, top: u32, length: u32): u32 {
  let at = from;
  for (let region = regionAfter(process, from); changetype<usize>(region); region = region.next) {
    if (region.start >= top || (region.start > at && region.start - at >= length)) break;
    at = max(at, region.end);
  }
  return at < top && top - at >= length ? at : 0;
}

/** Makes `address` a border between regions, if it lies inside one; false: too many regions. */
export function splitAt(process: Process, address: u32): bool {
  const region = findRegion(process, address);
  if (!changetype<usize>(region) || region.start == address) return true;
  if (!changetype<usize>(copyRegion(process, region, address, region.end))) return false;
  region.end = address;
  return true;
}
