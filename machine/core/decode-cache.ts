/**
 * Decoded runs by the host address of their first byte (which stands for the physical one) and their linear address.
 * A run is found through an index of u32 by host address; runs lie one after another in an arena that is emptied as a
 * whole when it is full.
 *
 *     run:    0 linear address   4 host address | CODE_WIDTH   8 host address of the second granule, 0 = none
 *            16 entries, 32 bytes each (entry.ts)
 *
 * A write to a granule that holds decoded code (memory/granules.ts tells) unlinks the runs that begin in it or reach into
 * it. A run being executed goes on: code that changes itself takes effect at the end of the run, at a branch at the
 * latest, which is what the manual asks of such code on the 486 and Pentium (SDM vol. 3, 8.1.3).
 */
import { DECODE, DECODE_BYTES, RAM_BASE } from './generated/layout';
import { CODE_WIDTH, FETCH_HOST } from './generated/state';
import { DECODED, decodeRun, entriesEnd, bytesDecoded, NEEDS_BYTES } from './decode';
import { ENTRY_BYTES } from './entry';
import { fetch } from './memory/fetch';
import { markCode } from './memory/granules';
import { GP, raise } from './operands';

const INDEX: usize = DECODE;
const INDEX_BYTES: usize = 0x40000;
export const HOOK_SLOTS: u32 = 8192;
export const HOOKS: usize = INDEX + INDEX_BYTES;
/** A run that is not kept: near the end of a code segment, or while single-stepping. */
const PRIVATE_RUN: usize = HOOKS + (HOOK_SLOTS << 2);
const ARENA: usize = PRIVATE_RUN + 0x1000;
const ARENA_END: usize = DECODE + DECODE_BYTES;

export const RUN_HEADER_BYTES: usize = 16;
const GRANULE: u32 = 32;
const LONGEST: u32 = 15;
/** A hook, a lock and an address entry may stand before each of 32 instructions; END comes after them. */
const LONGEST_RUN_BYTES: usize = RUN_HEADER_BYTES + ENTRY_BYTES * (4 * GRANULE + 1);

let arenaTop: usize = ARENA;

/** Bytes of an instruction that lies in two granules, side by side. */
const JOINED: usize = memory.data(64, 8);

// @ts-ignore: decorator
@inline function indexOf(host: u32): usize {
  return INDEX + ((((((host >> 12) ^ (host >> 16)) & 15) << 12) | (host & 0xfff)) << 2);
}

/**
 * The first entry to execute at linear address `la`, its granule (FETCH_LINE) fetched already; 0 after a fault.
 */
// @ts-ignore: decorator
@inline export function findRun(la: u32): usize {
  const host = load<u32>(FETCH_HOST) + (la & 31);
  const run = <usize>load<u32>(indexOf(host));
  if (load<u32>(run) == la && load<u32>(run, 4) == (host | load<u32>(CODE_WIDTH)) && load<u32>(run, 8) == 0) {
    return run + RUN_HEADER_BYTES;
  }
  return findSlow(la, host);
}

/** A run in two granules, or none yet. */
function findSlow(la: u32, host: u32): usize {
  const run = <usize>load<u32>(indexOf(host));
  if (load<u32>(run) == la && load<u32>(run, 4) == (host | load<u32>(CODE_WIDTH))) {
    const second = fetch((la & ~31) + GRANULE);
    if (second < 0) return 0;
    if (<u32>second == load<u32>(run, 8)) return run + RUN_HEADER_BYTES;
  }
  return makeRun(la, host);
}

function makeRun(la: u32, host: u32): usize {
  if (arenaTop + LONGEST_RUN_BYTES > ARENA_END) dropAllRuns();
  const run = arenaTop;
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
  store<u32>(run, la);
  store<u32>(run, host | load<u32>(CODE_WIDTH), 4);
  store<u32>(run, second, 8);
  arenaTop = (entriesEnd + 15) & ~15;
  store<u32>(indexOf(host), <u32>run);
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

/** Forgets every run: the arena is full, or hooks have changed. */
export function dropAllRuns(): void {
  memory.fill(INDEX, 0, INDEX_BYTES);
  arenaTop = ARENA;
}

/** Forgets the runs that begin in `length` bytes of guest RAM at `physical`, or reach into them. */
export function dropRuns(physical: u32, length: u32): void {
  const first = RAM_BASE + (physical > LONGEST ? physical - LONGEST : 0);
  const end = RAM_BASE + physical + length;
  for (let host = first; host < end; host++) {
    const slot = indexOf(host);
    const run = <usize>load<u32>(slot);
    if (run != 0 && (load<u32>(run, 4) & 0x7fffffff) == host) store<u32>(slot, 0);
  }
}
