// Does the kernel do what its system calls promise? One line a check, and an exit status of 1 if any failed. `only=` takes a
// list of checks; `crash`, which ends the program, runs only when it is asked for.
import { CHECKSUM_START, checksum } from '../kernels/lib/bytes';
import { EBADF, EFAULT, ENOSYS, FD_CONSOLE, FD_PACKET } from '../kernels/lib/callnumbers';
import { newline, print, printHex, printNumber } from '../kernels/lib/console';
import { nextItem, option, wordIs } from '../kernels/lib/text';
import { systemCall0 } from './lib/stubs';
import {
  getpid,
  getppid,
  mapMemory,
  pipe,
  read,
  unmapMemory,
  write,
  writeProtect,
  writev,
  yieldProcessor,
} from './lib/system';

export { programEnd, programStart } from './lib/start';

const PAGE: u32 = 4096;
/** Start of the program's own code, which nobody may write. */
const TEXT: usize = 0x08048000;
const buffer: usize = memory.data(8192, 4096);
const zeros: usize = memory.data(64 * 1024, 4096);
const pair: usize = memory.data(16, 8);
let failures: u32 = 0;

function check(name: string, good: bool): void {
  print('checks ');
  print(name);
  if (good) print(' ok');
  else {
    print(' FAILED');
    failures++;
  }
  newline();
}

/** Is this check among `only=a,b,...`, or is there no such list? */
function wanted(text: usize, name: string): bool {
  const list = option(text, 'only');
  for (let at = list; at; at = nextItem(at)) if (wordIs(at, name)) return true;
  return !list;
}

export function main(text: usize): i32 {
  if (wanted(text, 'identity')) check('identity', getpid() >= 1 && getppid() >= 0);
  if (wanted(text, 'unknown')) check('unknown', systemCall0(17) == -ENOSYS && systemCall0(100000) == -ENOSYS);
  if (wanted(text, 'memory')) checkMemory();
  if (wanted(text, 'protect')) checkProtect();
  if (wanted(text, 'pipe')) checkPipe();
  if (wanted(text, 'pointers')) checkPointers();
  if (wanted(text, 'yield')) check('yield', yieldProcessor() == 0);
  if (wanted(text, 'packet')) checkPacket();
  if (option(text, 'only') && wanted(text, 'crash')) store<u32>(TEXT, 0);
  print('checks failures=');
  printNumber(failures);
  newline();
  return failures ? 1 : 0;
}

function checkMemory(): void {
  let sum: u32 = 0;
  for (let i: u32 = 0; i < 64 * 1024; i += 4) sum |= load<u32>(zeros + i);
  check('bss', sum == 0);
  const area = mapMemory(16 * PAGE);
  for (let i: u32 = 0; i < 16 * PAGE; i += 4) sum |= load<u32>(area + i);
  for (let i: u32 = 0; i < 16 * PAGE; i += 4) store<u32>(area + i, i);
  let good = sum == 0;
  for (let i: u32 = 0; i < 16 * PAGE; i += 4) good = good && load<u32>(area + i) == i;
  check('memory', good && unmapMemory(area, 16 * PAGE) == 0);
}

function checkProtect(): void {
  const area = mapMemory(4 * PAGE);
  for (let i: u32 = 0; i < 4; i++) store<u32>(area + i * PAGE, 7 + i);
  let good = writeProtect(area, 4 * PAGE) == 0;
  for (let i: u32 = 0; i < 4; i++) {
    good = good && load<u32>(area + i * PAGE) == 7 + i;
    store<u32>(area + i * PAGE, 70 + i);
    good = good && load<u32>(area + i * PAGE) == 70 + i;
  }
  check('protect', good);
}

function checkPipe(): void {
  let good = pipe(pair) == 0;
  for (let i: u32 = 0; i < 4096; i++) store<u8>(buffer + i, i * 7);
  good = good && write(load<u32>(pair + 4), buffer, 3000) == 3000;
  good = good && read(load<u32>(pair), buffer + 4096, 2000) == 2000;
  good = good && write(load<u32>(pair + 4), buffer, 3000) == 3000;
  good = good && read(load<u32>(pair), buffer + 4096, 1000) == 1000;
  good = good && checksum(CHECKSUM_START, buffer + 4096, 1000) == checksum(CHECKSUM_START, buffer + 2000, 1000);
  good = good && read(load<u32>(pair), buffer + 4096, 4096) == 3000;
  good = good && checksum(CHECKSUM_START, buffer + 4096, 3000) == checksum(CHECKSUM_START, buffer, 3000);
  check('pipe', good);
}

function checkPointers(): void {
  let good = write(77, buffer, 4) == -EBADF;
  good = good && write(FD_CONSOLE, 0xc0100000, 4) == -EFAULT;
  good = good && write(FD_CONSOLE, 0xbffffffe, 8) == -EFAULT;
  good = good && write(FD_CONSOLE, 0x1000, 4) == -EFAULT;
  good = good && read(load<u32>(pair), 0xfffffff0, 32) == -EFAULT;
  good = good && pipe(0x1000) == -EFAULT;
  good = good && pipe(TEXT) == -EFAULT;
  check('pointers', good);
}

function checkPacket(): void {
  for (let i: u32 = 0; i < 128; i++) store<u8>(buffer + i, i < 6 ? 0xff : i);
  store<u32>(pair, buffer);
  store<u32>(pair + 4, 64);
  store<u32>(pair + 8, buffer);
  store<u32>(pair + 12, 100);
  const result = writev(FD_PACKET, pair, 2);
  check('packet', result == 164);
  if (result != 164) printHex(result);
}
