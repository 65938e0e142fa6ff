// The console of a kernel or program: text and numbers over one function that puts a byte. Whoever owns the output says
// which: consoleTo(putByte.index).
import { characterOf } from './text';

// Used all over and never in a hurry: as copies, these would be a third of some programs.
noinline(print, printText, printBytes, printWord, printHex, printNumber);

let sink: u32 = 0;

/** From now on bytes go to the function with this table index, of type (byte: u32) => void. */
export function consoleTo(putByte: u32): void {
  sink = putByte;
}

export function printByte(byte: u32): void {
  call_indirect<void>(sink, byte);
}

/** Prints a literal. */
export function print(literal: string): void {
  const n = <u32>literal.length;
  for (let i: u32 = 0; i < n; i++) printByte(characterOf(literal, i));
}

/** Prints bytes up to a zero. */
export function printText(text: usize): void {
  for (; load<u8>(text); text++) printByte(load<u8>(text));
}

/** Prints `length` bytes. */
export function printBytes(from: usize, length: u32): void {
  for (let i: u32 = 0; i < length; i++) printByte(load<u8>(from + i));
}

/** Prints bytes up to a blank or a zero. */
export function printWord(text: usize): void {
  for (; <u32>load<u8>(text) > 0x20; text++) printByte(load<u8>(text));
}

/** Eight hexadecimal digits. */
export function printHex(value: u32): void {
  for (let shift: i32 = 28; shift >= 0; shift -= 4) {
    const digit = (value >> shift) & 15;
    printByte(digit < 10 ? 0x30 + digit : 0x57 + digit);
  }
}

export function printNumber(value: u32): void {
  let divisor: u32 = 1;
  while (value / divisor >= 10) divisor *= 10;
  for (; divisor; divisor /= 10) printByte(0x30 + ((value / divisor) % 10));
}

export function newline(): void {
  printByte(0x0a);
}
