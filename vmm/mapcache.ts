// Windows of the VMM onto frames outside its own 12 MiB, as Xen's map_domain_page: 1024 slots handed out in turn. A slot
// that is given back stays unusable until the turn starts again, when one TLB flush makes all of those free: so neither
// opening nor closing a window needs an INVLPG.

import { Elements } from '../kernels/lib/elements';
import { flushTlb } from './frame';
import { DIRECT_MAP, HEAP_END, MAP_CACHE, PAGE, PTE_A, PTE_D, PTE_P, PTE_RW } from './layout';

const SLOTS: u32 = 1024;
const GIVEN_BACK: u32 = 0x200;

let table: Elements<u32> = changetype<Elements<u32>>(0);
let cursor: u32 = 0;

export function setMapCacheTable(address: usize): void {
  table = changetype<Elements<u32>>(address);
}

/** Linear address of the frame; close it by unmapFrame. */
export function mapFrame(frame: u32): usize {
  if (frame < HEAP_END / PAGE) return DIRECT_MAP + frame * PAGE;
  do {
    cursor = (cursor + 1) & (SLOTS - 1);
    if (cursor == 0) freeSlots();
  } while (table[cursor] != 0);
  table[cursor] = (frame << 12) | PTE_P | PTE_RW | PTE_A | PTE_D;
  return MAP_CACHE + (cursor << 12);
}

export function unmapFrame(address: usize): void {
  if (address >= DIRECT_MAP) return;
  table[(<u32>address - MAP_CACHE) >> 12] = GIVEN_BACK;
}

function freeSlots(): void {
  for (let i: u32 = 0; i < SLOTS; i++) {
    if (table[i] == GIVEN_BACK) table[i] = 0;
  }
  flushTlb();
}
