// Files and directories: the calls by name, and the structures they fill. Results below 0 are errors (-errno).
import {
  CALL_ACCESS,
  CALL_CHDIR,
  CALL_CHMOD,
  CALL_CLOSE,
  CALL_DUP,
  CALL_DUP2,
  CALL_FCNTL64,
  CALL_FSTAT64,
  CALL_FSYNC,
  CALL_FTRUNCATE,
  CALL_GETCWD,
  CALL_IOCTL,
  CALL_LINK,
  CALL_LSEEK,
  CALL_LSTAT64,
  CALL_MKDIR,
  CALL_NEWSELECT,
  CALL_OPEN,
  CALL_PREAD64,
  CALL_PWRITE64,
  CALL_READLINK,
  CALL_RENAME,
  CALL_RMDIR,
  CALL_STAT64,
  CALL_STATFS,
  CALL_SYMLINK,
  CALL_SYNC,
  CALL_TRUNCATE,
  CALL_UNLINK,
  CALL_UTIME,
} from '../../kernels/lib/callnumbers';
import { systemCall0, systemCall1, systemCall2, systemCall3, systemCall5 } from './stubs';
import { read, write } from './system';

export { pipe, read, write } from './system';

export const O_RDONLY: u32 = 0;
export const O_WRONLY: u32 = 1;
export const O_RDWR: u32 = 2;
export const O_CREAT: u32 = 0o100;
export const O_EXCL: u32 = 0o200;
export const O_TRUNC: u32 = 0o1000;
export const O_APPEND: u32 = 0o2000;
export const O_NONBLOCK: u32 = 0o4000;
export const O_DIRECTORY: u32 = 0o200000;

export const SEEK_SET: u32 = 0;
export const SEEK_CUR: u32 = 1;
export const SEEK_END: u32 = 2;

export const S_IFMT: u32 = 0o170000;
export const S_IFREG: u32 = 0o100000;
export const S_IFDIR: u32 = 0o040000;
export const S_IFCHR: u32 = 0o020000;
export const S_IFBLK: u32 = 0o060000;
export const S_IFLNK: u32 = 0o120000;
export const S_IFIFO: u32 = 0o010000;

export const F_DUPFD: u32 = 0;
export const F_GETFD: u32 = 1;
export const F_SETFD: u32 = 2;
export const F_GETFL: u32 = 3;
export const F_SETFL: u32 = 4;

const TCGETS: u32 = 0x5401;

/** The fields of Linux's `struct stat64` for the 386 (96 bytes) that are used here. */
export const STAT_SIZE: u32 = 96;

@unmanaged
export class Stat {
  device: u64;
  pad0: u32;
  shortInode: u32;
  mode: u32;
  links: u32;
  user: u32;
  group: u32;
  specialDevice: u64;
  pad1: u32;
  /** Bytes; the structure is packed, so the halves stand apart. */
  sizeLow: u32;
  sizeHigh: u32;
  blockSize: u32;
  /** Of 512 bytes. */
  blocksLow: u32;
  blocksHigh: u32;
  accessed: u32;
  accessedNanoseconds: u32;
  modified: u32;
  modifiedNanoseconds: u32;
  changed: u32;
  changedNanoseconds: u32;
}

export function open(path: usize, flags: u32, mode: u32 = 0o666): i32 {
  return systemCall3(CALL_OPEN, path, flags, mode);
}

export function close(fd: u32): i32 {
  return systemCall1(CALL_CLOSE, fd);
}

export function seek(fd: u32, offset: i32, from: u32): i32 {
  return systemCall3(CALL_LSEEK, fd, offset, from);
}

export function readAt(fd: u32, to: usize, length: u32, offset: u32): i32 {
  return systemCall5(CALL_PREAD64, fd, to, length, offset, 0);
}

export function writeAt(fd: u32, from: usize, length: u32, offset: u32): i32 {
  return systemCall5(CALL_PWRITE64, fd, from, length, offset, 0);
}

