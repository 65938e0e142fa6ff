// open and creat: the file that a path names, made if it is not there, and the File that a descriptor holds from then on.
import { EEXIST, EISDIR, ELOOP, ENFILE, ENOENT, ENOMEM, ENOTDIR, ENXIO, ETXTBSY } from '../lib/callnumbers';
import {
  O_ACCESS,
  O_CLOEXEC,
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_NOFOLLOW,
  O_TRUNC,
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFLNK,
  S_IFREG,
} from '../lib/unix';
import { stackSlot } from '../lib/x86';
import { frameAddress } from '../ports/port';
import { setSize } from './content';
import { addEntry } from './directory';
import { lockVolume, unlockVolume } from './disk';
import { DISK_DEVICE, disk } from './ext2/volume';
import { FILE_CONSOLE, FILE_INODE, FILE_NULL, FILE_ZERO, File, freeDescriptor, makeFile, setDescriptor } from './file';
import { isError, makeInode, putInode } from './filesystem';
import { holdInode, Inode, noInode, typeOf } from './inode';
import { forgetName } from './names';
import { dropFrame, takeFrame } from './page';
import { getText, LINKS_MAX, linkText, lookup, putText, resolve, WALK_SIZE, Walk, walkFrom } from './path';
import { setCloseOnExec } from './process';
import { self } from './thread';

export const CONSOLE_DEVICE: u32 = 0x0501;
export const TTY_DEVICE: u32 = 0x0500;
export const NULL_DEVICE: u32 = 0x0103;
export const ZERO_DEVICE: u32 = 0x0105;

/** open(path, flags, mode) */
export function sysOpen(path: u32, flags: u32, mode: u32): i32 {
  const process = self().process;
  const fd = freeDescriptor(process, 0);
  if (fd < 0) return fd;
  const text = getText(path);
  if (isError(text)) return <i32>text;
  const inode = openInode(text, flags, mode);
  putText(text);
  if (isError(inode)) return <i32>inode;
  const file = openFile(changetype<Inode>(inode), flags);
  if (isError(file)) return <i32>file;
  setDescriptor(process, fd, changetype<File>(file));
  if (flags & O_CLOEXEC) setCloseOnExec(process, fd, true);
  return fd;
}

/** creat(path, mode) */
export function sysCreat(path: u32, mode: u32, _c: u32): i32 {
  return sysOpen(path, O_CREAT | O_TRUNC | 1, mode);
}

/** The inode that `text` names, made if the flags ask for that; held. */
function openInode(text: usize, flags: u32, mode: u32): usize {
  const followLast = !(flags & O_NOFOLLOW) && (flags & (O_CREAT | O_EXCL)) != (O_CREAT | O_EXCL);
  if (!(flags & O_CREAT)) return resolve(text, followLast);
  const found = resolve(text, followLast);
  if (!isError(found)) {
    if (!(flags & O_EXCL)) return found;
    putInode(changetype<Inode>(found));
    return -EEXIST;
  }
  if (<i32>found != -ENOENT) return found;
  const frame = takeFrame();
  if (!frame) return -ENOMEM;
  lockVolume();
  const result = createThrough(text, frameAddress(frame), flags, S_IFREG | (mode & 0xfff & ~self().process.mask));
  unlockVolume();
  dropFrame(frame);
  return result;
}

/** Makes the file that `text` names, or that the links there lead to; `buffer` has room for a link's text. */
function createThrough(text: usize, buffer: usize, flags: u32, mode: u32): usize {
  const walk = changetype<Walk>(stackSlot(WALK_SIZE));
  let start = holdInode(self().process.directory);
  for (let depth: u32 = 0; depth < LINKS_MAX; depth++) {
    const error = walkFrom(start, text, depth, walk);
    putInode(start);
    if (error < 0) return error;
    start = walk.directory;
    let result: usize = -EISDIR;
    if (walk.length && !walk.trailing) {
      const there = lookup(start, walk.name, walk.length);
      if (!isError(there) && typeOf(changetype<Inode>(there)) == S_IFLNK && !(flags & (O_EXCL | O_NOFOLLOW))) {
        const length = linkText(changetype<Inode>(there), buffer);
        putInode(changetype<Inode>(there));
        text = buffer;
        if (length >= 0) continue;
        result = length;
      } else result = <i32>there == -ENOENT ? createFile(walk, mode) : there;
    }
    putInode(start);
    return result;
  }
  putInode(start);
  return -ELOOP;
}

/** A new file of this mode, by the walk's name in its directory; held. The volume is locked. */
export function createFile(walk: Walk, mode: u32): usize {
  if (!walk.directory.links) return -ENOENT;
  const made = makeInode(walk.directory, mode);
  if (isError(made)) return made;
  const inode = changetype<Inode>(made);
  forgetName(walk.directory, walk.name, walk.length);
  const error = addEntry(walk.directory, walk.name, walk.length, inode.number, mode);
  if (error == 0) return made;
  inode.links = 0;
  putInode(inode);
  return error;
}

/** A File for the inode, whose reference it takes over; or an error. */
function openFile(inode: Inode, flags: u32): usize {
  const type = typeOf(inode);
  const writes = (flags & O_ACCESS) != 0;
  let error: i32 = 0;
  let kind = FILE_INODE;
  let object = inode;
  if (type == S_IFDIR && (writes || flags & O_CREAT)) error = -EISDIR;
  else if (flags & O_DIRECTORY && type != S_IFDIR) error = -ENOTDIR;
  else if (type == S_IFLNK) error = -ELOOP;
  else if (type == S_IFCHR || type == S_IFBLK) {
    kind = deviceKind(type, inode.device);
    if (!kind) error = -ENXIO;
    else {
      object = kind == FILE_INODE ? holdInode(disk) : noInode();
      putInode(inode);
    }
  } else if (type != S_IFREG && type != S_IFDIR) error = -ENXIO;
  else if (writes && inode.executors) error = -ETXTBSY;
  if (error == 0 && flags & O_TRUNC && writes && type == S_IFREG) error = setSize(inode, 0);
  if (error < 0) {
    putInode(inode);
    return error;
  }
  const file = makeFile(kind, flags & ~(O_CREAT | O_EXCL | O_TRUNC | O_CLOEXEC), object);
  if (!changetype<usize>(file)) {
    if (changetype<usize>(object)) putInode(object);
    return -ENFILE;
  }
  if (writes && kind == FILE_INODE) object.writers++;
  return changetype<usize>(file);
}

/** What opening a device makes; 0: no such device. */
function deviceKind(type: u32, device: u32): u32 {
  if (type == S_IFBLK) return device == DISK_DEVICE && changetype<usize>(disk) ? FILE_INODE : 0;
  switch (device) {
    case CONSOLE_DEVICE:
    case TTY_DEVICE:
      return FILE_CONSOLE;
    case NULL_DEVICE:
      return FILE_NULL;
    case ZERO_DEVICE:
      return FILE_ZERO;
    default:
      return 0;
  }
}
