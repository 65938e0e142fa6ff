// A mix of file operations after dbench: clients, each a process with a folder of its own, that create, write, read,
// look at, list, rename and delete files. What a file holds follows from its number, so every read is checked.
import { __region_begin, __region_end } from '../kernels/lib/hooks';
import { numberOption } from '../kernels/lib/text';
import { argumentsText } from './lib/arguments';
import { Directory, nextEntry, openDirectory } from './lib/directory';
import {
  chdir,
  close,
  mkdir,
  O_CREAT,
  O_RDONLY,
  O_TRUNC,
  O_WRONLY,
  open,
  readFully,
  rename,
  rmdir,
  Stat,
  stat,
  unlink,
  writeAll,
} from './lib/files';
import { newline, print, printHex, printNumber } from './lib/output';
import { exit, fork, waitFor } from './lib/processes';
import { copyNumber, copyText, text } from './lib/text';

export { signalDispatch, unixEnd, unixStart } from './lib/unix';

const SLOTS: u32 = 16;
const PIECE: u32 = 4096;
const buffer: usize = memory.data(4096, 4096);
const sizes: usize = memory.data(16 * 4, 4);
const path: usize = memory.data(64, 4);
const other: usize = memory.data(64, 4);
const status: usize = memory.data(96, 8);
const word: usize = memory.data(4, 4);
const directory: usize = memory.data(1024 + 32, 8);
let random: u32 = 0;
let wrong: u32 = 0;

function draw(): u32 {
  random = random * 1664525 + 1013904223;
  return random >> 12;
}

export function main(count: u32, words: usize): i32 {
  const options = argumentsText(count, words);
  const clients = numberOption(options, 'clients', 4);
  const operations = numberOption(options, 'operations', 100);
  let result: u32 = 0;
  __region_begin();
  for (let i: u32 = 0; i < clients; i++) {
    const child = fork();
    if (!child) exit(client(i, operations));
  }
  while (waitFor(-1, word, 0) > 0) result = result * 31 + load<u32>(word);
  __region_end();
  print('files clients=');
  printNumber(clients);
  print(' operations=');
  printNumber(operations);
  print(' checksum=');
  printHex(result);
  newline();
  return result ? 1 : 0;
}

/** Returns 0 where all went well. */
function client(number: u32, operations: u32): u32 {
  random = number * 2654435761 + 1;
  copyNumber(copyText(path, text('/data/client')), number);
  if (mkdir(path) < 0 || chdir(path) < 0) return 1;
  for (let i: u32 = 0; i < operations; i++) operation();
  for (let i: u32 = 0; i < SLOTS; i++) if (load<u32>(sizes + (i << 2))) remove(i);
  chdir(text('/'));
  copyNumber(copyText(path, text('/data/client')), number);
  if (rmdir(path) < 0) wrong++;
  return wrong ? 2 : 0;
}

/** dbench's proportions, roughly: many looks, some reads and writes, few changes of names. */
function operation(): void {
  const slot = draw() % SLOTS;
  const size = load<u32>(sizes + (slot << 2));
  const what = draw() % 16;
  if (!size || what < 3) return make(slot);
  if (what < 8) return check(slot, size);
  if (what < 12) return look(slot, size);
  if (what == 12) return list();
  if (what == 13) return move(slot);
  remove(slot);
}

function nameOf(slot: u32): usize {
  copyNumber(copyText(path, text('f')), slot);
  return path;
}

function fill(slot: u32, piece: u32): void {
  memory.fill(buffer, <u8>(slot * 17 + piece), PIECE);
}

/** Sizes are whole KiB above 0, so that 0 says that there is no file. */
function make(slot: u32): void {
  const size: u32 = (1 + (draw() % 24)) << 10;
  const fd = open(nameOf(slot), O_WRONLY | O_CREAT | O_TRUNC, 0o644);
  for (let at: u32 = 0; at < size; at += PIECE) {
    fill(slot, at / PIECE);
    if (writeAll(fd, buffer, min(PIECE, size - at)) < 0) wrong++;
  }
  if (close(fd) < 0) wrong++;
  store<u32>(sizes + (slot << 2), size);
}

function check(slot: u32, size: u32): void {
  const fd = open(nameOf(slot), O_RDONLY);
  for (let at: u32 = 0; at < size; at += PIECE) {
    const length = min(PIECE, size - at);
    if (readFully(fd, buffer, PIECE) != length) wrong++;
    if (load<u8>(buffer) != <u8>(slot * 17 + at / PIECE) || load<u8>(buffer + length - 1) != load<u8>(buffer)) wrong++;
  }
  close(fd);
}

function look(slot: u32, size: u32): void {
  if (stat(nameOf(slot), status) < 0 || changetype<Stat>(status).sizeLow != size) wrong++;
}

function list(): void {
  const d = changetype<Directory>(directory);
  if (openDirectory(d, text('.')) < 0) wrong++;
  let count: u32 = 0;
  while (nextEntry(d)) count++;
  close(d.fd);
  let expected: u32 = 2;
  for (let i: u32 = 0; i < SLOTS; i++) if (load<u32>(sizes + (i << 2))) expected++;
  if (count != expected) wrong++;
}

/** There and back again by another name. */
function move(slot: u32): void {
  copyText(other, text('moved'));
  if (rename(nameOf(slot), other) < 0 || rename(other, path) < 0) wrong++;
}

function remove(slot: u32): void {
  if (unlink(nameOf(slot)) < 0) wrong++;
  store<u32>(sizes + (slot << 2), 0);
}
