// Text is bytes ended by zero, as boot loaders hand it over. AssemblyScript's string literals (UTF-16 in static data)
// appear as keys and messages only; they are compared and printed in place, never built.
//
// Arguments are words between blanks: a name, then key=value.

const BLANK: u32 = 0x20;
const EQUALS: u32 = 0x3d;

export function textLength(text: usize): u32 {
  let n: u32 = 0;
  while (load<u8>(text + n)) n++;
  return n;
}

/** The literal's character i; literals here are ASCII. */
export function characterOf(literal: string, i: u32): u32 {
  return load<u16>(changetype<usize>(literal) + ((<usize>i) << 1));
}

/** Does the text at `at` start with the literal? */
export function startsWith(at: usize, literal: string): bool {
  const n = <u32>literal.length;
  for (let i: u32 = 0; i < n; i++) if (<u32>load<u8>(at + i) != characterOf(literal, i)) return false;
  return true;
}

/** Is the word at `at` (up to a blank, a comma or the end) the literal? */
export function wordIs(at: usize, literal: string): bool {
  return startsWith(at, literal) && endsWord(load<u8>(at + literal.length));
}

function endsWord(c: u32): bool {
  return c <= BLANK || c == 0x2c;
}

/** The value of `key=` among the words of `text`, as an address in it; 0 when the key is not there. */
export function option(text: usize, key: string): usize {
  let at = text;
  while (load<u8>(at)) {
    if (startsWith(at, key) && <u32>load<u8>(at + key.length) == EQUALS) return at + key.length + 1;
    while (load<u8>(at) && <u32>load<u8>(at) != BLANK) at++;
    while (<u32>load<u8>(at) == BLANK) at++;
  }
  return 0;
}

export function isDigit(c: u32): bool {
  return c - 0x30 <= 9;
}

/** The decimal number at `at`. */
export function numberAt(at: usize): u32 {
  let value: u32 = 0;
  for (let digit = <u32>load<u8>(at) - 0x30; digit <= 9; digit = <u32>load<u8>(at) - 0x30) {
    value = value * 10 + digit;
    at++;
  }
  return value;
}

/** The number given as `key=`, or `otherwise`. */
export function numberOption(text: usize, key: string, otherwise: u32): u32 {
  const at = option(text, key);
  return at ? numberAt(at) : otherwise;
}

/** The number behind the first `mark` of the list item at `at` (`warm:60`, `polluted-4:12`), or `otherwise`. */
export function numberAfter(at: usize, mark: u32, otherwise: u32): u32 {
  for (; !endsWord(load<u8>(at)); at++) if (<u32>load<u8>(at) == mark) return numberAt(at + 1);
  return otherwise;
}

/** The item after the one at `at` in a comma-separated list; 0 at its end. */
export function nextItem(at: usize): usize {
  while (!endsWord(load<u8>(at))) at++;
  return <u32>load<u8>(at) == 0x2c ? at + 1 : 0;
}

/** Copies a name: from the last '/' of the first word, up to a blank or `.elf`, at most size-1 bytes, zeros behind. */
export function copyName(to: usize, text: usize, size: u32): void {
  let at = text;
  for (let p = text; load<u8>(p) && <u32>load<u8>(p) != BLANK; p++) if (load<u8>(p) == 0x2f) at = p + 1;
  let n: u32 = 0;
  for (; n < size - 1; n++) {
    const c = <u32>load<u8>(at + n);
    if (c <= BLANK || startsWith(at + n, '.elf')) break;
    store<u8>(to + n, c);
  }
  for (; n < size; n++) store<u8>(to + n, 0);
}
