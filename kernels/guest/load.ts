// A program's start: its segments from the ELF image, and its first stack, as Linux lays it out:
//
//   ESP -> argc | argv[0] ... argv[argc-1] | 0 | 0 (no environment) | auxv | strings | ... STACK_TOP
import { copyBytes } from '../lib/bytes';
import { AT_NULL, AT_PAGESZ, AT_SERVICE, AT_SYSINFO } from '../lib/callnumbers';
import {
  ElfSegment,
  elfEntry,
  elfSegment,
  elfSegmentCount,
  elfValid,
  SEGMENT_LOAD,
  SEGMENT_WRITABLE,
} from '../lib/elf';
import { FRAME_MASK, PAGE_PRESENT, PAGE_SIZE } from '../lib/paging';
import { randomBelow } from '../lib/random';
import { textLength } from '../lib/text';
import { ENTRY_PAGE, MAP_BASE, STACK_BOTTOM, STACK_TOP } from '../lib/userlayout';
import { frameAddress, pageEntry, setPageEntry } from '../ports/port';
import { addPage, addRegion, FLAGS_DATA, FLAGS_READ_ONLY } from './memory';
import { Process } from './process';

/** Bytes below STACK_TOP that the start uses: the arguments are cut to fit. */
const START_PAGES: u32 = 2;
const TEXT_MAX: u32 = 1024;
const MAX_WORDS: u32 = 64;

const words: usize = memory.data(64 * 4, 4);

/**
 * Loads the ELF image at `image` with the arguments in `text`; `entryRoutine` is the guest-physical address of the entry
 * routine, whose page becomes ENTRY_PAGE. False: not an executable, or out of memory.
 */
export function loadProgram(process: Process, image: usize, length: u32, text: usize, entryRoutine: u32): bool {
  if (!elfValid(image, length, STACK_BOTTOM)) return false;
  for (let i: u32 = 0; i < elfSegmentCount(image); i++) {
    const segment = elfSegment(image, i);
    if (segment.type == SEGMENT_LOAD && !loadSegment(process, image, segment)) return false;
  }
  process.entry = elfEntry(image);
  process.mapNext = MAP_BASE;
  if (!addRegion(process, ENTRY_PAGE, ENTRY_PAGE + PAGE_SIZE, FLAGS_READ_ONLY)) return false;
  if (setPageEntry(process.space, ENTRY_PAGE, (entryRoutine & FRAME_MASK) | FLAGS_READ_ONLY) < 0) return false;
  return layStack(process, text, ENTRY_PAGE | (entryRoutine & ~FRAME_MASK));
}

/** Copies the bytes that the file has; pages wholly beyond them come with the first fault. */
function loadSegment(process: Process, image: usize, segment: ElfSegment): bool {
  const start = segment.linear & FRAME_MASK;
  const end = (segment.linear + segment.memorySize + PAGE_SIZE - 1) & FRAME_MASK;
  const flags = segment.flags & SEGMENT_WRITABLE ? FLAGS_DATA : FLAGS_READ_ONLY;
  if (!addRegion(process, start, end, flags)) return false;
  const fileEnd = segment.linear + segment.fileSize;
  for (let page = start; page < fileEnd; page += PAGE_SIZE) {
    // Two segments may share a page: the second adds to it.
    const present = pageEntry(process.space, page);
    const frame = present & PAGE_PRESENT ? present & FRAME_MASK : addPage(process, page, flags);
    if (!frame) return false;
    const from = max(page, segment.linear);
    const to = min(page + PAGE_SIZE, fileEnd);
    copyBytes(frameAddress(frame) + (from - page), image + segment.offset + (from - segment.linear), to - from);
  }
  return true;
}

/** The first stack lies in START_PAGES pages that are there from the start; its offset below STACK_TOP is seeded. */
function layStack(process: Process, text: usize, entryRoutine: u32): bool {
  if (!addRegion(process, STACK_BOTTOM, STACK_TOP, FLAGS_DATA)) return false;
  for (let i: u32 = 1; i <= START_PAGES; i++)
    if (!addPage(process, STACK_TOP - i * PAGE_SIZE, FLAGS_DATA)) return false;
  const length = min(textLength(text), TEXT_MAX);
  const strings = (STACK_TOP - randomBelow(128) * 16 - length - 1) & ~15;
  const count = putWords(process, text, length, strings);
  let at = (strings - (count + 3 + 8) * 4) & ~15;
  process.stack = at;
  at = put(process, at, count);
  for (let i: u32 = 0; i < count; i++) at = put(process, at, load<u32>(words + (i << 2)));
  at = put(process, at, 0);
  at = put(process, at, 0);
  at = put(process, put(process, at, AT_SYSINFO), entryRoutine);
  at = put(process, put(process, at, AT_PAGESZ), PAGE_SIZE);
  at = put(process, put(process, at, AT_SERVICE), 0);
  put(process, put(process, at, AT_NULL), 0);
  return true;
}

/** Writes a word at user address `at` of a process that is not running yet; returns the address behind it. */
function put(process: Process, at: u32, value: u32): u32 {
  store<u32>(userByte(process, at), value);
  return at + 4;
}

function userByte(process: Process, at: u32): usize {
  return frameAddress(pageEntry(process.space, at) & FRAME_MASK) + (at & ~FRAME_MASK);
}

/** Copies the words of `text` to `strings`, zeros for blanks, and notes where each begins; returns how many there are. */
function putWords(process: Process, text: usize, length: u32, strings: u32): u32 {
  let count: u32 = 0;
  let inside = false;
  for (let i: u32 = 0; i < length; i++) {
    const c = <u32>load<u8>(text + i);
    if (c != 0x20 && !inside && count < MAX_WORDS) store<u32>(words + (count++ << 2), strings + i);
    inside = c != 0x20;
    store<u8>(userByte(process, strings + i), inside ? c : 0);
  }
  return count;
}
