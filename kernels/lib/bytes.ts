// Copying, clearing and summing memory.
import { repMovsb, repMovsd, repStosd } from './x86';

export function copyBytes(to: usize, from: usize, length: u32): void {
  repMovsd(to, from, length >> 2);
  const rest = length & 3;
  if (rest) repMovsb(to + (length & ~3), from + (length & ~3), rest);
}

export function clearPage(page: usize): void {
  repStosd(page, 0, 1024);
}

/** Fowler, Noll and Vo's hash (FNV-1a, 32 bits), going on from `sum`; start with CHECKSUM_START. */
export function checksum(sum: u32, from: usize, length: u32): u32 {
  for (let i: u32 = 0; i < length; i++) sum = (sum ^ load<u8>(from + i)) * 0x01000193;
  return sum;
}

export const CHECKSUM_START: u32 = 0x811c9dc5;
