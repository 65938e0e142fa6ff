// The clock: ticks of 10 ms. It starts at `time=` seconds since 1970 (1 January 2005 by default), so that a run says the
// same on any day.

export const HZ: u32 = 100;
export const TICK_MICROSECONDS: u32 = 10000;
/** 1 January 2005. */
export const EPOCH: u32 = 1104537600;

/** Ticks since the start. */
export let ticks: u32 = 0;
export let startSeconds: u32 = EPOCH;

export function clockInit(seconds: u32): void {
  startSeconds = seconds;
}

/** Seconds since 1970. */
export function now(): u32 {
  return startSeconds + ticks / HZ;
}

/** 100 times a second. */
export function clockTick(): void {
  ticks++;
}
