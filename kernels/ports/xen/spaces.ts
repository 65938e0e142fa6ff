// Address spaces under direct paging: the processor walks this kernel's own tables, which it reads but does not write. A
// page becomes a table by three steps: cleared, made read-only, then linked in or pinned, when the VMM validates it.
// A space's name is its directory's frame; the directory is pinned, its tables live by being linked.
//
// An entry of the space that is loaded is written by its linear address (update_va_mapping, as the fault path of Xen 3.0's
// Linux does), any other by its machine address (mmu_update); `paging=mmu_update` takes the second way always.
import { clearPage, copyBytes } from '../../lib/bytes';
import { ENOMEM } from '../../lib/callnumbers';
import { allocateFrame, freeFrame } from '../../lib/frames';
import {
  directorySlot,
  FRAME_MASK,
  PAGE_ACCESSED,
  PAGE_PRESENT,
  PAGE_SIZE,
  PAGE_USER,
  PAGE_WRITE,
  tableSlot,
} from '../../lib/paging';
import {
  MMUEXT_INVLPG_LOCAL,
  MMUEXT_NEW_BASEPTR,
  MMUEXT_PIN_L2_TABLE,
  MMUEXT_UNPIN_TABLE,
  UVMF_INVLPG,
  UVMF_NONE,
} from '../../lib/xen/mmu';
import { mmuext, must, updateEntry, updateVaMapping } from './hypercalls';
import {
  KERNEL_BASE,
  kernelDirectory,
  machineFrame,
  machineOf,
  setReadOnly,
  setWritable,
  toMachine,
  toPhysical,
} from './memory';

const TABLE_FLAGS: u32 = PAGE_PRESENT | PAGE_WRITE | PAGE_USER | PAGE_ACCESSED;
/** Bytes of a directory: those for programs, and those up to the VMM's. */
const USER_BYTES: u32 = (KERNEL_BASE >> 22) << 2;
const GUEST_BYTES: u32 = (0xfc000000 >> 22) << 2;

/** What one table maps. */
const TABLE_BYTES: u32 = 4 << 20;

let loadedSpace: u32 = 0;
let byMachineAddress: bool = false;

/** `paging=mmu_update`. */
export function pagingByMachineAddress(): void {
  byMachineAddress = true;
}

function seen(frame: u32): usize {
  return KERNEL_BASE + frame;
}

function newTable(): u32 {
  const frame = allocateFrame();
  if (frame) clearPage(seen(frame));
  return frame;
}

export function spaceCreate(): u32 {
  const space = newTable();
  if (!space) return 0;
  copyBytes(seen(space) + USER_BYTES, kernelDirectory() + USER_BYTES, GUEST_BYTES - USER_BYTES);
  setReadOnly(<u32>seen(space));
  must(mmuext(MMUEXT_PIN_L2_TABLE, machineFrame(space)));
  return space;
}

export function spaceDestroy(space: u32): void {
  must(mmuext(MMUEXT_UNPIN_TABLE, machineFrame(space)));
  for (let i: u32 = 0; i < USER_BYTES; i += 4) {
    const entry = load<u32>(seen(space) + i);
    if (entry & PAGE_PRESENT) giveBack(toPhysical(entry) & FRAME_MASK);
  }
  giveBack(space);
}

function giveBack(table: u32): void {
  setWritable(<u32>seen(table));
  freeFrame(table);
}

export function spaceLoad(space: u32): void {
  loadedSpace = space;
  must(mmuext(MMUEXT_NEW_BASEPTR, space ? machineFrame(space) : machineOf(kernelDirectory()) >> 12));
}

/** The table for `linear`, as this kernel sees it; 0: none. */
function tableOf(space: u32, linear: u32): usize {
  const entry = load<u32>(directorySlot(seen(space), linear));
  return entry & PAGE_PRESENT ? seen(toPhysical(entry) & FRAME_MASK) : 0;
}

export function pageEntry(space: u32, linear: u32): u32 {
  const table = tableOf(space, linear);
  if (!table) return 0;
  const entry = load<u32>(tableSlot(table, linear));
  return entry & PAGE_PRESENT ? toPhysical(entry) : entry;
}

export function setPageEntry(space: u32, linear: u32, entry: u32): i32 {
  let table = tableOf(space, linear);
  if (!table) {
    const frame = newTable();
    if (!frame) return -ENOMEM;
    setReadOnly(<u32>seen(frame));
    must(updateEntry(machineOf(directorySlot(seen(space), linear)), toMachine(frame | TABLE_FLAGS)));
    table = seen(frame);
  }
  const wasPresent = load<u32>(tableSlot(table, linear)) & PAGE_PRESENT;
  const machineEntry = entry & PAGE_PRESENT ? toMachine(entry) : entry;
  if (space == loadedSpace && !byMachineAddress) {
    must(updateVaMapping(linear, machineEntry, wasPresent ? UVMF_INVLPG : UVMF_NONE));
  } else {
    must(updateEntry(machineOf(tableSlot(table, linear)), machineEntry));
    if (wasPresent && space == loadedSpace) must(mmuext(MMUEXT_INVLPG_LOCAL, linear));
  }
  return 0;
}

/** The first page at `from` or above whose entry is not 0, or `end` if there is none below. */
export function nextPage(space: u32, from: u32, end: u32): u32 {
  let at = from;
  while (at < end) {
    const table = tableOf(space, at);
    const stop = min(end, (at & ~(TABLE_BYTES - 1)) + TABLE_BYTES);
    if (table) {
      for (; at < stop; at += PAGE_SIZE) if (load<u32>(tableSlot(table, at))) return at;
    }
    at = stop;
  }
  return end;
}
