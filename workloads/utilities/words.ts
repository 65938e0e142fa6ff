// The words of a command line: options first, one letter each, then operands.
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
