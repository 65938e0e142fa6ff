// The calls on descriptors that neither read nor write: open, close, dup, fcntl, lseek, ioctl, truncate, sync.
import {
  EBADF,
  EEXIST,
  EFAULT,
  EINVAL,
  EISDIR,
  ELOOP,
  EMFILE,
  ENFILE,
  ENOENT,
  ENOMEM,
  ENOTDIR,
  ENOTTY,
  ENXIO,
  ESPIPE,
  ETXTBSY,
} from '../lib/callnumbers';
import {
  F_DUPFD,
  F_DUPFD_CLOEXEC,
  F_GETFD,
  F_GETFL,
  F_SETFD,
  F_SETFL,
  O_ACCESS,
  O_APPEND,
  O_CLOEXEC,
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_NOFOLLOW,
  O_NONBLOCK,
  O_TRUNC,
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFLNK,
  S_IFREG,
} from '../lib/unix';
import { stackSlot } from '../lib/x86';
import { copyToUser, frameAddress } from '../ports/port';
import { syncAll, writeBack } from './cache';
import { setSize } from './content';
import { addEntry } from './directory';
import { lockVolume, unlockVolume } from './disk';
import { ext2WriteInode } from './ext2/inode';
import { DISK_DEVICE, disk } from './ext2/volume';
import {
  canWrite,
  closeDescriptor,
  dropFile,
  FILE_CONSOLE,
  FILE_INODE,
  FILE_NULL,
  FILE_PIPE_READ,
  FILE_PIPE_WRITE,
  FILE_ZERO,
  File,
  fileOf,
  freeDescriptor,
  makeFile,
  setDescriptor,
} from './file';
import { isError, makeInode, putInode } from './filesystem';
import { FS_EXT2, holdInode, Inode, noInode, typeOf } from './inode';
import { forgetName } from './names';
import { dropFrame, takeFrame } from './page';
import { getText, LINKS_MAX, linkText, lookup, putText, resolve, resolveUser, WALK_SIZE, Walk, walkFrom } from './path';
import { createPipe } from './pipe';
import { closesOnExec, fileSlot, MAX_FILES, setCloseOnExec } from './process';
import { userRange } from './region';
import { callFrame } from './signal';
import { self } from './thread';
import { ttyControl } from './tty';

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

export function sysClose(fd: u32, _b: u32, _c: u32): i32 {
  return closeDescriptor(fd);
}

/** pipe(to): two descriptors, the one to read from first */
export function sysPipe(to: u32, _b: u32, _c: u32): i32 {
  return makePipe(to, 0);
}

/** pipe2(to, flags) */
export function sysPipe2(to: u32, flags: u32, _c: u32): i32 {
  return flags & ~(O_NONBLOCK | O_CLOEXEC) ? -EINVAL : makePipe(to, flags);
}

function makePipe(to: u32, flags: u32): i32 {
  const pair = stackSlot(8);
  const process = self().process;
  const reader = freeDescriptor(process, 0);
  const writer = reader < 0 ? -EMFILE : freeDescriptor(process, reader + 1);
  if (writer < 0) return -EMFILE;
  store<u32>(pair, reader);
  store<u32>(pair + 4, writer);
  if (!userRange(to, 8) || copyToUser(to, pair, 8) < 0) return -EFAULT;
  const pipe = createPipe();
  if (!changetype<usize>(pipe)) return -ENFILE;
  const front = makeFile(FILE_PIPE_READ, flags & O_NONBLOCK, noInode());
  const back = makeFile(FILE_PIPE_WRITE, (flags & O_NONBLOCK) | 1, noInode());
  if (changetype<usize>(front)) front.pipe = pipe;
  if (!changetype<usize>(back)) {
    pipe.writers = 0;
    if (changetype<usize>(front)) dropFile(front);
    return -ENFILE;
  }
  back.pipe = pipe;
  setDescriptor(process, reader, front);
  setDescriptor(process, writer, back);
  if (flags & O_CLOEXEC) {
    setCloseOnExec(process, reader, true);
    setCloseOnExec(process, writer, true);
  }
  return 0;
}

function duplicate(file: File, from: u32): i32 {
  const process = self().process;
  const fd = freeDescriptor(process, from);
  if (fd < 0) return fd;
  file.references++;
  setDescriptor(process, fd, file);
  return fd;
}

export function sysDup(fd: u32, _b: u32, _c: u32): i32 {
  const file = fileOf(fd);
  return changetype<usize>(file) ? duplicate(file, 0) : -EBADF;
}

export function sysDup2(fd: u32, to: u32, _c: u32): i32 {
  const file = fileOf(fd);
  if (!changetype<usize>(file) || to >= MAX_FILES) return -EBADF;
  if (fd == to) return to;
  file.references++;
  if (load<u32>(fileSlot(self().process, to))) closeDescriptor(to);
  setDescriptor(self().process, to, file);
  return to;
}

