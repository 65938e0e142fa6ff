// Texts: bytes ended by a zero. Literals become texts by `text('...')`.
import { characterOf, startsWith } from '../../kernels/lib/text';

export { isDigit, numberAt, startsWith, textLength } from '../../kernels/lib/text';

noinline(text);

const RING: u32 = 64;
const SLOT: u32 = 128;
const ring: usize = memory.data(64 * 128, 4);
let next: u32 = 0;

/** The literal (at most 127 characters) as a text; it stays for 63 more calls. */
export function text(literal: string): usize {
  const at = ring + next * SLOT;
  next = (next + 1) % RING;
  const n = min(<u32>literal.length, SLOT - 1);
  for (let i: u32 = 0; i < n; i++) store<u8>(at + i, characterOf(literal, i));
  store<u8>(at + n, 0);
  return at;
}

export function textIs(at: usize, literal: string): bool {
  return startsWith(at, literal) && !load<u8>(at + literal.length);
}

/** Below, above or equal to 0 as the first text sorts before, behind or with the second. */
export function compareTexts(a: usize, b: usize): i32 {
  while (load<u8>(a) && load<u8>(a) == load<u8>(b)) {
    a++;
    b++;
  }
  return <i32>load<u8>(a) - <i32>load<u8>(b);
}

/** Copies with the zero; returns the address of the zero. */
export function copyText(to: usize, from: usize): usize {
  for (; load<u8>(from); from++) store<u8>(to++, load<u8>(from));
  store<u8>(to, 0);
  return to;
}

/** Copies a literal with the zero; returns the address of the zero. */
export function copyLiteral(to: usize, literal: string): usize {
  const n = <u32>literal.length;
  for (let i: u32 = 0; i < n; i++) store<u8>(to++, characterOf(literal, i));
  store<u8>(to, 0);
  return to;
}

/** Writes a decimal number and a zero; returns the address of the zero. */
export function copyNumber(to: usize, value: u32): usize {
  let divisor: u32 = 1;
  while (value / divisor >= 10) divisor *= 10;
  for (; divisor; divisor /= 10) store<u8>(to++, 0x30 + ((value / divisor) % 10));
  store<u8>(to, 0);
  return to;
}

/** Address of the first `byte`, 0 where there is none. */
export function findByte(at: usize, byte: u32): usize {
  for (; load<u8>(at); at++) if (<u32>load<u8>(at) == byte) return at;
  return 0;
}

/** Address of the first place where `part` stands in the text, 0 where there is none. */
export function findText(at: usize, part: usize): usize {
  while (!startsWithText(at, part)) if (!load<u8>(at++)) return 0;
  return at;
}

export function startsWithText(at: usize, part: usize): bool {
  for (; load<u8>(part); part++, at++) if (load<u8>(at) != load<u8>(part)) return false;
  return true;
}

/** What stands behind the last '/'. */
export function lastPart(path: usize): usize {
  let last = path;
  for (let at = path; load<u8>(at); at++) if (load<u8>(at) == 0x2f && load<u8>(at + 1)) last = at + 1;
  return last;
}

/** The octal number at `at`. */
export function octalAt(at: usize): u32 {
  let value: u32 = 0;
  for (; <u32>load<u8>(at) - 0x30 < 8; at++) value = (value << 3) + load<u8>(at) - 0x30;
  return value;
}

/** FOLDER/NAME into `to`; returns `to`. */
export function joinPath(to: usize, folder: usize, name: usize): usize {
  let end = copyText(to, folder);
  if (end > to && load<u8>(end - 1) != 0x2f) store<u8>(end++, 0x2f);
  copyText(end, name);
  return to;
}
