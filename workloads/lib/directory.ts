// Reading a directory. Entries are Linux's `struct linux_dirent64`:
//
//   0 inode (8) | 8 offset (8) | 16 length of the entry (2) | 18 type (1) | 19 name, ended by a zero
import { CALL_GETDENTS64 } from '../../kernels/lib/callnumbers';
import { O_DIRECTORY, O_RDONLY, open } from './files';
import { systemCall3 } from './stubs';

export const TYPE_FIFO: u32 = 1;
export const TYPE_CHARACTER: u32 = 2;
export const TYPE_DIRECTORY: u32 = 4;
export const TYPE_BLOCK: u32 = 6;
export const TYPE_FILE: u32 = 8;
export const TYPE_LINK: u32 = 10;

const BUFFER: u32 = 1024;
const HEAD: u32 = 32;
export const DIRECTORY_SIZE: u32 = HEAD + BUFFER;

/** A directory being read; DIRECTORY_SIZE bytes, so that nested ones are possible. */
@unmanaged
export class Directory {
  fd: i32;
  at: u32;
  end: i32;
}

/** Opens; the result is below 0 on failure. */
export function openDirectory(d: Directory, path: usize): i32 {
  d.at = 0;
  d.end = 0;
  d.fd = open(path, O_RDONLY | O_DIRECTORY);
  return d.fd;
}

/** Address of the next entry's name, 0 at the end (or on an error, which `d.end` then holds). */
export function nextEntry(d: Directory): usize {
  const buffer = changetype<usize>(d) + HEAD;
  if (d.at >= <u32>max(d.end, 0)) {
    d.end = entries(d.fd, buffer, BUFFER);
    d.at = 0;
    if (d.end <= 0) return 0;
  }
  const entry = buffer + d.at;
  d.at += load<u16>(entry, 16);
  return entry + 19;
}

export function entryType(name: usize): u32 {
  return load<u8>(name - 1);
}

export function isDots(name: usize): bool {
  if (load<u8>(name) != 0x2e) return false;
  return load<u8>(name + 1) == 0 || (load<u8>(name + 1) == 0x2e && load<u8>(name + 2) == 0);
}

/** The call itself: bytes written to `to`, 0 at the end. */
export function entries(fd: u32, to: usize, length: u32): i32 {
  return systemCall3(CALL_GETDENTS64, fd, to, length);
}
