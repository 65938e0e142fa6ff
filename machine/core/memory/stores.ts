/*
 * Aligned writes without the bytes: what many of them, side by side or to one granule, do to the model. The caller
 * writes the bytes, once for all (string-bulk.ts).
 */
import { CONFIG_RAM_BYTES } from '../generated/config';
import { CLOCK_FILTER_HALF, RAM_BASE } from '../generated/layout';
import { DEVICE, FAULTED } from './access';
import { touchData } from './cache';
import { SYSTEM } from './filter';
import { isCode, noticeWrite } from './granules';
import { passData, touchMissedAgain } from './passed-writes';
import { DATA } from './tlb';
import { entryFor, mappedBy, REFUSED } from './translate';

/** Did the last store leave its granule where further writes to it change nothing? */
export let holdsGranule: bool = false;

/** Where an aligned write at `la` goes, rights checked: a host address, FAULTED or DEVICE. No cache is touched yet. */
export function locateStore(la: u32): i32 {
  const entry = entryFor(DATA, la, true, load<u32>(CLOCK_FILTER_HALF) != SYSTEM);
  if (entry == REFUSED) return FAULTED;
  const physical = mappedBy(entry, la);
  return physical < load<u32>(CONFIG_RAM_BYTES) ? RAM_BASE + physical : DEVICE;
}

/**
 * What an aligned write at `la` does to the model, without the write: a host address, FAULTED or DEVICE. `holdsGranule`
 * tells whether further writes to the granule would change nothing.
 */
export function touchForStore(la: u32): i32 {
  const host = locateStore(la);
  if (host >= 0) touchNextStore(host - RAM_BASE);
  return host;
}

/** The same for a further write to the page that was translated last: its translation cannot have changed. */
export function touchNextStore(physical: u32): void {
  holdsGranule = touchData(physical, true) != 0;
  if (isCode(physical)) noticeWrite(physical & ~31, 32);
}

/** `n` such writes to each of at most `most` granules while they go past L1D; the caller waits for them: passData. */
export function passStores(physical: u32, most: u32, n: u32): u32 {
  const passed = passData(physical, most, n);
  if (passed != 0) noticeWrite(physical, ((passed - 1) << 5) + 1);
  return passed;
}

/** `n` further writes to the same granule while `holdsGranule` is false, each with `ticks` of issue time after it. */
export function touchSameStore(n: u32, ticks: u32): void {
  touchMissedAgain(n, ticks);
}
