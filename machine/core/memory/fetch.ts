/*
 * Code fetches, one 32-byte granule at a time: ITLB and L1I, or on NetBurst the trace cache.
 *
 * L1I holds physical lines like L1D, and is L1D where code and data share one cache (the 486). The trace cache holds decoded code under linear addresses: a hit there needs no
 * ITLB; a miss looks the ITLB up, reads the line from below and decodes it (`traceBuild`). A trace line stands for the
 * decoded form of one granule and remembers its physical address: where no CR3 load empties the trace cache, lines of
 * another address space must not answer. What the real processor does there is not documented, so it is a factor.
 *
 *     L1I line:    physical line | state     beside it: linear page | 1 under which it is in the filter, or 0
 *     trace line:  linear granule | state    beside it: physical granule | generation (one that is past means empty)
 */
import {
  CONFIG_L1I_SETS, CONFIG_L1I_SHIFT, CONFIG_L1I_WAYS, CONFIG_RAM_BYTES, CONFIG_TRACE_CACHE,
  CONFIG_UNIFIED_CACHE,
} from '../generated/config';
import { COUNTER_L1I_MISSES } from '../generated/counters';
import { EVENT_TRACE_BUILD } from '../generated/events';
import {
  CLOCK_FILTER_HALF, CLOCK_TRACE_GENERATION, CODE_FILTER, L1I, L1I_HANDS, RAM_BASE,
} from '../generated/layout';
import { CR0, FAULT_CODE, FAULT_VECTOR, FETCH_HOST, FETCH_LINE } from '../generated/state';
import { ALIASES, touchCodeBelow, touchUnified, unfilterLine } from './cache';
import { chargeEvent, count } from './charge';
import { dropCodeGranule, EMPTY, installSlot, isSuspended, slotOffset } from './filter';
import { chooseWay, findWay, LINE_REFERENCED, LINE_VALID, passedWays, reference } from './lines';
import { CODE, EXECUTABLE, findEntry, flagsOf, LARGE, noteFiltered, physicalBy } from './tlb';
import { entryFor, mappedBy, NOT_PAGED, REFUSED } from './translate';
import { permits, walkedFlags } from './walk';
import { translateInForce } from './walk-extended';

const INVALID_OPCODE: u32 = 6;

/**
 * Host address of the code byte at `la`, its granule charged as fetched and remembered in FETCH_LINE and FETCH_HOST;
 * -1 after a fault: #PF, or #UD where no RAM is (nothing answers there, and bytes FFh are no instruction).
 */
// @ts-ignore: decorator
@inline export function fetch(la: u32): i32 {
  const slot = CODE_FILTER + load<u32>(CLOCK_FILTER_HALF) + slotOffset(la);
  const granule = la & ~31;
  if (load<u32>(slot) != granule) return fetchSlow(la, slot);
  const host = granule + load<u32>(slot, 8);
  store<u32>(FETCH_LINE, granule);
  store<u32>(FETCH_HOST, host);
  return host + (la & 31);
}

function fetchSlow(la: u32, slot: u32): i32 {
  const user = load<u32>(CLOCK_FILTER_HALF) != 0;
  const physical = load<u32>(CONFIG_TRACE_CACHE) != 0 ? touchTrace(la, user) : touchCode(la, slot, user);
  if (physical < 0) return -1;
  if (<u32>physical >= load<u32>(CONFIG_RAM_BYTES)) {
    store<u32>(FAULT_VECTOR, INVALID_OPCODE);
    store<u32>(FAULT_CODE, 0);
    return -1;
  }
  const granule = la & ~31;
  const host = RAM_BASE + (<u32>physical & ~31);
  installSlot(slot, granule, EMPTY, host - granule);
  store<u32>(FETCH_LINE, granule);
  store<u32>(FETCH_HOST, host);
  return host + (la & 31);
}

/** ITLB and L1I; `slot` is that of `la` in the filter. Returns the physical address, or -1 with the fault reported. */
// @ts-ignore: decorator
@inline function touchCode(la: u32, slot: u32, user: bool): i64 {
  const physical = translateCode(la, user);
  if (physical < 0) return -1;
  if (!isSuspended(slot, la & ~31, RAM_BASE + <u32>physical - la)) touchCodeLine(la, <u32>physical);
  noteCode(la);
  return physical;
}

/** The line of code at `physical` is referenced, filled if need be, and answers for the page of `la` alone. */
// @ts-ignore: decorator
@inline function touchCodeLine(la: u32, physical: u32): void {
  const unified = load<u32>(CONFIG_UNIFIED_CACHE) != 0;
  const line = unified ? touchUnified(physical) : touchLine(physical);
  const alias = (la & 0xfffff000) | 1;
  const known = load<u32>(line, ALIASES);
  if (known != alias) {
    if (unified) unfilterLine(line);
    else unfilterCode(line);
    store<u32>(line, alias, ALIASES);
  }
}

// @ts-ignore: decorator
@inline function noteCode(la: u32): void {
  const entry = translatedBy;
  if (entry != NOT_PAGED && (flagsOf(entry) & LARGE) == 0) noteFiltered(entry, la);
}

function touchTrace(la: u32, user: bool): i64 {
  const peeked = peek(la, user);
  if (peeked >= 0) {
    const line = findTrace(la & ~31, <u32>peeked);
    if (line != 0) {
      reference(line, load<u32>(line));
      noteCode(la);
      return peeked;
    }
  }
  const physical = translateCode(la, user);
  if (physical < 0) return -1;
  count(COUNTER_L1I_MISSES);
  touchCodeBelow(<u32>physical);
  chargeEvent(EVENT_TRACE_BUILD);
  const line = chooseCodeLine(la, 5);
  store<u32>(line, (la & ~31) | LINE_VALID | LINE_REFERENCED);
  store<u32>(line, traceWord(<u32>physical), ALIASES);
  noteCode(la);
  return physical;
}

