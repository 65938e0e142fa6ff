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
import { CODE_WIDTH } from './generated/state';
import { ENTRY_BYTES } from './entry';

const INDEX: usize = DECODE;
const INDEX_BYTES: usize = 0x40000;
export const HOOK_SLOTS: u32 = 8192;
export const HOOKS: usize = INDEX + INDEX_BYTES;
/** A run that is not kept: near the end of a code segment, or while single-stepping. */
export const PRIVATE_RUN: usize = HOOKS + (HOOK_SLOTS << 2);
const ARENA: usize = PRIVATE_RUN + 0x1000;
const ARENA_END: usize = DECODE + DECODE_BYTES;

export const RUN_HEADER_BYTES: usize = 16;
const GRANULE: u32 = 32;
const LONGEST: u32 = 15;
/** A hook, a lock and an address entry may stand before each of 32 instructions; END comes after them. */
const LONGEST_RUN_BYTES: usize = RUN_HEADER_BYTES + ENTRY_BYTES * (4 * GRANULE + 1);

let arenaTop: usize = ARENA;

// @ts-ignore: decorator
@inline function indexOf(host: u32): usize {
  return INDEX + ((((((host >> 12) ^ (host >> 16)) & 15) << 12) | (host & 0xfff)) << 2);
}

/** The run that is indexed for a host address; it may be of another linear address, or none (0). */
// @ts-ignore: decorator
@inline export function runAt(host: u32): usize { return <usize>load<u32>(indexOf(host)); }

/** Where the next run may be written, to be kept or not. */
export function roomForRun(): usize {
  if (arenaTop + LONGEST_RUN_BYTES > ARENA_END) dropAllRuns();
  return arenaTop;
}

/** Keeps the run at `run`, whose entries end at `end`; `second`: host address of its second granule, 0 = none. */
export function keepRun(run: usize, la: u32, host: u32, second: u32, end: usize): void {
  store<u32>(run, la);
  store<u32>(run, host | load<u32>(CODE_WIDTH), 4);
  store<u32>(run, second, 8);
  arenaTop = (end + 15) & ~15;
  store<u32>(indexOf(host), <u32>run);
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
