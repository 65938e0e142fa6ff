// Utilities for the contents and names of files.
import { EINVAL, EISDIR, ENAMETOOLONG, EXDEV } from '../../kernels/lib/callnumbers';
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
import { isDigit, joinPath, lastPart, numberAt, text, textIs, textLength } from '../lib/text';
import { removeTree } from './folders';
import { hasOption, operandsFrom, optionsAmong, wordAt } from './words';

const BUFFER: u32 = 4096;
const buffer: usize = memory.data(4096, 4096);
const status: usize = memory.data(96, 8);
const other: usize = memory.data(96, 8);
const PATH: u32 = 512;
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

/** Where `from` goes when it goes to `to`: into it, where it is a folder; 0: the name would be too long. */
function targetOf(from: usize, to: usize): usize {
  if (!isFolder(to)) return to;
  const name = lastPart(from);
  return textLength(to) + textLength(name) + 2 > PATH ? 0 : joinPath(path, to, name);
}

/** Are both names of one file? */
function same(a: usize, b: usize): bool {
  if (stat(a, status) < 0 || stat(b, other) < 0) return false;
  // The inode's number lies behind what class Stat has.
  return (
    changetype<Stat>(status).device == changetype<Stat>(other).device && load<u64>(status, 88) == load<u64>(other, 88)
  );
}

/** 0 or an error, which belongs to `from` until `toBlame` says otherwise. */
let toBlame: usize = 0;
function copy(from: usize, name: usize): i32 {
  toBlame = from;
  const source = open(from, O_RDONLY);
  if (source < 0) return source;
  let result: i32 = isFolder(from) ? -EISDIR : same(from, name) ? -EINVAL : 0;
  if (result == 0) {
    const mode = (stat(from, status), changetype<Stat>(status).mode & 0o777);
    toBlame = name;
    const target = open(name, O_WRONLY | O_CREAT | O_TRUNC, mode);
    result = target < 0 ? target : send(source, target);
    if (target >= 0) close(target);
  }
  close(source);
  return result;
}

export function cp(count: u32, words: usize): i32 {
  if (count < 3) return complainOf('cp', 'expected SOURCE... TARGET');
  const to = wordAt(words, count - 1);
  for (let i: u32 = 1; i < count - 1; i++) {
    const from = wordAt(words, i);
    const name = targetOf(from, to);
    const result = name ? copy(from, name) : -ENAMETOOLONG;
    if (result < 0) return complain('cp', name ? toBlame : to, result);
  }
  return 0;
}

export function mv(count: u32, words: usize): i32 {
  if (count < 3) return complainOf('mv', 'expected SOURCE... TARGET');
  const to = wordAt(words, count - 1);
  for (let i: u32 = 1; i < count - 1; i++) {
    const from = wordAt(words, i);
    const name = targetOf(from, to);
    let result = name ? rename(from, name) : -ENAMETOOLONG;
    if (result == -EXDEV) {
      result = copy(from, name);
      if (result == 0) result = unlink(from);
    }
    if (result < 0) return complain('mv', from, result);
  }
  return 0;
}

/** -r: folders with all in them; -f: without complaint. */
export function rm(count: u32, words: usize): i32 {
  let worst = 0;
  if (!optionsAmong('rm', count, words, 'rf')) return 1;
  const quiet = hasOption(count, words, 0x66);
  if (!quiet && operandsFrom(count, words) == count) return complainOf('rm', 'expected [-rf] FILE...');
  for (let i = operandsFrom(count, words); i < count; i++) {
    const name = wordAt(words, i);
    const result = hasOption(count, words, 0x72) ? removeTree(name) : unlink(name);
    if (result < 0 && !quiet) worst = complain('rm', name, result);
  }
  return worst;
}

export function touch(count: u32, words: usize): i32 {
  if (count == 1) return complainOf('touch', 'expected FILE...');
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
  if (count > 1 && load<u8>(wordAt(words, 1)) == 0x2d) {
    if (count < 3 || !textIs(wordAt(words, 1), '-n') || !isDigit(load<u8>(wordAt(words, 2))))
      return complainOf('head', 'expected [-n LINES] [FILE]');
    lines = numberAt(wordAt(words, 2));
    i = 3;
  }
  const fd = i < count ? open(wordAt(words, i), O_RDONLY) : 0;
  if (fd < 0) return complain('head', wordAt(words, i), fd);
  while (lines) {
    const n = read(fd, buffer, BUFFER);
    if (n < 0) return complain('head', i < count ? wordAt(words, i) : text('-'), n);
    if (n == 0) break;
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

/** 0 or an error. */
function countIn(fd: u32): i32 {
  let inside = false;
  while (true) {
    const n = read(fd, buffer, BUFFER);
    if (n <= 0) return n;
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
    const result = countIn(fd);
    if (fd) close(fd);
    if (result < 0) return complain('wc', count > 1 ? wordAt(words, i) : text('-'), result);
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
