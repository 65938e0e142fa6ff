// Kernel memory: the last POOL_SIZE bytes of RAM within the window, in frames of 4 KiB, and 32-byte cells for the
// mapping database cut out of such frames. User level never gets at them: sigma0's rights end below.
import { clearPage } from '../../kernels/lib/bytes';
import { KERNEL_WINDOW, physicalOf, window } from './layout';

const POOL_SIZE: u32 = 4 << 20;

export let poolStart: u32 = 0;
export let ramEnd: u32 = 0;
let next: u32 = 0;
let freeList: u32 = 0;
let freePairs: u32 = 0;
let cells: usize = 0;

/** `end`: end of RAM, physical. */
export function poolInit(end: u32): void {
  ramEnd = min(end & ~0xfff, KERNEL_WINDOW);
  poolStart = ramEnd - POOL_SIZE;
  next = poolStart;
}

/** Physical address of a cleared frame, or 0. */
export function allocateFrame(): u32 {
  let frame = freeList;
  if (frame) freeList = load<u32>(window(frame));
  else {
    if (next == ramEnd) return 0;
    frame = next;
    next += 0x1000;
  }
  clearPage(window(frame));
  return frame;
}

export function freeFrame(frame: u32): void {
  store<u32>(window(frame), freeList);
  freeList = frame;
}

/** Two neighbouring cleared frames, for a page table and what is kept beside it; the first one's address, or 0. */
export function allocatePair(): u32 {
  let frame = freePairs;
  if (frame) freePairs = load<u32>(window(frame));
  else {
    if (ramEnd - next < 0x2000) return 0;
    frame = next;
    next += 0x2000;
  }
  clearPage(window(frame));
  clearPage(window(frame) + 0x1000);
  return frame;
}

export function freePair(frame: u32): void {
  store<u32>(window(frame), freePairs);
  freePairs = frame;
}

/** Address of 32 bytes, or 0. */
export function allocateCell(): usize {
  if (!cells) {
    const frame = allocateFrame();
    if (!frame) return 0;
    for (let offset: u32 = 0; offset < 0x1000; offset += 32) freeCell(window(frame) + offset);
  }
  const cell = cells;
  cells = load<u32>(cell);
  return cell;
}

export function freeCell(cell: usize): void {
  store<u32>(cell, cells);
  cells = cell;
}

/** Does the frame belong to the kernel: image, pool? */
export function isKernelFrame(frame: u32, imageStart: usize, imageEnd: usize): bool {
  return (frame >= poolStart && frame < ramEnd) || (frame >= physicalOf(imageStart) && frame < physicalOf(imageEnd));
}
