// Physical memory as the kernel sees it: all of it, up to DIRECT_MAX, from KERNEL_BASE on. 4 MiB pages where the processor
// has them, global where it has that too; device registers in a window of their own.
import { clearPage } from '../../lib/bytes';
import {
  CR4_PGE,
  CR4_PSE,
  directorySlot,
  PAGE_GLOBAL,
  PAGE_LARGE,
  PAGE_NO_CACHE,
  PAGE_PRESENT,
  PAGE_SIZE,
  PAGE_WRITE,
  PAGE_WRITE_THROUGH,
  tableSlot,
} from '../../lib/paging';
import { FEATURE_PGE, FEATURE_PSE, processorFeatures } from '../../lib/processor';
import { option, wordIs } from '../../lib/text';
import { readCr3, readCr4, writeCr3, writeCr4 } from '../../lib/x86';
import { addressOf_kernelDirectory } from './stubs';

export const KERNEL_BASE: u32 = 0xc0000000;
const DIRECT_MAX: u32 = 512 << 20;
const LARGE: u32 = 4 << 20;
const DEVICE_WINDOW: u32 = 0xf0000000;

let globalBit: u32 = 0;
/** Frames below belong to the image, the modules and the tables made here. */
let taken: u32 = 0;

export function linearOf(physical: u32): usize {
  return physical + KERNEL_BASE;
}

export function physicalOf(linear: usize): u32 {
  return <u32>linear - KERNEL_BASE;
}

/** The first frame that nobody has. */
export function firstFreeFrame(): u32 {
  return taken;
}

/** A frame for good, while the first 8 MiB are all that is mapped: below them. */
function takeFrame(): u32 {
  const frame = taken;
  taken += PAGE_SIZE;
  return frame;
}

/**
 * Replaces the boot stub's mappings: `bytes` of memory at KERNEL_BASE, nothing at 0. `end` is where the image and the
 * modules end. `pages=4k` and `global=off` on the command line do without what the processor has.
 */
export function mapPhysical(bytes: u32, end: u32, commandLine: usize): u32 {
  let features = processorFeatures();
  const pages = option(commandLine, 'pages');
  if (pages && wordIs(pages, '4k')) features &= ~FEATURE_PSE;
  const global = option(commandLine, 'global');
  if (global && wordIs(global, 'off')) features &= ~FEATURE_PGE;
  const size = min(bytes, DIRECT_MAX) & ~(LARGE - 1);
  taken = (end + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
  globalBit = features & FEATURE_PGE ? PAGE_GLOBAL : 0;
  const directory = addressOf_kernelDirectory();
  if (features & FEATURE_PSE) writeCr4(readCr4() | CR4_PSE);
  for (let at: u32 = 0; at < size; at += LARGE) {
    const entry = features & FEATURE_PSE ? at | PAGE_LARGE | globalBit : smallPages(at);
    store<u32>(directorySlot(directory, KERNEL_BASE + at), entry | PAGE_PRESENT | PAGE_WRITE);
  }
  store<u32>(directory, 0);
  store<u32>(directory + 4, 0);
  writeCr3(readCr3());
  if (globalBit) writeCr4(readCr4() | CR4_PGE);
  return size;
}

/** A page table for 4 MiB at `physical`; returns its frame. */
function smallPages(physical: u32): u32 {
  const table = takeFrame();
  for (let i: u32 = 0; i < 1024; i++) {
    store<u32>(linearOf(table) + (i << 2), (physical + (i << 12)) | PAGE_PRESENT | PAGE_WRITE | globalBit);
  }
  return table;
}

/** The table of the device window, 0: not made yet, and how much of the window is taken. */
let windowTable: usize = 0;
let windowUsed: u32 = 0;

/** Maps device registers, not cached. `physical` is a multiple of 4096. Returns their linear address. */
export function mapDevice(physical: u32, bytes: u32): usize {
  if (!windowTable) {
    const table = takeFrame();
    windowTable = linearOf(table);
    clearPage(windowTable);
    const slot = directorySlot(addressOf_kernelDirectory(), DEVICE_WINDOW);
    store<u32>(slot, table | PAGE_PRESENT | PAGE_WRITE);
  }
  const start = DEVICE_WINDOW + windowUsed;
  const flags = PAGE_PRESENT | PAGE_WRITE | PAGE_NO_CACHE | PAGE_WRITE_THROUGH | globalBit;
  for (let at: u32 = 0; at < bytes; at += PAGE_SIZE) {
    store<u32>(tableSlot(windowTable, start + at), (physical + at) | flags);
  }
  windowUsed += bytes;
  if (windowUsed > LARGE) unreachable();
  return start;
}
