/*
 * Which 32-byte granules of guest RAM hold decoded code: one bit each. A write to such a granule tells the decode cache
 * first; any other write, on the same page too, is none of its business.
 */
import { codeWritten } from '../code-written';
import { COUNTER_CODE_WRITES } from '../generated/counters';
import { CODE_GRANULES } from '../generated/layout';
import { count } from './charge';
import { findDataLine, unfilterLine } from './cache';

/** The decode cache holds code of `length` bytes at `physical`: writes there must be noticed from now on. */
export function markCode(physical: u32, length: u32): void {
  const last = (physical + length - 1) >> 5;
  for (let granule = physical >> 5; granule <= last; granule++) {
    const byte = CODE_GRANULES + (granule >> 3);
    const bit: u32 = 1 << (granule & 7);
    const bits: u32 = load<u8>(byte);
    if ((bits & bit) != 0) continue;
    store<u8>(byte, bits | bit);
    const line = findDataLine(granule << 5);
    if (line != 0) unfilterLine(line);
  }
}

/** Does the granule of `physical` hold decoded code? */
// @ts-ignore: decorator
@inline export function isCode(physical: u32): bool {
  return ((<u32>load<u8>(CODE_GRANULES + (physical >> 8)) >> ((physical >> 5) & 7)) & 1) != 0;
}

const GRANULES_AT_ONCE: u32 = 0x100;

/** Is there a mark in the bit map's words of these granules? */
function isCodeNear(physical: u32, length: u32): bool {
  const end = CODE_GRANULES + ((physical + length - 1) >> 8);
  let found: u64 = 0;
  for (let word = (CODE_GRANULES + (physical >> 8)) & ~7; word <= end; word += 8) found |= load<u64>(word);
  return found != 0;
}

/** Before a write of `length` bytes at `physical` (CPU or device): the decode cache drops what it holds there. */
export function noticeWrite(physical: u32, length: u32): void {
  if (length > GRANULES_AT_ONCE && !isCodeNear(physical, length)) return;
  const last = (physical + length - 1) >> 5;
  for (let granule = physical >> 5; granule <= last; granule++) {
    if (!isCode(granule << 5)) continue;
    const byte = CODE_GRANULES + (granule >> 3);
    store<u8>(byte, <u32>load<u8>(byte) & ~(1 << (granule & 7)));
    count(COUNTER_CODE_WRITES);
    codeWritten(granule << 5, 32);
  }
}
