// Where a process is, and what a directory lists: chdir, fchdir, getcwd, getdents in both forms, umask.
import { copyBytes } from '../lib/bytes';
import { EBADF, EFAULT, EINVAL, EIO, ENOENT, ENOMEM, ENOTDIR, ERANGE } from '../lib/callnumbers';
import { userRange } from '../lib/userlayout';
import { stackSlot } from '../lib/x86';
import { copyToUser, frameAddress } from '../ports/port';
import { getPage } from './cache';
import {
  ENTRY_INODE,
  ENTRY_LENGTH,
  ENTRY_NAME,
  ENTRY_NAME_LENGTH,
  ENTRY_TYPE,
  entryIntact,
  findEntry,
  PLACE_SIZE,
  Place,
} from './directory';
import { lockVolume, unlockVolume } from './disk';
import { FILE_INODE, fileOf } from './file';
import { getInode, isDirectory, isError, putInode, root } from './filesystem';
import { holdInode, Inode } from './inode';
import { addressOf, dropFrame, dropPage, takeFrame } from './page';
import { resolveUser } from './path';
import { self } from './thread';

function changeTo(inode: Inode): i32 {
  if (!isDirectory(inode)) {
    putInode(inode);
    return -ENOTDIR;
  }
  putInode(self().process.directory);
  self().process.directory = inode;
  return 0;
}

/** chdir(path) */
export function sysChdir(path: u32, _b: u32, _c: u32): i32 {
  const inode = resolveUser(path, true);
  return isError(inode) ? <i32>inode : changeTo(changetype<Inode>(inode));
}

/** fchdir(fd) */
export function sysFchdir(fd: u32, _b: u32, _c: u32): i32 {
  const file = fileOf(fd);
  if (!changetype<usize>(file)) return -EBADF;
  return file.kind == FILE_INODE ? changeTo(holdInode(file.inode)) : -ENOTDIR;
}

/** umask(mask) */
export function sysUmask(mask: u32, _b: u32, _c: u32): i32 {
  const process = self().process;
  const before = process.mask;
  process.mask = mask & 0x1ff;
  return before;
}

/** getcwd(to, size): the length with its zero */
export function sysGetcwd(to: u32, size: u32, _c: u32): i32 {
  const frame = takeFrame();
  if (!frame) return -ENOMEM;
  const buffer = frameAddress(frame);
  lockVolume();
  const start = pathOf(self().process.directory, buffer);
  unlockVolume();
  let result = start;
  if (start >= 0) {
    result = 4096 - start;
    if (<u32>result > size) result = -ERANGE;
    else if (!userRange(to, result) || copyToUser(to, buffer + start, result) < 0) result = -EFAULT;
  }
  dropFrame(frame);
  return result;
}

/** The directory's path at the end of a page at `buffer`; where it begins in it, or an error. */
function pathOf(directory: Inode, buffer: usize): i32 {
  const dots = stackSlot(4);
  store<u16>(dots, 0x2e2e);
  const place = changetype<Place>(stackSlot(PLACE_SIZE));
  let at: u32 = 4095;
  store<u8>(buffer + at, 0);
  let here = holdInode(directory);
  let error: i32 = 0;
  while (here != root) {
    if (changetype<usize>(here.covers)) {
      const covered = holdInode(here.covers);
      putInode(here);
      here = covered;
    }
    const up = here.links ? findEntry(here, dots, 2, place) : 0;
    if (up != 1) {
      error = up < 0 ? up : -ENOENT;
      break;
    }
    const number = load<u32>(place.entry, ENTRY_INODE);
    dropPage(place.page);
    const above = getInode(here.fs, number);
    if (isError(above)) {
      error = <i32>above;
      break;
    }
    const length = prependName(changetype<Inode>(above), here.number, buffer, at);
    putInode(here);
    here = changetype<Inode>(above);
    if (length < 0) {
      error = length;
      break;
    }
    at -= length;
  }
  putInode(here);
  if (error < 0) return error;
  if (at == 4095) store<u8>(buffer + --at, 0x2f);
  return at;
}

