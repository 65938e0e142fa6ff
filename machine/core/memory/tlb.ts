/*
 * Translation look-aside buffers, one for code and one for data, each with an array for 4 KiB and one for large pages.
 * Where both share one (the 486), it is the one for data.
 *
 *     tag:      linear page | state     1 valid   2 referenced   8 global   16 large      0 = empty     (lines.ts)
 *     payload:  0 what to add to a linear address    4 flags = W U D G L X of the page's entries    8 used before
 *              16 bit map (128 bits) of the page's granules that are in the filter
 *
 * Tags lie side by side, so that a set is searched as a set of cache lines is, and a flush goes over them alone; the
 * payload of a tag lies in an array of its own. An entry is named by the address of its tag.
 *
 * A processor without an array for large pages keeps them in the 4 KiB array: whole where that is fully associative,
 * else as 4 KiB fragments. Replacement is "clock": the hand passes over referenced entries, taking the mark away.
 * An entry stays until it is replaced or invalidated, whatever happens to the page table meanwhile.
 */
import { CONFIG_ITLB_4K_SETS, CONFIG_ITLB_4M_SETS, CONFIG_UNIFIED_TLB } from '../generated/config';
import {
  DATA_FILTER, ITLB_4K, ITLB_4K_HANDS, ITLB_4K_TAGS, ITLB_4M_HANDS, ITLB_4M_TAGS, ITLB_HINT,
} from '../generated/layout';
import { CR4, LARGE_MASK } from '../generated/state';
import { dropCodeGranule, dropGranule, emptyFilters } from './filter';
import { findWay, LINE_REFERENCED, LINE_VALID } from './lines';

/** PSE and PAE: either of them makes large pages. */
const CR4_LARGE_PAGES: u32 = 0x30;
const CR4_PGE: u32 = 0x80;

/** Which TLB: code or data. */
export const CODE: u32 = 0;
export const DATA: u32 = 1;

const TAG_STRIDE: u32 = 0x800;
const HINT_STRIDE: u32 = 0x400;
const HAND_STRIDE: u32 = 0x400;
const CONFIG_STRIDE: u32 = 0x10;
/** Sets of more ways than this are worth a hint. */
const FEW_WAYS: u32 = 8;

export const WRITABLE: u32 = 0x002;
export const USER: u32 = 0x004;
export const DIRTY: u32 = 0x040;
export const LARGE: u32 = 0x080;
export const GLOBAL: u32 = 0x100;
/** Code may be fetched from the page; always so without NX. */
export const EXECUTABLE: u32 = 0x800;
/** A 4 KiB piece of a large page. */
const FRAGMENT: u32 = 0x400;

/** In tags, besides the state of lines.ts: not part of an entry's identity, and part of it. */
const TAG_GLOBAL: u32 = 8;
const TAG_LARGE: u32 = 16;

const SMALL_MASK: u32 = 0xfffff000;

/** Which part of a linear address names a large page: of 4 MiB, of 2 MiB under PAE. */
// @ts-ignore: decorator
@inline function largePart(la: u32): u32 { return la & load<u32>(LARGE_MASK); }
// @ts-ignore: decorator
@inline function largeNumber(la: u32): u32 { return la >> ctz(load<u32>(LARGE_MASK)); }

/** Address of an entry's payload. */
// @ts-ignore: decorator
@inline function payload(entry: u32): u32 { return ITLB_4K + ((entry - ITLB_4K_TAGS) << 3); }

// @ts-ignore: decorator
@inline export function flagsOf(entry: u32): u32 { return load<u32>(payload(entry), 4); }

/** Linear-to-physical within an entry's page. */
// @ts-ignore: decorator
@inline export function physicalBy(entry: u32, la: u32): u32 { return la + load<u32>(payload(entry)); }

/** Address of the entry that maps `la`, or 0. */
// @ts-ignore: decorator
@inline export function findEntry(side: u32, la: u32): u32 {
  const geometry = CONFIG_ITLB_4K_SETS + side * CONFIG_STRIDE;
  const ways = load<u32>(geometry, 4);
  const tag = (la & SMALL_MASK) | LINE_VALID;
  let entry: u32;
  if (ways <= FEW_WAYS) {
    const set = (la >> 12) & (load<u32>(geometry) - 1);
    entry = findWay(ITLB_4K_TAGS + side * TAG_STRIDE + ((set * ways) << 2), ways, tag);
  } else {
    entry = findByHint(side, geometry, ways, tag);
  }
  // Without PSE and PAE there is no large page to find: their change flushes everything.
  return entry != 0 || (load<u32>(CR4) & CR4_LARGE_PAGES) == 0 ? entry : findLarge(side, la);
}

