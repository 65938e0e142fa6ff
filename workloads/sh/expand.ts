// Words to arguments: variables, quotes, blanks, patterns, in this order.
//
//   'as it is'   "with $VARIABLES"   \c   $NAME ${NAME} $? $$ $! $# $1...$9 $@   *  ?  (in the last part of a path)
//
// A pattern's quoted characters are marked by a backslash until the pattern has been matched or has matched nothing.
import { DIRECTORY_SIZE, Directory, isDots, nextEntry, openDirectory } from '../lib/directory';
import { close } from '../lib/files';
import { compareTexts, copyNumber, copyText, text, textLength } from '../lib/text';
import { arenaFinish, arenaPut, arenaTake } from './arena';
import { Item } from './parser';
import { isNameByte, valueOf } from './variables';

export let lastStatus: u32 = 0;
export let lastBackground: u32 = 0;
export let shellNumber: u32 = 0;
/** $0, $1, ...: addresses of texts. */
export let parameters: usize = 0;
export let parameterCount: u32 = 0;

export function setStatus(status: u32): void {
  lastStatus = status;
}
export function setBackground(pid: u32): void {
  lastBackground = pid;
}
export function setParameters(number: u32, list: usize, count: u32): void {
  shellNumber = number;
  parameters = list;
  parameterCount = count;
}

const MAX_WORDS: u32 = 1024;
const words: usize = memory.data(1024 * 4, 4);
let count: u32 = 0;
let started: bool = false;
let hasPattern: bool = false;
const digits: usize = memory.data(12, 4);

/** Expands a list of items to an array of texts with a 0 at its end, in the arena; the number of them to `expanded`. */
export let expanded: u32 = 0;

export function expandAll(items: usize): usize {
  count = 0;
  for (let at = items; at; at = changetype<Item>(at).next) expandWord(changetype<Item>(at).text, true);
  expanded = count;
  const list = arenaTake((count + 1) << 2);
  for (let i: u32 = 0; i < count; i++) store<u32>(list + (i << 2), load<u32>(words + (i << 2)));
  store<u32>(list + (count << 2), 0);
  return list;
}

/** One word to one text: no splitting, no patterns. */
export function expandOne(word: usize): usize {
  count = 0;
  expandWord(word, false);
  return count ? load<u32>(words) : text('');
}

function finishWord(): void {
  if (!started) return;
  started = false;
  const word = arenaFinish();
  if (!hasPattern || !matchFiles(word)) add(unmark(word));
  hasPattern = false;
}

function add(word: usize): void {
  if (count < MAX_WORDS - 1) store<u32>(words + (count++ << 2), word);
}

function put(c: u32, quoted: bool): void {
  started = true;
  if (quoted && (c == 0x2a || c == 0x3f || c == 0x5c)) arenaPut(0x5c);
  arenaPut(c);
}

/** Takes the marks of quoted characters away, in place. */
function unmark(word: usize): usize {
  let to = word;
  for (let at = word; load<u8>(at); at++) {
    if (load<u8>(at) == 0x5c && load<u8>(at + 1)) at++;
    store<u8>(to++, load<u8>(at));
  }
  store<u8>(to, 0);
  return word;
}

function expandWord(at: usize, split: bool): void {
  let quote: u32 = 0;
  for (; load<u8>(at); at++) {
    const c = <u32>load<u8>(at);
    if (c == 0x27 && quote != 0x22) {
      quote = quote ? 0 : c;
      started = true;
    } else if (c == 0x22 && quote != 0x27) {
      quote = quote ? 0 : c;
      started = true;
    } else if (c == 0x5c && !quote && load<u8>(at + 1)) put(load<u8>(++at), true);
    else if (c == 0x5c && quote == 0x22 && isEscapable(load<u8>(at + 1))) put(load<u8>(++at), true);
    else if (c == 0x24 && quote != 0x27) at = variable(at, quote != 0 || !split);
    else {
      if (!quote && split && (c == 0x2a || c == 0x3f)) {
        hasPattern = true;
        put(c, false);
      } else put(c, true);
    }
  }
  finishWord();
}

