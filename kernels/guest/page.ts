// Page descriptors: one for every frame that this kernel may use, and the table of cached pages.
//
// A frame has as many holders as its descriptor counts: each page-table entry that maps it is one, the cache is one, and
// so is each piece of kernel code that sleeps while it uses the page. Who drops the last one frees the frame.
//
// A cached page belongs to an owner (an inode: of a file, or of a disk, whose pages are its blocks) and is found by owner
// and index. `valid` and `dirty` are masks of its eight 512-byte sectors. Clean pages that only the cache holds are what
// memory is taken from when frames run out: a hand goes round all descriptors, and a page that was used since the hand's
// last visit is passed over once (the clock algorithm; Corbato 1968).
import { allocateFrame, freeFrame, freeFrames, MAX_FRAMES } from '../lib/frames';
import { frameAddress } from '../ports/port';
import { ticks } from './clock';
import { addressOf_pageDescriptors } from './stubs';

@unmanaged
export class Page {
  count: u16;
  flags: u16;
  /** Whoever caches it; 0: not cached. */
  owner: Owner;
  /** Which page of its owner. */
  index: u32;
  hashNext: Page;
  /** Its owner's other pages. */
  next: Page;
  previous: Page;
  /** Threads that wait until it is no longer busy. */
  waiters: u32;
  valid: u8;
  dirty: u8;
  /** When it became dirty: ticks / DIRTIED_UNIT, of which 16 bits are kept. */
  dirtied: u16;
}

/** What a cached page belongs to: the first words of an Inode. */
@unmanaged
export class Owner {
  firstPage: Page;
  pageCount: u32;
}

const DIRTIED_UNIT: u32 = 16;

/** Being read or written; nobody else may look at it. */
export const PAGE_BUSY: u16 = 1;
/** Used since the clock's hand came by. */
export const PAGE_REFERENCED: u16 = 2;
/** There is nowhere else to keep it: tmpfs. */
export const PAGE_PINNED: u16 = 4;
/** Reading it failed. */
export const PAGE_FAILED: u16 = 8;
/** All of it has its place on the disk: writing it needs no block. */
export const PAGE_PLACED: u16 = 16;

export const ALL_SECTORS: u8 = 0xff;

const BUCKETS: u32 = 2048;
/** Frames kept free for page tables. */
const RESERVE: u32 = 16;
const RECLAIM: u32 = 32;

const buckets: usize = memory.data(2048 * 4, 64);
let base: u32 = 0;
let descriptorCount: u32 = 0;
let hand: u32 = 0;

/** Pages in the cache, and those of them that are dirty. */
export let cachedPages: u32 = 0;
export let dirtyPages: u32 = 0;

/** The frames are those that framesInit took over. */
export function pagesInit(first: u32, end: u32): void {
  base = first;
  descriptorCount = min((end - first) >> 12, MAX_FRAMES);
}

export function frameTotal(): u32 {
  return descriptorCount;
}

export function noPage(): Page {
  return changetype<Page>(0);
}

export function pageNumber(i: u32): Page {
  return changetype<Page>(addressOf_pageDescriptors() + i * offsetof<Page>());
}

export function pageOf(frame: u32): Page {
  return changetype<Page>(addressOf_pageDescriptors() + ((frame - base) >> 12) * offsetof<Page>());
}

export function frameOf(page: Page): u32 {
  return base + <u32>((changetype<usize>(page) - addressOf_pageDescriptors()) / offsetof<Page>()) * 4096;
}

/** Where the kernel sees it. */
export function addressOf(page: Page): usize {
  return frameAddress(frameOf(page));
}

/** The page of which the kernel sees a byte at `address`. */
export function pageAt(address: usize): Page {
  return pageOf(base + <u32>(address - frameAddress(base)));
}

/** A frame with undefined contents and one holder; 0: out of memory. Never sleeps. */
export function takeFrame(): u32 {
  if (freeFrames() < RESERVE) reclaim(RECLAIM);
  const frame = allocateFrame();
  if (frame) pageOf(frame).count = 1;
  return frame;
}

