// The calls that change directories: mkdir, rmdir, link, unlink, symlink, mknod (and rename.ts). Each is one step under the
// volume's lock: first everything is checked, then it happens.
import { copyBytes } from '../lib/bytes';
import {
  EBUSY,
  EEXIST,
  EINVAL,
  EISDIR,
  EMLINK,
  ENAMETOOLONG,
  ENOENT,
  ENOSPC,
  ENOTDIR,
  ENOTEMPTY,
  EPERM,
  EXDEV,
} from '../lib/callnumbers';
import { textLength } from '../lib/text';
import { S_IFBLK, S_IFCHR, S_IFDIR, S_IFLNK, S_IFMT, S_IFREG } from '../lib/unix';
import { stackSlot } from '../lib/x86';
import { blankPage, markDirty } from './cache';
import { now } from './clock';
import { addEntry, findEntry, isEmpty, PLACE_SIZE, Place, removeEntry } from './directory';
import { lockVolume, unlockVolume } from './disk';
import { ext2Map } from './ext2/map';
import { fillDirectory, isDirectory, isError, putInode } from './filesystem';
import { FS_EXT2, Inode, mapSlot } from './inode';
import { forgetDirectory, forgetName } from './names';
import { createFile } from './open';
import { addressOf, dropPage, noPage } from './page';
import { getText, lookup, putText, resolve, WALK_SIZE, Walk, walkTo } from './path';
import { self } from './thread';

export const MOST_LINKS: u32 = 32000;
export function touch(inode: Inode): void {
  inode.changed = now();
  inode.dirty = 1;
}

export function isDots(walk: Walk): bool {
  if (!walk.length || <u32>load<u8>(walk.name) != 0x2e) return false;
  return walk.length == 1 || (walk.length == 2 && <u32>load<u8>(walk.name + 1) == 0x2e);
}

/** Walks to where `text` would be, for a name that must not be there yet. 0 with the directory held, or an error. */
function walkToNew(text: usize, walk: Walk): i32 {
  const error = walkTo(text, walk);
  if (error < 0) return error;
  let result: i32 = -EEXIST;
  if (walk.length && !isDots(walk)) {
    const found = lookup(walk.directory, walk.name, walk.length);
    if (isError(found)) result = <i32>found == -ENOENT ? 0 : <i32>found;
    else putInode(changetype<Inode>(found));
  }
  if (result < 0) putInode(walk.directory);
  return result;
}

/** mkdir(path, mode) */
export function sysMkdir(path: u32, mode: u32, _c: u32): i32 {
  const text = getText(path);
  if (isError(text)) return <i32>text;
  const walk = changetype<Walk>(stackSlot(WALK_SIZE));
  lockVolume();
  let result = walkToNew(text, walk);
  if (result == 0) {
    result = makeDirectory(walk, S_IFDIR | (mode & 0x3ff & ~self().process.mask));
    putInode(walk.directory);
  }
  unlockVolume();
  putText(text);
  return result;
}

export function makeDirectory(walk: Walk, mode: u32): i32 {
  const directory = walk.directory;
  if (directory.links >= MOST_LINKS) return -EMLINK;
  const made = createFile(walk, mode);
  if (isError(made)) return <i32>made;
  const inode = changetype<Inode>(made);
  const error = fillDirectory(inode, directory);
  if (error < 0) {
    const place = changetype<Place>(stackSlot(PLACE_SIZE));
    if (findEntry(directory, walk.name, walk.length, place) == 1) removeEntry(directory, place);
    inode.links = 0;
  } else {
    directory.links++;
    directory.dirty = 1;
  }
  putInode(inode);
  return error;
}

/** rmdir(path) */
export function sysRmdir(path: u32, _b: u32, _c: u32): i32 {
  return remove(path, true);
}

/** unlink(path) */
export function sysUnlink(path: u32, _b: u32, _c: u32): i32 {
  return remove(path, false);
}

function remove(path: u32, directories: bool): i32 {
  const text = getText(path);
  if (isError(text)) return <i32>text;
  const walk = changetype<Walk>(stackSlot(WALK_SIZE));
  lockVolume();
  let result = walkTo(text, walk);
  if (result == 0) {
    result = removeName(walk, directories);
    putInode(walk.directory);
  }
  unlockVolume();
  putText(text);
  return result;
}

function removeName(walk: Walk, directories: bool): i32 {
  const directory = walk.directory;
  if (!walk.length) return directories ? -EBUSY : -EISDIR;
  if (isDots(walk)) return directories ? (walk.length == 1 ? -EINVAL : -ENOTEMPTY) : -EISDIR;
  const found = lookup(directory, walk.name, walk.length);
  if (isError(found)) return <i32>found;
  const inode = changetype<Inode>(found);
  const result = mayRemove(inode, directories, walk.trailing != 0);
  if (result == 0) {
    const place = changetype<Place>(stackSlot(PLACE_SIZE));
    if (findEntry(directory, walk.name, walk.length, place) == 1) {
      forgetName(directory, walk.name, walk.length);
      removeEntry(directory, place);
      dropName(directory, inode);
    }
  }
  putInode(inode);
  return result;
}

