/*
 * The page walk without PAE: page directory, page table, rights, accessed and dirty bits (Intel SDM vol. 3, 4.3 and 4.7).
 *
 *     31           22 21          12 11            0
 *     +--------------+--------------+--------------+     entry:  0 P   1 W   2 U   5 A   6 D   7 PS   8 G
 *     |  directory   |    table     |    offset    |
 *     +--------------+--------------+--------------+     error code:  0 present   1 write   2 user   3 reserved bit
 *
 * Priority: directory entry absent, reserved bits, table entry absent, rights. Nothing is marked accessed on a fault.
 */
import { CAUSE_WALK } from '../generated/causes';
import { CONFIG_PDE_CACHE_ENTRIES, CONFIG_RAM_BYTES } from '../generated/config';
import { COUNTER_PDE_CACHE_HITS, COUNTER_WALK_READS } from '../generated/counters';
import { EVENT_SET_ACCESSED, EVENT_SET_DIRTY, EVENT_WALK } from '../generated/events';
import { PDE_CACHE, RAM_BASE } from '../generated/layout';
import { CR0, CR3, CR4 } from '../generated/state';
import { touchWalk } from './cache';
import { charge, chargeEvent, count, countEvent } from './charge';
import { memoFlags, memoFrame, rememberWalk, repeatWalk } from './walk-memo';
import { DIRTY, EXECUTABLE, GLOBAL, LARGE, USER, WRITABLE } from './tlb';

const PRESENT: u32 = 0x01;
const ACCESSED: u32 = 0x20;
const CR0_WP: u32 = 0x10000;
const CR4_PSE: u32 = 0x10;
const CR4_PGE: u32 = 0x80;
/** Bits 21-13 of a 4 MiB entry: reserved where there is no PSE-36 (bit 12 is PAT). */
const LARGE_RESERVED: u32 = 0x003fe000;

/** Error-code bits of a page fault. */
export const CODE_PRESENT: u32 = 1;
export const CODE_WRITE: u32 = 2;
export const CODE_USER: u32 = 4;
export const CODE_RESERVED: u32 = 8;

/** Results of the last successful walk: frame, and W U D G L X flags as tlb.ts keeps them. */
export let walkedFrame: u32 = 0;
export let walkedFlags: u32 = 0;

/** What another walk found, or the second-level TLB knew. */
export function recall(frame: u32, flags: u32): void {
  walkedFrame = frame;
  walkedFlags = flags;
}

/** What the flags of a page (W and U of directory and table combined) must have for an access to go ahead. */
// @ts-ignore: decorator
@inline export function rightsFor(write: bool, user: bool): u32 {
  if (user) return write ? USER | WRITABLE : USER;
  return write && (load<u32>(CR0) & CR0_WP) != 0 ? WRITABLE : 0;
}

// @ts-ignore: decorator
@inline export function permits(flags: u32, write: bool, user: bool): bool {
  const needed = rightsFor(write, user);
  return (flags & needed) == needed;
}

/** A walk that goes as it went before, done: its results are there. False if it must be made. */
// @ts-ignore: decorator
@inline export function walkAgain(la: u32, write: bool, user: bool): bool {
  const memo = repeatWalk(la, rightsFor(write, user) | (write ? DIRTY : 0));
  if (memo == 0) return false;
  walkedFlags = memoFlags(memo);
  walkedFrame = memoFrame(memo);
  return true;
}

/** Walks for `la`; charges, and sets accessed and dirty bits. Returns -1, or the error code of the page fault. */
// @ts-ignore: decorator
@inline export function walk(la: u32, write: bool, user: bool): i32 {
  beginWalk();
  const outcome = walkTables(la, write, user);
  endWalk();
  return outcome;
}

// @ts-ignore: decorator
@inline export function beginWalk(): void { stalled = countEvent(EVENT_WALK); }

/** Charges all that the walk has taken at once. */
// @ts-ignore: decorator
@inline export function endWalk(): void { charge(CAUSE_WALK, stalled); }

/** What the walk in progress has taken so far. */
let stalled: u32 = 0;

