/*
 * Translation look-aside buffers, one for code and one for data, each with an array for 4 KiB and one for 4 MiB pages.
 *
 *     entry:  0 tag = linear page | 1, 0 = invalid    4 physical frame
 *             8 flags = W U D G L of the page's entries, and REFERENCED
 *            16 bit map (128 bits) of the page's granules that are in the filter
 *
 * A processor without a 4 MiB array keeps such pages in the 4 KiB array: whole where that is fully associative, else
 * as 4 KiB fragments. Replacement is "clock": the hand passes over referenced entries, taking the mark away.
 * An entry stays until it is replaced or invalidated, whatever happens to the page table meanwhile.
 */
import {
  CONFIG_ITLB_4K_SETS, CONFIG_ITLB_4M_SETS,
} from '../generated/config';
import {
  CLOCK_TLB_JOURNAL_LENGTH, DATA_FILTER, ITLB_4K, ITLB_4K_HANDS, ITLB_4M, ITLB_4M_HANDS, ITLB_HINT, TLB_JOURNAL,
  TLB_JOURNAL_LIMIT,
} from '../generated/layout';
import { CR4 } from '../generated/state';
import { dropCodeGranule, dropGranule, emptyFilters } from './filter';

const CR4_PSE: u32 = 0x10;

/** Which TLB: code or data. */
export const CODE: u32 = 0;
export const DATA: u32 = 1;

const ARRAY_STRIDE: u32 = 0x4000;
const HINT_STRIDE: u32 = 0x400;
const HAND_STRIDE: u32 = 0x400;
const CONFIG_STRIDE: u32 = 0x10;

export const ENTRY_BYTES: u32 = 32;
export const VALID: u32 = 1;
export const WRITABLE: u32 = 0x002;
export const USER: u32 = 0x004;
export const DIRTY: u32 = 0x040;
export const LARGE: u32 = 0x080;
export const GLOBAL: u32 = 0x100;
export const REFERENCED: u32 = 0x200;
/** A 4 KiB piece of a 4 MiB page. */
const FRAGMENT: u32 = 0x400;

const SMALL_MASK: u32 = 0xfffff000;
const LARGE_MASK: u32 = 0xffc00000;

/** Address of the entry that maps `la`, or 0. */
export function findEntry(side: u32, la: u32): u32 {
  const hint = ITLB_HINT + side * HINT_STRIDE + (((la >> 12) & 255) << 2);
  const guess = load<u32>(hint);
  if (guess != 0 && matches(guess, la)) return guess;
  let entry = searchSet(ITLB_4K + side * ARRAY_STRIDE, CONFIG_ITLB_4K_SETS + side * CONFIG_STRIDE, la, 12);
  // Without PSE there is no 4 MiB page to find: its change flushes everything.
  if (entry == 0 && (load<u32>(CR4) & CR4_PSE) != 0) {
    entry = searchSet(ITLB_4M + side * ARRAY_STRIDE, CONFIG_ITLB_4M_SETS + side * CONFIG_STRIDE, la, 22);
  }
  if (entry != 0) store<u32>(hint, entry);
  return entry;
}

function matches(entry: u32, la: u32): bool {
  const mask = (load<u32>(entry, 8) & LARGE) != 0 ? LARGE_MASK : SMALL_MASK;
  return load<u32>(entry) == ((la & mask) | VALID);
}

/** `geometry` is the address of the sets, the ways follow. */
function searchSet(array: u32, geometry: u32, la: u32, shift: u32): u32 {
  const sets = load<u32>(geometry);
  if (sets == 0) return 0;
  const ways = load<u32>(geometry, 4);
  let entry = array + ((la >> shift) & (sets - 1)) * ways * ENTRY_BYTES;
  for (let way: u32 = 0; way < ways; way++, entry += ENTRY_BYTES) {
    const tag = load<u32>(entry);
    if (tag != 0 && ((tag ^ la) & LARGE_MASK) == 0 && matches(entry, la)) return entry;
  }
  return 0;
}

/** Makes an entry for the page at `la`; `frame` and `flags` as the walk found them (LARGE for a 4 MiB page). */
export function insertEntry(side: u32, la: u32, frame: u32, flags: u32): u32 {
  const small = CONFIG_ITLB_4K_SETS + side * CONFIG_STRIDE;
  const large = CONFIG_ITLB_4M_SETS + side * CONFIG_STRIDE;
  let entry: u32;
  if ((flags & LARGE) == 0) {
    entry = smallVictim(side, small, la);
  } else if (load<u32>(large) != 0) {
    entry = victim(side, ITLB_4M + side * ARRAY_STRIDE, ITLB_4M_HANDS + side * HAND_STRIDE, large, la >> 22);
  } else {
    entry = smallVictim(side, small, la);
    if (load<u32>(small) != 1) {
      frame += la & ~LARGE_MASK & SMALL_MASK;
      flags = (flags & ~LARGE) | FRAGMENT;
    }
  }
  store<u32>(entry, (la & ((flags & LARGE) != 0 ? LARGE_MASK : SMALL_MASK)) | VALID);
  store<u32>(entry, frame, 4);
  store<u32>(entry, flags | REFERENCED, 8);
  store<u64>(entry, 0, 16);
  store<u64>(entry, 0, 24);
  store<u32>(ITLB_HINT + side * HINT_STRIDE + (((la >> 12) & 255) << 2), entry);
  noteEntry(entry);
  return entry;
}

function smallVictim(side: u32, geometry: u32, la: u32): u32 {
  return victim(side, ITLB_4K + side * ARRAY_STRIDE, ITLB_4K_HANDS + side * HAND_STRIDE, geometry, la >> 12);
}