export function mayRemove(inode: Inode, directories: bool, trailing: bool): i32 {
  if (!isDirectory(inode)) return directories || trailing ? -ENOTDIR : 0;
  if (!directories) return -EISDIR;
  if (changetype<usize>(inode.covers)) return -EBUSY;
  const empty = isEmpty(inode);
  return empty < 0 ? empty : empty ? 0 : -ENOTEMPTY;
}

/** The inode has lost a name in `directory`. */
export function dropName(directory: Inode, inode: Inode): void {
  if (isDirectory(inode)) {
    forgetDirectory(inode);
    inode.links = 0;
    directory.links--;
    directory.dirty = 1;
  } else inode.links--;
  touch(inode);
}

/** link(from, to) */
export function sysLink(from: u32, to: u32, _c: u32): i32 {
  const source = getText(from);
  if (isError(source)) return <i32>source;
  const target = getText(to);
  if (isError(target)) {
    putText(source);
    return <i32>target;
  }
  lockVolume();
  const found = resolve(source, false);
  let result = <i32>found;
  if (!isError(found)) {
    const inode = changetype<Inode>(found);
    result = addName(inode, target);
    putInode(inode);
  }
  unlockVolume();
  putText(target);
  putText(source);
  return result;
}

function addName(inode: Inode, target: usize): i32 {
  const walk = changetype<Walk>(stackSlot(WALK_SIZE));
  let result = walkToNew(target, walk);
  if (result < 0) return result;
  const directory = walk.directory;
  if (walk.trailing) result = -ENOENT;
  else if (directory.fs != inode.fs) result = -EXDEV;
  else if (isDirectory(inode)) result = -EPERM;
  else if (inode.links >= MOST_LINKS) result = -EMLINK;
  else if (!inode.links) result = -ENOENT;
  else {
    forgetName(directory, walk.name, walk.length);
    result = addEntry(directory, walk.name, walk.length, inode.number, inode.mode);
    if (result == 0) {
      inode.links++;
      touch(inode);
    }
  }
  putInode(directory);
  return result;
}

/** symlink(text, path) */
export function sysSymlink(content: u32, path: u32, _c: u32): i32 {
  const text = getText(content);
  if (isError(text)) return <i32>text;
  const target = getText(path);
  let result = <i32>target;
  if (!isError(target)) {
    const walk = changetype<Walk>(stackSlot(WALK_SIZE));
    lockVolume();
    result = load<u8>(text) ? walkToNew(target, walk) : -ENOENT;
    if (result == 0) {
      result = walk.trailing ? -ENOENT : makeLink(walk, text);
      putInode(walk.directory);
    }
    unlockVolume();
    putText(target);
  }
  putText(text);
  return result;
}

function makeLink(walk: Walk, text: usize): i32 {
  const length = textLength(text);
  if (walk.directory.fs == FS_EXT2 && length >= walk.directory.blockSize) return -ENAMETOOLONG;
  const made = createFile(walk, S_IFLNK | 0x1ff);
  if (isError(made)) return <i32>made;
  const inode = changetype<Inode>(made);
  let result: i32 = 0;
  if (inode.fs == FS_EXT2 && length < 60) copyBytes(mapSlot(inode, 0), text, length);
  else {
    const page = inode.fs != FS_EXT2 || ext2Map(inode, 0, true) ? blankPage(inode, 0) : noPage();
    if (changetype<usize>(page)) {
      copyBytes(addressOf(page), text, length);
      if (inode.fs == FS_EXT2) markDirty(page, 0, inode.blockSize);
      dropPage(page);
    } else result = -ENOSPC;
  }
  inode.size = length;
  inode.dirty = 1;
  if (result < 0) removeName(walk, false);
  putInode(inode);
  return result;
}

/** mknod(path, mode, device) */
export function sysMknod(path: u32, mode: u32, device: u32): i32 {
  const type = mode & S_IFMT;
  if (type == S_IFDIR) return -EPERM;
  if (type && type != S_IFREG && type != S_IFCHR && type != S_IFBLK) return -EINVAL;
  const text = getText(path);
  if (isError(text)) return <i32>text;
  const walk = changetype<Walk>(stackSlot(WALK_SIZE));
  lockVolume();
  let result = walkToNew(text, walk);
  if (result == 0) {
    result = walk.trailing
      ? -ENOENT
      : makeNode(walk, (type ? type : S_IFREG) | (mode & 0xfff & ~self().process.mask), device);
    putInode(walk.directory);
  }
  unlockVolume();
  putText(text);
  return result;
}

/** A file or a device by the walk's name; the device's number lies where block numbers would. */
export function makeNode(walk: Walk, mode: u32, device: u32): i32 {
  const made = createFile(walk, mode);
  if (isError(made)) return <i32>made;
  const inode = changetype<Inode>(made);
  if ((mode & S_IFMT) != S_IFREG) {
    inode.device = device & 0xffff;
    store<u32>(mapSlot(inode, 0), inode.device);
  }
  putInode(inode);
  return 0;
}
