// Files made and deleted, mapped, faulted in, read again; and memory itself.
import { __region_begin, __region_end } from '../../kernels/lib/hooks';
import {
  close,
  O_CREAT,
  O_RDWR,
  O_TRUNC,
  O_WRONLY,
  open,
  readFully,
  SEEK_SET,
  seek,
  truncateFile,
  unlink,
  write,
} from '../lib/files';
import { MAP_ANONYMOUS, MAP_PRIVATE, MAP_SHARED, map, PROT_READ, PROT_WRITE, unmap, zeros } from '../lib/memory';
import { copyNumber, copyText, text } from '../lib/text';
import { PIECE } from './pipes';

const PAGE: u32 = 4096;
/** What is mapped, and how much of it lmbench touches: a tenth. */
const MAPPED: u32 = 4 * 1024 * 1024;
export const TENTH: u32 = MAPPED / 10;
const path: usize = memory.data(64, 4);
let piece: usize = 0;
let copy: usize = 0;
export let total: u32 = 0;

/** Areas of zeros that cost nothing before they are touched. */
export function filesInit(): void {
  piece = zeros(PIECE);
  copy = zeros(1024 * 1024);
}

function nameOf(i: u32): usize {
  copyNumber(copyText(path, text('/data/file')), i);
  return path;
}

function create(i: u32, bytes: u32): void {
  const fd = open(nameOf(i), O_WRONLY | O_CREAT | O_TRUNC, 0o644);
  if (bytes) total += write(fd, piece, bytes);
  close(fd);
}

export function fileCreate(batch: u32, n: u32, bytes: u32): void {
  for (; n; n--) {
    __region_begin();
    for (let i: u32 = 0; i < batch; i++) create(i, bytes);
    __region_end();
    for (let i: u32 = 0; i < batch; i++) unlink(nameOf(i));
  }
}

export function fileDelete(batch: u32, n: u32, bytes: u32): void {
  for (; n; n--) {
    for (let i: u32 = 0; i < batch; i++) create(i, bytes);
    __region_begin();
    for (let i: u32 = 0; i < batch; i++) unlink(nameOf(i));
    __region_end();
  }
}

/** A file of so many bytes that reads as zeros, every page of it in the page cache. */
function cachedFile(bytes: u32): u32 {
  const fd = open(text('/data/mapped'), O_RDWR | O_CREAT | O_TRUNC, 0o644);
  truncateFile(fd, bytes);
  for (let at: u32 = 0; at < bytes; at += PIECE) readFully(fd, piece, PIECE);
  return fd;
}

/** Maps, writes to so many bytes' pages, unmaps. */
export function mmap(batch: u32, n: u32, touched: u32): void {
  const fd = cachedFile(MAPPED);
  for (; n; n--) {
    __region_begin();
    for (let i: u32 = 0; i < batch; i++) {
      const at = map(0, MAPPED, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
      for (let offset: u32 = 0; offset < touched; offset += PAGE) store<u8>(at + offset, 1);
      unmap(at, MAPPED);
    }
    __region_end();
  }
  close(fd);
  unlink(text('/data/mapped'));
}

/** Pages of a file that the page cache holds, from the last to the first. */
export function pageFault(batch: u32, n: u32): void {
  const fd = cachedFile(batch * PAGE);
  for (; n; n--) faultIn(map(0, batch * PAGE, PROT_READ, MAP_SHARED, fd, 0), batch);
  close(fd);
  unlink(text('/data/mapped'));
}

/** Pages of zeros, written. */
export function zeroFault(batch: u32, n: u32): void {
  for (; n; n--) {
    const at = map(0, batch * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    __region_begin();
    for (let i = batch; i; i--) store<u32>(at + (i - 1) * PAGE, i);
    __region_end();
    unmap(at, batch * PAGE);
  }
}

function faultIn(at: usize, pages: u32): void {
  __region_begin();
  for (let i = pages; i; i--) total += load<u8>(at + (i - 1) * PAGE);
  __region_end();
  unmap(at, pages * PAGE);
}

function addUp(at: usize, bytes: u32): void {
  let sum: u32 = 0;
  for (const end = at + bytes; at < end; at += 16)
    sum += load<u32>(at) + load<u32>(at + 4) + load<u32>(at + 8) + load<u32>(at + 12);
  total += sum;
}

/** Reads the file again and adds it up; one operation is PIECE bytes, here and below. */
export function fileReread(batch: u32, n: u32): void {
  const fd = cachedFile(batch * PIECE);
  for (; n; n--) {
    seek(fd, 0, SEEK_SET);
    __region_begin();
    for (let i: u32 = 0; i < batch; i++) {
      readFully(fd, piece, PIECE);
      addUp(piece, PIECE);
    }
    __region_end();
  }
  close(fd);
  unlink(text('/data/mapped'));
}

export function mmapReread(batch: u32, n: u32): void {
  const fd = cachedFile(batch * PIECE);
  for (; n; n--) {
    __region_begin();
    const at = map(0, batch * PIECE, PROT_READ, MAP_SHARED, fd, 0);
    addUp(at, batch * PIECE);
    unmap(at, batch * PIECE);
    __region_end();
  }
  close(fd);
  unlink(text('/data/mapped'));
}

export function memoryRead(batch: u32, n: u32): void {
  const bytes = min(batch * PIECE, 1024 * 1024);
  memory.fill(copy, 1, bytes);
  for (; n; n--) {
    __region_begin();
    addUp(copy, bytes);
    __region_end();
  }
}

/** Half of the area to the other half. */
export function memoryCopy(batch: u32, n: u32): void {
  const half = min(batch * PIECE, 1024 * 1024) >> 1;
  memory.fill(copy, 1, half << 1);
  for (; n; n--) {
    __region_begin();
    memory.copy(copy + half, copy, half);
    memory.copy(copy, copy + half, half);
    __region_end();
  }
  total += load<u32>(copy + half);
}