/** Puts `/name` of the inode in its directory before `end`; how many bytes, or an error. */
function prependName(directory: Inode, number: u32, buffer: usize, end: u32): i32 {
  for (let position: u32 = 0; position < directory.size; ) {
    const page = getPage(directory, position >> 12);
    if (!changetype<usize>(page)) return -EIO;
    const entry = addressOf(page) + (position & 0xfff);
    const length = <u32>load<u8>(entry, ENTRY_NAME_LENGTH);
    const step = <u32>load<u16>(entry, ENTRY_LENGTH);
    const found = load<u32>(entry, ENTRY_INODE) == number;
    if (found && length < end) {
      copyBytes(buffer + end - length, entry + ENTRY_NAME, length);
      store<u8>(buffer + end - length - 1, 0x2f);
    }
    dropPage(page);
    if (found) return length < end ? length + 1 : -ERANGE;
    if (step < 8) return -EIO;
    position += step;
  }
  return -ENOENT;
}

/** getdents(fd, to, size): records of inode, offset, length, name, zero, and the type in the last byte */
export function sysGetdents(fd: u32, to: u32, size: u32): i32 {
  return list(fd, to, size, false);
}

/** getdents64(fd, to, size): records of inode (64), offset (64), length, type, name, zero */
export function sysGetdents64(fd: u32, to: u32, size: u32): i32 {
  return list(fd, to, size, true);
}

function list(fd: u32, to: u32, size: u32, wide: bool): i32 {
  const file = fileOf(fd);
  if (!changetype<usize>(file)) return -EBADF;
  if (file.kind != FILE_INODE || !isDirectory(file.inode)) return -ENOTDIR;
  if (!userRange(to, size)) return -EFAULT;
  const directory = file.inode;
  const record = stackSlot(288);
  let done: u32 = 0;
  let result: i32 = 0;
  lockVolume();
  let position = directoryPosition(directory, file.position);
  while (position < directory.size) {
    const page = getPage(directory, position >> 12);
    if (!changetype<usize>(page)) {
      result = -EIO;
      break;
    }
    const entry = addressOf(page) + (position & 0xfff);
    if (!entryIntact(entry, position & (directory.blockSize - 1), directory.blockSize)) {
      dropPage(page);
      result = -EIO;
      break;
    }
    const next = position + load<u16>(entry, ENTRY_LENGTH);
    const length = load<u32>(entry, ENTRY_INODE) ? putRecord(record, entry, next, wide) : 0;
    dropPage(page);
    if (length) {
      if (done + length > size) {
        result = -EINVAL;
        break;
      }
      if (copyToUser(to + done, record, length) < 0) {
        result = -EFAULT;
        break;
      }
      done += length;
    }
    position = next;
  }
  unlockVolume();
  file.position = position;
  return done ? done : result;
}

/** The position of an entry: a position that entries have been merged over moves on to the next one. */
function directoryPosition(directory: Inode, position: u32): u32 {
  let at = position & ~(directory.blockSize - 1);
  while (at < position && at < directory.size) {
    const page = getPage(directory, at >> 12);
    if (!changetype<usize>(page)) return position;
    const step = <u32>load<u16>(addressOf(page) + (at & 0xfff), ENTRY_LENGTH);
    dropPage(page);
    if (step < 8) return position;
    at += step;
  }
  return at;
}

/** Types as getdents64 says them, by those of directory entries. */
function direntType(type: u32): u32 {
  switch (type) {
    case 1:
      return 8;
    case 2:
      return 4;
    case 3:
      return 2;
    case 4:
      return 6;
    case 5:
      return 1;
    case 6:
      return 12;
    case 7:
      return 10;
    default:
      return 0;
  }
}

function putRecord(to: usize, entry: usize, next: u32, wide: bool): u32 {
  const length = <u32>load<u8>(entry, ENTRY_NAME_LENGTH);
  const type = direntType(load<u8>(entry, ENTRY_TYPE));
  const head: u32 = wide ? 19 : 10;
  const size = wide ? (head + length + 1 + 7) & ~7 : (head + length + 2 + 3) & ~3;
  memory.fill(to, 0, size);
  store<u32>(to, load<u32>(entry, ENTRY_INODE));
  if (wide) {
    store<u32>(to, next, 8);
    store<u16>(to, <u16>size, 16);
    store<u8>(to, <u8>type, 18);
  } else {
    store<u32>(to, next, 4);
    store<u16>(to, <u16>size, 8);
    store<u8>(to + size - 1, <u8>type);
  }
  copyBytes(to + head, entry + ENTRY_NAME, length);
  return size;
}