/** An invalid way of the set, else the one that the hand stops at. */
function victim(side: u32, array: u32, hands: u32, geometry: u32, page: u32): u32 {
  const ways = load<u32>(geometry, 4);
  const set = page & (load<u32>(geometry) - 1);
  const first = array + set * ways * ENTRY_BYTES;
  for (let way: u32 = 0; way < ways; way++) {
    if (load<u32>(first + way * ENTRY_BYTES) == 0) return first + way * ENTRY_BYTES;
  }
  let hand: u32 = load<u16>(hands + (set << 1));
  let entry = first + hand * ENTRY_BYTES;
  while ((load<u32>(entry, 8) & REFERENCED) != 0) {
    store<u32>(entry, load<u32>(entry, 8) & ~REFERENCED, 8);
    unfilter(side, entry);
    hand = hand + 1 == ways ? 0 : hand + 1;
    entry = first + hand * ENTRY_BYTES;
  }
  store<u16>(hands + (set << 1), hand + 1 == ways ? 0 : hand + 1);
  return entry;
}

/** Linear-to-physical within an entry's page. */
export function physicalBy(entry: u32, la: u32): u32 {
  const mask = (load<u32>(entry, 8) & LARGE) != 0 ? LARGE_MASK : SMALL_MASK;
  return load<u32>(entry, 4) + (la & ~mask);
}

/** Notes that granule `la` went into the filter by grace of `entry`. */
export function noteFiltered(entry: u32, la: u32): void {
  const granule = (la >> 5) & 127;
  const word = entry + 16 + ((granule >> 6) << 3);
  store<u64>(word, load<u64>(word) | ((<u64>1) << (granule & 63)));
}

/** Takes an entry's granules out of the filter. */
function unfilter(side: u32, entry: u32): void {
  if ((load<u32>(entry, 8) & LARGE) != 0) {
    emptyFilters();
    return;
  }
  const page = load<u32>(entry) & SMALL_MASK;
  unfilterWord(side, entry + 16, page);
  unfilterWord(side, entry + 24, page + 0x800);
}

function unfilterWord(side: u32, word: u32, base: u32): void {
  let bits = load<u64>(word);
  store<u64>(word, 0);
  while (bits != 0) {
    const la = base + (<u32>ctz(bits) << 5);
    if (side == CODE) dropCodeGranule(la);
    else dropGranule(DATA_FILTER, la);
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
  const small = CONFIG_ITLB_4K_SETS + side * CONFIG_STRIDE;
  const array = ITLB_4K + side * ARRAY_STRIDE;
  const end = array + load<u32>(small) * load<u32>(small, 4) * ENTRY_BYTES;
  let entry = findEntry(side, la);
  const fragments = entry != 0 && (load<u32>(entry, 8) & FRAGMENT) != 0;
  if (entry != 0) dropEntry(side, entry);
  if (!fragments && load<u32>(CONFIG_ITLB_4M_SETS + side * CONFIG_STRIDE) != 0) return;
  for (entry = array; entry < end; entry += ENTRY_BYTES) {
    const tag = load<u32>(entry);
    if (tag != 0 && (load<u32>(entry, 8) & FRAGMENT) != 0 && ((tag ^ la) & LARGE_MASK) == 0) dropEntry(side, entry);
  }
}

/** Empties both TLBs, of global pages only if `all`. The caller empties the filters. */
export function dropEntries(all: bool): void {
  const spared = all ? 0 : GLOBAL;
  const length = load<u32>(CLOCK_TLB_JOURNAL_LENGTH);
  store<u32>(CLOCK_TLB_JOURNAL_LENGTH, 0);
  if (length > TLB_JOURNAL_LIMIT) {
    for (let side: u32 = CODE; side <= DATA; side++) {
      dropArray(ITLB_4K + side * ARRAY_STRIDE, CONFIG_ITLB_4K_SETS + side * CONFIG_STRIDE, spared);
      dropArray(ITLB_4M + side * ARRAY_STRIDE, CONFIG_ITLB_4M_SETS + side * CONFIG_STRIDE, spared);
    }
    return;
  }
  const end = TLB_JOURNAL + (length << 2);
  for (let at = TLB_JOURNAL; at < end; at += 4) dropUnless(load<u32>(at), spared);
}

function dropArray(array: u32, geometry: u32, spared: u32): void {
  const end = array + load<u32>(geometry) * load<u32>(geometry, 4) * ENTRY_BYTES;
  for (let entry = array; entry < end; entry += ENTRY_BYTES) dropUnless(entry, spared);
}

/** A spared entry goes (back) into the journal. */
function dropUnless(entry: u32, spared: u32): void {
  if (load<u32>(entry) == 0) return;
  if ((load<u32>(entry, 8) & spared) == 0) store<u32>(entry, 0);
  else noteEntry(entry);
}

/** Remembers a filled entry for the next flush; one filled twice may be there twice. */
function noteEntry(entry: u32): void {
  const length = load<u32>(CLOCK_TLB_JOURNAL_LENGTH);
  if (length < TLB_JOURNAL_LIMIT) store<u32>(TLB_JOURNAL + (length << 2), entry);
  if (length <= TLB_JOURNAL_LIMIT) store<u32>(CLOCK_TLB_JOURNAL_LENGTH, length + 1);
}

/** Makes the next flush look at every entry. */
export function forgetEntries(): void {
  store<u32>(CLOCK_TLB_JOURNAL_LENGTH, TLB_JOURNAL_LIMIT + 1);
}
