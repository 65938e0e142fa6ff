// The arguments and the environment of a program, as they are collected for it: in frames of their own, which become the top
// pages of its stack.
import { clearPage, copyBytes } from '../lib/bytes';
import { E2BIG, EFAULT, ENOMEM } from '../lib/callnumbers';
import { PAGE_SIZE } from '../lib/paging';
import { characterOf } from '../lib/text';
import { userRange } from '../lib/userlayout';
import { stackSlot } from '../lib/x86';
import { copyFromUser, frameAddress } from '../ports/port';
import { dropFrame, takeFrame } from './page';
import { copyText } from './path';

/** Most pages of arguments and environment. */
const STRING_PAGES: u32 = 16;

/** Strings as they are collected: frames, how many bytes are in them, and how many are arguments and environment. */
@unmanaged
export class Strings {
  bytes: u32;
  arguments: u32;
  environment: u32;
  // frames: 16 words
  frame: u32;
}
export const STRINGS_SIZE: u32 = 12 + 16 * 4;

export function frameSlot(strings: Strings, i: u32): usize {
  return changetype<usize>(strings) + offsetof<Strings>('frame') + (i << 2);
}

export function stringsInit(strings: Strings): void {
  memory.fill(changetype<usize>(strings), 0, STRINGS_SIZE);
}

export function stringsDrop(strings: Strings): void {
  for (let i: u32 = 0; i < STRING_PAGES; i++)
    if (load<u32>(frameSlot(strings, i))) dropFrame(load<u32>(frameSlot(strings, i)));
  stringsInit(strings);
}

/** Appends the kernel's text of `length` bytes and a zero; 0, -E2BIG or -ENOMEM. */
export function append(strings: Strings, text: usize, length: u32): i32 {
  for (let i: u32 = 0; i <= length; ) {
    const at = strings.bytes;
    if (at >> 12 >= STRING_PAGES) return -E2BIG;
    const slot = frameSlot(strings, at >> 12);
    if (!load<u32>(slot)) {
      const frame = takeFrame();
      if (!frame) return -ENOMEM;
      clearPage(frameAddress(frame));
      store<u32>(slot, frame);
    }
    const piece = min(length + 1 - i, PAGE_SIZE - (at & 0xfff));
    const to = frameAddress(load<u32>(slot)) + (at & 0xfff);
    copyBytes(to, text + i, i + piece > length ? piece - 1 : piece);
    if (i + piece > length) store<u8>(to + piece - 1, 0);
    i += piece;
    strings.bytes += piece;
  }
  return 0;
}

/** Appends the words of `text`, which blanks separate, as arguments. */
export function appendWords(strings: Strings, text: usize): i32 {
  let at = text;
  while (true) {
    while (<u32>load<u8>(at) == 0x20) at++;
    if (!load<u8>(at)) return 0;
    const word = at;
    while (<u32>load<u8>(at) > 0x20) at++;
    const error = append(strings, word, <u32>(at - word));
    if (error < 0) return error;
    strings.arguments++;
  }
}

/** What the first programs find in their environment. */
export function appendEnvironment(strings: Strings): i32 {
  const text = stackSlot(32);
  const literal = 'PATH=/bin:/usr/bin';
  for (let i: u32 = 0; i < <u32>literal.length; i++) store<u8>(text + i, <u8>characterOf(literal, i));
  strings.environment = 1;
  return append(strings, text, literal.length);
}

/** Appends what a program's list of pointers at `list` names; how many, or an error. A list at 0 is empty. */
export function appendList(strings: Strings, list: u32, buffer: usize): i32 {
  const word = stackSlot(4);
  let count: i32 = 0;
  for (let at = list; list; at += 4) {
    if (!userRange(at, 4) || copyFromUser(word, at, 4) < 0) return -EFAULT;
    if (!load<u32>(word)) break;
    const length = copyText(buffer, load<u32>(word), PAGE_SIZE);
    if (length < 0) return length == -EFAULT ? -EFAULT : -E2BIG;
    const error = append(strings, buffer, length);
    if (error < 0) return error;
    count++;
  }
  return count;
}
