/*
 * The second level of TLBs, where the processor has one: 4 KiB pages, one array for data and one for code, or one for
 * both. A translation that the first level misses is looked for here before the page table is walked; what a walk finds
 * goes into both levels. As in the first level, a refusal and a first write are never decided by what is kept.
 *
 *     entry:  0 tag = linear page | 1    4 physical frame    8 flags as tlb.ts keeps them    12 lifetime
 *
 * Entries end with their lifetime, so that a flush is an addition: CR3 loads end that of the entries that are not
 * global, everything else that flushes ends both.
 */
import { CONFIG_DTLB_SECOND_SETS, CONFIG_ITLB_SECOND_SETS, CONFIG_SECOND_SHARED } from '../generated/config';
import { EVENT_SECOND_TLB_HIT } from '../generated/events';
import {
  CLOCK_SECOND_GENERATION, CLOCK_SECOND_GLOBAL_GENERATION, DTLB_SECOND, DTLB_SECOND_HANDS, ITLB_SECOND,
  ITLB_SECOND_HANDS,
} from '../generated/layout';
import { chargeEvent } from './charge';
import { CODE, DIRTY, EXECUTABLE, GLOBAL, LARGE } from './tlb';
import { recall, rightsFor, walkedFlags, walkedFrame } from './walk';
import { walkInForce } from './walk-extended';

const ENTRY_BYTES: u32 = 16;
const VALID: u32 = 1;
/** Beside the flags of tlb.ts. */
const REFERENCED: u32 = 0x80000000;
const PAGE_MASK: u32 = 0xfffff000;
const ARRAY_BYTES: u32 = 0x10000;
const HANDS_BYTES: u32 = 0x2000;

/** The translation of `la` from the second level or a walk, as `walk` leaves it; -1, or the error code of the fault. */
// @ts-ignore: decorator
@inline export function refill(side: u32, la: u32, write: bool, user: bool): i32 {
  const data = side != CODE || load<u32>(CONFIG_SECOND_SHARED) != 0;
  const geometry = data ? CONFIG_DTLB_SECOND_SETS : CONFIG_ITLB_SECOND_SETS;
  const fetches = side == CODE;
  if (load<u32>(geometry) == 0) return walkInForce(la, write, user, fetches);
  return refillFrom(data, geometry, la, write, user, fetches);
}

function refillFrom(data: bool, geometry: u32, la: u32, write: bool, user: bool, fetches: bool): i32 {
  const array = data ? DTLB_SECOND : ITLB_SECOND;
  const entry = find(array, geometry, la);
  if (entry != 0) {
    const flags = load<u32>(entry, 8);
    const needed = rightsFor(write, user) | (write ? DIRTY : 0) | (fetches ? EXECUTABLE : 0);
    if ((flags & needed) == needed) {
      store<u32>(entry, flags | REFERENCED, 8);
      chargeEvent(EVENT_SECOND_TLB_HIT);
      recall(load<u32>(entry, 4), flags & ~REFERENCED);
      return -1;
    }
    store<u32>(entry, 0);
  }
  const code = walkInForce(la, write, user, fetches);
  if (code < 0 && (walkedFlags & LARGE) == 0) {
    const chosen = victim(array, data ? DTLB_SECOND_HANDS : ITLB_SECOND_HANDS, geometry, la);
    store<u32>(chosen, (la & PAGE_MASK) | VALID);
    store<u32>(chosen, walkedFrame, 4);
    store<u32>(chosen, walkedFlags | REFERENCED, 8);
    store<u32>(chosen, lifetime(walkedFlags), 12);
  }
  return code;
}

/** Ends all entries that are not global, and those too if `all`. */
export function dropSecond(all: bool): void {
  next(CLOCK_SECOND_GENERATION);
  if (all) next(CLOCK_SECOND_GLOBAL_GENERATION);
}

/** Forgets the page at `la` (INVLPG). */
export function dropSecondPage(la: u32): void {
  dropIn(DTLB_SECOND, CONFIG_DTLB_SECOND_SETS, la);
  dropIn(ITLB_SECOND, CONFIG_ITLB_SECOND_SETS, la);
}

/** Measurement state: as if nothing had ever been here. */
export function emptySecond(): void {
  dropSecond(true);
  memory.fill(ITLB_SECOND_HANDS, 0, 2 * HANDS_BYTES);
}

/** A number that has been all the way round could bring entries back to life: then they go in fact. */
function next(counter: u32): void {
  const value = load<u32>(counter) + 1;
  store<u32>(counter, value);
  if (value == 0) memory.fill(ITLB_SECOND, 0, 2 * ARRAY_BYTES);
}

function dropIn(array: u32, geometry: u32, la: u32): void {
  if (load<u32>(geometry) == 0) return;
  const entry = find(array, geometry, la);
  if (entry != 0) store<u32>(entry, 0);
}

function find(array: u32, geometry: u32, la: u32): u32 {
  const tag = (la & PAGE_MASK) | VALID;
  const ways = load<u32>(geometry, 4);
  let entry = array + setOf(geometry, la) * ways * ENTRY_BYTES;
  for (const end = entry + ways * ENTRY_BYTES; entry < end; entry += ENTRY_BYTES) {
    if (load<u32>(entry) == tag && isLive(entry)) return entry;
  }
  return 0;
}

/** An empty way of the set, else the one that the hand stops at. */
function victim(array: u32, hands: u32, geometry: u32, la: u32): u32 {
  const ways = load<u32>(geometry, 4);
  const set = setOf(geometry, la);
  const first = array + set * ways * ENTRY_BYTES;
  for (let way: u32 = 0; way < ways; way++) {
    const entry = first + way * ENTRY_BYTES;
    if (load<u32>(entry) == 0 || !isLive(entry)) return entry;
  }
  let hand: u32 = load<u16>(hands + (set << 1));
  let entry = first + hand * ENTRY_BYTES;
  while ((load<u32>(entry, 8) & REFERENCED) != 0) {
    store<u32>(entry, load<u32>(entry, 8) & ~REFERENCED, 8);
    hand = hand + 1 == ways ? 0 : hand + 1;
    entry = first + hand * ENTRY_BYTES;
  }
  store<u16>(hands + (set << 1), hand + 1 == ways ? 0 : hand + 1);
  return entry;
}

function setOf(geometry: u32, la: u32): u32 {
  return (la >> 12) & (load<u32>(geometry) - 1);
}

function isLive(entry: u32): bool {
  return load<u32>(entry, 12) == lifetime(load<u32>(entry, 8));
}

function lifetime(flags: u32): u32 {
  return load<u32>((flags & GLOBAL) != 0 ? CLOCK_SECOND_GLOBAL_GENERATION : CLOCK_SECOND_GENERATION);
}
