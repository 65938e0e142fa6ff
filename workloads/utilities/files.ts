// Utilities for the contents and names of files.
import {
  close,
  O_CREAT,
  O_RDONLY,
  O_TRUNC,
  O_WRONLY,
  open,
  read,
  rename,
  S_IFDIR,
  S_IFMT,
  Stat,
  setTimes,
  stat,
  unlink,
  writeAll,
} from '../lib/files';
import { complain, complainOf, flushOutput, newline, print, printAligned, printByte, printText } from '../lib/output';
import { joinPath, lastPart, numberAt, text } from '../lib/text';
import { removeTree } from './folders';
import { hasOption, operandsFrom, wordAt } from './words';

const BUFFER: u32 = 4096;
const buffer: usize = memory.data(4096, 4096);
const status: usize = memory.data(96, 8);
const path: usize = memory.data(512, 4);

/** Sends a file to a descriptor. */
function send(fd: u32, to: u32): i32 {
  while (true) {
    const n = read(fd, buffer, BUFFER);
    if (n <= 0) return n;
    const written = writeAll(to, buffer, n);
    if (written < 0) return written;
  }
}

export function cat(count: u32, words: usize): i32 {
  if (count == 1) {
    const result = send(0, 1);
    return result < 0 ? complain('cat', text('-'), result) : 0;
  }
  let worst = 0;
  for (let i: u32 = 1; i < count; i++) {
    const fd = open(wordAt(words, i), O_RDONLY);
    const result = fd < 0 ? fd : send(fd, 1);
    if (fd >= 0) close(fd);
    if (result < 0) worst = complain('cat', wordAt(words, i), result);
  }
  return worst;
}

function isFolder(name: usize): bool {
  return stat(name, status) == 0 && (changetype<Stat>(status).mode & S_IFMT) == S_IFDIR;
}

/** Where `from` goes when it goes to `to`: into it, where it is a folder. */
function targetOf(from: usize, to: usize): usize {
  return isFolder(to) ? joinPath(path, to, lastPart(from)) : to;
}

export function cp(count: u32, words: usize): i32 {
  if (count < 3) return complainOf('cp', 'expected SOURCE... TARGET');
  const to = wordAt(words, count - 1);
  for (let i: u32 = 1; i < count - 1; i++) {
    const from = wordAt(words, i);
    const source = open(from, O_RDONLY);
    if (source < 0) return complain('cp', from, source);
    stat(from, status);
    const mode = changetype<Stat>(status).mode & 0o777;
    const name = targetOf(from, to);
    const target = open(name, O_WRONLY | O_CREAT | O_TRUNC, mode);
    if (target < 0) return complain('cp', name, target);
    const result = send(source, target);
    close(source);
    close(target);
    if (result < 0) return complain('cp', name, result);
  }
  return 0;
}

export function mv(count: u32, words: usize): i32 {
  if (count < 3) return complainOf('mv', 'expected SOURCE... TARGET');
  const to = wordAt(words, count - 1);
  for (let i: u32 = 1; i < count - 1; i++) {
    const from = wordAt(words, i);
    const result = rename(from, targetOf(from, to));
    if (result < 0) return complain('mv', from, result);
  }
  return 0;
}

/** -r: folders with all in them; -f: without complaint. */
export function rm(count: u32, words: usize): i32 {
  let worst = 0;
  const quiet = hasOption(count, words, 0x66);
  for (let i = operandsFrom(count, words); i < count; i++) {
    const name = wordAt(words, i);
    const result = hasOption(count, words, 0x72) ? removeTree(name) : unlink(name);
    if (result < 0 && !quiet) worst = complain('rm', name, result);
  }
  return worst;
}

export function touch(count: u32, words: usize): i32 {
  for (let i: u32 = 1; i < count; i++) {
    const fd = open(wordAt(words, i), O_WRONLY | O_CREAT);
    if (fd < 0) return complain('touch', wordAt(words, i), fd);
    close(fd);
    setTimes(wordAt(words, i), 0);
  }
  return 0;
}

export function head(count: u32, words: usize): i32 {
  let lines: u32 = 10;
  let i: u32 = 1;
  if (count > 2 && load<u16>(wordAt(words, 1)) == 0x6e2d) {
    lines = numberAt(wordAt(words, 2));
    i = 3;
  }
  const fd = i < count ? open(wordAt(words, i), O_RDONLY) : 0;
  if (fd < 0) return complain('head', wordAt(words, i), fd);
  while (lines) {
    const n = read(fd, buffer, BUFFER);
    if (n <= 0) break;
    for (let at: i32 = 0; at < n && lines; at++) {
      printByte(load<u8>(buffer + at));
      if (load<u8>(buffer + at) == 0x0a) lines--;
    }
  }
  return 0;
}

let lineTotal: u32 = 0;
let wordTotal: u32 = 0;
let byteTotal: u32 = 0;

function countIn(fd: u32): void {
  let inside = false;
  for (let n = read(fd, buffer, BUFFER); n > 0; n = read(fd, buffer, BUFFER)) {
    byteTotal += n;
    for (let at: i32 = 0; at < n; at++) {
      const c = load<u8>(buffer + at);
      if (c == 0x0a) lineTotal++;
      if (c > 0x20 && !inside) wordTotal++;
      inside = c > 0x20;
    }
  }
}

/** Lines, words and bytes. */
export function wc(count: u32, words: usize): i32 {
  for (let i: u32 = 1; i < max(count, 2); i++) {
    const fd = count > 1 ? open(wordAt(words, i), O_RDONLY) : 0;
    if (fd < 0) return complain('wc', wordAt(words, i), fd);
    lineTotal = 0;
    wordTotal = 0;
    byteTotal = 0;
    countIn(fd);
    if (fd) close(fd);
    printAligned(lineTotal, 7);
    printAligned(wordTotal, 8);
    printAligned(byteTotal, 8);
    if (count > 1) {
      print(' ');
      printText(wordAt(words, i));
    }
    newline();
  }
  flushOutput();
  return 0;
}
