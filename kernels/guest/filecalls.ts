// The calls on descriptors that neither read nor write: close, pipe, dup, fcntl, lseek, ioctl, truncate, sync. How a file is
// opened is in open.ts.
import { EBADF, EFAULT, EINVAL, EISDIR, EMFILE, ENFILE, ENOTTY, ESPIPE, ETXTBSY } from '../lib/callnumbers';
import {
  F_DUPFD,
  F_DUPFD_CLOEXEC,
  F_GETFD,
  F_GETFL,
  F_SETFD,
  F_SETFL,
  O_APPEND,
  O_CLOEXEC,
  O_NONBLOCK,
  S_IFDIR,
  S_IFREG,
} from '../lib/unix';
import { userRange } from '../lib/userlayout';
import { stackSlot } from '../lib/x86';
import { copyToUser } from '../ports/port';
import { writeBack } from './cache';
import { setSize } from './content';
import { lockVolume, unlockVolume } from './disk';
import { ext2WriteInode } from './ext2/inode';
import { disk } from './ext2/volume';
import {
  canWrite,
  closeDescriptor,
  dropFile,
  FILE_CONSOLE,
  FILE_INODE,
  FILE_PIPE_READ,
  FILE_PIPE_WRITE,
  File,
  fileOf,
  freeDescriptor,
  makeFile,
  setDescriptor,
} from './file';
import { isError, putInode } from './filesystem';
import { FS_EXT2, Inode, noInode, typeOf } from './inode';
import { resolveUser } from './path';
import { createPipe } from './pipe';
import { closesOnExec, fileSlot, MAX_FILES, setCloseOnExec } from './process';
import { callFrame } from './signal';
import { syncAll } from './sync';
import { self } from './thread';
import { ttyControl } from './tty';

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
