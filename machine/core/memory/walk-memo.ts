/*
 * Walks that repeat themselves. After a flush the same pages are walked for again, and mostly the walk finds what it
 * found before: the same two entries, in the same two lines of the cache at which walks enter. Then all that it does is
 * known: it marks both lines as referenced, counts, and takes the time of two hits. A memo of the last such walk for a
 * page holds everything that this rests on, and each time all of it is looked at again, so nothing ever has to be
 * forgotten, but when the meaning of the entries changes (control registers).
 *
 *     memo:   0 linear page | 1    4 CR3, or 1 before the page was walked for twice there
 *             8 host address of the directory entry, 12 the entry    16, 20 likewise of the table entry
 *            24 word of the directory entry's cache line, 28 the line's identity    32, 36 likewise
 *            40 the payload of the entry that a TLB makes of it (tlb.ts)
 *            56 cycles, and 60 accesses to L2, that it takes
 *
 * The frame is in RAM. There are no memos where walks read memory itself, or a cache of directory entries stands in front.
 */
import { CAUSE_WALK } from '../generated/causes';
import {
  CONFIG_L2_LATENCY, CONFIG_PDE_CACHE_ENTRIES, CONFIG_RAM_BYTES, CONFIG_WALK_ENTERS_AT,
} from '../generated/config';
import { COUNTER_L2_ACCESSES, COUNTER_WALK_READS } from '../generated/counters';
import { EVENT_WALK } from '../generated/events';
import { RAM_BASE, WALK_MEMO } from '../generated/layout';
import { CR3 } from '../generated/state';
import { findWalkLine } from './cache';
import { charge, countEvent, countMany, priceOf } from './charge';
import { identityOf, LINE_REFERENCED } from './lines';

const MEMOS: u32 = 512;
const MEMO_SHIFT: u32 = 6;
const PAGE_MASK: u32 = 0xfffff000;
const VALID: u32 = 1;
/** No CR3 that is in force, as the memo keeps it. */
const NOT_YET: u32 = 1;

// @ts-ignore: decorator
@inline function memoOf(la: u32): u32 {
  // Address spaces use the same pages: 37 keeps theirs apart.
  const mixed = (la >> 12) + (load<u32>(CR3) >> 12) * 37;
  return WALK_MEMO + ((mixed & (MEMOS - 1)) << MEMO_SHIFT);
}

// @ts-ignore: decorator
@inline function space(): u32 { return load<u32>(CR3) & PAGE_MASK; }

/** The memo of a walk for `la` that goes as the last one did and yields the `needed` flags, counted; or 0. */
// @ts-ignore: decorator
@inline export function repeatWalk(la: u32, needed: u32): u32 {
  const memo = memoOf(la);
  if (load<u64>(memo) != (<u64>((la & PAGE_MASK) | VALID) | (<u64>space() << 32))) return 0;
  const directory = load<u32>(memo, 24);
  const table = load<u32>(memo, 32);
  const directoryLine = load<u32>(directory);
  const tableLine = load<u32>(table);
  // One test for all: bits that differ, and rights that are missing.
  const differs = (needed & ~memoFlags(memo)) |
    (load<u32>(load<u32>(memo, 8)) ^ load<u32>(memo, 12)) | (load<u32>(load<u32>(memo, 16)) ^ load<u32>(memo, 20)) |
    (identityOf(directoryLine) ^ load<u32>(memo, 28)) | (identityOf(tableLine) ^ load<u32>(memo, 36));
  if (differs != 0) return 0;
  // Both may be one line: the same mark, twice.
  store<u32>(directory, directoryLine | LINE_REFERENCED);
  store<u32>(table, tableLine | LINE_REFERENCED);
  countMany(COUNTER_WALK_READS, 2);
  countMany(COUNTER_L2_ACCESSES, load<u32>(memo, 60));
  countEvent(EVENT_WALK);
  charge(CAUSE_WALK, load<u32>(memo, 56));
  return memo;
}

// @ts-ignore: decorator
@inline export function memoFlags(memo: u32): u32 { return load<u32>(memo, 44); }
// @ts-ignore: decorator
@inline export function memoFrame(memo: u32): u32 { return load<u32>(memo, 40) + (load<u32>(memo) & PAGE_MASK); }
/** What a TLB keeps of the page, 16 bytes: of one that is used already. */
// @ts-ignore: decorator
@inline export function memoPayload(memo: u32): u32 { return memo + 40; }

/** A walk for `la` has found these entries, as they now are, at these physical addresses. */
export function rememberWalk(
  la: u32, directoryAt: u32, directoryEntry: u32, tableAt: u32, tableEntry: u32, flags: u32, frame: u32,
): void {
  const memo = memoOf(la);
  const tag = (la & PAGE_MASK) | VALID;
  if (load<u32>(memo) != tag) {
    store<u32>(memo, tag);
    store<u32>(memo, NOT_YET, 4);
    return;
  }
  store<u32>(memo, NOT_YET, 4);
  if (load<u32>(CONFIG_PDE_CACHE_ENTRIES) != 0) return;
  const ram = load<u32>(CONFIG_RAM_BYTES);
  if (directoryAt >= ram || tableAt >= ram || frame >= ram) return;
  const directory = findWalkLine(directoryAt);
  const table = findWalkLine(tableAt);
  if (directory == 0 || table == 0) return;
  store<u32>(memo, space(), 4);
  store<u32>(memo, RAM_BASE + directoryAt, 8);
  store<u32>(memo, directoryEntry, 12);
  store<u32>(memo, RAM_BASE + tableAt, 16);
  store<u32>(memo, tableEntry, 20);
  store<u32>(memo, directory, 24);
  store<u32>(memo, identityOf(load<u32>(directory)), 28);
  store<u32>(memo, table, 32);
  store<u32>(memo, identityOf(load<u32>(table)), 36);
  store<u32>(memo, frame - (la & PAGE_MASK), 40);
  store<u32>(memo, flags, 44);
  store<u32>(memo, 1, 48);
  store<u32>(memo, 0, 52);
  const inL2 = load<u32>(CONFIG_WALK_ENTERS_AT) == 2;
  store<u32>(memo, priceOf(EVENT_WALK) + (inL2 ? load<u32>(CONFIG_L2_LATENCY) << 1 : 0), 56);
  store<u32>(memo, inL2 ? 2 : 0, 60);
}

/** The meaning of page-table entries has changed. */
export function forgetWalks(): void { memory.fill(WALK_MEMO, 0, MEMOS << MEMO_SHIFT); }