function findByHint(side: u32, geometry: u32, ways: u32, tag: u32): u32 {
  const hint = ITLB_HINT + side * HINT_STRIDE + (((tag >> 12) & 255) << 2);
  const guess = load<u32>(hint);
  if (guess != 0 && (load<u32>(guess) & ~(LINE_REFERENCED | TAG_GLOBAL)) == tag) return guess;
  const set = (tag >> 12) & (load<u32>(geometry) - 1);
  const entry = findWay(ITLB_4K_TAGS + side * TAG_STRIDE + ((set * ways) << 2), ways, tag);
  if (entry != 0) store<u32>(hint, entry);
  return entry;
}

function findLarge(side: u32, la: u32): u32 {
  const tag = largePart(la) | TAG_LARGE | LINE_VALID;
  const large = CONFIG_ITLB_4M_SETS + side * CONFIG_STRIDE;
  const sets = load<u32>(large);
  if (sets != 0) {
    const ways = load<u32>(large, 4);
    return findWay(ITLB_4M_TAGS + side * TAG_STRIDE + (((largeNumber(la) & (sets - 1)) * ways) << 2), ways, tag);
  }
  const small = CONFIG_ITLB_4K_SETS + side * CONFIG_STRIDE;
  return load<u32>(small) == 1 ? findWay(ITLB_4K_TAGS + side * TAG_STRIDE, load<u32>(small, 4), tag) : 0;
}

/** Makes an entry for the page at `la`; `frame` and `flags` as the walk found them (LARGE for a large page). */
// @ts-ignore: decorator
@inline export function insertEntry(side: u32, la: u32, frame: u32, flags: u32): u32 {
  if ((flags & LARGE) != 0) return insertLarge(side, la, frame, flags);
  return fillSmall(side, la, frame, flags);
}

/** The same for a page of 4 KiB. */
function fillSmall(side: u32, la: u32, frame: u32, flags: u32): u32 {
  const entry = smallVictim(side, la);
  fill(entry, la & SMALL_MASK, 0, frame, flags);
  return entry;
}

/** The same with the payload's first half as a memo keeps it (walk-memo.ts); `used`: the page is being used already. */
// @ts-ignore: decorator
@inline export function fillAgain(side: u32, la: u32, kept: u32, used: bool): u32 {
  const entry = smallVictim(side, la);
  const at = payload(entry);
  store<u32>(entry, tagOf(la & SMALL_MASK, load<u32>(kept, 4)));
  v128.store(at, v128.load(kept));
  if (!used) store<u32>(at, 0, 8);
  v128.store(at, i64x2.splat(0), 16);
  return entry;
}

// @ts-ignore: decorator
@inline function smallVictim(side: u32, la: u32): u32 {
  const geometry = CONFIG_ITLB_4K_SETS + side * CONFIG_STRIDE;
  return victim(side, ITLB_4K_TAGS + side * TAG_STRIDE, ITLB_4K_HANDS + side * HAND_STRIDE, geometry, la >> 12);
}

function insertLarge(side: u32, la: u32, frame: u32, flags: u32): u32 {
  const small = CONFIG_ITLB_4K_SETS + side * CONFIG_STRIDE;
  const large = CONFIG_ITLB_4M_SETS + side * CONFIG_STRIDE;
  const page = largePart(la);
  let entry: u32;
  if (load<u32>(large) != 0) {
    entry = victim(side, ITLB_4M_TAGS + side * TAG_STRIDE, ITLB_4M_HANDS + side * HAND_STRIDE, large, largeNumber(la));
  } else if (load<u32>(small) == 1) {
    entry = victim(side, ITLB_4K_TAGS + side * TAG_STRIDE, ITLB_4K_HANDS + side * HAND_STRIDE, small, la >> 12);
  } else {
    return fillSmall(side, la, frame + ((la - page) & SMALL_MASK), (flags & ~LARGE) | FRAGMENT);
  }
  fill(entry, page, TAG_LARGE, frame, flags);
  return entry;
}

// @ts-ignore: decorator
@inline function fill(entry: u32, page: u32, kind: u32, frame: u32, flags: u32): void {
  store<u32>(entry, tagOf(page | kind, flags));
  const at = payload(entry);
  store<u32>(at, frame - page);
  store<u32>(at, flags, 4);
  store<u32>(at, 0, 8);
  v128.store(at, i64x2.splat(0), 16);
}

/** Of an entry that is referenced. */
// @ts-ignore: decorator
@inline function tagOf(identity: u32, flags: u32): u32 {
  return identity | ((flags / (GLOBAL / TAG_GLOBAL)) & TAG_GLOBAL) | LINE_VALID | LINE_REFERENCED;
}

/**
 * True the first time that it is asked of an entry: most pages that are touched once after a flush are not touched
 * again before the next, and need not go into the filter.
 */
// @ts-ignore: decorator
@inline export function isFresh(entry: u32): bool {
  const at = payload(entry);
  if (load<u32>(at, 8) != 0) return false;
  store<u32>(at, 1, 8);
  return true;
}

/** An empty way of the set, else the one that the hand stops at. */
// @ts-ignore: decorator
@inline function victim(side: u32, tags: u32, hands: u32, geometry: u32, page: u32): u32 {
  const ways = load<u32>(geometry, 4);
  const set = page & (load<u32>(geometry) - 1);
  const first = tags + ((set * ways) << 2);
  if (load<u32>(first) == 0) return first;
  const empty = findWay(first, ways, 0);
  return empty != 0 ? empty : passHand(side, first, ways, hands + (set << 1));
}

