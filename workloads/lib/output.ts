// Output of a program: bytes, numbers and texts, gathered per line or block and written to a descriptor. Printing is
// that of the kernels' console (kernels/lib/console.ts), over a sink of this file.
import { EBADF } from '../../kernels/lib/callnumbers';
import { consoleTo, newline, print, printByte, printNumber, printText } from '../../kernels/lib/console';
import { write } from './system';

export { newline, print, printByte, printBytes, printHex, printNumber, printText } from '../../kernels/lib/console';

const SIZE: u32 = 1024;
const buffer: usize = memory.data(1024, 4);
let length: u32 = 0;
let target: u32 = 1;

export function outputInit(): void {
  consoleTo(put.index);
}

function put(byte: u32): void {
  store<u8>(buffer + length++, byte);
  if (length == SIZE) flushOutput();
}

/** The error of the first write to descriptor 1 that failed; who was started with it closed wants no output. */
export let outputError: i32 = 0;

/** Writes what is gathered. What cannot be written is dropped, as is what follows it. */
export function flushOutput(): void {
  let at: u32 = 0;
  while (at < length) {
    const n = write(target, buffer + at, length - at);
    if (n < 0 && n != -EBADF && target == 1 && !outputError) outputError = n;
    if (n <= 0) break;
    at += n;
  }
  length = 0;
}

/** From now on output goes to this descriptor. */
export function outputTo(fd: u32): void {
  flushOutput();
  target = fd;
}

export function printSigned(value: i32): void {
  if (value < 0) printByte(0x2d);
  printNumber(value < 0 ? -value : value);
}

/** Right-aligned in `width` columns. */
export function printAligned(value: u32, width: u32): void {
  let digits: u32 = 1;
  for (let rest = value / 10; rest; rest /= 10) digits++;
  for (; digits < width; digits++) printByte(0x20);
  printNumber(value);
}

/** A number of exactly `digits` digits, with zeros in front. */
export function printDigits(value: u32, digits: u32): void {
  let divisor: u32 = 1;
  for (let i: u32 = 1; i < digits; i++) divisor *= 10;
  for (; divisor; divisor /= 10) printByte(0x30 + ((value / divisor) % 10));
}

export function printLine(text: usize): void {
  printText(text);
  newline();
}

/** `who: what: error N`, to descriptor 2; returns the exit status for it. */
export function complain(who: string, what: usize, result: i32): i32 {
  outputTo(2);
  print(who);
  print(': ');
  printText(what);
  print(': ');
  printError(-result);
  newline();
  outputTo(1);
  return 1;
}

/** As `complain`, for what the user should know. */
export function complainOf(who: string, what: string): i32 {
  outputTo(2);
  print(who);
  print(': ');
  print(what);
  newline();
  outputTo(1);
  return 1;
}

export function printError(error: i32): void {
  switch (error) {
    case 1:
      return print('not permitted');
    case 2:
      return print('no such file or directory');
    case 7:
      return print('too many arguments');
    case 8:
      return print('not an executable');
    case 9:
      return print('bad descriptor');
    case 10:
      return print('no child');
    case 12:
      return print('out of memory');
    case 13:
      return print('permission denied');
    case 14:
      return print('bad address');
    case 17:
      return print('exists already');
    case 18:
      return print('on another file system');
    case 20:
      return print('not a directory');
    case 21:
      return print('is a directory');
    case 22:
      return print('invalid argument');
    case 24:
      return print('too many open files');
    case 27:
      return print('too large');
    case 28:
      return print('no space left');
    case 32:
      return print('broken pipe');
    case 36:
      return print('name too long');
    case 38:
      return print('not implemented');
    case 39:
      return print('directory not empty');
  }
  print('error ');
  printSigned(error);
}

/** What was written is not what was printed. */
export function complainOfOutput(): void {
  outputTo(2);
  print('output: ');
  printError(-outputError);
  newline();
  flushOutput();
}
