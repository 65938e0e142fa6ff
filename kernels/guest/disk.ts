// Disk requests: one at a time, each a run of sectors and the pieces of memory they go to or come from. Who asks sleeps
// until the port says that the request is done.
//
// Whatever concerns the disk's file system happens under one lock, which its holder may take again: a page fault in a user
// copy can need the disk in the middle of a write to it. Order: first the volume's lock, then a page is made busy.
import { EIO } from '../lib/callnumbers';
import { FRAME_MASK } from '../lib/paging';
import { diskStart } from '../ports/port';
import { dropFrame, holdFrame } from './page';
import { sleepOn, wakeAll } from './schedule';
import { Thread } from './task';
import { noThread, self } from './thread';

/** Pieces of a request. */
export const MAX_PIECES: u32 = 16;
const MAX_SECTORS: u32 = 128;

/** A request that grows: piece i is two words, a frame's address and a length in bytes. */
@unmanaged
export class Run {
  write: u32;
  sector: u32;
  sectors: u32;
  count: u32;
  failed: u32;
  // pieces
  piece: u32;
}

/** Bytes of a Run with its pieces, for stackSlot. */
export const RUN_SIZE: u32 = 20 + 16 * 8;

let outstanding: bool = false;
let failed: u32 = 0;
let doneQueue: usize = memory.data(4, 4);

let owner: Thread = changetype<Thread>(0);
let depth: u32 = 0;
const lockQueue: usize = memory.data(4, 4);

/** Requests served, and sectors moved. */
export let diskRequests: u32 = 0;
export let diskMoved: u32 = 0;

export function lockVolume(): void {
  while (depth && owner != self()) sleepOn(lockQueue);
  owner = self();
  depth++;
}

export function unlockVolume(): void {
  if (--depth) return;
  owner = noThread();
  if (load<u32>(lockQueue)) wakeAll(lockQueue);
}

export function runInit(run: Run, write: bool): void {
  run.write = write ? 1 : 0;
  run.count = 0;
  run.sectors = 0;
  run.failed = 0;
}

/**
 * Adds `bytes` (a multiple of 512) at guest-physical `address` to the run; what does not continue it goes to the disk first.
 * The frame is held until its request is done.
 */
export function runAdd(run: Run, sector: u32, address: u32, bytes: u32): void {
  const pieces = changetype<usize>(run) + offsetof<Run>('piece');
  if (run.count && (sector != run.sector + run.sectors || run.sectors + (bytes >> 9) > MAX_SECTORS)) runFlush(run);
  if (run.count) {
    const last = pieces + ((run.count - 1) << 3);
    if (load<u32>(last) + load<u32>(last + 4) == address && (address & 0xfff) != 0) {
      store<u32>(last + 4, load<u32>(last + 4) + bytes);
      run.sectors += bytes >> 9;
      return;
    }
    if (run.count == MAX_PIECES) runFlush(run);
  }
  if (!run.count) run.sector = sector;
  holdFrame(address & FRAME_MASK);
  store<u32>(pieces + (run.count << 3), address);
  store<u32>(pieces + (run.count << 3) + 4, bytes);
  run.count++;
  run.sectors += bytes >> 9;
}

/** Hands what is in the run to the disk and waits; the caller has the volume's lock. */
export function runFlush(run: Run): i32 {
  if (run.count) {
    outstanding = true;
    diskRequests++;
    diskMoved += run.sectors;
    diskStart(run.write != 0, run.sector, changetype<usize>(run) + offsetof<Run>('piece'), run.count);
    while (outstanding) sleepOn(doneQueue);
    if (failed) run.failed = 1;
    const pieces = changetype<usize>(run) + offsetof<Run>('piece');
    for (let i: u32 = 0; i < run.count; i++) dropFrame(load<u32>(pieces + (i << 3)) & FRAME_MASK);
    run.count = 0;
    run.sectors = 0;
  }
  return run.failed ? -EIO : 0;
}

/** From the port: the request that diskStart was given is done. */
export function diskDone(error: u32): void {
  outstanding = false;
  failed = error;
  wakeAll(doneQueue);
}
