// What happens when something runs out: `limits [only=NAME,...]`, in a writable folder of a disk. Each case uses up one thing,
// sees the right error, gives everything back, and can do it once more with the same result; at the end the kernel counts
// what it counted at the start. One line a case.
import { CALL_KERNEL_COUNTS, EAGAIN, EMFILE, ENFILE, ENOMEM, ENOSPC } from '../kernels/lib/callnumbers';
import { nextItem, option, wordIs } from '../kernels/lib/text';
import { argumentsText } from './lib/arguments';
import { close, mkdir, O_CREAT, O_RDWR, open, rmdir, sync, truncateFile, unlink } from './lib/files';
import { MAP_SHARED, map, mapFailed, PROT_READ, PROT_WRITE, protect, unmap, zeros } from './lib/memory';
import { flushOutput, newline, print, printNumber } from './lib/output';
import { exit, exitStatus, fork, kill, waitFor } from './lib/processes';
import { pause } from './lib/signals';
import { systemCall1 } from './lib/stubs';
import { pipe, write } from './lib/system';
import { copyNumber, text } from './lib/text';

export { signalDispatch, unixEnd, unixStart } from './lib/unix';

const PAGE: u32 = 4096;
const SIGBUS: u32 = 7;
const SIGKILL: u32 = 9;
const COUNTS: u32 = 6;
const page: usize = memory.data(4096, 4096);
const pair: usize = memory.data(8, 4);
const word: usize = memory.data(4, 4);
const path: usize = memory.data(32, 4);
const pids: usize = memory.data(128 * 4, 4);
const before: usize = memory.data(32, 4);
const after: usize = memory.data(32, 4);
let failures: u32 = 0;

function say(name: string, good: bool, detail: u32): void {
  print('limits ');
  print(name);
  if (good) print(' ok');
  else {
    print(' FAILED, at ');
    printNumber(detail);
    failures++;
  }
  newline();
  flushOutput();
}

/** Is this case among `only=a,b,...`, or is there no such list? */
function wanted(options: usize, name: string): bool {
  const list = option(options, 'only');
  for (let at = list; at; at = nextItem(at)) if (wordIs(at, name)) return true;
  return !list;
}

export function main(count: u32, words: usize): i32 {
  const options = argumentsText(count, words);
  run(options);
  sync();
  systemCall1(CALL_KERNEL_COUNTS, before);
  const first = failures;
  print('limits again');
  newline();
  run(options);
  sync();
  systemCall1(CALL_KERNEL_COUNTS, after);
  let different: u32 = 0;
  for (let i: u32 = 0; i < COUNTS; i++) {
    if (load<u32>(before + (i << 2)) != load<u32>(after + (i << 2))) different |= 1 << i;
  }
  say('counts', !different, different);
  print('limits failures=');
  printNumber(failures);
  newline();
  return failures || first ? 1 : 0;
}

function run(options: usize): void {
  if (wanted(options, 'disk')) fullFile('disk', text('fill'));
  if (wanted(options, 'tmpfs')) fullFile('tmpfs', text('/tmp/fill'));
  if (wanted(options, 'names')) fullDirectory();
  if (wanted(options, 'mapping')) fullMapping();
  if (wanted(options, 'descriptors')) allDescriptors();
  if (wanted(options, 'pipes')) allPipes();
  if (wanted(options, 'processes')) allProcesses();
  if (wanted(options, 'memory')) allMemory();
  if (wanted(options, 'regions')) allRegions();
}

/** Writes until there is no room; how many bytes there were, or the error when it is another. */
function fill(fd: u32): i32 {
  let total: i32 = 0;
  while (true) {
    const written = write(fd, page, PAGE);
    if (written == -ENOSPC) return total;
    if (written <= 0) return written;
    total += written;
  }
}

function fullFile(name: string, file: usize): void {
  const fd = open(file, O_CREAT | O_RDWR);
  const first = fill(fd);
  let good = first > 0 && write(fd, page, PAGE) == -ENOSPC;
  good = good && truncateFile(fd, 0) == 0;
  close(fd);
  good = good && unlink(file) == 0;
  const again = open(file, O_CREAT | O_RDWR);
  const second = fill(again);
  close(again);
  say(name, good && second == first && unlink(file) == 0, first);
}

