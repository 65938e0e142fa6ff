// Directories: what a directory's pages hold, which is the same in ext2 and in tmpfs. A directory is a row of units (ext2:
// a block each, tmpfs: a page), each filled with entries that never cross its end:
//
//   +0 inode (0: unused)   +4 length of the entry (16)   +6 length of the name (8)   +7 type (8)   +8 name
//
// A name is removed by adding its entry to the one before it. The volume is locked by the callers.
import { copyBytes } from '../lib/bytes';
import { EIO, ENOSPC } from '../lib/callnumbers';
import { S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFREG } from '../lib/unix';
import { blankPage, getPage, markDirty } from './cache';
import { now } from './clock';
import { FLAG_INDEX } from './ext2/layout';
import { ext2Map } from './ext2/map';
import { entriesHaveTypes } from './ext2/volume';
import { FS_EXT2, Inode } from './inode';
import { addressOf, dropPage, findPage, noPage, Owner, Page } from './page';

export const ENTRY_INODE: usize = 0;
export const ENTRY_LENGTH: usize = 4;
export const ENTRY_NAME_LENGTH: usize = 6;
export const ENTRY_TYPE: usize = 7;
export const ENTRY_NAME: usize = 8;

/** Where an entry lies: its page (held), itself, and the one before it in its unit (0: none). */
@unmanaged
export class Place {
  page: Page;
  entry: usize;
  previous: usize;
}
export const PLACE_SIZE: u32 = 12;

/** The type as entries (and getdents64) say it. */
export function entryType(mode: u32): u32 {
  switch (mode & 0xf000) {
    case S_IFREG:
      return 1;
    case S_IFDIR:
      return 2;
    case S_IFCHR:
      return 3;
    case S_IFBLK:
      return 4;
    case S_IFIFO:
      return 5;
    case S_IFLNK:
      return 7;
    default:
      return 0;
  }
}

function room(nameLength: u32): u32 {
  return (8 + nameLength + 3) & ~3;
}

function sameName(a: usize, b: usize, length: u32): bool {
  for (let i: u32 = 0; i < length; i++) if (load<u8>(a + i) != load<u8>(b + i)) return false;
  return true;
}

/** Is the entry's length one that can be, for an entry at `offset` of its unit? */
export function entryIntact(entry: usize, offset: u32, unit: u32): bool {
  const length = <u32>load<u16>(entry, ENTRY_LENGTH);
  return length >= 8 && !(length & 3) && offset + length <= unit && room(load<u8>(entry, ENTRY_NAME_LENGTH)) <= length;
}

/** 1: found, and `place` says where; 0: no such name; else an error. */
export function findEntry(directory: Inode, name: usize, length: u32, place: Place): i32 {
  const unit = directory.blockSize;
  for (let start: u32 = 0; start < directory.size; start += 4096) {
    const page = getPage(directory, start >> 12);
    if (!changetype<usize>(page)) return -EIO;
    const end = min(directory.size - start, 4096);
    let previous: usize = 0;
    for (let at: u32 = 0; at < end; ) {
      const entry = addressOf(page) + at;
      if (!(at & (unit - 1))) previous = 0;
      if (!entryIntact(entry, at & (unit - 1), unit)) {
        dropPage(page);
        return -EIO;
      }
      if (
        <u32>load<u8>(entry, ENTRY_NAME_LENGTH) == length &&
        load<u32>(entry, ENTRY_INODE) &&
        sameName(entry + ENTRY_NAME, name, length)
      ) {
        place.page = page;
        place.entry = entry;
        place.previous = previous;
        return 1;
      }
      previous = entry;
      at += load<u16>(entry, ENTRY_LENGTH);
    }
    dropPage(page);
  }
  return 0;
}

function changed(directory: Inode, page: Page, entry: usize): void {
  if (directory.fs == FS_EXT2) {
    const at = <u32>entry & 0xfff & ~(directory.blockSize - 1);
    markDirty(page, at, at + directory.blockSize);
    directory.flags &= ~FLAG_INDEX;
  }
  directory.modified = now();
  directory.changed = directory.modified;
  directory.dirty = 1;
}

function fill(entry: usize, name: usize, length: u32, number: u32, type: u32): void {
  store<u32>(entry, number, ENTRY_INODE);
  store<u8>(entry, <u8>length, ENTRY_NAME_LENGTH);
  store<u8>(entry, <u8>type, ENTRY_TYPE);
  copyBytes(entry + ENTRY_NAME, name, length);
}

