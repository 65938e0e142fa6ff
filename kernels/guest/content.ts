// What is in a file: reading, writing and cutting an inode's bytes, through its pages.
import { EFAULT, EFBIG, EIO, ENOMEM, ENOSPC } from '../lib/callnumbers';
import { stackSlot } from '../lib/x86';
import { copyFromUser, copyToUser } from '../ports/port';
import { blankPage, dropPages, getPage, markDirty } from './cache';
import { now } from './clock';
import { lockVolume, unlockVolume } from './disk';
import { ext2Map, ext2Trim, largestFile } from './ext2/map';
import { balanceDirty } from './flush';
import { FS_DISK, FS_EXT2, FS_TMPFS, Inode } from './inode';
import {
  ALL_SECTORS,
  addressOf,
  cachedPages,
  dropPage,
  findPage,
  frameTotal,
  noPage,
  Owner,
  PAGE_PLACED,
  Page,
} from './page';

/** Reads up to `length` bytes at `position` into the program; how many, or an error. */
export function readContent(inode: Inode, position: u32, to: u32, length: u32): i32 {
  if (position >= inode.size) return 0;
  length = min(length, inode.size - position);
  let done: u32 = 0;
  while (done < length) {
    const at = (position + done) & 0xfff;
    const piece = min(length - done, 4096 - at);
    const page = getPage(inode, (position + done) >> 12);
    if (!changetype<usize>(page)) return done ? done : -EIO;
    const result = copyToUser(to + done, addressOf(page) + at, piece);
    dropPage(page);
    if (result < 0) return done ? done : result;
    done += piece;
  }
  return done;
}

function limitOf(inode: Inode): u32 {
  if (inode.fs == FS_DISK) return inode.size;
  return inode.fs == FS_EXT2 ? largestFile() : 0x7fffffff;
}

/** Writes `length` bytes at `position` from the program; how many, or an error. */
export function writeContent(inode: Inode, position: u32, from: u32, length: u32): i32 {
  const limit = limitOf(inode);
  if (position >= limit) return length ? (inode.fs == FS_DISK ? -ENOSPC : -EFBIG) : 0;
  length = min(length, limit - position);
  let done: u32 = 0;
  while (done < length) {
    const piece = min(length - done, 4096 - ((position + done) & 0xfff));
    // The bytes are brought first: room is taken only for what can be written.
    if (!readable(from + done, piece)) return done ? done : -EFAULT;
    lockVolume();
    const result = writePiece(inode, position + done, from + done, piece);
    unlockVolume();
    if (result < 0) return done ? done : result;
    done += result;
    balanceDirty();
  }
  return done;
}

function readable(from: u32, length: u32): bool {
  const word = stackSlot(4);
  return copyFromUser(word, from, 1) == 0 && copyFromUser(word, from + length - 1, 1) == 0;
}

/** The page to write into: read only if some of it stays. */
function pageFor(inode: Inode, position: u32, length: u32): Page {
  const index = position >> 12;
  const found = findPage(changetype<Owner>(changetype<usize>(inode)), index);
  if (changetype<usize>(found)) {
    dropPage(found);
    return getPage(inode, index);
  }
  const whole = !(position & 0xfff) && (length == 4096 || position + length >= inode.size);
  if (whole || index << 12 >= inode.size)
    return inode.fs == FS_TMPFS && memoryFull() ? noPage() : blankPage(inode, index);
  return getPage(inode, index);
}

/** Files in memory may take half of it. */
function memoryFull(): bool {
  return cachedPages > frameTotal() >> 1;
}

/** Within one page: how many bytes, or an error. The volume is locked. */
function writePiece(inode: Inode, position: u32, from: u32, length: u32): i32 {
  const page = pageFor(inode, position, length);
  if (!changetype<usize>(page)) return inode.fs == FS_TMPFS ? -ENOSPC : -ENOMEM;
  const at = position & 0xfff;
  // What there is room for is written: no block is taken that the file does not reach.
  length = reserve(inode, page, position, position + length) - position;
  let result: i32 = -ENOSPC;
  if (length) result = copyFromUser(addressOf(page) + at, from, length);
  if (result == 0) {
    if (inode.fs != FS_TMPFS) markDirty(page, at, at + length);
    inode.size = max(inode.size, position + length);
    inode.modified = now();
    inode.changed = inode.modified;
    inode.dirty = 1;
    result = length;
  }
  dropPage(page);
  return result;
}

/** Up to where the page's blocks of [from, to) have their place on the disk, or now got one. The volume is locked. */
function reserve(inode: Inode, page: Page, from: u32, to: u32): u32 {
  if (inode.fs != FS_EXT2 || page.flags & PAGE_PLACED) return to;
  const size = inode.blockSize;
  for (let block = from / size; block * size < to; block++) {
    if (!ext2Map(inode, block, true)) return max(from, block * size);
  }
  if (to - from == 4096) page.flags |= PAGE_PLACED;
  return to;
}

/** The page of a shared mapping is about to be written: its blocks are taken, and it counts as dirty. */
export function reservePage(inode: Inode, page: Page): i32 {
  if (inode.fs == FS_TMPFS) return 0;
  if (page.flags & PAGE_PLACED) {
    if (page.dirty != ALL_SECTORS) markDirty(page, 0, 4096);
    return 0;
  }
  lockVolume();
  const start = page.index << 12;
  const end = min(start + 4096, inode.size);
  const whole = reserve(inode, page, start, end) == end;
  if (whole) markDirty(page, 0, 4096);
  unlockVolume();
  return whole ? 0 : -ENOSPC;
}

/** Cuts or extends the file to `size` bytes; what is added reads as zeros. */
export function setSize(inode: Inode, size: u32): i32 {
  if (size > limitOf(inode)) return -EFBIG;
  lockVolume();
  const shorter = size < inode.size;
  // First the size: what is read from now on, ahead too, ends there.
  inode.size = size;
  if (shorter) cut(inode, size);
  inode.modified = now();
  inode.changed = inode.modified;
  inode.dirty = 1;
  unlockVolume();
  return 0;
}

/** Drops what lies behind the file's new end, and gives back its blocks. */
function cut(inode: Inode, size: u32): void {
  dropPages(inode, (size + 4095) >> 12);
  const at = size & 0xfff;
  if (at) {
    // Bytes behind the new end must read as zeros when the file grows again.
    const page = getPage(inode, size >> 12);
    if (changetype<usize>(page)) {
      memory.fill(addressOf(page) + at, 0, 4096 - at);
      page.flags &= ~PAGE_PLACED;
      const end = (size + inode.blockSize - 1) & ~(inode.blockSize - 1) & 0xfff;
      if (inode.fs == FS_EXT2 && size & (inode.blockSize - 1) && ext2Map(inode, size / inode.blockSize, false)) {
        markDirty(page, at, end ? end : 4096);
      }
      dropPage(page);
    }
  }
  if (inode.fs == FS_EXT2) ext2Trim(inode, (size + inode.blockSize - 1) / inode.blockSize);
}