function nameOf(i: u32): usize {
  store<u8>(path, 0x6e);
  store<u8>(copyNumber(path + 1, i), 0);
  return path;
}

/** Files until there is no inode, then a directory, which must leave nothing behind. */
function fullDirectory(): void {
  let n: u32 = 0;
  let result: i32 = 0;
  while (true) {
    result = open(nameOf(n), O_CREAT | O_RDWR);
    if (result < 0) break;
    close(result);
    n++;
  }
  let good = result == -ENOSPC && mkdir(text('d')) == -ENOSPC && rmdir(text('d')) < 0;
  for (let i: u32 = 0; i < n; i++) good = unlink(nameOf(i)) == 0 && good;
  say('names', good && n > 0 && mkdir(text('d')) == 0 && rmdir(text('d')) == 0, n);
}

/** A write to a hole of a mapped file needs a block; without one, the writer gets SIGBUS. */
function fullMapping(): void {
  const hole = open(text('hole'), O_CREAT | O_RDWR);
  truncateFile(hole, PAGE * 4);
  const fd = open(text('fill'), O_CREAT | O_RDWR);
  const filled = fill(fd);
  const child = fork();
  if (!child) {
    const at = map(0, PAGE * 4, PROT_READ | PROT_WRITE, MAP_SHARED, hole, 0);
    if (load<u32>(at)) exit(1);
    store<u32>(at, 1);
    exit(2);
  }
  waitFor(child, word, 0);
  close(fd);
  close(hole);
  const good = filled > 0 && <u32>exitStatus(load<u32>(word)) == 128 + SIGBUS;
  say('mapping', good && unlink(text('fill')) == 0 && unlink(text('hole')) == 0, load<u32>(word));
}

function allDescriptors(): void {
  let n: u32 = 0;
  let result: i32 = 0;
  let last: i32 = 0;
  let lowest: i32 = -1;
  while (true) {
    result = open(text('/dev/null'), O_RDWR);
    if (result < 0) break;
    if (lowest < 0) lowest = result;
    last = result;
    n++;
  }
  for (let fd = lowest; fd <= last; fd++) close(fd);
  say('descriptors', result == -EMFILE && n > 100, n);
}

function allPipes(): void {
  let n: u32 = 0;
  let result: i32 = 0;
  let lowest: i32 = -1;
  let last: i32 = 0;
  while (true) {
    result = pipe(pair);
    if (result < 0) break;
    if (lowest < 0) lowest = load<i32>(pair);
    last = load<i32>(pair + 4);
    n++;
  }
  for (let fd = lowest; fd <= last; fd++) close(fd);
  say('pipes', (result == -EMFILE || result == -ENFILE) && n > 10, n);
}

function allProcesses(): void {
  let n: u32 = 0;
  let result: i32 = 0;
  while (true) {
    result = fork();
    if (!result) while (true) pause();
    if (result < 0) break;
    store<i32>(pids + (n++ << 2), result);
  }
  let good = result == -EAGAIN && n > 10;
  for (let i: u32 = 0; i < n; i++) good = kill(load<i32>(pids + (i << 2)), SIGKILL) == 0 && good;
  for (let i: u32 = 0; i < n; i++) {
    good = waitFor(-1, word, 0) > 0 && (load<u32>(word) & 0x7f) == SIGKILL && good;
  }
  say('processes', good, n);
}

/** A child that touches all memory there is dies of it; others go on. */
function allMemory(): void {
  const child = fork();
  if (!child) {
    const area = zeros(512 << 20);
    if (mapFailed(area)) exit(1);
    for (let at: u32 = 0; at < 512 << 20; at += PAGE) store<u32>(area + at, at);
    exit(2);
  }
  waitFor(child, word, 0);
  say('memory', (load<u32>(word) & 0x7f) == SIGKILL, load<u32>(word));
}

/** Every other page of another protection: a region each. */
function allRegions(): void {
  const pages: u32 = 4096;
  const area = zeros(pages * PAGE);
  let n: u32 = 0;
  let result: i32 = 0;
  for (; n < pages; n += 2) {
    result = protect(area + n * PAGE, PAGE, PROT_READ);
    if (result < 0) break;
  }
  const good = result == -ENOMEM && n > 100;
  say('regions', unmap(area, pages * PAGE) == 0 && good, n);
}
