// The page cache as files see it: pages are read when they are wanted, several at once when a file is read in order, and
// written back a file at a time (sync.ts: all of them).
//
// The disk's own blocks are pages of the disk and lie where their index says. Where a file's blocks lie, its file system
// knows, whose blocks are such pages themselves: so it says so through `blockMap`.
import { clearPage } from '../lib/bytes';
import { stackSlot } from '../lib/x86';
import { diskSectors } from '../ports/port';
import { lockVolume, RUN_SIZE, Run, runAdd, runFlush, runInit, unlockVolume } from './disk';
import { FS_DISK, FS_TMPFS, Inode } from './inode';
import {
  ALL_SECTORS,
  addCachePage,
  addressOf,
  dirtyFor,
  dropPage,
  findPage,
  frameOf,
  holdPage,
  noPage,
  Owner,
  PAGE_BUSY,
  PAGE_FAILED,
  PAGE_PINNED,
  PAGE_PLACED,
  Page,
  removeCachePage,
  setDirty,
} from './page';
import { sleepOn, wakeAll } from './schedule';

/** Pages that are read at once when a file is read in order. */
const READ_AHEAD: u32 = 8;
const SECTOR: u32 = 512;

/** Index of the function (inode, block of the file) => block of the volume, 0: a hole. */
let blockMap: u32 = 0;

/** From the file system, when it is mounted. */
export function setBlockMap(map: u32): void {
  blockMap = map;
}

function ownerOf(inode: Inode): Owner {
  return changetype<Owner>(changetype<usize>(inode));
}

function waiters(page: Page): usize {
  return changetype<usize>(page) + offsetof<Page>('waiters');
}

function release(page: Page): void {
  page.flags &= ~PAGE_BUSY;
  if (page.waiters) wakeAll(waiters(page));
}

/** First sector of a file's block on the disk; 0: a hole. */
function sectorOf(inode: Inode, block: u32): u32 {
  if (inode.fs == FS_DISK) return block << 3;
  return call_indirect<u32>(blockMap, inode, block) * (inode.blockSize >> 9);
}

/** The cached page if it is there and no longer busy, held; null: not there, or reading it failed. */
function settled(inode: Inode, index: u32): Page {
  while (true) {
    const page = findPage(ownerOf(inode), index);
    if (!changetype<usize>(page)) return page;
    while (page.flags & PAGE_BUSY) sleepOn(waiters(page));
    if (page.owner == ownerOf(inode) && page.valid == ALL_SECTORS) return page;
    dropPage(page);
    if (page.flags & PAGE_FAILED) return noPage();
  }
}

/** Page `index` of the file, valid and held; null: out of memory, or the disk failed. */
export function getPage(inode: Inode, index: u32): Page {
  const page = settled(inode, index);
  if (changetype<usize>(page)) return page;
  if (inode.fs == FS_TMPFS) return blankPage(inode, index);
  lockVolume();
  let found = settled(inode, index);
  if (!changetype<usize>(found)) found = readFrom(inode, index);
  unlockVolume();
  return found;
}

/** A page of zeros that need not be read, valid and held: of tmpfs, or about to be written whole. */
export function blankPage(inode: Inode, index: u32): Page {
  const page = addCachePage(ownerOf(inode), index);
  if (!changetype<usize>(page)) return page;
  clearPage(addressOf(page));
  page.valid = ALL_SECTORS;
  if (inode.fs == FS_TMPFS) {
    page.flags |= PAGE_PINNED;
    inode.sectors += 8;
  }
  return page;
}

/** How many pages to read: more than one if the one before is here, up to the end of the file or a page that is here. */
function clusterOf(inode: Inode, index: u32): u32 {
  const end = inode.fs == FS_DISK ? index + 1 : (inode.size + 4095) >> 12;
  if (index >= end) return 1;
  if (index) {
    const before = findPage(ownerOf(inode), index - 1);
    if (!changetype<usize>(before)) return 1;
    dropPage(before);
  }
  let n: u32 = 1;
  while (n < READ_AHEAD && index + n < end) {
    const next = findPage(ownerOf(inode), index + n);
    if (changetype<usize>(next)) {
      dropPage(next);
      break;
    }
    n++;
  }
  return n;
}

