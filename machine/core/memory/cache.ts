/*
 * The data side of the hierarchy: L1D, L2, L3, memory. Tags only, the bytes are in guest RAM. Physical index and tag,
 * "clock" replacement (filter.ts says why), write-back unless the preset says otherwise, not inclusive: a line that
 * leaves L2 stays in L1.
 *
 * A line of L1D has a word in a second array beside: the linear page | 1 under which it is in the filter, or 0.
 *
 * When a line of L1D is first modified, its copy in L2, if there is one, is marked modified at once; writing it back
 * later takes the time and counts the access, and needs no second search.
 */
import { CAUSE_CACHE, CAUSE_FETCH, CAUSE_MEMORY } from '../generated/causes';
import {
  CONFIG_L1D_SETS, CONFIG_L1D_SHIFT, CONFIG_L1D_WAYS, CONFIG_L2_LATENCY, CONFIG_L2_SETS, CONFIG_L2_STALL,
  CONFIG_L2_STORE_STALL, CONFIG_L3_LATENCY, CONFIG_L3_SETS, CONFIG_L3_STALL, CONFIG_MEMORY_LATENCY,
  CONFIG_MEMORY_STALL, CONFIG_UNIFIED_CACHE, CONFIG_WALK_ENTERS_AT, CONFIG_WRITE_ALLOCATE,
  CONFIG_WRITE_THROUGH,
} from '../generated/config';
import {
  COUNTER_L1D_MISSES, COUNTER_L1D_WRITE_BACKS, COUNTER_L1I_MISSES, COUNTER_L2_ACCESSES, COUNTER_L2_MISSES,
  COUNTER_L3_MISSES,
  COUNTER_MEMORY_READS, COUNTER_MEMORY_WRITES,
} from '../generated/counters';
import { DATA_FILTER, L1D, L1D_HANDS, L2, L2_HANDS, L3, L3_HANDS } from '../generated/layout';
import { count, stall } from './charge';
import { dropCodeGranule, dropGranule } from './filter';
import {
  chooseWay, findWay, LINE_BELOW, LINE_MODIFIED, LINE_REFERENCED, LINE_VALID, passedWays, reference,
} from './lines';
import { bufferWrite, drainIntoL2, drainIntoMemory } from './write-buffer';

/** From a word of L1D or L1I to its word in the second array. */
export const ALIASES: u32 = 0x4000;

/** From the stalls of reads to those of writes, in CONFIG. */
const STORES: u32 = CONFIG_L2_STORE_STALL - CONFIG_L2_STALL;

/** Where a line was found. */
const IN_L2: u32 = 2;
const IN_L3: u32 = 3;
const IN_MEMORY: u32 = 4;

/** Address of the L1D line that holds `physical`, or 0; no side effect. */
// @ts-ignore: decorator
@inline export function findDataLine(physical: u32): u32 {
  return findLine(L1D, CONFIG_L1D_SETS, physical);
}

/** A read or write of the program. Returns the L1D line, now referenced, or 0 when the write went past L1D. */
// @ts-ignore: decorator
@inline export function touchData(physical: u32, write: bool): u32 {
  const line = findDataLine(physical);
  if (line == 0) return write ? missToWrite(physical) : fillMissed(physical, 0);
  const state = load<u32>(line);
  store<u32>(line, state | LINE_REFERENCED);
  if (write && (state & LINE_MODIFIED) == 0) {
    foundBelow = 0;
    firstWrite(physical, line);
  }
  return line;
}

/** `prices` is 0 for reads, STORES for writes. */
function fillMissed(physical: u32, prices: u32): u32 {
  count(COUNTER_L1D_MISSES);
  stallForData(readL2(physical), prices);
  return fillDataLine(physical);
}

function missToWrite(physical: u32): u32 {
  if (load<u32>(CONFIG_WRITE_ALLOCATE) == 0) {
    count(COUNTER_L1D_MISSES);
    missedInL2 = !writeL2(physical);
    bufferWrite(missedInL2 ? drainIntoMemory() : drainIntoL2());
    return 0;
  }
  foundBelow = 0;
  const line = fillMissed(physical, STORES);
  firstWrite(physical, line);
  return line;
}

