/** From a linear address to a decoded run: one that is kept (decode-cache.ts), else the code is fetched and decoded. */
import { bytesDecoded, DECODED, decodeRun, entriesEnd, NEEDS_BYTES } from './decode';
import { keepRun, PRIVATE_RUN, roomForRun, RUN_HEADER_BYTES, runAt } from './decode-cache';
import { RAM_BASE } from './generated/layout';
import { CODE_WIDTH, FETCH_HOST } from './generated/state';
import { fetch } from './memory/fetch';
import { markCode } from './memory/granules';
import { GP, raise } from './operands';

const GRANULE: u32 = 32;
const LONGEST: u32 = 15;

/** Bytes of an instruction that lies in two granules, side by side. */
const JOINED: usize = memory.data(64, 8);

/**
 * The first entry to execute at linear address `la`, its granule (FETCH_LINE) fetched already; 0 after a fault.
 */
// @ts-ignore: decorator
@inline export function findRun(la: u32): usize {
  const host = load<u32>(FETCH_HOST) + (la & 31);
  const run = runAt(host);
  if (load<u32>(run) == la && load<u32>(run, 4) == (host | load<u32>(CODE_WIDTH)) && load<u32>(run, 8) == 0) {
    return run + RUN_HEADER_BYTES;
  }
  return findSlow(la, host);
}

/** A run in two granules, or none yet. */
function findSlow(la: u32, host: u32): usize {
  const run = runAt(host);
  if (load<u32>(run) == la && load<u32>(run, 4) == (host | load<u32>(CODE_WIDTH))) {
    const second = fetch((la & ~31) + GRANULE);
    if (second < 0) return 0;
    if (<u32>second == load<u32>(run, 8)) return run + RUN_HEADER_BYTES;
  }
  return makeRun(la, host);
}

function makeRun(la: u32, host: u32): usize {
  const run = roomForRun();
  const here = GRANULE - (la & 31);
  let outcome = decodeRun(la, host, here, run + RUN_HEADER_BYTES, GRANULE);
  let second: u32 = 0;
  if (outcome == NEEDS_BYTES) {
    second = <u32>fetch((la & ~31) + GRANULE);
    if (<i32>second < 0) return 0;
    join(host, here, second);
    outcome = decodeRun(la, JOINED, here + LONGEST, run + RUN_HEADER_BYTES, 1);
  }
  if (outcome != DECODED) {
    raise(GP, 0);
    return 0;
  }
  // Two pages that are not neighbours in RAM: not kept, since a write to the second would not find the run.
  if (second != 0 && second != (host & ~31) + GRANULE) return run + RUN_HEADER_BYTES;
  keepRun(run, la, host, second, entriesEnd);
  markCode(host - RAM_BASE, min(bytesDecoded, here));
  if (second != 0) markCode(second - RAM_BASE, 1);
  return run + RUN_HEADER_BYTES;
}

function join(host: u32, here: u32, second: u32): void {
  memory.copy(JOINED, host, here);
  memory.copy(JOINED + here, second, LONGEST);
}

/**
 * One instruction that is not kept. `room`: bytes that the code segment still has at `la`; an instruction that reaches
 * beyond is a #GP.
 */
export function findSingle(la: u32, room: u32): usize {
  const here = GRANULE - (la & 31);
  const host = load<u32>(FETCH_HOST) + (la & 31);
  let outcome = decodeRun(la, host, min(here, room), PRIVATE_RUN, 1);
  if (outcome == NEEDS_BYTES && room > here) {
    const second = fetch((la & ~31) + GRANULE);
    if (second < 0) return 0;
    join(host, here, second);
    outcome = decodeRun(la, JOINED, min(here + LONGEST, room), PRIVATE_RUN, 1);
  }
  if (outcome == DECODED) return PRIVATE_RUN;
  raise(GP, 0);
  return 0;
}