/** Where the ITLB, or else the page table, maps `la` for this ring; -1 if it does not. Charges nothing. */
function peek(la: u32, user: bool): i64 {
  translatedBy = NOT_PAGED;
  if (<i32>load<u32>(CR0) >= 0) return <i64>la;
  const entry = findEntry(CODE, la);
  if (entry != 0) {
    if (!executable(flagsOf(entry), user)) return -1;
    translatedBy = entry;
    return <i64>physicalBy(entry, la);
  }
  const physical = translateInForce(la);
  return physical >= 0 && executable(walkedFlags, user) ? physical : -1;
}

function executable(flags: u32, user: bool): bool { return permits(flags, false, user) && (flags & EXECUTABLE) != 0; }

/** Physical address through the ITLB, or -1 with the page fault reported. */
// @ts-ignore: decorator
@inline function translateCode(la: u32, user: bool): i64 {
  const entry = entryFor(CODE, la, false, user);
  translatedBy = entry;
  return entry == REFUSED ? -1 : <i64>mappedBy(entry, la);
}

/** The ITLB entry that answered the last translation, or NOT_PAGED. */
let translatedBy: u32 = NOT_PAGED;

/** The L1I line of `physical`, filled on a miss and referenced. */
// @ts-ignore: decorator
@inline function touchLine(physical: u32): u32 {
  const shift = load<u32>(CONFIG_L1I_SHIFT);
  const tag = ((physical >> shift) << shift) | LINE_VALID;
  const line = findWay(firstWay(physical, shift), load<u32>(CONFIG_L1I_WAYS), tag);
  if (line == 0) return missLine(physical, shift, tag);
  reference(line, load<u32>(line));
  return line;
}

function missLine(physical: u32, shift: u32, tag: u32): u32 {
  count(COUNTER_L1I_MISSES);
  touchCodeBelow(physical);
  const line = chooseCodeLine(physical, shift);
  store<u32>(line, tag | LINE_REFERENCED);
  store<u32>(line, 0, ALIASES);
  return line;
}

/** What stands beside a trace line: physical granule, and the generation in the low bits. */
function traceWord(physical: u32): u32 {
  return (physical & ~31) | load<u32>(CLOCK_TRACE_GENERATION);
}

function findTrace(granule: u32, physical: u32): u32 {
  const word = traceWord(physical);
  let line = firstWay(granule, 5);
  for (const end = line + (load<u32>(CONFIG_L1I_WAYS) << 2); line < end; line += 4) {
    if ((load<u32>(line) & ~LINE_REFERENCED) == (granule | LINE_VALID) && load<u32>(line, ALIASES) == word) return line;
  }
  return 0;
}

/** Address of the first way of the set of `address`. */
// @ts-ignore: decorator
@inline function firstWay(address: u32, shift: u32): u32 {
  return L1I + ((setOf(address, shift) * load<u32>(CONFIG_L1I_WAYS)) << 2);
}

// @ts-ignore: decorator
@inline function setOf(address: u32, shift: u32): u32 {
  return (address >> shift) & (load<u32>(CONFIG_L1I_SETS) - 1);
}

/** The line to fill next; what the hand passed leaves the filter. */
function chooseCodeLine(address: u32, shift: u32): u32 {
  const ways = load<u32>(CONFIG_L1I_WAYS);
  const first = firstWay(address, shift);
  if (load<u32>(CONFIG_TRACE_CACHE) != 0) dropPastLines(first, ways);
  const line = chooseWay(first, ways, L1I_HANDS + (setOf(address, shift) << 1));
  for (let passed = passedWays; passed != 0; passed &= passed - 1) unfilterCode(first + (<u32>ctz(passed) << 2));
  return line;
}

/** Trace lines of a past generation are empty; here they become so in fact. */
function dropPastLines(first: u32, ways: u32): void {
  const generation = load<u32>(CLOCK_TRACE_GENERATION);
  for (let line = first, end = first + (ways << 2); line < end; line += 4) {
    if ((load<u32>(line, ALIASES) & 31) != generation) store<u32>(line, 0);
  }
}

/** Takes a line of code out of the filter. */
function unfilterCode(line: u32): void {
  if (load<u32>(CONFIG_TRACE_CACHE) != 0) {
    dropCodeGranule(load<u32>(line) & ~31);
    return;
  }
  const page = load<u32>(line, ALIASES);
  if (page == 0) return;
  store<u32>(line, 0, ALIASES);
  const la = (page & ~1) + (load<u32>(line) & 0xfe0);
  const end = la + (1 << load<u32>(CONFIG_L1I_SHIFT));
  for (let granule = la; granule < end; granule += 32) dropCodeGranule(granule);
}

/** Empties the trace cache, its hands too; most times by a new generation alone. The caller empties the filters. */
export function emptyTrace(): void {
  const generation = (load<u32>(CLOCK_TRACE_GENERATION) + 1) & 31;
  store<u32>(CLOCK_TRACE_GENERATION, generation);
  if (generation == 0) emptyCode();
  else memory.fill(L1I_HANDS, 0, load<u32>(CONFIG_L1I_SETS) << 1);
}

/** Empties L1I or the trace cache. The caller empties the filters. */
export function emptyCode(): void {
  memory.fill(L1I, 0, (load<u32>(CONFIG_L1I_SETS) * load<u32>(CONFIG_L1I_WAYS)) << 2);
  memory.fill(L1I_HANDS, 0, load<u32>(CONFIG_L1I_SETS) << 1);
}