/** A line of L1D, just referenced, is modified for the first time. */
function firstWrite(physical: u32, line: u32): void {
  let state = load<u32>(line) | LINE_MODIFIED;
  if (load<u32>(CONFIG_WRITE_THROUGH) != 0) writeL2(physical);
  else if (markBelow(physical)) state |= LINE_BELOW;
  store<u32>(line, state);
}

/** Did the last write that went past L1D go past L2 as well? */
export let missedInL2: bool = false;

/** The L2 line that the last read found or filled, 0 before one. */
let foundBelow: u32 = 0;

/** Marks the copy in L2 modified; false if there is none. */
function markBelow(physical: u32): bool {
  if (load<u32>(CONFIG_L2_SETS) == 0) return false;
  const line = foundBelow != 0 ? foundBelow : findLine(L2, CONFIG_L2_SETS, physical);
  if (line == 0) return false;
  store<u32>(line, load<u32>(line) | LINE_MODIFIED);
  return true;
}

/** A read by the page walker, at the level where this processor's walks enter. Returns its stall, not yet charged. */
// @ts-ignore: decorator
@inline export function touchWalk(physical: u32): u32 {
  const level = load<u32>(CONFIG_WALK_ENTERS_AT);
  if (level == 2) return latency(readL2(physical));
  if (level == 1) {
    const line = findDataLine(physical);
    if (line == 0) return missInWalk(physical);
    reference(line, load<u32>(line));
    return 0;
  }
  count(COUNTER_MEMORY_READS);
  return latency(IN_MEMORY);
}

function missInWalk(physical: u32): u32 {
  count(COUNTER_L1D_MISSES);
  const stalled = latency(readL2(physical));
  fillDataLine(physical);
  return stalled;
}

/** A fetch where code and data share the first-level cache. Returns the line, now referenced. */
export function touchUnified(physical: u32): u32 {
  const line = findDataLine(physical);
  if (line == 0) {
    count(COUNTER_L1I_MISSES);
    touchCodeBelow(physical);
    return fillDataLine(physical);
  }
  reference(line, load<u32>(line));
  return line;
}

/** A line of code that missed L1I or the trace cache. */
export function touchCodeBelow(physical: u32): void {
  stall(CAUSE_FETCH, latency(readL2(physical)));
}

// @ts-ignore: decorator
@inline function stallForData(found: u32, prices: u32): void {
  if (found == IN_L2) stall(CAUSE_CACHE, load<u32>(CONFIG_L2_STALL + prices));
  else if (found == IN_L3) stall(CAUSE_CACHE, load<u32>(CONFIG_L3_STALL + prices));
  else stall(CAUSE_MEMORY, load<u32>(CONFIG_MEMORY_STALL + prices));
}

// @ts-ignore: decorator
@inline function latency(found: u32): u32 {
  if (found == IN_L2) return load<u32>(CONFIG_L2_LATENCY);
  return found == IN_L3 ? load<u32>(CONFIG_L3_LATENCY) : load<u32>(CONFIG_MEMORY_LATENCY);
}

/** Brings a line into L1D, referenced. */
function fillDataLine(physical: u32): u32 {
  const shift = load<u32>(CONFIG_L1D_SHIFT);
  const ways = load<u32>(CONFIG_L1D_WAYS);
  const set = (physical >> shift) & (load<u32>(CONFIG_L1D_SETS) - 1);
  const first = L1D + ((set * ways) << 2);
  const line = chooseWay(first, ways, L1D_HANDS + (set << 1));
  for (let passed = passedWays; passed != 0; passed &= passed - 1) unfilterLine(first + (<u32>ctz(passed) << 2));
  const old = load<u32>(line);
  if ((old & LINE_MODIFIED) != 0 && load<u32>(CONFIG_WRITE_THROUGH) == 0) {
    count(COUNTER_L1D_WRITE_BACKS);
    count((old & LINE_BELOW) != 0 ? COUNTER_L2_ACCESSES : COUNTER_MEMORY_WRITES);
    bufferWrite((old & LINE_BELOW) != 0 ? drainIntoL2() : drainIntoMemory());
  }
  store<u32>(line, ((physical >> shift) << shift) | LINE_VALID | LINE_REFERENCED);
  store<u32>(line, 0, ALIASES);
  return line;
}

/** Takes a data line out of the filter. */
// @ts-ignore: decorator
@inline export function unfilterLine(line: u32): void {
  const page = load<u32>(line, ALIASES);
  if (page != 0) unfilterPage(line, page);
}

