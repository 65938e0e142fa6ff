// System calls by name. Results below 0 are errors (-errno).
import {
  CALL_CATCH_FAULT,
  CALL_EXIT,
  CALL_GETPID,
  CALL_GETPPID,
  CALL_MMAP2,
  CALL_MUNMAP,
  CALL_PIPE,
  CALL_READ,
  CALL_SCHED_YIELD,
  CALL_WRITE,
  CALL_WRITE_PROTECT,
  CALL_WRITEV,
} from '../../kernels/lib/callnumbers';
import { systemCall0, systemCall1, systemCall2, systemCall3, systemCall6 } from './stubs';

// Of mmap2.
const READ: u32 = 1;
const WRITE: u32 = 2;
const PRIVATE: u32 = 2;
const ANONYMOUS: u32 = 0x20;
const NO_FILE: u32 = 0xffffffff;

export function exit(status: u32): void {
  systemCall1(CALL_EXIT, status);
}

export function read(fd: u32, to: usize, length: u32): i32 {
  return systemCall3(CALL_READ, fd, to, length);
}

export function write(fd: u32, from: usize, length: u32): i32 {
  return systemCall3(CALL_WRITE, fd, from, length);
}

/** `vector`: `count` pairs of address and length. */
export function writev(fd: u32, vector: usize, count: u32): i32 {
  return systemCall3(CALL_WRITEV, fd, vector, count);
}

/** Two descriptors, the one to read from first, at `to`. */
export function pipe(to: usize): i32 {
  return systemCall1(CALL_PIPE, to);
}

export function getpid(): i32 {
  return systemCall0(CALL_GETPID);
}

/** The null call. */
export function getppid(): i32 {
  return systemCall0(CALL_GETPPID);
}

export function yieldProcessor(): i32 {
  return systemCall0(CALL_SCHED_YIELD);
}

/** Zeroed memory, private, readable and writable, wherever the kernel likes. */
export function mapMemory(length: u32): usize {
  return systemCall6(CALL_MMAP2, 0, length, READ | WRITE, PRIVATE | ANONYMOUS, NO_FILE, 0);
}

export function unmapMemory(address: usize, length: u32): i32 {
  return systemCall2(CALL_MUNMAP, address, length);
}

/** The next write to each page of the range faults once and is then allowed. */
export function writeProtect(address: usize, length: u32): i32 {
  return systemCall2(CALL_WRITE_PROTECT, address, length);
}

/** The next fatal exception resumes the program at `handler`, with the vector in EAX. */
export function catchFault(handler: usize): i32 {
  return systemCall1(CALL_CATCH_FAULT, handler);
}
