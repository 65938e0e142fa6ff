// Paths. A walk goes from a directory to the next by name; it ends at the directory that holds the last name, or one step
// further at the inode. Symbolic links on the way are followed, at most LINKS_MAX deep.
import { copyBytes } from '../lib/bytes';
import { EFAULT, EINVAL, EIO, ELOOP, ENAMETOOLONG, ENOENT, ENOMEM, ENOTDIR } from '../lib/callnumbers';
import { NAME_MAX, PATH_MAX, S_IFLNK } from '../lib/unix';
import { userRange } from '../lib/userlayout';
import { stackSlot } from '../lib/x86';
import { copyFromUser, frameAddress } from '../ports/port';
import { getPage } from './cache';
import { ENTRY_INODE, findEntry, PLACE_SIZE, Place } from './directory';
import { lockVolume, unlockVolume } from './disk';
import { isShortLink } from './ext2/inode';
import { getInode, isDirectory, isError, putInode, root } from './filesystem';
import { FS_EXT2, holdInode, Inode, mapSlot, typeOf } from './inode';
import { findName, rememberName } from './names';
import { addressOf, dropFrame, dropPage, pageAt, takeFrame } from './page';
import { self } from './thread';

export const LINKS_MAX: u32 = 10;
const SLASH: u32 = 0x2f;
const DOT: u32 = 0x2e;

/** Where a walk ended: the directory (held), and the last name in the path's text. */
@unmanaged
export class Walk {
  directory: Inode;
  name: usize;
  /** 0: the path names the directory itself. */
  length: u32;
  /** A slash follows: it must be a directory. */
  trailing: u32;
}
export const WALK_SIZE: u32 = 16;

/** A program's path in a frame of its own, to be given back by putText; or an error. */
export function getText(from: u32): usize {
  const frame = takeFrame();
  if (!frame) return -ENOMEM;
  const text = frameAddress(frame);
  const length = copyText(text, from, PATH_MAX);
  if (length >= 0) return text;
  dropFrame(frame);
  return length == -EINVAL ? -ENAMETOOLONG : length;
}

export function putText(text: usize): void {
  dropPage(pageAt(text));
}

/** Copies a program's text with its zero; its length, -EFAULT, or -EINVAL when it does not fit into `size` bytes. */
export function copyText(to: usize, from: u32, size: u32): i32 {
  let done: u32 = 0;
  while (done < size) {
    // Never beyond the page that the text is known to reach.
    const piece: u32 = min(min<u32>(4096 - ((from + done) & 0xfff), 64), size - done);
    if (!userRange(from + done, piece) || copyFromUser(to + done, from + done, piece) < 0) return -EFAULT;
    for (let i: u32 = 0; i < piece; i++) if (!load<u8>(to + done + i)) return done + i;
    done += piece;
  }
  return -EINVAL;
}

/** The inode of that name in the directory, with a reference; or an error. Crosses into what is mounted, and out of it. */
export function lookup(directory: Inode, name: usize, length: u32): usize {
  if (!isDirectory(directory)) return -ENOTDIR;
  if (length > NAME_MAX) return -ENAMETOOLONG;
  if (<u32>load<u8>(name) == DOT) {
    if (length == 1) return changetype<usize>(holdInode(directory));
    if (length == 2 && <u32>load<u8>(name + 1) == DOT) {
      if (directory == root) return changetype<usize>(holdInode(directory));
      if (changetype<usize>(directory.covers)) directory = directory.covers;
    }
  }
  let number = findName(directory, name, length);
  if (!number) {
    const place = changetype<Place>(stackSlot(PLACE_SIZE));
    lockVolume();
    const found = findEntry(directory, name, length, place);
    if (found == 1) {
      number = load<u32>(place.entry, ENTRY_INODE);
      dropPage(place.page);
      rememberName(directory, name, length, number);
    }
    unlockVolume();
    if (found < 0) return found;
    if (!found) return -ENOENT;
  }
  const inode = getInode(directory.fs, number);
  if (isError(inode)) return inode;
  const mounted = changetype<Inode>(inode).mounted;
  if (!changetype<usize>(mounted)) return inode;
  holdInode(mounted);
  putInode(changetype<Inode>(inode));
  return changetype<usize>(mounted);
}