/** Reads page `index` and perhaps those behind it; returns the first, held. The volume is locked. */
function readFrom(inode: Inode, index: u32): Page {
  const count = clusterOf(inode, index);
  const pages = stackSlot(8 * 4);
  const run = changetype<Run>(stackSlot(RUN_SIZE));
  runInit(run, false);
  let n: u32 = 0;
  for (; n < count; n++) {
    const page = addCachePage(ownerOf(inode), index + n);
    if (!changetype<usize>(page)) break;
    page.flags |= PAGE_BUSY;
    store<Page>(pages + (n << 2), page);
    readPage(inode, page, run);
  }
  const failed = runFlush(run) < 0;
  for (let i: u32 = 0; i < n; i++) {
    const page = load<Page>(pages + (i << 2));
    if (failed) page.flags |= PAGE_FAILED;
    else page.valid = ALL_SECTORS;
    release(page);
    if (failed) removeCachePage(page);
    if (i || failed) dropPage(page);
  }
  return n && !failed ? load<Page>(pages) : noPage();
}

function readPage(inode: Inode, page: Page, run: Run): void {
  const size = min(inode.blockSize, 4096);
  const end = inode.fs == FS_DISK ? diskSectors() : 0;
  let holes = false;
  for (let at: u32 = 0; at < 4096; at += size) {
    const sector = sectorOf(inode, ((page.index << 12) + at) / size);
    const clipped = end && sector + 8 > end ? (end - sector) * SECTOR : size;
    if (sector || inode.fs == FS_DISK) runAdd(run, sector, frameOf(page) + at, clipped);
    else {
      memory.fill(addressOf(page) + at, 0, size);
      holes = true;
    }
  }
  if (!holes) page.flags |= PAGE_PLACED;
}

/** Adds a page's dirty sectors to the run; they count as clean from now on. */
function writePage(inode: Inode, page: Page, run: Run): void {
  const size = min(inode.blockSize, 4096);
  const dirty = <u32>page.dirty;
  setDirty(page, 0);
  if (inode.fs == FS_DISK) {
    for (let i: u32 = 0; i < 8; i++) {
      if ((dirty >> i) & 1) runAdd(run, (page.index << 3) + i, frameOf(page) + i * SECTOR, SECTOR);
    }
    return;
  }
  const mask: u32 = (1 << (size >> 9)) - 1;
  for (let at: u32 = 0; at < 4096; at += size) {
    if (!((dirty >> (at >> 9)) & mask)) continue;
    const sector = sectorOf(inode, ((page.index << 12) + at) / size);
    if (sector) runAdd(run, sector, frameOf(page) + at, size);
  }
}

/** Writes the dirty pages of one inode, in the order of their indices where they are neighbours. */
export function writeBack(inode: Inode): i32 {
  return writeOlder(inode, 0);
}

/** The same with those alone that have been dirty for so many ticks. */
export function writeOlder(inode: Inode, age: u32): i32 {
  if (inode.fs == FS_TMPFS) return 0;
  lockVolume();
  const run = changetype<Run>(stackSlot(RUN_SIZE));
  runInit(run, true);
  for (let page = inode.firstPage; changetype<usize>(page); ) {
    if (!page.dirty || dirtyFor(page) < age) {
      page = page.next;
      continue;
    }
    // Down to the first of a row of dirty neighbours, then up through the row.
    let index = page.index;
    while (index && isDirty(inode, index - 1, age)) index--;
    while (isDirty(inode, index, age)) {
      const next = findPage(ownerOf(inode), index);
      writePage(inode, next, run);
      dropPage(next);
      index++;
    }
    // The request must be out before anybody can free these pages.
    runFlush(run);
    page = inode.firstPage;
  }
  const result = runFlush(run);
  unlockVolume();
  return result;
}

function isDirty(inode: Inode, index: u32, age: u32): bool {
  const page = findPage(ownerOf(inode), index);
  if (!changetype<usize>(page)) return false;
  const dirty = page.dirty != 0 && dirtyFor(page) >= age;
  dropPage(page);
  return dirty;
}

/** Sectors from byte `from` up to `to` of the page differ from the disk. */
export function markDirty(page: Page, from: u32, to: u32): void {
  const sectors = ((1 << ((to + SECTOR - 1) >> 9)) - 1) & ~((1 << (from >> 9)) - 1);
  setDirty(page, <u8>(<u32>page.dirty | sectors));
}

/** Drops the pages from `index` on, whatever is in them. */
export function dropPages(inode: Inode, index: u32): void {
  let page = inode.firstPage;
  while (changetype<usize>(page)) {
    if (page.index < index) {
      page = page.next;
      continue;
    }
    if (page.flags & PAGE_BUSY) {
      holdPage(page);
      while (page.flags & PAGE_BUSY) sleepOn(waiters(page));
      dropPage(page);
      page = inode.firstPage;
      continue;
    }
    const next = page.next;
    if (page.flags & PAGE_PINNED) inode.sectors -= 8;
    page.flags &= ~PAGE_PINNED;
    removeCachePage(page);
    page = next;
  }
}
