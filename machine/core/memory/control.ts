/*
 * What changes translation or empties the model from outside: control registers, INVLPG, a change of ring, reset, and
 * the host's measurement states (which cost the guest nothing).
 */
import {
  CONFIG_L1D_SETS, CONFIG_L1D_WAYS, CONFIG_L2_SETS, CONFIG_L2_WAYS, CONFIG_L3_SETS, CONFIG_L3_WAYS, CONFIG_TRACE_CACHE,
  CONFIG_TRACE_FLUSH,
} from '../generated/config';
import { COUNTER_PAGE_INVALIDATIONS, COUNTER_TLB_FLUSHES } from '../generated/counters';
import {
  CLOCK_DRAIN, CLOCK_DRAINED, CLOCK_FILTER_HALF, CLOCK_WRITE_SLOT, FILTER_MODE_BYTES, ITLB_4K_HANDS, L1D, L1D_HANDS, L2,
  L2_HANDS, L3, L3_HANDS, WRITE_BUFFER,
} from '../generated/layout';
import { FETCH_LINE } from '../generated/state';
import { emptyBranches } from './branch';
import { count } from './charge';
import { setPageSizes } from './directory-pointers';
import { emptyCode, emptyTrace } from './fetch';
import { clearFilters, EMPTY, emptyFilters } from './filter';
import { dropSecond, dropSecondPage, emptySecond } from './second-tlb';
import { CODE, DATA, dropEntries, dropPage } from './tlb';
import { emptyDirectoryCache } from './walk';
import { forgetWalks } from './walk-memo';

const HANDS_BYTES: u32 = 0x800;

/** Later accesses have the rights of ring 3 (`user`) or of rings 0 to 2. */
export function setRights(user: bool): void {
  store<u32>(CLOCK_FILTER_HALF, user ? FILTER_MODE_BYTES : 0);
  store<u32>(FETCH_LINE, EMPTY);
}

/** A load of CR3 (`all` false: global pages stay), or a change of PG, PE, WP, PSE or PGE (`all` true). */
export function flushTlb(all: bool): void {
  count(COUNTER_TLB_FLUSHES);
  dropEntries(all);
  dropSecond(all);
  if (all) forgetWalks();
  emptyDirectoryCache();
  if (load<u32>(CONFIG_TRACE_CACHE) != 0 && load<u32>(CONFIG_TRACE_FLUSH) != 0) emptyTrace();
  emptyFilters();
}

/** INVLPG: forgets the translations of the page at `la`, global ones too. */
export function invalidatePage(la: u32): void {
  count(COUNTER_PAGE_INVALIDATIONS);
  dropPage(CODE, la);
  dropPage(DATA, la);
  dropSecondPage(la);
  emptyDirectoryCache();
  emptyFilters();
}

/** Measurement state: empties both TLBs and the trace cache. */
export function emptyTlbs(): void {
  dropEntries(true);
  emptySecond();
  memory.fill(ITLB_4K_HANDS, 0, HANDS_BYTES);
  emptyDirectoryCache();
  if (load<u32>(CONFIG_TRACE_CACHE) != 0) emptyTrace();
  emptyFilters();
}

/** Measurement state: empties TLBs, caches, write buffer and branch prediction. */
export function emptyAll(): void {
  emptyTlbs();
  emptyCode();
  emptyArray(L1D, L1D_HANDS, CONFIG_L1D_SETS, CONFIG_L1D_WAYS);
  emptyArray(L2, L2_HANDS, CONFIG_L2_SETS, CONFIG_L2_WAYS);
  emptyArray(L3, L3_HANDS, CONFIG_L3_SETS, CONFIG_L3_WAYS);
  store<i64>(CLOCK_DRAINED, load<i64>(CLOCK_DRAIN));
  store<u32>(CLOCK_WRITE_SLOT, 0);
  memory.fill(WRITE_BUFFER, 0, 512);
  emptyBranches();
  clearFilters();
}

function emptyArray(array: u32, hands: u32, sets: u32, ways: u32): void {
  memory.fill(array, 0, (load<u32>(sets) * load<u32>(ways)) << 2);
  memory.fill(hands, 0, load<u32>(sets) << 1);
}

/** After the host wrote CONFIG: a model that has seen nothing. */
export function resetMemory(): void {
  setPageSizes();
  forgetWalks();
  store<i64>(CLOCK_DRAIN, 0);
  emptyAll();
  setRights(false);
}
