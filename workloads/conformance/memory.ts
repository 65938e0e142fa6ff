// brk, mmap, munmap, mprotect, msync: what a process's memory is made of.
import { CALL_MMAP2 } from '../../kernels/lib/callnumbers';
import {
  close,
  O_CREAT,
  O_DIRECTORY,
  O_RDONLY,
  O_RDWR,
  O_TRUNC,
  O_WRONLY,
  open,
  readAt,
  truncateFile,
  unlink,
  write,
} from '../lib/files';
import {
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_PRIVATE,
  MAP_SHARED,
  map,
  mapFailed,
  PROT_NONE,
  PROT_READ,
  PROT_WRITE,
  protect,
  setBreak,
  syncMap,
  unmap,
} from '../lib/memory';
import { exit, exitStatus, finish, fork } from '../lib/processes';
import { systemCall6 } from '../lib/stubs';
import { text } from '../lib/text';
import { CLOSED, inChild, say } from './say';

const PAGE: u32 = 4096;
const BOTH: u32 = PROT_READ | PROT_WRITE;
const OWN: u32 = MAP_PRIVATE | MAP_ANONYMOUS;
const MS_SYNC: u32 = 4;
const buffer: usize = memory.data(4096, 4096);
let area: usize = 0;

function readArea(): i32 {
  return load<u8>(area) ? 1 : 2;
}

function writeArea(): i32 {
  store<u8>(area, 1);
  return 3;
}

function resultOf(address: usize): i32 {
  return mapFailed(address) ? <i32>address : 0;
}

export function breakCases(): void {
  const start = setBreak(0);
  say('brk.grow', setBreak(start + 3 * PAGE) == start + 3 * PAGE ? 1 : 0);
  say('brk.zeros', load<u32>(start + 2 * PAGE) | load<u32>(start + PAGE));
  store<u32>(start + 2 * PAGE, 5);
  say('brk.shrink', setBreak(start) == start ? 1 : 0);
  setBreak(start + 3 * PAGE);
  say('brk.zeros-again', load<u32>(start + 2 * PAGE));
  say('brk.too-low', setBreak(0x1000) == start + 3 * PAGE ? 1 : 0);
  say('brk.too-high', setBreak(0xfffff000) == start + 3 * PAGE ? 1 : 0);
  setBreak(start);
  area = start + 2 * PAGE;
  say('brk.gone', inChild(readArea.index));
}

export function anonymousCases(): void {
  area = map(0, 4 * PAGE, BOTH, OWN, -1, 0);
  say('mmap', resultOf(area));
  say('mmap.aligned', area & (PAGE - 1));
  say('mmap.zeros', load<u32>(area) | load<u32>(area + 3 * PAGE + 4092));
  store<u32>(area + PAGE, 17);
  say('mmap.empty', resultOf(map(0, 0, BOTH, OWN, -1, 0)));
  say('mmap.no-kind', resultOf(map(0, PAGE, BOTH, MAP_ANONYMOUS, -1, 0)));
  say('mmap.bad-descriptor', resultOf(map(0, PAGE, BOTH, MAP_PRIVATE, CLOSED, 0)));
  say('mmap.too-much', resultOf(map(0, 0xfffff000, BOTH, OWN, -1, 0)));
  say('mmap.fixed-unaligned', resultOf(map(area + 5, PAGE, BOTH, OWN | MAP_FIXED, -1, 0)));
  say('mmap.fixed', map(area + PAGE, PAGE, BOTH, OWN | MAP_FIXED, -1, 0) == area + PAGE ? 1 : 0);
  say('mmap.fixed-replaces', load<u32>(area + PAGE));
  say('munmap.unaligned', unmap(area + 5, PAGE));
  say('munmap.empty', unmap(area, 0));
  say('munmap.middle', unmap(area + PAGE, PAGE));
  store<u32>(area, 9);
  store<u32>(area + 2 * PAGE, 9);
  say('munmap.rest-stays', load<u32>(area) + load<u32>(area + 2 * PAGE));
  say('munmap.hole', unmap(area + PAGE, PAGE));
  area += PAGE;
  say('munmap.gone', inChild(readArea.index));
  area -= PAGE;
  say('munmap', unmap(area, 4 * PAGE));
  say('munmap.all-gone', inChild(writeArea.index));
}

