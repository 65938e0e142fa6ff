// Windows of the VMM onto frames outside its own 12 MiB, as Xen's map_domain_page: 1024 slots handed out in turn. A slot
// that is given back stays unusable until the turn starts again, when one TLB flush makes all of those free: so neither
// opening nor closing a window needs an INVLPG.

import { flushTlb } from './frame';
import { DIRECT_MAP, HEAP_END, MAP_CACHE, PAGE, PTE_A, PTE_D, PTE_P, PTE_RW } from './layout';

const SLOTS: u32 = 1024;
const GIVEN_BACK: u32 = 0x200;

let table: usize = 0;
let cursor: u32 = 0;

export function setMapCacheTable(address: usize): void {
  table = address;
}

/** Linear address of the frame; close it by unmapFrame. */
export function mapFrame(frame: u32): usize {
  if (frame < HEAP_END / PAGE) return DIRECT_MAP + frame * PAGE;
  do {
    cursor = (cursor + 1) & (SLOTS - 1);
    if (cursor == 0) freeSlots();
  } while (load<u32>(table + (cursor << 2)) != 0);
  store<u32>(table + (cursor << 2), (frame << 12) | PTE_P | PTE_RW | PTE_A | PTE_D);
  return MAP_CACHE + (cursor << 12);
}

export function unmapFrame(address: usize): void {
  if (address >= DIRECT_MAP) return;
  store<u32>(table + (((<u32>address - MAP_CACHE) >> 12) << 2), GIVEN_BACK);
}

function freeSlots(): void {
  for (let i: u32 = 0; i < SLOTS; i++) {
    if (load<u32>(table + (i << 2)) == GIVEN_BACK) store<u32>(table + (i << 2), 0);
  }
  flushTlb();
}