/** Copies a link's text and a zero to `to`, which has a page; its length, or an error. */
export function linkText(inode: Inode, to: usize): i32 {
  const length = min(inode.size, PATH_MAX - 1);
  if (inode.fs == FS_EXT2 && isShortLink(inode)) copyBytes(to, mapSlot(inode, 0), length);
  else {
    const page = getPage(inode, 0);
    if (!changetype<usize>(page)) return -EIO;
    copyBytes(to, addressOf(page), length);
    dropPage(page);
  }
  store<u8>(to + length, 0);
  return length;
}

/** Follows the link `inode` (let go of) in `directory` (kept). */
function follow(directory: Inode, inode: Inode, depth: u32): usize {
  let result: usize = -ELOOP;
  const frame = depth < LINKS_MAX ? takeFrame() : 0;
  if (frame) {
    const text = frameAddress(frame);
    const length = linkText(inode, text);
    result = length < 0 ? length : resolveFrom(directory, text, true, depth + 1);
    dropFrame(frame);
  }
  putInode(inode);
  return result;
}

function startOf(start: Inode, path: usize): Inode {
  return holdInode(<u32>load<u8>(path) == SLASH ? root : start);
}

/** Walks all but the last name of `path`. 0, with a held directory in `walk`, or an error. */
export function walkFrom(start: Inode, path: usize, depth: u32, walk: Walk): i32 {
  let directory = startOf(start, path);
  let at = path;
  while (true) {
    while (<u32>load<u8>(at) == SLASH) at++;
    const name = at;
    while (load<u8>(at) && <u32>load<u8>(at) != SLASH) at++;
    const length = <u32>(at - name);
    const slash = <u32>load<u8>(at) == SLASH;
    while (<u32>load<u8>(at) == SLASH) at++;
    if (!load<u8>(at)) {
      walk.directory = directory;
      walk.name = name;
      walk.length = length;
      walk.trailing = slash ? 1 : 0;
      if (isDirectory(directory)) return 0;
      putInode(directory);
      return -ENOTDIR;
    }
    let next = lookup(directory, name, length);
    if (!isError(next) && typeOf(changetype<Inode>(next)) == S_IFLNK) {
      next = follow(directory, changetype<Inode>(next), depth);
    }
    putInode(directory);
    if (isError(next)) return <i32>next;
    directory = changetype<Inode>(next);
  }
}

function resolveFrom(start: Inode, path: usize, followLast: bool, depth: u32): usize {
  if (!load<u8>(path)) return -ENOENT;
  const walk = changetype<Walk>(stackSlot(WALK_SIZE));
  const error = walkFrom(start, path, depth, walk);
  if (error < 0) return error;
  if (!walk.length) return changetype<usize>(walk.directory);
  const directory = walk.directory;
  const trailing = walk.trailing != 0;
  let inode = lookup(directory, walk.name, walk.length);
  if (!isError(inode) && (followLast || trailing) && typeOf(changetype<Inode>(inode)) == S_IFLNK) {
    inode = follow(directory, changetype<Inode>(inode), depth);
  }
  putInode(directory);
  if (!isError(inode) && trailing && !isDirectory(changetype<Inode>(inode))) {
    putInode(changetype<Inode>(inode));
    return -ENOTDIR;
  }
  return inode;
}

/** The inode that the kernel's text `path` names, with a reference, or an error. */
export function resolve(path: usize, followLast: bool): usize {
  return resolveFrom(self().process.directory, path, followLast, 0);
}

/** The directory that holds the last name, in `walk`; 0 or an error. */
export function walkTo(path: usize, walk: Walk): i32 {
  if (!load<u8>(path)) return -ENOENT;
  return walkFrom(self().process.directory, path, 0, walk);
}

/** The inode that a program's path names, with a reference, or an error. */
export function resolveUser(path: u32, followLast: bool): usize {
  const text = getText(path);
  if (isError(text)) return text;
  const inode = resolve(text, followLast);
  putText(text);
  return inode;
}

/** The inode of an absolute path of the kernel's own, with a reference, or an error. */
export function resolveAbsolute(path: usize): usize {
  return resolveFrom(root, path, true, 0);
}