/** Does the directory's file system keep types in entries? */
function typeFor(directory: Inode, mode: u32): u32 {
  return directory.fs != FS_EXT2 || entriesHaveTypes ? entryType(mode) : 0;
}

/** Adds a name that is not there yet. 0 or an error. */
export function addEntry(directory: Inode, name: usize, length: u32, number: u32, mode: u32): i32 {
  const wanted = room(length);
  const type = typeFor(directory, mode);
  const unit = directory.blockSize;
  for (let start: u32 = 0; start < directory.size; start += 4096) {
    const page = getPage(directory, start >> 12);
    if (!changetype<usize>(page)) return -EIO;
    const end = min(directory.size - start, 4096);
    for (let at: u32 = 0; at < end; ) {
      let entry = addressOf(page) + at;
      if (!entryIntact(entry, at & (unit - 1), unit)) {
        dropPage(page);
        return -EIO;
      }
      const whole = <u32>load<u16>(entry, ENTRY_LENGTH);
      const used = load<u32>(entry, ENTRY_INODE) ? room(load<u8>(entry, ENTRY_NAME_LENGTH)) : 0;
      if (whole - used >= wanted) {
        if (used) {
          store<u16>(entry, <u16>used, ENTRY_LENGTH);
          entry += used;
          store<u16>(entry, <u16>(whole - used), ENTRY_LENGTH);
        }
        fill(entry, name, length, number, type);
        changed(directory, page, entry);
        dropPage(page);
        return 0;
      }
      at += whole;
    }
    dropPage(page);
  }
  return addUnit(directory, name, length, number, type);
}

/** The directory grows by a unit that holds one entry. */
function addUnit(directory: Inode, name: usize, length: u32, number: u32, type: u32): i32 {
  const unit = directory.blockSize;
  if (directory.fs == FS_EXT2 && !ext2Map(directory, directory.size / unit, true)) return -ENOSPC;
  const index = directory.size >> 12;
  let page = noPage();
  if (directory.size & 0xfff) page = getPage(directory, index);
  else {
    page = findPage(changetype<Owner>(changetype<usize>(directory)), index);
    if (!changetype<usize>(page)) page = blankPage(directory, index);
  }
  if (!changetype<usize>(page)) return -ENOSPC;
  const entry = addressOf(page) + (directory.size & 0xfff);
  memory.fill(entry, 0, unit);
  store<u16>(entry, <u16>unit, ENTRY_LENGTH);
  fill(entry, name, length, number, type);
  directory.size += unit;
  changed(directory, page, entry);
  dropPage(page);
  return 0;
}

/** Removes the entry at `place` and lets go of its page. */
export function removeEntry(directory: Inode, place: Place): void {
  if (place.previous) {
    const length = <u32>load<u16>(place.previous, ENTRY_LENGTH) + load<u16>(place.entry, ENTRY_LENGTH);
    store<u16>(place.previous, <u16>length, ENTRY_LENGTH);
  } else store<u32>(place.entry, 0, ENTRY_INODE);
  changed(directory, place.page, place.entry);
  dropPage(place.page);
}

/** The entry at `place` names another inode from now on; lets go of its page. */
export function retarget(directory: Inode, place: Place, number: u32, mode: u32): void {
  store<u32>(place.entry, number, ENTRY_INODE);
  store<u8>(place.entry, <u8>typeFor(directory, mode), ENTRY_TYPE);
  changed(directory, place.page, place.entry);
  dropPage(place.page);
}

/** Has it no names but its own two? 1, 0, or an error. */
export function isEmpty(directory: Inode): i32 {
  const unit = directory.blockSize;
  for (let start: u32 = 0; start < directory.size; start += 4096) {
    const page = getPage(directory, start >> 12);
    if (!changetype<usize>(page)) return -EIO;
    const end = min(directory.size - start, 4096);
    for (let at: u32 = 0; at < end; ) {
      const entry = addressOf(page) + at;
      if (!entryIntact(entry, at & (unit - 1), unit)) {
        dropPage(page);
        return -EIO;
      }
      const length = <u32>load<u8>(entry, ENTRY_NAME_LENGTH);
      const dots =
        length <= 2 &&
        <u32>load<u8>(entry, ENTRY_NAME) == 0x2e &&
        (length == 1 || <u32>load<u8>(entry, ENTRY_NAME + 1) == 0x2e);
      if (load<u32>(entry, ENTRY_INODE) && !dots) {
        dropPage(page);
        return 0;
      }
      at += load<u16>(entry, ENTRY_LENGTH);
    }
    dropPage(page);
  }
  return 1;
}
