// Random operations on a few files, of which this process knows what they hold: the contents stand in memory as well.
import {
  close,
  fsync,
  link,
  O_CREAT,
  O_RDONLY,
  O_RDWR,
  open,
  readAt,
  readFully,
  rename,
  Stat,
  stat,
  truncate,
  unlink,
  writeAt,
} from '../lib/files';
import { MAP_SHARED, map, mapFailed, PROT_READ, PROT_WRITE, unmap, zeros } from '../lib/memory';
import { copyNumber, copyText, text } from '../lib/text';
import { fail } from './failure';
import { draw } from './random';

const FILES: u32 = 6;
const MOST: u32 = 48 * 1024;
const PIECE: u32 = 5000;
const sizes: usize = memory.data(6 * 4, 4);
const buffer: usize = memory.data(5000, 4);
const path: usize = memory.data(32, 4);
const status: usize = memory.data(96, 8);
let contents: usize = 0;

export function filesInit(): void {
  contents = zeros(FILES * MOST);
  for (let i: u32 = 0; i < FILES; i++) store<i32>(sizes + (i << 2), -1);
}

function sizeOf(i: u32): i32 {
  return load<i32>(sizes + (i << 2));
}

function setSize(i: u32, size: i32): void {
  store<i32>(sizes + (i << 2), size);
}

function bytesOf(i: u32): usize {
  return contents + i * MOST;
}

function nameOf(i: u32): usize {
  copyNumber(copyText(path, text('t')), i);
  return path;
}

/** One operation on one file. */
export function fileOperation(): void {
  const i = draw(FILES);
  if (sizeOf(i) < 0) return create(i);
  switch (draw(10)) {
    case 0:
      if (unlink(nameOf(i)) < 0) fail('unlink');
      setSize(i, -1);
      return;
    case 1:
      return resize(i);
    case 2:
      return mapped(i);
    case 3:
      return move(i);
    case 4:
      return look(i);
    case 5:
    case 6:
      return verify(i);
    default:
      return write(i);
  }
}

/** Everything is as it should be, and goes. */
export function filesEnd(): void {
  for (let i: u32 = 0; i < FILES; i++) {
    if (sizeOf(i) < 0) continue;
    verify(i);
    if (unlink(nameOf(i)) < 0) fail('last unlink');
  }
}

function create(i: u32): void {
  if (stat(nameOf(i), status) != -2) fail('a file that should not be');
  const fd = open(nameOf(i), O_RDWR | O_CREAT, 0o600);
  if (fd < 0) return fail('create');
  close(fd);
  memory.fill(bytesOf(i), 0, MOST);
  setSize(i, 0);
  write(i);
}

function write(i: u32): void {
  const offset = draw(MOST - PIECE);
  const length: u32 = 1 + draw(PIECE - 1);
  const first = draw(256);
  for (let n: u32 = 0; n < length; n++) store<u8>(buffer + n, first + n);
  const fd = open(nameOf(i), O_RDWR);
  if (writeAt(fd, buffer, length, offset) != <i32>length) fail('write');
  if (draw(8) == 0 && fsync(fd) < 0) fail('fsync');
  close(fd);
  memory.copy(bytesOf(i) + offset, buffer, length);
  setSize(i, max(sizeOf(i), offset + length));
}

function verify(i: u32): void {
  const fd = open(nameOf(i), O_RDONLY);
  if (fd < 0) return fail('open');
  const size = <u32>sizeOf(i);
  for (let at: u32 = 0; at <= size; at += PIECE) {
    const length = min(PIECE, size - at);
    if (readFully(fd, buffer, PIECE) != length) fail('length');
    if (memory.compare(buffer, bytesOf(i) + at, length) != 0) fail('contents');
  }
  close(fd);
}

function resize(i: u32): void {
  const size = draw(MOST);
  if (truncate(nameOf(i), size) < 0) fail('truncate');
  const old = <u32>sizeOf(i);
  if (size < old) memory.fill(bytesOf(i) + size, 0, old - size);
  setSize(i, size);
}

/** Writes through a mapping and reads back through the call. */
function mapped(i: u32): void {
  const size = <u32>sizeOf(i);
  if (!size) return;
  const fd = open(nameOf(i), O_RDWR);
  const at = map(0, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (mapFailed(at)) return fail('mmap of a file');
  if (memory.compare(at, bytesOf(i), size) != 0) fail('mapped contents');
  const offset = draw(size);
  const value = draw(256);
  store<u8>(at + offset, value);
  store<u8>(bytesOf(i) + offset, value);
  if (readAt(fd, buffer, 1, offset) != 1 || load<u8>(buffer) != value) fail('write through a mapping');
  if (unmap(at, size) < 0) fail('munmap of a file');
  close(fd);
}

function move(i: u32): void {
  const other = text('moved');
  if (draw(2)) {
    if (rename(nameOf(i), other) < 0 || rename(other, nameOf(i)) < 0) fail('rename');
    return;
  }
  if (link(nameOf(i), other) < 0) fail('link');
  stat(other, status);
  if (changetype<Stat>(status).links != 2) fail('count of links');
  if (unlink(other) < 0) fail('unlink of a link');
}

function look(i: u32): void {
  if (stat(nameOf(i), status) < 0 || changetype<Stat>(status).sizeLow != <u32>sizeOf(i)) fail('size');
}
