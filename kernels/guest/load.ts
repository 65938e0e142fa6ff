// A program in memory: its segments as private mappings of the file, and its first stack:
//
//   ESP -> argc | argv[0] ... | 0 | envp[0] ... | 0 | auxv ... | (seeded gap) | strings | STACK_TOP
import { AT_NULL, AT_PAGESZ, AT_SERVICE, AT_SYSINFO } from '../lib/callnumbers';
import {
  ElfSegment,
  elfEntry,
  elfMappable,
  elfSegment,
  elfSegmentCount,
  SEGMENT_LOAD,
  SEGMENT_WRITABLE,
} from '../lib/elf';
import { FRAME_MASK, PAGE_SIZE } from '../lib/paging';
import { randomBelow } from '../lib/random';
import { PROT_EXEC, PROT_READ, PROT_WRITE } from '../lib/unix';
import { ENTRY_PAGE, STACK_TOP } from '../lib/userlayout';
import { frameAddress, pageEntry, setPageEntry } from '../ports/port';
import { getPage } from './cache';
import { bringPage } from './fault';
import { Inode, noInode } from './inode';
import { entryFlags, roundUp } from './memory';
import { addressOf, dropPage, noPage } from './page';
import { addRegion, REGION_EXECUTES, REGION_KERNEL } from './region';
import { frameSlot, Strings } from './strings';
import { Process } from './task';

/** Room for a stack to grow; it is all there from the start, as a region. */
const STACK_ROOM: u32 = 1 << 20;
/** Does the file, which begins at `start`, hold a program that can be mapped? */
export function mappable(start: usize, inode: Inode): bool {
  return elfMappable(start, min(inode.size, 4096), inode.size, STACK_TOP - STACK_ROOM);
}

/** Is this the file of a program that can be mapped? */
export function programIn(inode: Inode): bool {
  const page = inode.size ? getPage(inode, 0) : noPage();
  if (!changetype<usize>(page)) return false;
  const good = mappable(addressOf(page), inode);
  dropPage(page);
  return good;
}

/** Maps the program and lays its stack, in the process's empty space; false: out of memory or regions. */
export function loadProgram(process: Process, inode: Inode, strings: Strings): bool {
  const page = getPage(inode, 0);
  if (!changetype<usize>(page)) return false;
  const start = addressOf(page);
  process.entry = elfEntry(start);
  process.heapStart = 0;
  let good: bool = true;
  for (let i: u32 = 0; good && i < elfSegmentCount(start); i++) {
    const segment = elfSegment(start, i);
    if (segment.type == SEGMENT_LOAD) good = mapSegment(process, inode, segment);
  }
  dropPage(page);
  process.heapEnd = process.heapStart;
  return good && mapEntryPage(process) && layStack(process, strings);
}

function mapSegment(process: Process, inode: Inode, segment: ElfSegment): bool {
  const start = segment.linear & FRAME_MASK;
  const fileEnd = segment.linear + segment.fileSize;
  const mapped = segment.fileSize ? roundUp(fileEnd) : start;
  const end = roundUp(segment.linear + segment.memorySize);
  const writable = (segment.flags & SEGMENT_WRITABLE) != 0;
  const protection = PROT_READ | PROT_EXEC | (writable ? PROT_WRITE : 0);
  process.heapStart = max(process.heapStart, end);
  if (mapped > start) {
    const region = addRegion(process, start, mapped, protection, REGION_EXECUTES, inode, segment.offset >> 12);
    if (!changetype<usize>(region)) return false;
    // The file goes on where this segment's memory is zero.
    if (writable && segment.memorySize > segment.fileSize && fileEnd & 0xfff) {
      if (!bringPage(process, mapped - PAGE_SIZE, true)) return false;
      const frame = pageEntry(process.space, mapped - PAGE_SIZE) & FRAME_MASK;
      memory.fill(frameAddress(frame) + (fileEnd & 0xfff), 0, PAGE_SIZE - (fileEnd & 0xfff));
    }
  }
  return end <= mapped || changetype<usize>(addRegion(process, mapped, end, protection, 0, noInode(), 0)) != 0;
}

/** Guest-physical address of the kernel's entry routine for programs. */
let entryRoutine: u32 = 0;

export function setEntryRoutine(address: u32): void {
  entryRoutine = address;
}

function mapEntryPage(process: Process): bool {
  const region = addRegion(
    process,
    ENTRY_PAGE,
    ENTRY_PAGE + PAGE_SIZE,
    PROT_READ | PROT_EXEC,
    REGION_KERNEL,
    noInode(),
    0,
  );
  if (!changetype<usize>(region)) return false;
  return setPageEntry(process.space, ENTRY_PAGE, (entryRoutine & FRAME_MASK) | entryFlags(PROT_READ)) == 0;
}

/** The pages of the strings, below them the page with the pointers; where in it is seeded. */
function layStack(process: Process, strings: Strings): bool {
  const protection = PROT_READ | PROT_WRITE;
  const region = addRegion(process, STACK_TOP - STACK_ROOM, STACK_TOP, protection, 0, noInode(), 0);
  if (!changetype<usize>(region)) return false;
  const pages = (strings.bytes + PAGE_SIZE - 1) >> 12;
  const base = STACK_TOP - pages * PAGE_SIZE;
  for (let i: u32 = 0; i < pages; i++) {
    const slot = frameSlot(strings, i);
    if (setPageEntry(process.space, base + i * PAGE_SIZE, load<u32>(slot) | entryFlags(protection)) < 0) return false;
    store<u32>(slot, 0);
  }
  const count = strings.arguments + strings.environment;
  const at = (base - randomBelow(128) * 16 - (count + 3 + 8) * 4) & ~15;
  for (let page = at & FRAME_MASK; page < base; page += PAGE_SIZE) if (!bringPage(process, page, true)) return false;
  process.stack = at;
  putPointers(process, strings, at, base);
  return true;
}

function userByte(process: Process, at: u32): usize {
  return frameAddress(pageEntry(process.space, at) & FRAME_MASK) + (at & ~FRAME_MASK);
}

function put(process: Process, at: u32, word: u32): u32 {
  store<u32>(userByte(process, at), word);
  return at + 4;
}

function putPointers(process: Process, strings: Strings, start: u32, base: u32): void {
  let at = put(process, start, strings.arguments);
  let text = base;
  const count = strings.arguments + strings.environment;
  for (let i: u32 = 0; i < count; i++) {
    if (i == strings.arguments) at = put(process, at, 0);
    at = put(process, at, text);
    while (load<u8>(userByte(process, text))) text++;
    text++;
  }
  if (!strings.environment) at = put(process, at, 0);
  at = put(process, at, 0);
  at = put(process, put(process, at, AT_SYSINFO), ENTRY_PAGE | (entryRoutine & ~FRAME_MASK));
  at = put(process, put(process, at, AT_PAGESZ), PAGE_SIZE);
  at = put(process, put(process, at, AT_SERVICE), 0);
  put(process, put(process, at, AT_NULL), 0);
}
