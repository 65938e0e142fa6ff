// Address spaces: a page directory, the place of the UTCB area, and rights to I/O ports. The entries from SHARED_FROM
// up are the kernel's and the same in all directories; they are complete before the first space is made and never
// change. What is mapped below is the affair of pages.ts.
import { Elements, Structs } from '../../kernels/lib/elements';
import { directorySlot, PAGE_AVAILABLE, PageEntry } from '../../kernels/lib/paging';
import { KIP_AREA, SHARED_FROM, UTCB_SHIFT, window } from './layout';
import { allocateFrame, freeFrame, freePair } from './pool';
import { NO_IO_MAP } from './ports';

/** Entries of the KIP area and of UTCBs carry it: they are the kernel's, and neither mapping nor unmapping touches them. */
export const PAGE_KERNEL: u32 = PAGE_AVAILABLE;

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
export function setKernelDirectory(directory: u32): void {
  kernelDirectory = directory;
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
    const entry = load<PageEntry>(directorySlot(window(space.directory), linear));
    if (!entry.present) continue;
    const table = changetype<Elements<PageEntry>>(window(entry.address));
    for (let i: u32 = 0; i < 1024; i++)
      if (table[i].mark && inUtcbArea(space, linear + (i << 12))) freeFrame(table[i].address);
    freePair(entry.address);
  }
  freeFrame(space.directory);
  space.directory = 0;
}

export function inUtcbArea(space: Space, linear: u32): bool {
  return linear - space.utcbBase < space.utcbSize;
}

/** May user level map something at this page? */
export function isMappable(space: Space, linear: u32): bool {
  return linear < KIP_AREA && !inUtcbArea(space, linear);
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