export function stat(path: usize, to: usize): i32 {
  return systemCall2(CALL_STAT64, path, to);
}

export function linkStat(path: usize, to: usize): i32 {
  return systemCall2(CALL_LSTAT64, path, to);
}

export function fileStat(fd: u32, to: usize): i32 {
  return systemCall2(CALL_FSTAT64, fd, to);
}

export function unlink(path: usize): i32 {
  return systemCall1(CALL_UNLINK, path);
}

export function link(from: usize, to: usize): i32 {
  return systemCall2(CALL_LINK, from, to);
}

export function symlink(target: usize, path: usize): i32 {
  return systemCall2(CALL_SYMLINK, target, path);
}

/** Returns the length; no zero is put behind. */
export function readlink(path: usize, to: usize, length: u32): i32 {
  return systemCall3(CALL_READLINK, path, to, length);
}

export function rename(from: usize, to: usize): i32 {
  return systemCall2(CALL_RENAME, from, to);
}

export function mkdir(path: usize, mode: u32 = 0o777): i32 {
  return systemCall2(CALL_MKDIR, path, mode);
}

export function rmdir(path: usize): i32 {
  return systemCall1(CALL_RMDIR, path);
}

export function chdir(path: usize): i32 {
  return systemCall1(CALL_CHDIR, path);
}

export function currentFolder(to: usize, length: u32): i32 {
  return systemCall2(CALL_GETCWD, to, length);
}

export function chmod(path: usize, mode: u32): i32 {
  return systemCall2(CALL_CHMOD, path, mode);
}

/** Mode bits: 4 read, 2 write, 1 execute, 0 only existence. */
export function access(path: usize, mode: u32): i32 {
  return systemCall2(CALL_ACCESS, path, mode);
}

/** `times`: accessed and modified, in seconds; 0: now. */
export function setTimes(path: usize, times: usize): i32 {
  return systemCall2(CALL_UTIME, path, times);
}

export function truncate(path: usize, length: u32): i32 {
  return systemCall2(CALL_TRUNCATE, path, length);
}

export function truncateFile(fd: u32, length: u32): i32 {
  return systemCall2(CALL_FTRUNCATE, fd, length);
}

export function fsync(fd: u32): i32 {
  return systemCall1(CALL_FSYNC, fd);
}

export function sync(): i32 {
  return systemCall0(CALL_SYNC);
}

export function dup(fd: u32): i32 {
  return systemCall1(CALL_DUP, fd);
}

export function dup2(fd: u32, to: u32): i32 {
  return systemCall2(CALL_DUP2, fd, to);
}

export function fileControl(fd: u32, command: u32, argument: u32): i32 {
  return systemCall3(CALL_FCNTL64, fd, command, argument);
}

export function fileSystemStat(path: usize, to: usize): i32 {
  return systemCall2(CALL_STATFS, path, to);
}

/** Sets of descriptors are bits; `timeout` is seconds and microseconds, 0: for ever. */
export function select(count: u32, reading: usize, writing: usize, except: usize, timeout: usize): i32 {
  return systemCall5(CALL_NEWSELECT, count, reading, writing, except, timeout);
}

const terminalSettings: usize = memory.data(64, 4);

export function isTerminal(fd: u32): bool {
  return systemCall3(CALL_IOCTL, fd, TCGETS, terminalSettings) == 0;
}

/** Writes all of it; a negative result is the error. */
export function writeAll(fd: u32, from: usize, length: u32): i32 {
  for (let at: u32 = 0; at < length; ) {
    const n = write(fd, from + at, length - at);
    if (n <= 0) return n;
    at += n;
  }
  return length;
}

/** Reads until `length` bytes or the end; returns how many, or the error. */
export function readFully(fd: u32, to: usize, length: u32): i32 {
  let at: u32 = 0;
  while (at < length) {
    const n = read(fd, to + at, length - at);
    if (n < 0) return n;
    if (n == 0) break;
    at += n;
  }
  return at;
}
