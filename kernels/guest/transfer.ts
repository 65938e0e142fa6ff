// read and write, by kind of file: the one place where a file's kind decides.
import { EBADF, EFAULT, EINVAL, EISDIR, EOVERFLOW, ESPIPE } from '../lib/callnumbers';
import { O_APPEND, O_NONBLOCK, S_IFDIR } from '../lib/unix';
import { userRange } from '../lib/userlayout';
import { stackSlot } from '../lib/x86';
import { channelRead, channelWrite, copyToUser } from '../ports/port';
import { readContent, writeContent } from './content';
import {
  canRead,
  canWrite,
  FILE_CHANNEL,
  FILE_CONSOLE,
  FILE_INODE,
  FILE_NULL,
  FILE_PACKET,
  FILE_PIPE_READ,
  FILE_PIPE_WRITE,
  FILE_ZERO,
  File,
  fileOf,
} from './file';
import { typeOf } from './inode';
import { sendFrames, vectorEntry } from './packet';
import { pipeRead, pipeWrite } from './pipe';
import { callFrame } from './signal';
import { ttyRead, ttyWrite } from './tty';

const zeros: usize = memory.data(4096, 4096);

function clearUser(to: u32, length: u32): i32 {
  for (let done: u32 = 0; done < length; done += 4096) {
    if (copyToUser(to + done, zeros, min(length - done, 4096)) < 0) return done ? done : -EFAULT;
  }
  return length;
}

function readFile(file: File, to: u32, length: u32): i32 {
  switch (file.kind) {
    case FILE_INODE: {
      if (typeOf(file.inode) == S_IFDIR) return -EISDIR;
      const done = readContent(file.inode, file.position, to, length);
      if (done > 0) file.position += done;
      return done;
    }
    case FILE_PIPE_READ:
      return pipeRead(file.pipe, to, length, !(file.flags & O_NONBLOCK));
    case FILE_CONSOLE:
      return ttyRead(to, length, !(file.flags & O_NONBLOCK));
    case FILE_NULL:
      return 0;
    case FILE_ZERO:
      return clearUser(to, length);
    case FILE_CHANNEL:
      return channelRead(to, length);
    default:
      return -EBADF;
  }
}

function writeFile(file: File, from: u32, length: u32): i32 {
  switch (file.kind) {
    case FILE_INODE: {
      if (file.flags & O_APPEND) file.position = file.inode.size;
      const done = writeContent(file.inode, file.position, from, length);
      if (done > 0) file.position += done;
      return done;
    }
    case FILE_PIPE_WRITE:
      return pipeWrite(file.pipe, from, length, !(file.flags & O_NONBLOCK));
    case FILE_CONSOLE:
      return ttyWrite(from, length);
    case FILE_NULL:
    case FILE_ZERO:
      return length;
    case FILE_CHANNEL:
      return channelWrite(from, length);
    case FILE_PACKET: {
      const pair = stackSlot(8);
      store<u32>(pair, from);
      store<u32>(pair + 4, length);
      return sendFrames(pair, 1, false);
    }
    default:
      return -EBADF;
  }
}

/** read(fd, to, length) */
export function sysRead(fd: u32, to: u32, length: u32): i32 {
  const file = fileOf(fd);
  if (!changetype<usize>(file) || !canRead(file)) return -EBADF;
  if (!userRange(to, length)) return -EFAULT;
  return readFile(file, to, min(length, 0x7fffffff));
}

/** write(fd, from, length) */
export function sysWrite(fd: u32, from: u32, length: u32): i32 {
  const file = fileOf(fd);
  if (!changetype<usize>(file) || !canWrite(file)) return -EBADF;
  if (!userRange(from, length)) return -EFAULT;
  return writeFile(file, from, min(length, 0x7fffffff));
}

/** readv(fd, vector, count) */
export function sysReadv(fd: u32, vector: u32, count: u32): i32 {
  const file = fileOf(fd);
  if (!changetype<usize>(file) || !canRead(file)) return -EBADF;
  return transferVector(file, vector, count, false);
}

/** writev(fd, vector, count) */
export function sysWritev(fd: u32, vector: u32, count: u32): i32 {
  const file = fileOf(fd);
  if (!changetype<usize>(file) || !canWrite(file)) return -EBADF;
  if (file.kind == FILE_PACKET) {
    if (count > 1024 || !userRange(vector, count << 3)) return -EINVAL;
    return sendFrames(vector, count, true);
  }
  return transferVector(file, vector, count, true);
}

function transferVector(file: File, vector: u32, count: u32, write: bool): i32 {
  if (count > 1024) return -EINVAL;
  if (!userRange(vector, count << 3)) return -EFAULT;
  const pair = stackSlot(8);
  let total: i32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    if (!vectorEntry(pair, vector + (i << 3))) return total ? total : -EFAULT;
    const at = load<u32>(pair);
    const length = load<u32>(pair + 4);
    if (<i32>length < 0) return total ? total : -EINVAL;
    if (!length) continue;
    if (!userRange(at, length)) return total ? total : -EFAULT;
    const result = write ? writeFile(file, at, length) : readFile(file, at, length);
    if (result < 0) return total ? total : result;
    total += result;
    if (<u32>result < length) break;
  }
  return total;
}

/** pread64(fd, to, length, position) */
export function sysPread64(fd: u32, to: u32, length: u32): i32 {
  const file = fileOf(fd);
  if (!changetype<usize>(file) || !canRead(file)) return -EBADF;
  const position = positionArgument();
  if (position < 0) return position;
  if (file.kind == FILE_PIPE_READ || file.kind == FILE_CONSOLE) return -ESPIPE;
  if (!userRange(to, length)) return -EFAULT;
  if (file.kind != FILE_INODE) return readFile(file, to, length);
  return typeOf(file.inode) == S_IFDIR ? -EISDIR : readContent(file.inode, position, to, length);
}

/** pwrite64(fd, from, length, position) */
export function sysPwrite64(fd: u32, from: u32, length: u32): i32 {
  const file = fileOf(fd);
  if (!changetype<usize>(file) || !canWrite(file)) return -EBADF;
  const position = positionArgument();
  if (position < 0) return position;
  if (file.kind == FILE_PIPE_WRITE || file.kind == FILE_CONSOLE) return -ESPIPE;
  if (!userRange(from, length)) return -EFAULT;
  if (file.kind != FILE_INODE) return writeFile(file, from, length);
  return writeContent(file.inode, file.flags & O_APPEND ? file.inode.size : position, from, length);
}

/** The fourth and fifth argument, 64 bits: -EINVAL below 0, -EOVERFLOW above what a file can have. */
function positionArgument(): i32 {
  const frame = callFrame();
  if (<i32>frame.edi < 0) return -EINVAL;
  return frame.edi || <i32>frame.esi < 0 ? -EOVERFLOW : frame.esi;
}
