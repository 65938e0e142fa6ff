// Declared randomness: Marsaglia's xorshift (32 bits, shifts 13, 17, 5). The same seed gives the same sequence.
import { umulh } from './x86';

let state: u32 = 1;

/** Starts the sequence of `seed`; neighbouring seeds start far apart. */
export function seedRandom(seed: u32): void {
  state = (seed + 1) * 0x9e3779b9;
  if (!state) state = 1;
}

export function random(): u32 {
  let x = state;
  x ^= x << 13;
  x ^= x >> 17;
  x ^= x << 5;
  state = x;
  return x;
}

/** A number from 0 up to, but not with, `bound`. */
export function randomBelow(bound: u32): u32 {
  return umulh(random(), bound);
}
