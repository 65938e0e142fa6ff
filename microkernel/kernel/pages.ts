// What a space has mapped: page tables as the processor reads them, the KIP area, UTCBs.
//
// Behind each page table lies a page of as many words: for each entry the mapping that it stands for (mapping.ts).
import { __work_pte } from '../../kernels/lib/hooks';
import {
  directorySlot,
  PAGE_PRESENT,
  PAGE_USER,
  PAGE_WRITE,
  PageEntry,
  pageEntry,
  tableSlot,
} from '../../kernels/lib/paging';
import { invlpg, repStosd, unlikely } from '../../kernels/lib/x86';
import { ENTRY_PAGE, KIP_AREA, USER_TOP, UTCB_REGISTERS, UTCB_SHIFT, window } from './layout';
import { allocateFrame, allocatePair } from './pool';
import { PAGE_KERNEL, Space } from './space';
import { current } from './tcb';

/** From a page-table entry to the word with its mapping. */
export const MAPPING_WORD: u32 = 0x1000;

/** Physical addresses of the pages that SpaceControl maps; decided once at boot (kip.ts). */
let kipFrame: u32 = 0;
let entryFrame: u32 = 0;

export function setUserPages(kip: u32, entry: u32): void {
  kipFrame = kip;
  entryFrame = entry;
}

/** Address of the page-table entry, or 0: there is no page table (and none could be made). */
export function pageSlot(space: Space, linear: u32, create: bool): usize {
  if (unlikely(linear >= USER_TOP)) return 0;
  const slot = directorySlot(window(space.directory), linear);
  let entry = load<PageEntry>(slot);
  if (unlikely(!entry.present)) {
    if (!create) return 0;
    const table = allocatePair();
    if (!table) return 0;
    entry = pageEntry(table | PAGE_PRESENT | PAGE_WRITE | PAGE_USER);
    store<PageEntry>(slot, entry);
  }
  return tableSlot(window(entry.address), linear);
}

/** Writes an entry and drops the stale translation; other spaces' translations are gone with the next CR3. */
export function writeEntry(space: Space, slot: usize, linear: u32, entry: u32): void {
  const old = load<PageEntry>(slot);
  __work_pte();
  store<u32>(slot, entry);
  if (old.present && current().directory == space.directory) invlpg(linear);
}

/** Sets the UTCB area and maps the KIP area; false: out of memory. */
export function configurePages(space: Space, utcbBase: u32, utcbSize: u32): bool {
  const kip = pageSlot(space, KIP_AREA, true);
  const entry = pageSlot(space, ENTRY_PAGE, true);
  if (!kip || !entry) return false;
  store<u32>(kip, kipFrame | PAGE_PRESENT | PAGE_USER | PAGE_KERNEL);
  store<u32>(entry, entryFrame | PAGE_PRESENT | PAGE_USER | PAGE_KERNEL);
  space.utcbBase = utcbBase;
  space.utcbSize = utcbSize;
  return true;
}

/** Makes the UTCB at `location` exist; the kernel's address of its message register 0, or 0. */
export function utcbCreate(space: Space, location: u32): usize {
  const slot = pageSlot(space, location, true);
  if (!slot) return 0;
  let entry = load<PageEntry>(slot);
  if (!entry.present) {
    const frame = allocateFrame();
    if (!frame) return 0;
    entry = pageEntry(frame | PAGE_PRESENT | PAGE_USER | PAGE_WRITE | PAGE_KERNEL);
    store<PageEntry>(slot, entry);
  }
  const utcb = window(entry.address) + (location & 0xfff);
  repStosd(utcb, 0, (1 << UTCB_SHIFT) >> 2);
  return utcb + UTCB_REGISTERS;
}

/** The frame and offset behind a user address, physical; 0: not mapped. */
export function userPhysical(space: Space, linear: u32): u32 {
  const slot = linear < KIP_AREA ? pageSlot(space, linear, false) : 0;
  const entry = slot ? load<PageEntry>(slot) : pageEntry(0);
  return entry.present ? entry.address | (linear & 0xfff) : 0;
}
