/*
 * Writes that go past L1D, since it does not hold their line and allocates none: many of them as one, with the same
 * counts and the same wait.
 */
import { CONFIG_L1D_SETS, CONFIG_L2_SETS, CONFIG_WRITE_ALLOCATE } from '../generated/config';
import {
  COUNTER_L1D_MISSES, COUNTER_L2_ACCESSES, COUNTER_L2_MISSES, COUNTER_MEMORY_WRITES,
} from '../generated/counters';
import { L1D, L2 } from '../generated/layout';
import { findDataLine, findLine, missedInL2 } from './cache';
import { countMany } from './charge';
import { LINE_MODIFIED, LINE_REFERENCED, LINE_VALID } from './lines';
import { bufferWrites, drainIntoL2, drainIntoMemory } from './write-buffer';

/**
 * `n` more writes to the line that `touchData` just said it did not allocate, each with `ticks` of issue time after it:
 * the same again, without the searches.
 */
export function touchMissedAgain(n: u32, ticks: u32): void {
  countMissed(n, missedInL2);
  bufferWrites(n, missedInL2 ? drainIntoMemory() : drainIntoL2(), ticks);
}

function countMissed(n: u32, pastL2: bool): void {
  countMany(COUNTER_L1D_MISSES, n);
  if (load<u32>(CONFIG_L2_SETS) != 0) countMany(COUNTER_L2_ACCESSES, n);
  if (pastL2) {
    if (load<u32>(CONFIG_L2_SETS) != 0) countMany(COUNTER_L2_MISSES, n);
    countMany(COUNTER_MEMORY_WRITES, n);
  }
}

/** How long each write that `passData` let pass takes to drain. */
export let passedCycles: u32 = 0;

/**
 * Writes to granules from `physical` on, `n` to each and at most `most` granules, as long as they go past L1D and end
 * at the same place, L2 or memory: all but the wait in the buffer. Returns the number of granules; at 0 the first line is
 * in L1D or would be allocated there, and nothing has happened.
 */
export function passData(physical: u32, most: u32, n: u32): u32 {
  if (load<u32>(CONFIG_WRITE_ALLOCATE) != 0) return 0;
  const below = load<u32>(CONFIG_L2_SETS) != 0;
  let missed = !below;
  let passed: u32 = 0;
  const bytes = most << 5;
  if (!holdsAny(L1D, CONFIG_L1D_SETS, physical, bytes) && !(below && holdsAny(L2, CONFIG_L2_SETS, physical, bytes))) {
    missed = true;
    passed = most;
  }
  for (; passed < most; passed++, physical += 32) {
    if (findDataLine(physical) != 0) break;
    if (!below) continue;
    const line = findLine(L2, CONFIG_L2_SETS, physical);
    if (passed != 0 && missed != (line == 0)) break;
    missed = line == 0;
    if (!missed) store<u32>(line, load<u32>(line) | LINE_REFERENCED | LINE_MODIFIED);
  }
  if (passed == 0) return 0;
  countMissed(passed * n, missed);
  passedCycles = missed ? drainIntoMemory() : drainIntoL2();
  return passed;
}

/**
 * Does an array hold any line of `bytes` bytes at `physical`, all in one page? The sets of lines side by side lie side
 * by side, so it is enough to look for the page in all of them, sixteen words at a time, and the rest by four; those
 * behind the last do no harm.
 */
function holdsAny(array: u32, geometry: u32, physical: u32, bytes: u32): bool {
  const shift = load<u32>(geometry, 8);
  const sets = load<u32>(geometry);
  const lines = ((physical + bytes - 1) >> shift) - (physical >> shift) + 1;
  const first = (physical >> shift) & (sets - 1);
  if (first + lines > sets) return true;
  const rowBytes = load<u32>(geometry, 4) << 2;
  const from = array + first * rowBytes;
  const end = from + lines * rowBytes;
  const wanted = i32x4.splat((physical & 0xfffff000) | LINE_VALID);
  const identity = i32x4.splat(0xfffff000 | LINE_VALID);
  let found = i32x4.splat(0);
  let at = from;
  for (; at + 64 <= end; at += 64) {
    const first = i32x4.eq(v128.and(v128.load(at), identity), wanted);
    const second = i32x4.eq(v128.and(v128.load(at, 16), identity), wanted);
    const third = i32x4.eq(v128.and(v128.load(at, 32), identity), wanted);
    const fourth = i32x4.eq(v128.and(v128.load(at, 48), identity), wanted);
    found = v128.or(found, v128.or(v128.or(first, second), v128.or(third, fourth)));
  }
  for (; at < end; at += 16) {
    found = v128.or(found, i32x4.eq(v128.and(v128.load(at), identity), wanted));
  }
  return v128.any_true(found);
}