// @ts-ignore: decorator
@inline function walkTables(la: u32, write: bool, user: bool): i32 {
  const code = (write ? CODE_WRITE : 0) | (user ? CODE_USER : 0);
  const directoryEntry = (load<u32>(CR3) & 0xfffff000) + ((la >> 22) << 2);
  const pde = readDirectory(directoryEntry);
  if ((pde & PRESENT) == 0) return code;
  if ((pde & LARGE) != 0 && (load<u32>(CR4) & CR4_PSE) != 0) {
    if ((pde & LARGE_RESERVED) != 0) return code | CODE_PRESENT | CODE_RESERVED;
    if (!permits(pde, write, user)) return code | CODE_PRESENT;
    walkedFlags = kept(mark(directoryEntry, pde, write), pde) | LARGE;
    walkedFrame = pde & 0xffc00000;
    return -1;
  }
  const tableEntry = (pde & 0xfffff000) + ((la >> 10) & 0xffc);
  const pte = readEntry(tableEntry);
  if ((pte & PRESENT) == 0) return code;
  if (!permits(pde & pte, write, user)) return code | CODE_PRESENT;
  const markedDirectory = mark(directoryEntry, pde, false);
  const marked = mark(tableEntry, pte, write);
  walkedFlags = kept(marked, pde);
  walkedFrame = pte & 0xfffff000;
  rememberWalk(la, directoryEntry, markedDirectory, tableEntry, marked, walkedFlags, walkedFrame);
  return -1;
}

/** What a TLB keeps of the last entry, rights combined with those of the directory. */
// @ts-ignore: decorator
@inline function kept(entry: u32, pde: u32): u32 {
  const global = (load<u32>(CR4) & CR4_PGE) != 0 ? GLOBAL : 0;
  return (entry & pde & (WRITABLE | USER)) | (entry & (DIRTY | global)) | EXECUTABLE;
}

/** The walk without any effect: physical address of `la`, or -1 if no page is present there. */
export function translateQuiet(la: u32): i64 {
  const pde = readQuiet((load<u32>(CR3) & 0xfffff000) + ((la >> 22) << 2));
  if ((pde & PRESENT) == 0) return -1;
  walkedFlags = (pde & (WRITABLE | USER)) | EXECUTABLE;
  if ((pde & LARGE) != 0 && (load<u32>(CR4) & CR4_PSE) != 0) return <i64>((pde & 0xffc00000) | (la & 0x3fffff));
  const pte = readQuiet((pde & 0xfffff000) + ((la >> 10) & 0xffc));
  if ((pte & PRESENT) == 0) return -1;
  walkedFlags &= pte | EXECUTABLE;
  return <i64>((pte & 0xfffff000) | (la & 0xfff));
}

/** Sets A, and D on a write, in the entry at `physical` if they are not set; returns the entry as it then is. */
// @ts-ignore: decorator
@inline export function mark(physical: u32, entry: u32, write: bool): u32 {
  const marked = entry | ACCESSED | (write ? DIRTY : 0);
  return marked == entry ? entry : setMarks(physical, entry, marked);
}

function setMarks(physical: u32, entry: u32, marked: u32): u32 {
  if (((marked ^ entry) & ACCESSED) != 0) chargeEvent(EVENT_SET_ACCESSED);
  if (((marked ^ entry) & DIRTY) != 0) chargeEvent(EVENT_SET_DIRTY);
  if (physical < load<u32>(CONFIG_RAM_BYTES)) store<u32>(RAM_BASE + physical, marked);
  return marked;
}

/** Directory entries go through the page-directory-entry cache where the processor has one (direct-mapped here). */
// @ts-ignore: decorator
@inline function readDirectory(physical: u32): u32 {
  const entries = load<u32>(CONFIG_PDE_CACHE_ENTRIES);
  return entries == 0 ? readEntry(physical) : readCached(physical, entries);
}

function readCached(physical: u32, entries: u32): u32 {
  const slot = PDE_CACHE + (((physical >> 2) & (entries - 1)) << 3);
  if (load<u32>(slot) == (physical | 1)) {
    count(COUNTER_PDE_CACHE_HITS);
    return load<u32>(slot, 4);
  }
  const entry = readEntry(physical);
  if ((entry & (PRESENT | ACCESSED | LARGE)) == (PRESENT | ACCESSED)) {
    store<u32>(slot, physical | 1);
    store<u32>(slot, entry, 4);
  }
  return entry;
}

/** Forgets all cached directory entries. */
export function emptyDirectoryCache(): void {
  const entries = load<u32>(CONFIG_PDE_CACHE_ENTRIES);
  if (entries != 0) memory.fill(PDE_CACHE, 0, entries << 3);
}

// @ts-ignore: decorator
@inline function readEntry(physical: u32): u32 {
  touchEntry(physical);
  return readQuiet(physical);
}

/** The read of an entry, as the memory model sees it. */
// @ts-ignore: decorator
@inline export function touchEntry(physical: u32): void {
  count(COUNTER_WALK_READS);
  stalled += touchWalk(physical);
}

/** Addresses outside RAM read as all ones, as on an empty bus. */
// @ts-ignore: decorator
@inline function readQuiet(physical: u32): u32 {
  return physical < load<u32>(CONFIG_RAM_BYTES) ? load<u32>(RAM_BASE + physical) : 0xffffffff;
}
