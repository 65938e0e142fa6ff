// Utilities that read lines and write some of them.
import { close, O_RDONLY, open, read, readFully } from '../lib/files';
import { allocate, release } from '../lib/memory';
import { complain, complainOf, print, printLine, printText } from '../lib/output';
import { compareTexts, findText } from '../lib/text';
import { hasOption, operandsFrom, optionsAmong, wordAt } from './words';

const BUFFER: u32 = 4096;
const buffer: usize = memory.data(4096, 4096);
const LINE_MAX: u32 = 1024;
const line: usize = memory.data(1024, 4);
let have: i32 = 0;
let used: i32 = 0;

/** Reads a line without its end; false when there is none. */
function readLine(fd: u32): bool {
  let n: u32 = 0;
  while (true) {
    if (used == have) {
      have = read(fd, buffer, BUFFER);
      used = 0;
      if (have <= 0) {
        have = 0;
        store<u8>(line + n, 0);
        return n != 0;
      }
    }
    const c = load<u8>(buffer + used++);
    if (c == 0x0a) break;
    if (n < LINE_MAX - 1) store<u8>(line + n++, c);
  }
  store<u8>(line + n, 0);
  return true;
}

/** Lines with the text; -v: without it. */
export function grep(count: u32, words: usize): i32 {
  const first = operandsFrom(count, words);
  if (!optionsAmong('grep', count, words, 'v')) return 2;
  if (first == count) return complainOf('grep', 'expected [-v] TEXT [FILE...]');
  const without = hasOption(count, words, 0x76);
  let found = 1;
  for (let i = first + 1; i < max(count, first + 2); i++) {
    const fd = count > first + 1 ? open(wordAt(words, i), O_RDONLY) : 0;
    if (fd < 0) {
      complain('grep', wordAt(words, i), fd);
      return 2;
    }
    while (readLine(fd)) {
      if ((findText(line, wordAt(words, first)) != 0) == without) continue;
      found = 0;
      if (count > first + 2) {
        printText(wordAt(words, i));
        print(':');
      }
      printLine(line);
    }
    if (fd) close(fd);
  }
  return found;
}

const SORT_MAX: u32 = 256 * 1024;

/** Lines in the order of their bytes: merge sort over an array of addresses. */
export function sort(count: u32, words: usize): i32 {
  if (count > 2) return complainOf('sort', 'expected [FILE]');
  const fd = count > 1 ? open(wordAt(words, 1), O_RDONLY) : 0;
  if (fd < 0) return complain('sort', wordAt(words, 1), fd);
  const whole = allocate(SORT_MAX);
  const length = readFully(fd, whole, SORT_MAX - 1);
  if (length < 0) return complain('sort', wordAt(words, 1), length);
  if (<u32>length == SORT_MAX - 1) return complainOf('sort', 'input too long');
  store<u8>(whole + length, 0);
  let lines: u32 = 0;
  for (let at: i32 = 0; at < length; at++) if (load<u8>(whole + at) == 0x0a || at == length - 1) lines++;
  const list = allocate(lines << 2);
  const spare = allocate(lines << 2);
  let start = whole;
  for (let i: u32 = 0; i < lines; i++) {
    store<u32>(list + (i << 2), start);
    while (load<u8>(start) && load<u8>(start) != 0x0a) start++;
    store<u8>(start++, 0);
  }
  mergeSort(list, spare, lines);
  for (let i: u32 = 0; i < lines; i++) printLine(load<u32>(list + (i << 2)));
  release(whole);
  return 0;
}

function mergeSort(list: usize, spare: usize, count: u32): void {
  if (count < 2) return;
  const half = count >> 1;
  mergeSort(list, spare, half);
  mergeSort(list + (half << 2), spare, count - half);
  let a: u32 = 0;
  let b: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const left = load<u32>(list + (a << 2));
    const right = load<u32>(list + ((half + b) << 2));
    const takeLeft = b == count - half || (a < half && compareTexts(left, right) <= 0);
    store<u32>(spare + (i << 2), takeLeft ? left : right);
    if (takeLeft) a++;
    else b++;
  }
  memory.copy(list, spare, count << 2);
}