/** fcntl(fd, command, argument) */
export function sysFcntl(fd: u32, command: u32, argument: u32): i32 {
  const file = fileOf(fd);
  if (!changetype<usize>(file)) return -EBADF;
  const process = self().process;
  switch (command) {
    case F_DUPFD:
    case F_DUPFD_CLOEXEC: {
      if (argument >= MAX_FILES) return -EINVAL;
      const made = duplicate(file, argument);
      if (made >= 0 && command == F_DUPFD_CLOEXEC) setCloseOnExec(process, made, true);
      return made;
    }
    case F_GETFD:
      return closesOnExec(process, fd) ? 1 : 0;
    case F_SETFD:
      setCloseOnExec(process, fd, (argument & 1) != 0);
      return 0;
    case F_GETFL:
      return file.flags;
    case F_SETFL:
      file.flags = (file.flags & ~(O_APPEND | O_NONBLOCK)) | (argument & (O_APPEND | O_NONBLOCK));
      return 0;
    default:
      return -EINVAL;
  }
}

function seek(file: File, offset: i32, whence: u32): i32 {
  if (file.kind == FILE_PIPE_READ || file.kind == FILE_PIPE_WRITE || file.kind == FILE_CONSOLE) return -ESPIPE;
  if (whence > 2) return -EINVAL;
  if (file.kind != FILE_INODE) return 0;
  const base = whence == 0 ? 0 : whence == 1 ? file.position : file.inode.size;
  const wanted = <i64>base + <i64>offset;
  if (wanted < 0 || wanted > 0x7fffffff) return -EINVAL;
  file.position = <u32>wanted;
  return file.position;
}

/** lseek(fd, offset, whence) */
export function sysLseek(fd: u32, offset: u32, whence: u32): i32 {
  const file = fileOf(fd);
  return changetype<usize>(file) ? seek(file, offset, whence) : -EBADF;
}

/** llseek(fd, high, low, to, whence) */
export function sysLlseek(fd: u32, high: u32, low: u32): i32 {
  const file = fileOf(fd);
  if (!changetype<usize>(file)) return -EBADF;
  if (high != <u32>(<i32>low >> 31)) return -EINVAL;
  const position = seek(file, low, callFrame().edi);
  if (position < 0) return position;
  const at = stackSlot(8);
  store<u32>(at, position);
  store<u32>(at + 4, 0);
  const to = callFrame().esi;
  return userRange(to, 8) && copyToUser(to, at, 8) == 0 ? 0 : -EFAULT;
}

/** ioctl(fd, request, argument) */
export function sysIoctl(fd: u32, request: u32, argument: u32): i32 {
  const file = fileOf(fd);
  if (!changetype<usize>(file)) return -EBADF;
  return file.kind == FILE_CONSOLE ? ttyControl(request, argument) : -ENOTTY;
}

function truncateInode(inode: Inode, size: u32): i32 {
  const type = typeOf(inode);
  if (type == S_IFDIR) return -EISDIR;
  if (type != S_IFREG || <i32>size < 0) return -EINVAL;
  if (inode.executors) return -ETXTBSY;
  return setSize(inode, size);
}

/** truncate(path, size) */
export function sysTruncate(path: u32, size: u32, _c: u32): i32 {
  const inode = resolveUser(path, true);
  if (isError(inode)) return <i32>inode;
  const result = truncateInode(changetype<Inode>(inode), size);
  putInode(changetype<Inode>(inode));
  return result;
}

/** ftruncate(fd, size) */
export function sysFtruncate(fd: u32, size: u32, _c: u32): i32 {
  const file = fileOf(fd);
  if (!changetype<usize>(file)) return -EBADF;
  if (file.kind != FILE_INODE || !canWrite(file)) return -EINVAL;
  return truncateInode(file.inode, size);
}

/** truncate64(path, low, high), ftruncate64(fd, low, high) */
export function sysTruncate64(path: u32, low: u32, high: u32): i32 {
  return high ? -EINVAL : sysTruncate(path, low, 0);
}

export function sysFtruncate64(fd: u32, low: u32, high: u32): i32 {
  return high ? -EINVAL : sysFtruncate(fd, low, 0);
}

export function sysSync(_a: u32, _b: u32, _c: u32): i32 {
  syncAll();
  return 0;
}

/** fsync(fd), fdatasync(fd): the file's pages, its inode, and the blocks that say where they are */
export function sysFsync(fd: u32, _b: u32, _c: u32): i32 {
  const file = fileOf(fd);
  if (!changetype<usize>(file)) return -EBADF;
  if (file.kind != FILE_INODE) return -EINVAL;
  const inode = file.inode;
  const result = writeBack(inode);
  if (inode.fs != FS_EXT2 || result < 0) return result;
  lockVolume();
  if (inode.dirty) ext2WriteInode(inode);
  unlockVolume();
  return writeBack(disk);
}