function isEscapable(c: u32): bool {
  return c == 0x22 || c == 0x24 || c == 0x5c;
}

/** Puts the value of the variable at `at`, which is its '$'; returns the address of its last character. */
function variable(at: usize, whole: bool): usize {
  const c = <u32>load<u8>(at + 1);
  if (c == 0x7b) {
    let n: u32 = 0;
    while (load<u8>(at + 2 + n) && load<u8>(at + 2 + n) != 0x7d) n++;
    value(valueOf(at + 2, n), whole);
    return load<u8>(at + 2 + n) ? at + 2 + n : at + 1 + n;
  }
  if (isNameByte(c, true)) {
    let n: u32 = 1;
    while (isNameByte(load<u8>(at + 1 + n), false)) n++;
    value(valueOf(at + 1, n), whole);
    return at + n;
  }
  switch (c) {
    case 0x3f:
      number(lastStatus);
      return at + 1;
    case 0x24:
      number(shellNumber);
      return at + 1;
    case 0x21:
      number(lastBackground);
      return at + 1;
    case 0x23:
      number(parameterCount ? parameterCount - 1 : 0);
      return at + 1;
    case 0x40:
      for (let i: u32 = 1; i < parameterCount; i++) {
        if (i > 1) finishWord();
        value(load<u32>(parameters + (i << 2)), true);
      }
      return at + 1;
  }
  if (c - 0x30 < 10) {
    if (c - 0x30 < parameterCount) value(load<u32>(parameters + ((c - 0x30) << 2)), whole);
    return at + 1;
  }
  put(0x24, true);
  return at;
}

function number(n: u32): void {
  copyNumber(digits, n);
  value(digits, true);
}

function value(at: usize, whole: bool): void {
  if (!at) return;
  for (; load<u8>(at); at++) {
    const c = <u32>load<u8>(at);
    if (!whole && (c == 0x20 || c == 9 || c == 10)) finishWord();
    else put(c, true);
  }
}

/** Adds the files that match, sorted; false where there are none. */
function matchFiles(pattern: usize): bool {
  let slash: usize = 0;
  for (let at = pattern; load<u8>(at); at++) if (load<u8>(at) == 0x2f) slash = at + 1;
  const last = slash ? slash : pattern;
  let folder = text('.');
  if (slash) {
    folder = arenaTake(<u32>(slash - pattern) + 1);
    memory.copy(folder, pattern, slash - pattern);
    store<u8>(folder + (slash - pattern), 0);
    unmark(folder);
  }
  const d = changetype<Directory>(arenaTake(DIRECTORY_SIZE));
  if (openDirectory(d, folder) < 0) return false;
  const before = count;
  for (let name = nextEntry(d); name; name = nextEntry(d)) {
    if (isDots(name) || (load<u8>(name) == 0x2e && load<u8>(last) != 0x2e) || !matches(last, name)) continue;
    const prefix = slash ? textLength(folder) : 0;
    const found = arenaTake(prefix + textLength(name) + 1);
    if (prefix) copyText(found, folder);
    copyText(found + prefix, name);
    add(found);
  }
  close(d.fd);
  sortWords(before);
  return count > before;
}

function matches(pattern: usize, name: usize): bool {
  for (; load<u8>(pattern); pattern++, name++) {
    const c = load<u8>(pattern);
    if (c == 0x2a) {
      for (let at = name; ; at++) {
        if (matches(pattern + 1, at)) return true;
        if (!load<u8>(at)) return false;
      }
    }
    if (c == 0x3f) {
      if (!load<u8>(name)) return false;
      continue;
    }
    if (c == 0x5c && load<u8>(pattern + 1)) pattern++;
    if (load<u8>(pattern) != load<u8>(name)) return false;
  }
  return !load<u8>(name);
}

function sortWords(from: u32): void {
  for (let i = from + 1; i < count; i++) {
    const word = load<u32>(words + (i << 2));
    let at = i;
    for (; at > from && compareTexts(load<u32>(words + ((at - 1) << 2)), word) > 0; at--)
      store<u32>(words + (at << 2), load<u32>(words + ((at - 1) << 2)));
    store<u32>(words + (at << 2), word);
  }
}
