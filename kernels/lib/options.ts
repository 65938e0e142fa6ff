// Options of a kernel's command line that have one of a few values.
import { newline, print, printWord } from './console';
import { characterOf, option, textLength } from './text';

/** Is the word at `value` among those of the literal, which commas and blanks separate? */
function isAmong(value: usize, allowed: string): bool {
  const length = wordLength(value);
  const end = <u32>allowed.length;
  for (let start: u32 = 0; start < end; ) {
    let n: u32 = 0;
    while (start + n < end && characterOf(allowed, start + n) != 0x2c) n++;
    if (n == length && same(value, allowed, start, n)) return true;
    start += n + 2;
  }
  return false;
}

function wordLength(text: usize): u32 {
  const length = textLength(text);
  for (let n: u32 = 0; n < length; n++) if (<u32>load<u8>(text + n) <= 0x20) return n;
  return length;
}

function same(text: usize, literal: string, from: u32, length: u32): bool {
  for (let i: u32 = 0; i < length; i++) if (<u32>load<u8>(text + i) != characterOf(literal, from + i)) return false;
  return true;
}

/** Says that this kernel, or this machine, cannot serve the option. */
export function refuseOption(key: string, value: usize, allowed: string): void {
  print(key);
  print('=');
  if (value) printWord(value);
  print(': not here; allowed: ');
  print(allowed);
  newline();
}

/** Is the option absent, or one of `allowed` ("a, b")? Says so when it is not. */
export function optionAmong(commandLine: usize, key: string, allowed: string): bool {
  const value = option(commandLine, key);
  if (!value || isAmong(value, allowed)) return true;
  refuseOption(key, value, allowed);
  return false;
}
