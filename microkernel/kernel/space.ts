// Address spaces: a page directory, the place of the UTCB area, and rights to I/O ports. The entries from SHARED_FROM
// up are the kernel's and the same in all directories; they are complete before the first space is made and never
// change.
//
// Behind each page table lies a page of as many words: for each entry the mapping that it stands for (mapping.ts).
//
// Page-table entries of the KIP area and of UTCBs carry PAGE_KERNEL: they belong to the kernel, and neither mapping nor
// unmapping touches them.
import { Elements, Structs } from '../../kernels/lib/elements';
import { __work_pte } from '../../kernels/lib/hooks';
import {
  directorySlot,
  FRAME_MASK,
  PAGE_AVAILABLE,
  PAGE_PRESENT,
  PAGE_USER,
  PAGE_WRITE,
  tableSlot,
} from '../../kernels/lib/paging';
import { invlpg, repStosd } from '../../kernels/lib/x86';
import { ENTRY_PAGE, KIP_AREA, SHARED_FROM, USER_TOP, UTCB_REGISTERS, UTCB_SHIFT, window } from './layout';
import { allocateFrame, allocatePair, freeFrame, freePair } from './pool';
import { NO_IO_MAP } from './ports';
import { current } from './tcb';

export const PAGE_KERNEL: u32 = PAGE_AVAILABLE;
/** From a page-table entry to the word with its mapping. */
export const MAPPING_WORD: u32 = 0x1000;

export const NAME_BYTES: u32 = 16;

@unmanaged
@size(48)
export class Space {
  /** Physical address of the page directory: CR3. */
  directory: u32;
  /** Number of the first thread; it names the space in the component table. */
  id: u32;
  threads: u32;
  utcbBase: u32;
  /** Bytes; 0 until SpaceControl has said where. */
  utcbSize: u32;
  /** See ports.ts. */
  ioMap: u32;
  /** For the component table: kind, 1 + index of the module, 16 bytes of name. */
  kind: u32;
  image: u32;
  @elements(4) name: Elements<u32>;
}

const SPACES: u32 = 64;
const spaces = changetype<Structs<Space>>(memory.data(64 * 48, 64));

/** A directory with nothing in it but the kernel's part; what every new one is a copy of. */
export let kernelDirectory: u32 = 0;
/** Physical addresses of the pages that SpaceControl maps; decided once at boot (kip.ts). */
export let kipFrame: u32 = 0;
export let entryFrame: u32 = 0;

export function setKernelDirectory(directory: u32): void {
  kernelDirectory = directory;
}

export function setUserPages(kip: u32, entry: u32): void {
  kipFrame = kip;
  entryFrame = entry;
}

export function spaceCreate(id: u32): Space | null {
  let n: u32 = 0;
  while (n < SPACES && spaces[n].directory) n++;
  const directory = n < SPACES ? allocateFrame() : 0;
  if (!directory) return null;
  const from = changetype<Elements<u32>>(window(kernelDirectory));
  const to = changetype<Elements<u32>>(window(directory));
  for (let i = SHARED_FROM >> 22; i < 1024; i++) to[i] = from[i];
  const space = spaces[n];
  memory.fill(changetype<usize>(space), 0, offsetof<Space>());
  space.directory = directory;
  space.id = id;
  space.ioMap = NO_IO_MAP;
  return space;
}

/** Frees page tables and UTCBs; user mappings must be gone (mapping.ts). */
export function spaceFree(space: Space): void {
  for (let linear: u32 = 0; linear < SHARED_FROM; linear += 0x400000) {
    const entry = load<u32>(directorySlot(window(space.directory), linear));
    if (!(entry & PAGE_PRESENT)) continue;
    const table = changetype<Elements<u32>>(window(entry & FRAME_MASK));
    for (let i: u32 = 0; i < 1024; i++)
      if (table[i] & PAGE_KERNEL && inUtcbArea(space, linear + (i << 12))) freeFrame(table[i] & FRAME_MASK);
    freePair(entry & FRAME_MASK);
  }
  freeFrame(space.directory);
  space.directory = 0;
}

/** Address of the page-table entry, or 0: there is no page table (and none could be made). */
export function pageSlot(space: Space, linear: u32, create: bool): usize {
  if (linear >= USER_TOP) return 0;
  const slot = directorySlot(window(space.directory), linear);
  let entry = load<u32>(slot);
  if (!(entry & PAGE_PRESENT)) {
    if (!create) return 0;
    const table = allocatePair();
    if (!table) return 0;
    entry = table | PAGE_PRESENT | PAGE_WRITE | PAGE_USER;
    store<u32>(slot, entry);
  }
  return tableSlot(window(entry & FRAME_MASK), linear);
}

/** Writes an entry and drops the stale translation; other spaces' translations are gone with the next CR3. */
export function writeEntry(space: Space, slot: usize, linear: u32, entry: u32): void {
  const stale = load<u32>(slot) & PAGE_PRESENT;
  __work_pte();
  store<u32>(slot, entry);
  if (stale && current().directory == space.directory) invlpg(linear);
}

export function inUtcbArea(space: Space, linear: u32): bool {
  return linear - space.utcbBase < space.utcbSize;
}

/** May user level map something at this page? */
export function isMappable(space: Space, linear: u32): bool {
  return linear < KIP_AREA && !inUtcbArea(space, linear);
}

/** Sets the UTCB area and maps the KIP area; false: out of memory. */
export function spaceConfigure(space: Space, utcbBase: u32, utcbSize: u32): bool {
  const kip = pageSlot(space, KIP_AREA, true);
  const entry = pageSlot(space, ENTRY_PAGE, true);
  if (!kip || !entry) return false;
  store<u32>(kip, kipFrame | PAGE_PRESENT | PAGE_USER | PAGE_KERNEL);
  store<u32>(entry, entryFrame | PAGE_PRESENT | PAGE_USER | PAGE_KERNEL);
  space.utcbBase = utcbBase;
  space.utcbSize = utcbSize;
  return true;
}

/** Is there room for a UTCB at this place? */
export function utcbFits(space: Space, location: u32): bool {
  return (
    !(location & ((1 << UTCB_SHIFT) - 1)) &&
    space.utcbSize != 0 &&
    inUtcbArea(space, location) &&
    inUtcbArea(space, location + (1 << UTCB_SHIFT) - 1)
  );
}

/** Makes the UTCB at `location` exist; the kernel's address of its message register 0, or 0. */
export function utcbCreate(space: Space, location: u32): usize {
  const slot = pageSlot(space, location, true);
  if (!slot) return 0;
  let entry = load<u32>(slot);
  if (!(entry & PAGE_PRESENT)) {
    const frame = allocateFrame();
    if (!frame) return 0;
    entry = frame | PAGE_PRESENT | PAGE_USER | PAGE_WRITE | PAGE_KERNEL;
    store<u32>(slot, entry);
  }
  const utcb = window(entry & FRAME_MASK) + (location & 0xfff);
  repStosd(utcb, 0, (1 << UTCB_SHIFT) >> 2);
  return utcb + UTCB_REGISTERS;
}

/** The frame and offset behind a user address, physical; 0: not mapped. */
export function userPhysical(space: Space, linear: u32): u32 {
  const slot = linear < KIP_AREA ? pageSlot(space, linear, false) : 0;
  const entry = slot ? load<u32>(slot) : 0;
  return entry & PAGE_PRESENT ? (entry & FRAME_MASK) | (linear & 0xfff) : 0;
}
