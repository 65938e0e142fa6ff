// The frame allocator: a stack of free frames (physical addresses, multiples of 4096), shuffled once by the declared seed.
// So the seed decides which frames a program gets, and with them which sets of a physically indexed cache its pages
// compete for; everything else is as it would be without it. Frees go on top, as a warm cache would like it.
import { randomBelow } from './random';

/** 32 MiB: more than any program here touches, few enough to shuffle at every boot. */
export const MAX_FRAMES: u32 = 8192;

const stack: usize = memory.data(8192 * 4, 4);
let free: u32 = 0;

/** Takes over the frames from `first` up to `end`, at most MAX_FRAMES, in an order decided by the seed of random.ts. */
export function framesInit(first: u32, end: u32): void {
  free = min((end - first) >> 12, MAX_FRAMES);
  for (let i: u32 = 0; i < free; i++) store<u32>(stack + (i << 2), first + (i << 12));
  for (let i = free - 1; i > 0; i--) {
    const a = stack + (i << 2);
    const b = stack + (randomBelow(i + 1) << 2);
    const frame = load<u32>(a);
    store<u32>(a, load<u32>(b));
    store<u32>(b, frame);
  }
}

/** A frame with undefined contents, or 0 when there is none. */
export function allocateFrame(): u32 {
  if (!free) return 0;
  free--;
  return load<u32>(stack + (free << 2));
}

/** How many frames are free. */
export function freeFrames(): u32 {
  return free;
}

export function freeFrame(frame: u32): void {
  store<u32>(stack + (free << 2), frame);
  free++;
}
