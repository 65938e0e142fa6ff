/*
 * The filter in front of the exact model. A slot says: this 32-byte granule of linear addresses is mapped by a TLB
 * entry and held by a first-level line, both already marked as referenced (and, for writes, modified), so that touching
 * it again would change no state, no counter and no cycle. Such accesses are answered here, in a few instructions;
 * everything else goes to the model, and the counts are the same with and without the filter.
 *
 * Replacement in TLBs and caches is "clock": a hit only sets the referenced bit, and only a miss clears such bits. So a
 * slot loses its ground only when a miss clears a bit or evicts something; then it is dropped: TLB entries remember
 * their granules in a bit map, lines remember the linear page under which they were filtered (one at a time).
 * Dropping a slot too many costs host time and nothing else.
 *
 *     slot:  0 tag for reads | 4 tag for writes | 8 host address minus linear address | 12 unused
 *
 * A flush of the TLBs takes one half of a slot's ground away, the other stays: the line. A slot of code is only suspended
 * then (bit 0 of its tag); when a new TLB entry maps the granule to the same place, it holds again.
 *
 * A tag is the granule's linear address; EMPTY matches nothing, since an access is compared with its low two bits kept
 * (a misaligned access never matches). Rings 0 to 2 and ring 3 have a half each: rights differ.
 */
import {
  CLOCK_JOURNAL_LENGTH, CODE_FILTER, DATA_FILTER, FILTER_JOURNAL, FILTER_JOURNAL_LIMIT, FILTER_MODE_BYTES, FILTER_SLOTS,
} from '../generated/layout';
import { FETCH_LINE } from '../generated/state';

export const EMPTY: u32 = 0xffffffff;
/** Offset of the half of rings 0 to 2, with whose rights the processor makes its own accesses, too. */
export const SYSTEM: u32 = 0;
const EMPTY_TAGS: i64 = -1;
/** In a tag: matches nothing, and stands in no journal. Set in EMPTY, too. */
const IDLE: u32 = 1;
const SLOT_MASK: u32 = (FILTER_SLOTS - 1) << 4;
const PAGE_PART: u32 = SLOT_MASK & ~0x7f0;
const FILTER_BYTES: u32 = FILTER_MODE_BYTES * 2;

/**
 * Offset of the slot of linear address `la` in one half of a filter: the granule within its page, and above it the page
 * number folded, so that the granules of one page never meet and those of two pages seldom do.
 */
// @ts-ignore: decorator
@inline export function slotOffset(la: u32): u32 {
  return ((la >> 1) ^ ((la >> 5) & PAGE_PART)) & SLOT_MASK;
}

/** Fills a slot; the caller answers for the rule above. */
// @ts-ignore: decorator
@inline export function installSlot(slot: u32, readTag: u32, writeTag: u32, addend: u32): void {
  if ((load<u32>(slot) & IDLE) != 0) {
    if (load<u32>(CLOCK_JOURNAL_LENGTH) == FILTER_JOURNAL_LIMIT) clearFilters();
    const length = load<u32>(CLOCK_JOURNAL_LENGTH);
    store<u32>(FILTER_JOURNAL + (length << 2), slot);
    store<u32>(CLOCK_JOURNAL_LENGTH, length + 1);
  }
  store<u32>(slot, readTag);
  store<u32>(slot, writeTag, 4);
  store<u32>(slot, addend, 8);
}

/** Drops granule `la` from both halves of the filter at `filter`. */
export function dropGranule(filter: u32, la: u32): void {
  const slot = filter + slotOffset(la);
  store<i64>(slot, EMPTY_TAGS);
  store<i64>(slot + FILTER_MODE_BYTES, EMPTY_TAGS);
}

/** Drops the granule that the CPU is fetching from, too, if `la` lies in it. */
export function dropCodeGranule(la: u32): void {
  dropGranule(CODE_FILTER, la);
  if (load<u32>(FETCH_LINE) == (la & ~31)) store<u32>(FETCH_LINE, EMPTY);
}

/** Is the slot suspended, and would say the same of `granule` again? Then its line is as it was. */
// @ts-ignore: decorator
@inline export function isSuspended(slot: u32, granule: u32, addend: u32): bool {
  return load<u32>(slot) == (granule | IDLE) && load<u32>(slot, 8) == addend;
}

/** After translations were forgotten: empties the filter of data, suspends that of code. */
export function emptyFilters(): void {
  const end = FILTER_JOURNAL + (load<u32>(CLOCK_JOURNAL_LENGTH) << 2);
  for (let at = FILTER_JOURNAL; at < end; at += 4) {
    const slot = load<u32>(at);
    if (slot < CODE_FILTER) store<i64>(slot, EMPTY_TAGS);
    else store<u32>(slot, load<u32>(slot) | IDLE);
  }
  store<u32>(CLOCK_JOURNAL_LENGTH, 0);
  store<u32>(FETCH_LINE, EMPTY);
}

/** Empties both filters, with all that is suspended. */
export function clearFilters(): void {
  memory.fill(DATA_FILTER, 0xff, FILTER_BYTES);
  memory.fill(CODE_FILTER, 0xff, FILTER_BYTES);
  store<u32>(CLOCK_JOURNAL_LENGTH, 0);
  store<u32>(FETCH_LINE, EMPTY);
}
