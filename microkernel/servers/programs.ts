// What the pager knows of each program: its threads, and which frames it has where. Three regions, each a table of
// frames; an entry is a frame's address (the pager sees it there too) with READ_ONLY in bit 0; 0: nothing yet.
import { freeFrame } from '../../kernels/lib/frames';
import { MAP_BASE, STACK_BOTTOM } from '../../kernels/lib/userlayout';
import { ALL_RIGHTS, fpage, PAGE_SHIFT } from './l4';
import { PERSONALITY, SHARED_BUFFER } from './personality';
import { unmap } from './stubs';

export const READ_ONLY: u32 = 1;
const PROGRAMS: u32 = 4;
const IMAGE_PAGES: u32 = 256;
const STACK_PAGES: u32 = 16;
const MAP_PAGES: u32 = 2048;
/** Programs are linked at 0x08048000. */
const IMAGE_BASE: u32 = 0x08048000;
const TABLE_PAGES: u32 = 256 + 16 + 2048;
const tables: usize = memory.data(4 * (256 + 16 + 2048) * 4, 4);

@unmanaged
export class Program {
  thread: u32;
  second: u32;
  /** Frames of the personality page, and of the buffer shared with the partner. */
  personality: u32;
  shared: u32;
  /** Next address that mmap2 hands out. */
  mapNext: u32;
  /** End of the image: only up to there its region is the program's. */
  imageEnd: u32;
  /** Where to go on after the next fatal exception; 0: nowhere. */
  handler: u32;
}

const programs: usize = memory.data(4 * 28, 4);
let count: u32 = 0;

function at(i: u32): Program {
  return changetype<Program>(programs + i * offsetof<Program>());
}

/** Without any memory yet; 0 when all records are taken. */
export function newProgram(thread: u32, second: u32): usize {
  if (count == PROGRAMS) return 0;
  const p = at(count++);
  p.thread = thread;
  p.second = second;
  p.mapNext = MAP_BASE;
  p.handler = 0;
  return changetype<usize>(p);
}

/** Takes a frame away from everybody and frees it. */
export function releaseFrame(frame: u32): void {
  unmap(0, fpage(frame, PAGE_SHIFT, ALL_RIGHTS));
  freeFrame(frame);
}

/** Frees all frames of the three regions; the record is not used again. */
export function forgetProgram(p: Program): void {
  const table = tableOf(p);
  for (let i: u32 = 0; i < TABLE_PAGES; i++) {
    const frame = load<u32>(table + (i << 2)) & ~READ_ONLY;
    if (frame) releaseFrame(frame);
    store<u32>(table + (i << 2), 0);
  }
  p.thread = 0;
  p.second = 0;
}

function tableOf(p: Program): usize {
  return tables + ((changetype<usize>(p) - programs) / offsetof<Program>()) * (TABLE_PAGES << 2);
}

/** The program of a thread, as an address; 0: none. */
export function findProgram(thread: u32): usize {
  for (let i: u32 = 0; i < count; i++) {
    if (thread && (at(i).thread == thread || at(i).second == thread)) return changetype<usize>(at(i));
  }
  return 0;
}

/** Address of the table entry for a page; 0: the program has nothing to do there. */
export function slotOf(p: Program, address: u32): usize {
  const table = tableOf(p);
  if (address >= MAP_BASE && address < p.mapNext)
    return table + ((IMAGE_PAGES + STACK_PAGES + ((address - MAP_BASE) >> 12)) << 2);
  const image = (address - IMAGE_BASE) >> 12;
  if (image < IMAGE_PAGES && address < p.imageEnd) return table + (image << 2);
  const stack = (address - STACK_BOTTOM) >> 12;
  if (stack < STACK_PAGES) return table + ((IMAGE_PAGES + stack) << 2);
  return 0;
}

/** Reserves pages for mmap2; 0: no room. */
export function reserve(p: Program, length: u32): u32 {
  const pages = (length + 0xfff) >> 12;
  const address = p.mapNext;
  if (!pages || pages > MAP_PAGES - ((address - MAP_BASE) >> 12)) return 0;
  p.mapNext = address + (pages << 12);
  return address;
}

/** The frame behind a page that the pager itself put there: personality or shared buffer; 0: neither. */
export function specialFrame(p: Program, page: u32): u32 {
  if (page == PERSONALITY) return p.personality;
  return page == SHARED_BUFFER ? p.shared : 0;
}
