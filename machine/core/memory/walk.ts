/*
 * The page walk: page directory, page table, rights, accessed and dirty bits (Intel SDM vol. 3, 4.3 and 4.7).
 *
 *     31           22 21          12 11            0
 *     +--------------+--------------+--------------+     entry:  0 P   1 W   2 U   5 A   6 D   7 PS   8 G
 *     |  directory   |    table     |    offset    |
 *     +--------------+--------------+--------------+     error code:  0 present   1 write   2 user   3 reserved bit
 *
 * Priority: directory entry absent, reserved bits, table entry absent, rights. Nothing is marked accessed on a fault.
 */
import { CONFIG_PDE_CACHE_ENTRIES, CONFIG_RAM_BYTES } from '../generated/config';
import { COUNTER_PDE_CACHE_HITS, COUNTER_WALK_READS } from '../generated/counters';
import { EVENT_SET_ACCESSED, EVENT_SET_DIRTY, EVENT_WALK } from '../generated/events';
import { PDE_CACHE, RAM_BASE } from '../generated/layout';
import { CR0, CR3, CR4 } from '../generated/state';
import { touchWalk } from './cache';
import { chargeEvent, count } from './charge';
import { DIRTY, GLOBAL, LARGE, USER, WRITABLE } from './tlb';

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
const CODE_RESERVED: u32 = 8;

/** Results of the last successful walk: frame, and W U D G L flags as tlb.ts keeps them. */
export let walkedFrame: u32 = 0;
export let walkedFlags: u32 = 0;

/** May an access go ahead under `flags` (W and U of directory and table combined)? */
export function permits(flags: u32, write: bool, user: bool): bool {
  if (user) return (flags & USER) != 0 && (!write || (flags & WRITABLE) != 0);
  return !write || (flags & WRITABLE) != 0 || (load<u32>(CR0) & CR0_WP) == 0;
}

/** Walks for `la`; charges, and sets accessed and dirty bits. Returns -1, or the error code of the page fault. */
export function walk(la: u32, write: bool, user: bool): i32 {
  chargeEvent(EVENT_WALK);
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
  mark(directoryEntry, pde, false);
  walkedFlags = kept(mark(tableEntry, pte, write), pde);
  walkedFrame = pte & 0xfffff000;
  return -1;
}

/** What a TLB keeps of the last entry, rights combined with those of the directory. */
function kept(entry: u32, pde: u32): u32 {
  const global = (load<u32>(CR4) & CR4_PGE) != 0 ? GLOBAL : 0;
  return (entry & pde & (WRITABLE | USER)) | (entry & (DIRTY | global));
}

/** The walk without any effect: physical address of `la`, or -1 if no page is present there. */
export function translateQuiet(la: u32): i64 {
  const pde = readQuiet((load<u32>(CR3) & 0xfffff000) + ((la >> 22) << 2));
  if ((pde & PRESENT) == 0) return -1;
  walkedFlags = pde & (WRITABLE | USER);
  if ((pde & LARGE) != 0 && (load<u32>(CR4) & CR4_PSE) != 0) return <i64>((pde & 0xffc00000) | (la & 0x3fffff));
  const pte = readQuiet((pde & 0xfffff000) + ((la >> 10) & 0xffc));
  if ((pte & PRESENT) == 0) return -1;
  walkedFlags &= pte;
  return <i64>((pte & 0xfffff000) | (la & 0xfff));
}

/** Sets A, and D on a write, in the entry at `physical` if they are not set; returns the entry as it then is. */
function mark(physical: u32, entry: u32, write: bool): u32 {
  const marked = entry | ACCESSED | (write ? DIRTY : 0);
  if (marked == entry) return entry;
  if (((marked ^ entry) & ACCESSED) != 0) chargeEvent(EVENT_SET_ACCESSED);
  if (((marked ^ entry) & DIRTY) != 0) chargeEvent(EVENT_SET_DIRTY);
  if (physical < load<u32>(CONFIG_RAM_BYTES)) store<u32>(RAM_BASE + physical, marked);
  return marked;
}

/** Directory entries go through the page-directory-entry cache where the processor has one (direct-mapped here). */
function readDirectory(physical: u32): u32 {
  const entries = load<u32>(CONFIG_PDE_CACHE_ENTRIES);
  if (entries == 0) return readEntry(physical);
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
  memory.fill(PDE_CACHE, 0, load<u32>(CONFIG_PDE_CACHE_ENTRIES) << 3);
}

function readEntry(physical: u32): u32 {
  count(COUNTER_WALK_READS);
  touchWalk(physical);
  return readQuiet(physical);
}

/** Addresses outside RAM read as all ones, as on an empty bus. */
function readQuiet(physical: u32): u32 {
  return physical < load<u32>(CONFIG_RAM_BYTES) ? load<u32>(RAM_BASE + physical) : 0xffffffff;
}
