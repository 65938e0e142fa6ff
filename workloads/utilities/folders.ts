// Utilities for folders.
import { DIRECTORY_SIZE, Directory, isDots, nextEntry, openDirectory } from '../lib/directory';
import {
  close,
  currentFolder,
  link,
  linkStat,
  mkdir as makeFolder,
  readlink,
  rmdir as removeFolder,
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFLNK,
  S_IFMT,
  Stat,
  symlink,
  unlink,
} from '../lib/files';
import { allocate, release } from '../lib/memory';
import { complain, complainOf, newline, print, printAligned, printByte, printLine, printText } from '../lib/output';
import { compareTexts, copyText, joinPath, text, textLength } from '../lib/text';
import { hasOption, operandsFrom, optionsAmong, wordAt } from './words';

const MAX_ENTRIES: u32 = 1024;
const names: usize = memory.data(1024 * 4, 4);
const status: usize = memory.data(96, 8);
const target: usize = memory.data(256, 4);
const PATH: u32 = 512;
const path: usize = memory.data(512, 4);

export function mkdir(count: u32, words: usize): i32 {
  if (count == 1) return complainOf('mkdir', 'expected FOLDER...');
  for (let i: u32 = 1; i < count; i++) {
    const result = makeFolder(wordAt(words, i));
    if (result < 0) return complain('mkdir', wordAt(words, i), result);
  }
  return 0;
}

export function rmdir(count: u32, words: usize): i32 {
  if (count == 1) return complainOf('rmdir', 'expected FOLDER...');
  for (let i: u32 = 1; i < count; i++) {
    const result = removeFolder(wordAt(words, i));
    if (result < 0) return complain('rmdir', wordAt(words, i), result);
  }
  return 0;
}

export function pwd(): i32 {
  const result = currentFolder(path, PATH);
  if (result < 0) return complain('pwd', text('.'), result);
  printLine(path);
  return 0;
}

/** -s: symbolic. */
export function ln(count: u32, words: usize): i32 {
  const first = operandsFrom(count, words);
  if (!optionsAmong('ln', count, words, 's')) return 1;
  if (count != first + 2) return complainOf('ln', 'expected [-s] TARGET NAME');
  const to = wordAt(words, first);
  const name = wordAt(words, first + 1);
  const result = hasOption(count, words, 0x73) ? symlink(to, name) : link(to, name);
  return result < 0 ? complain('ln', name, result) : 0;
}

/** Removes a file, or a folder with all in it. */
export function removeTree(name: usize): i32 {
  let result = linkStat(name, status);
  if (result < 0) return result;
  if ((changetype<Stat>(status).mode & S_IFMT) != S_IFDIR) return unlink(name);
  const d = changetype<Directory>(allocate(DIRECTORY_SIZE));
  // Read from the start after each removal: a directory that changes is not read on with.
  while (true) {
    result = openDirectory(d, name);
    if (result < 0) break;
    let entry = nextEntry(d);
    while (entry && isDots(entry)) entry = nextEntry(d);
    close(d.fd);
    if (!entry) break;
    const inner = allocate(textLength(name) + textLength(entry) + 2);
    result = removeTree(joinPath(inner, name, entry));
    release(inner);
    if (result < 0) break;
  }
  release(changetype<usize>(d));
  return result < 0 ? result : removeFolder(name);
}

export function ls(count: u32, words: usize): i32 {
  if (!optionsAmong('ls', count, words, 'la')) return 1;
  const long = hasOption(count, words, 0x6c);
  const all = hasOption(count, words, 0x61);
  const first = operandsFrom(count, words);
  if (first == count) return list(text('.'), long, all);
  let worst = 0;
  for (let i = first; i < count; i++) {
    if (count > first + 1) {
      printText(wordAt(words, i));
      print(':\n');
    }
    worst |= list(wordAt(words, i), long, all);
  }
  return worst;
}

function list(name: usize, long: bool, all: bool): i32 {
  const result = linkStat(name, status);
  if (result < 0) return complain('ls', name, result);
  if ((changetype<Stat>(status).mode & S_IFMT) != S_IFDIR) {
    printEntry(text(''), name, long);
    return 0;
  }
  const d = changetype<Directory>(allocate(DIRECTORY_SIZE));
  const opened = openDirectory(d, name);
  if (opened < 0) return complain('ls', name, opened);
  let entries: u32 = 0;
  for (let entry = nextEntry(d); entry && entries < MAX_ENTRIES; entry = nextEntry(d)) {
    if (!all && load<u8>(entry) == 0x2e) continue;
    const copy = allocate(textLength(entry) + 1);
    copyText(copy, entry);
    insert(copy, entries++);
  }
  close(d.fd);
  for (let i: u32 = 0; i < entries; i++) printEntry(name, load<u32>(names + (i << 2)), long);
  return 0;
}

function insert(name: usize, count: u32): void {
  let at = count;
  for (; at && compareTexts(load<u32>(names + ((at - 1) << 2)), name) > 0; at--)
    store<u32>(names + (at << 2), load<u32>(names + ((at - 1) << 2)));
  store<u32>(names + (at << 2), name);
}

function printEntry(folder: usize, name: usize, long: bool): void {
  if (!long) return printLine(name);
  if (textLength(folder) + textLength(name) + 2 > PATH) return printLine(name);
  joinPath(path, folder, name);
  if (linkStat(path, status) < 0) return;
  const s = changetype<Stat>(status);
  printMode(s.mode);
  printAligned(s.links, 4);
  printAligned(s.user, 5);
  printAligned(s.group, 5);
  const kind = s.mode & S_IFMT;
  if (kind == S_IFCHR || kind == S_IFBLK) {
    printAligned((<u32>s.specialDevice >> 8) & 0xff, 5);
    printByte(0x2c);
    printAligned(<u32>s.specialDevice & 0xff, 4);
  } else printAligned(s.sizeLow, 10);
  printByte(0x20);
  printText(name);
  if (kind == S_IFLNK) {
    const length = readlink(path, target, 255);
    if (length >= 0) {
      store<u8>(target + length, 0);
      print(' -> ');
      printText(target);
    }
  }
  newline();
}

function printMode(mode: u32): void {
  const kind = mode & S_IFMT;
  printByte(kind == S_IFDIR ? 0x64 : kind == S_IFLNK ? 0x6c : kind == S_IFCHR ? 0x63 : kind == S_IFBLK ? 0x62 : 0x2d);
  for (let bit: i32 = 8; bit >= 0; bit--) {
    const place = bit % 3;
    printByte(!((mode >> bit) & 1) ? 0x2d : place == 2 ? 0x72 : place == 1 ? 0x77 : 0x78);
  }
}
