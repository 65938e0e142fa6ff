// Utilities that ask the kernel.
import { CALL_KERNEL_COUNTS, CALL_UNAME } from '../../kernels/lib/callnumbers';
import { fileSystemStat, sync as syncAll } from '../lib/files';
import {
  complain,
  complainOf,
  newline,
  print,
  printAligned,
  printByte,
  printDigits,
  printLine,
  printNumber,
  printText,
} from '../lib/output';
import { kill as sendSignal } from '../lib/processes';
import { SIGTERM } from '../lib/signals';
import { systemCall1 } from '../lib/stubs';
import { isDigit, numberAt, text, textIs } from '../lib/text';
import { now, sleepSeconds } from '../lib/time';
import { environment } from '../lib/unix';
import { operandsFrom, optionsAmong, wordAt } from './words';

/** Six texts of 65 bytes: system, node, release, version, machine, domain. */
const NAME_FIELD: u32 = 65;
const names: usize = memory.data(65 * 6, 4);
const numbers: usize = memory.data(64, 4);

export function echo(count: u32, words: usize): i32 {
  const bare = count > 1 && textIs(wordAt(words, 1), '-n');
  const first: u32 = bare ? 2 : 1;
  for (let i = first; i < count; i++) {
    if (i > first) printByte(0x20);
    printText(wordAt(words, i));
  }
  if (!bare) newline();
  return 0;
}

export function env(): i32 {
  for (let at = environment; load<u32>(at); at += 4) printLine(load<u32>(at));
  return 0;
}

/** kill [-SIGNAL] PID... */
export function kill(count: u32, words: usize): i32 {
  let signal = SIGTERM;
  let i: u32 = 1;
  if (count > 1 && load<u8>(wordAt(words, 1)) == 0x2d) {
    if (!isDigit(load<u8>(wordAt(words, 1) + 1))) return complainOf('kill', 'a signal is a number');
    signal = numberAt(wordAt(words, 1) + 1);
    i = 2;
  }
  if (i >= count) return complainOf('kill', 'expected [-SIGNAL] PID...');
  for (; i < count; i++) {
    if (!isDigit(load<u8>(wordAt(words, i)))) return complainOf('kill', 'a process is a number');
    const result = sendSignal(numberAt(wordAt(words, i)), signal);
    if (result < 0) return complain('kill', wordAt(words, i), result);
  }
  return 0;
}

export function sleep(count: u32, words: usize): i32 {
  if (count != 2 || !isDigit(load<u8>(wordAt(words, 1)))) return complainOf('sleep', 'expected SECONDS');
  return sleepSeconds(numberAt(wordAt(words, 1))) < 0 ? 1 : 0;
}

/** YYYY-MM-DD hh:mm:ss UTC, by counting years and months. */
export function date(): i32 {
  const seconds = now();
  let days = seconds / 86400;
  let year: u32 = 1970;
  while (days >= yearDays(year)) days -= yearDays(year++);
  let month: u32 = 1;
  while (days >= monthDays(year, month)) days -= monthDays(year, month++);
  printDigits(year, 4);
  print('-');
  printDigits(month, 2);
  print('-');
  printDigits(days + 1, 2);
  print(' ');
  printDigits((seconds / 3600) % 24, 2);
  print(':');
  printDigits((seconds / 60) % 60, 2);
  print(':');
  printDigits(seconds % 60, 2);
  print(' UTC\n');
  return 0;
}

function isLeap(year: u32): bool {
  return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

function yearDays(year: u32): u32 {
  return isLeap(year) ? 366 : 365;
}

function monthDays(year: u32, month: u32): u32 {
  if (month == 2) return isLeap(year) ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

/** -a: all fields. */
export function uname(count: u32, words: usize): i32 {
  if (!optionsAmong('uname', count, words, 'a')) return 1;
  if (count > 2 || operandsFrom(count, words) < count) return complainOf('uname', 'expected [-a]');
  const result = systemCall1(CALL_UNAME, names);
  if (result < 0) return complain('uname', text('-'), result);
  const all = count > 1 && textIs(wordAt(words, 1), '-a');
  const fields: u32 = all ? 5 : 1;
  for (let i: u32 = 0; i < fields; i++) {
    if (i) printByte(0x20);
    printText(names + i * NAME_FIELD);
  }
  newline();
  return 0;
}

export function sync(): i32 {
  syncAll();
  return 0;
}

/** Blocks of a file system: Linux's `struct statfs`: type, block size, blocks, free, ... */
export function df(count: u32, words: usize): i32 {
  const path = count > 1 ? wordAt(words, 1) : text('/');
  const result = fileSystemStat(path, numbers);
  if (result < 0) return complain('df', path, result);
  const size = load<u32>(numbers + 4) >> 10;
  print('KiB total, used, free:');
  printAligned(load<u32>(numbers + 8) * size, 9);
  printAligned((load<u32>(numbers + 8) - load<u32>(numbers + 12)) * size, 9);
  printAligned(load<u32>(numbers + 12) * size, 9);
  newline();
  return 0;
}

/** What the kernel holds: free frames, open files, pipes, processes, regions, inodes, cached pages. */
export function counts(): i32 {
  const result = systemCall1(CALL_KERNEL_COUNTS, numbers);
  if (result < 0) return complain('counts', text('-'), result);
  for (let i: u32 = 0; i < 7; i++) {
    if (i) printByte(0x20);
    printNumber(load<u32>(numbers + (i << 2)));
  }
  newline();
  return 0;
}
