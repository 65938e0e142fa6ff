/*
 * Linear to physical, for data and for code: the TLB where it answers; else its second level, the walk, or a page fault.
 *
 * A refusal, and a first write, are never decided by what the TLB holds: the entry is dropped, and the processor walks.
 */
import { CONFIG_DTLB_SECOND_SETS, CONFIG_ITLB_SECOND_SETS, CONFIG_UNIFIED_TLB } from '../generated/config';
import { COUNTER_DTLB_MISSES, COUNTER_ITLB_MISSES } from '../generated/counters';
import { CR0, CR2, FAULT_CODE, FAULT_VECTOR } from '../generated/state';
import { count } from './charge';
import { reference } from './lines';
import { refill } from './second-tlb';
import {
  CODE, DATA, DIRTY, dropEntry, EXECUTABLE, fillAgain, findEntry, flagsOf, insertEntry, physicalBy,
} from './tlb';
import { rightsFor, walkedFlags, walkedFrame } from './walk';
import { memoPayload, repeatWalk } from './walk-memo';

const PAGE_FAULT: u32 = 14;

/** What `entryFor` returns instead of an entry. */
export const NOT_PAGED: u32 = 0;
export const REFUSED: u32 = 1;

/** Which TLB answers for `side`: code has none of its own where both share one. */
// @ts-ignore: decorator
@inline function arrayOf(side: u32): u32 {
  return side == CODE && load<u32>(CONFIG_UNIFIED_TLB) != 0 ? DATA : side;
}

/** The TLB entry that lets this access to `la` pass; NOT_PAGED with paging off, REFUSED with the page fault reported. */
// @ts-ignore: decorator
@inline export function entryFor(side: u32, la: u32, write: bool, user: bool): u32 {
  if (<i32>load<u32>(CR0) >= 0) return NOT_PAGED;
  const entry = findEntry(arrayOf(side), la);
  const needed = rightsFor(write, user) | (write ? DIRTY : 0) | (side == CODE ? EXECUTABLE : 0);
  if (entry != 0 && (flagsOf(entry) & needed) == needed) {
    reference(entry, load<u32>(entry));
    return entry;
  }
  if (side == CODE && entry == 0) {
    const again = entryAgain(CODE, la, user, false);
    if (again != 0) return again;
  }
  return renewEntry(side, la, write, user, entry);
}

/**
 * After a flush nearly all misses are reads and fetches, and their walks go as they went before: those without a call.
 * The new entry, or 0 if it is not so; `used`: the page is being used already.
 */
// @ts-ignore: decorator
@inline export function entryAgain(side: u32, la: u32, user: bool, used: bool): u32 {
  if ((load<u32>(CONFIG_DTLB_SECOND_SETS) | load<u32>(CONFIG_ITLB_SECOND_SETS)) != 0) return 0;
  const memo = repeatWalk(la, rightsFor(false, user));
  if (memo == 0) return 0;
  count(side == CODE ? COUNTER_ITLB_MISSES : COUNTER_DTLB_MISSES);
  return fillAgain(arrayOf(side), la, memoPayload(memo), used);
}

/** Where an entry of `entryFor`, but not REFUSED, maps `la`. */
// @ts-ignore: decorator
@inline export function mappedBy(entry: u32, la: u32): u32 { return entry == NOT_PAGED ? la : physicalBy(entry, la); }

/** `stale` is an entry that must not answer, or 0. */
export function renewEntry(side: u32, la: u32, write: bool, user: bool, stale: u32): u32 {
  if (stale != 0) dropEntry(arrayOf(side), stale);
  else count(side == CODE ? COUNTER_ITLB_MISSES : COUNTER_DTLB_MISSES);
  const code = refill(side, la, write, user);
  if (code >= 0) {
    raisePageFault(la, code);
    return REFUSED;
  }
  return insertEntry(arrayOf(side), la, walkedFrame, walkedFlags);
}

function raisePageFault(la: u32, code: u32): void {
  store<u32>(CR2, la);
  store<u32>(FAULT_VECTOR, PAGE_FAULT);
  store<u32>(FAULT_CODE, code);
}