export function holdFrame(frame: u32): void {
  pageOf(frame).count++;
}

export function dropFrame(frame: u32): void {
  const page = pageOf(frame);
  if (--page.count == 0) freeFrame(frame);
}

export function holdPage(page: Page): void {
  page.count++;
}

export function dropPage(page: Page): void {
  if (--page.count == 0) freeFrame(frameOf(page));
}

function bucket(owner: Owner, index: u32): usize {
  return buckets + ((((<u32>changetype<usize>(owner) >> 6) + index * 5) & (BUCKETS - 1)) << 2);
}

/** The cached page with one more holder, or null. */
export function findPage(owner: Owner, index: u32): Page {
  let page = load<Page>(bucket(owner, index));
  while (changetype<usize>(page)) {
    if (page.owner == owner && page.index == index) {
      page.count++;
      page.flags |= PAGE_REFERENCED;
      return page;
    }
    page = page.hashNext;
  }
  return page;
}

/** A new page of the cache, nothing of it valid, with a holder besides the cache; null: out of memory. */
export function addCachePage(owner: Owner, index: u32): Page {
  const frame = takeFrame();
  if (!frame) return noPage();
  const page = pageOf(frame);
  page.count = 2;
  page.flags = PAGE_REFERENCED;
  page.owner = owner;
  page.index = index;
  page.valid = 0;
  page.dirty = 0;
  page.waiters = 0;
  const slot = bucket(owner, index);
  page.hashNext = load<Page>(slot);
  store<Page>(slot, page);
  page.previous = noPage();
  page.next = owner.firstPage;
  if (changetype<usize>(page.next)) page.next.previous = page;
  owner.firstPage = page;
  owner.pageCount++;
  cachedPages++;
  return page;
}

/** Takes a page out of the cache; its contents are lost to the owner. */
export function removeCachePage(page: Page): void {
  const owner = page.owner;
  let slot = bucket(owner, page.index);
  while (load<Page>(slot) != page) slot = changetype<usize>(load<Page>(slot)) + offsetof<Page>('hashNext');
  store<Page>(slot, page.hashNext);
  if (changetype<usize>(page.previous)) page.previous.next = page.next;
  else owner.firstPage = page.next;
  if (changetype<usize>(page.next)) page.next.previous = page.previous;
  owner.pageCount--;
  setDirty(page, 0);
  page.owner = changetype<Owner>(0);
  cachedPages--;
  dropPage(page);
}

/** Writes the mask of dirty sectors. */
export function setDirty(page: Page, sectors: u8): void {
  if (sectors && !page.dirty) {
    dirtyPages++;
    page.dirtied = <u16>(ticks / DIRTIED_UNIT);
  }
  if (!sectors && page.dirty) dirtyPages--;
  page.dirty = sectors;
}

/** Ticks that a dirty page has been dirty, in steps of DIRTIED_UNIT, and modulo three hours. */
export function dirtyFor(page: Page): u32 {
  return <u32>(<u16>(ticks / DIRTIED_UNIT) - page.dirtied) * DIRTIED_UNIT;
}

/** Takes clean pages from the cache until `wanted` are free; returns how many it found. */
export function reclaim(wanted: u32): u32 {
  let found: u32 = 0;
  for (let n = descriptorCount * 2; n && found < wanted; n--) {
    hand = hand + 1 >= descriptorCount ? 0 : hand + 1;
    const page = pageNumber(hand);
    if (!changetype<usize>(page.owner) || page.count != 1 || page.dirty) continue;
    if (page.flags & (PAGE_BUSY | PAGE_PINNED)) continue;
    if (page.flags & PAGE_REFERENCED) {
      page.flags &= ~PAGE_REFERENCED;
      continue;
    }
    removeCachePage(page);
    found++;
  }
  return found;
}
