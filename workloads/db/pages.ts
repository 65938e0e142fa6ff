// The database's file as pages of 4 KiB: a cache of them, written back at each commit, which ends with fsync.
import { fsync, O_CREAT, O_RDWR, O_TRUNC, open, readAt, writeAt } from '../lib/files';
import { zeros } from '../lib/memory';

export const PAGE: u32 = 4096;
const FRAMES: u32 = 8;

/** What a frame holds. */
@unmanaged
class Frame {
  page: u32;
  dirty: u32;
  used: u32;
}
const FRAME: u32 = 12;
const NONE: u32 = 0xffffffff;

const frames: usize = memory.data(8 * 12, 4);
let bytes: usize = 0;
let fd: u32 = 0;
let hand: u32 = 0;
export let pageCount: u32 = 0;
/** Pages read from the file and written to it. */
export let reads: u32 = 0;
export let writes: u32 = 0;
export let failures: u32 = 0;

function frame(i: u32): Frame {
  return changetype<Frame>(frames + i * FRAME);
}

export function openPages(path: usize): bool {
  bytes = zeros(FRAMES * PAGE);
  for (let i: u32 = 0; i < FRAMES; i++) frame(i).page = NONE;
  fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0o644);
  return <i32>fd >= 0;
}

/** A new page of zeros. */
export function newPage(): u32 {
  const page = pageCount++;
  const i = evict();
  frame(i).page = page;
  frame(i).dirty = 1;
  frame(i).used = 1;
  memory.fill(bytes + i * PAGE, 0, PAGE);
  return page;
}

/** The page's bytes; they may move when another page is asked for. */
export function pageAt(page: u32): usize {
  return bytes + find(page) * PAGE;
}

export function markDirty(page: u32): void {
  frame(find(page)).dirty = 1;
}

function find(page: u32): u32 {
  for (let i: u32 = 0; i < FRAMES; i++)
    if (frame(i).page == page) {
      frame(i).used = 1;
      return i;
    }
  const i = evict();
  if (readAt(fd, bytes + i * PAGE, PAGE, page * PAGE) != PAGE) failures++;
  reads++;
  frame(i).page = page;
  frame(i).dirty = 0;
  frame(i).used = 1;
  return i;
}

/** A frame to use anew: one hand goes round and spares what was used since it last came by. */
function evict(): u32 {
  while (true) {
    hand = (hand + 1) % FRAMES;
    const f = frame(hand);
    if (!f.used || f.page == NONE) {
      if (f.page != NONE && f.dirty) writeBack(hand);
      return hand;
    }
    f.used = 0;
  }
}

function writeBack(i: u32): void {
  const f = frame(i);
  if (writeAt(fd, bytes + i * PAGE, PAGE, f.page * PAGE) != PAGE) failures++;
  writes++;
  f.dirty = 0;
}

/** Everything written, and on the disk. */
export function commit(): void {
  for (let i: u32 = 0; i < FRAMES; i++) if (frame(i).page != NONE && frame(i).dirty) writeBack(i);
  if (fsync(fd) < 0) failures++;
}