function passHand(side: u32, first: u32, ways: u32, at: u32): u32 {
  let hand: u32 = load<u16>(at);
  let entry = first + (hand << 2);
  while ((load<u32>(entry) & LINE_REFERENCED) != 0) {
    store<u32>(entry, load<u32>(entry) & ~LINE_REFERENCED);
    unfilter(side, entry);
    hand = hand + 1 == ways ? 0 : hand + 1;
    entry = first + (hand << 2);
  }
  store<u16>(at, hand + 1 == ways ? 0 : hand + 1);
  return entry;
}

/** Notes that granule `la` went into the filter by grace of `entry`. */
// @ts-ignore: decorator
@inline export function noteFiltered(entry: u32, la: u32): void {
  const granule = (la >> 5) & 127;
  const word = payload(entry) + 16 + ((granule >> 6) << 3);
  store<u64>(word, load<u64>(word) | ((<u64>1) << (granule & 63)));
}

/** Takes an entry's granules out of the filter. */
// @ts-ignore: decorator
@inline function unfilter(side: u32, entry: u32): void {
  const at = payload(entry);
  if ((load<u64>(at, 16) | load<u64>(at, 24) | <u64>(load<u32>(entry) & TAG_LARGE)) != 0) unfilterGranules(side, entry);
}

function unfilterGranules(side: u32, entry: u32): void {
  const tag = load<u32>(entry);
  if ((tag & TAG_LARGE) != 0) {
    emptyFilters();
    return;
  }
  unfilterWord(side, payload(entry) + 16, tag & SMALL_MASK);
  unfilterWord(side, payload(entry) + 24, (tag & SMALL_MASK) + 0x800);
}

// @ts-ignore: decorator
@inline function unfilterWord(side: u32, word: u32, base: u32): void {
  let bits = load<u64>(word);
  if (bits == 0) return;
  store<u64>(word, 0);
  const code = side == CODE || load<u32>(CONFIG_UNIFIED_TLB) != 0;
  while (bits != 0) {
    const la = base + (<u32>ctz(bits) << 5);
    if (side == DATA) dropGranule(DATA_FILTER, la);
    if (code) dropCodeGranule(la);
    bits &= bits - 1;
  }
}

/** Forgets one entry. */
export function dropEntry(side: u32, entry: u32): void {
  unfilter(side, entry);
  store<u32>(entry, 0);
}

/** Forgets every translation of the page at `la`, global ones too (INVLPG). */
export function dropPage(side: u32, la: u32): void {
  const entry = findEntry(side, la);
  const fragments = entry != 0 && (flagsOf(entry) & FRAGMENT) != 0;
  if (entry != 0) dropEntry(side, entry);
  if (!fragments && load<u32>(CONFIG_ITLB_4M_SETS + side * CONFIG_STRIDE) != 0) return;
  const small = CONFIG_ITLB_4K_SETS + side * CONFIG_STRIDE;
  const tags = ITLB_4K_TAGS + side * TAG_STRIDE;
  const end = tags + ((load<u32>(small) * load<u32>(small, 4)) << 2);
  for (let at = tags; at < end; at += 4) {
    const tag = load<u32>(at);
    if (tag != 0 && (flagsOf(at) & FRAGMENT) != 0 && largePart(tag ^ la) == 0) dropEntry(side, at);
  }
}

/** Empties both TLBs, of global pages only if `all`. The caller empties the filters. */
// @ts-ignore: decorator
@inline export function dropEntries(all: bool): void {
  const spared = all || (load<u32>(CR4) & CR4_PGE) == 0 ? 0 : TAG_GLOBAL;
  for (let side: u32 = CODE; side <= DATA; side++) {
    dropArray(ITLB_4K_TAGS + side * TAG_STRIDE, CONFIG_ITLB_4K_SETS + side * CONFIG_STRIDE, spared);
    dropArray(ITLB_4M_TAGS + side * TAG_STRIDE, CONFIG_ITLB_4M_SETS + side * CONFIG_STRIDE, spared);
  }
}

/** Four tags at a time; what lies behind the last is empty and stays so. Without PGE no entry is global. */
// @ts-ignore: decorator
@inline function dropArray(tags: u32, geometry: u32, spared: u32): void {
  const end = tags + ((load<u32>(geometry) * load<u32>(geometry, 4)) << 2);
  if (spared == 0) {
    for (let at = tags; at < end; at += 32) {
      v128.store(at, i64x2.splat(0));
      v128.store(at, i64x2.splat(0), 16);
    }
    return;
  }
  for (let at = tags; at < end; at += 16) {
    const four = v128.load(at);
    v128.store(at, v128.and(four, i32x4.ne(v128.and(four, i32x4.splat(spared)), i32x4.splat(0))));
  }
}
