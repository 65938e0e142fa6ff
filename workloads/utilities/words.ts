// The words of a command line: options first, one letter each, then operands.
import { EINVAL } from '../../kernels/lib/callnumbers';
import { characterOf } from '../../kernels/lib/text';
import { complain, complainOf } from '../lib/output';

export function wordAt(words: usize, i: u32): usize {
  return load<u32>(words + (i << 2));
}

/** Number of the first operand. */
export function operandsFrom(count: u32, words: usize): u32 {
  let i: u32 = 1;
  while (i < count && load<u8>(wordAt(words, i)) == 0x2d && load<u8>(wordAt(words, i) + 1)) i++;
  return i;
}

/** Is the letter among the options? */
export function hasOption(count: u32, words: usize, letter: u32): bool {
  const end = operandsFrom(count, words);
  for (let i: u32 = 1; i < end; i++)
    for (let at = wordAt(words, i) + 1; load<u8>(at); at++) if (<u32>load<u8>(at) == letter) return true;
  return false;
}

/** Are all options among the letters? Says which one is not. */
export function optionsAmong(name: string, count: u32, words: usize, letters: string): bool {
  const end = operandsFrom(count, words);
  for (let i: u32 = 1; i < end; i++) {
    for (let at = wordAt(words, i) + 1; load<u8>(at); at++) {
      if (isAmong(load<u8>(at), letters)) continue;
      complain(name, wordAt(words, i), -EINVAL);
      return false;
    }
  }
  return true;
}

function isAmong(letter: u32, letters: string): bool {
  for (let i: u32 = 0; i < <u32>letters.length; i++) if (characterOf(letters, i) == letter) return true;
  return false;
}

/** A utility that takes no words was given some: says so. */
export function unexpected(name: string, count: u32): bool {
  if (count > 1) complainOf(name, 'expected nothing behind it');
  return count > 1;
}