export function protectCases(): void {
  area = map(0, 3 * PAGE, BOTH, OWN, -1, 0);
  store<u32>(area, 1);
  say('mprotect.read', protect(area, PAGE, PROT_READ));
  say('mprotect.readable', inChild(readArea.index));
  say('mprotect.not-writable', inChild(writeArea.index));
  say('mprotect.none', protect(area, PAGE, PROT_NONE));
  say('mprotect.not-readable', inChild(readArea.index));
  say('mprotect.back', protect(area, PAGE, BOTH));
  say('mprotect.kept', load<u32>(area));
  say('mprotect.unaligned', protect(area + 1, PAGE, BOTH));
  say('mprotect.empty', protect(area, 0, BOTH));
  say('mprotect.bits', protect(area, PAGE, 0x7fff));
  unmap(area + PAGE, PAGE);
  say('mprotect.hole', protect(area, 3 * PAGE, BOTH));
  say('mprotect.not-mapped', protect(area + PAGE, PAGE, BOTH));
  unmap(area, 3 * PAGE);
}

export function fileCases(): void {
  const fd = open(text('mapped'), O_RDWR | O_CREAT | O_TRUNC, 0o600);
  for (let i: u32 = 0; i < 2; i++) {
    memory.fill(buffer, <u8>(0x61 + i), PAGE);
    write(fd, buffer, PAGE);
  }
  write(fd, text('tail'), 4);
  area = map(0, 3 * PAGE, BOTH, MAP_PRIVATE, fd, 0);
  say('mmap.file', resultOf(area));
  say('mmap.file-first', load<u8>(area));
  say('mmap.file-second', load<u8>(area + PAGE));
  say('mmap.file-tail', load<u8>(area + 2 * PAGE + 3));
  say('mmap.file-tail-zeros', load<u32>(area + 2 * PAGE + 4));
  store<u8>(area, 1);
  readAt(fd, buffer, 1, 0);
  say('mmap.private-write', load<u8>(buffer));
  unmap(area, 3 * PAGE);
  area = map(0, PAGE, BOTH, MAP_SHARED, fd, 1);
  say('mmap.shared', resultOf(area));
  say('mmap.shared-offset', load<u8>(area));
  store<u8>(area, 2);
  readAt(fd, buffer, 1, PAGE);
  say('mmap.shared-write', load<u8>(buffer));
  say('msync', syncMap(area, PAGE, MS_SYNC));
  say('msync.unaligned', syncMap(area + 1, PAGE, MS_SYNC));
  say('mmap.shared-fork', sharedWithChild());
  close(fd);
  say('mmap.outlives-close', load<u8>(area + 1));
  unmap(area, PAGE);
  say('msync.not-mapped', syncMap(area, PAGE, MS_SYNC));
  beyondEnd();
  const only = open(text('mapped'), O_RDONLY);
  say('mmap.shared-read-only', resultOf(map(0, PAGE, BOTH, MAP_SHARED, only, 0)));
  say('mmap.private-read-only', resultOf(map(0, PAGE, BOTH, MAP_PRIVATE, only, 0)));
  close(only);
  const blind = open(text('mapped'), O_WRONLY);
  say('mmap.write-only', resultOf(map(0, PAGE, PROT_READ, MAP_PRIVATE, blind, 0)));
  close(blind);
  const folder = open(text('.'), O_RDONLY | O_DIRECTORY);
  say('mmap.folder', resultOf(map(0, PAGE, PROT_READ, MAP_PRIVATE, folder, 0)));
  close(folder);
  const zero = open(text('/dev/zero'), O_RDWR);
  area = map(0, PAGE, BOTH, MAP_PRIVATE, zero, 0);
  say('mmap.zero', resultOf(area) || load<u32>(area));
  close(zero);
  say('mmap.all-arguments', resultOf(systemCall6(CALL_MMAP2, 0, PAGE, BOTH, OWN, <u32>-1, 0)));
}

function sharedWithChild(): i32 {
  const child = fork();
  if (!child) {
    store<u8>(area + 5, 99);
    exit(0);
  }
  finish(child);
  return load<u8>(area + 5);
}

/** Pages that lie wholly behind the file's end cannot be touched, until the file grows. */
function beyondEnd(): void {
  const fd = open(text('short'), O_RDWR | O_CREAT | O_TRUNC, 0o600);
  write(fd, text('short'), 5);
  area = map(0, 2 * PAGE, BOTH, MAP_SHARED, fd, 0);
  area += PAGE;
  say('mmap.beyond-end', inChild(readArea.index));
  truncateFile(fd, 2 * PAGE);
  say('mmap.grown', exitStatus(inChild(readArea.index)));
  unlink(text('short'));
  store<u8>(area, 7);
  readAt(fd, buffer, 1, PAGE);
  say('mmap.unlinked', load<u8>(buffer));
  close(fd);
  unmap(area - PAGE, 2 * PAGE);
}