function unfilterPage(line: u32, page: u32): void {
  store<u32>(line, 0, ALIASES);
  const la = (page & ~1) + (load<u32>(line) & 0xfe0);
  const end = la + (1 << load<u32>(CONFIG_L1D_SHIFT));
  const code = load<u32>(CONFIG_UNIFIED_CACHE) != 0;
  for (let granule = la; granule < end; granule += 32) {
    dropGranule(DATA_FILTER, granule);
    if (code) dropCodeGranule(granule);
  }
}

/** Looks a line up below L1 and leaves it in L2 (and L3) where there is one. Says where it was. */
// @ts-ignore: decorator
@inline function readL2(physical: u32): u32 {
  if (load<u32>(CONFIG_L2_SETS) != 0) {
    count(COUNTER_L2_ACCESSES);
    const line = findLine(L2, CONFIG_L2_SETS, physical);
    if (line != 0) {
      reference(line, load<u32>(line));
      foundBelow = line;
      return IN_L2;
    }
  }
  return missL2(physical);
}

function missL2(physical: u32): u32 {
  if (load<u32>(CONFIG_L2_SETS) == 0) {
    count(COUNTER_MEMORY_READS);
    return IN_MEMORY;
  }
  fillBelow(L2, L2_HANDS, CONFIG_L2_SETS, physical);
  count(COUNTER_L2_MISSES);
  if (load<u32>(CONFIG_L3_SETS) != 0) {
    const inL2 = foundBelow;
    const hit = lookup(L3, L3_HANDS, CONFIG_L3_SETS, physical);
    foundBelow = inL2;
    if (hit) return IN_L3;
    count(COUNTER_L3_MISSES);
  }
  count(COUNTER_MEMORY_READS);
  return IN_MEMORY;
}

/** A write that reaches L2: true if the line is there (and now modified), false if it goes on to memory. */
function writeL2(physical: u32): bool {
  if (load<u32>(CONFIG_L2_SETS) != 0) {
    count(COUNTER_L2_ACCESSES);
    const line = findLine(L2, CONFIG_L2_SETS, physical);
    if (line != 0) {
      store<u32>(line, load<u32>(line) | LINE_REFERENCED | LINE_MODIFIED);
      return true;
    }
    count(COUNTER_L2_MISSES);
  }
  count(COUNTER_MEMORY_WRITES);
  return false;
}

/** Address of the line in an array, or 0. `geometry` is the address of sets, ways, shift and mask. */
// @ts-ignore: decorator
@inline export function findLine(array: u32, geometry: u32, physical: u32): u32 {
  const ways = load<u32>(geometry, 4);
  const set = (physical >> load<u32>(geometry, 8)) & (load<u32>(geometry) - 1);
  return findWay(array + ((set * ways) << 2), ways, (physical & load<u32>(geometry, 12)) | LINE_VALID);
}

/** The line that holds `physical` where walks enter the hierarchy, or 0; no side effect. */
export function findWalkLine(physical: u32): u32 {
  const level = load<u32>(CONFIG_WALK_ENTERS_AT);
  if (level == 1) return findDataLine(physical);
  return level == 2 && load<u32>(CONFIG_L2_SETS) != 0 ? findLine(L2, CONFIG_L2_SETS, physical) : 0;
}

/** True on a hit; a miss fills the line, and a modified victim goes to memory through the write buffer. */
function lookup(array: u32, hands: u32, geometry: u32, physical: u32): bool {
  const line = findLine(array, geometry, physical);
  if (line != 0) {
    reference(line, load<u32>(line));
    foundBelow = line;
    return true;
  }
  fillBelow(array, hands, geometry, physical);
  return false;
}

function fillBelow(array: u32, hands: u32, geometry: u32, physical: u32): void {
  const shift = load<u32>(geometry, 8);
  const ways = load<u32>(geometry, 4);
  const set = (physical >> shift) & (load<u32>(geometry) - 1);
  const first = array + ((set * ways) << 2);
  const chosen = ways == 1 ? first : chooseWay(first, ways, hands + (set << 1));
  if ((load<u32>(chosen) & LINE_MODIFIED) != 0) {
    count(COUNTER_MEMORY_WRITES);
    bufferWrite(drainIntoMemory());
  }
  store<u32>(chosen, ((physical >> shift) << shift) | LINE_VALID | LINE_REFERENCED);
  foundBelow = chosen;
}
