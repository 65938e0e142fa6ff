// Flexpages (L4 X.2, "Fpages", "I/O fpages"): a power-of-two part of an address space, aligned to its size.
//
//   31                10 9    4 3  2  1  0
//  +--------------------+------+--+--+--+--+     s: log2 of the size in bytes, >= 12; s = 1, base 0: the whole space;
//  | base / 1024        |  s   | 0| r| w| x|     all zero: nil
//  +--------------------+------+--+--+--+--+
//  | port      | log2 n |  2   | 0| r| w| x|     s = 2: n I/O ports (port 31..16, log2 n 15..10)
export const FPAGE_NIL: u32 = 0;
export const RIGHT_EXECUTE: u32 = 1;
export const RIGHT_WRITE: u32 = 2;
export const RIGHT_READ: u32 = 4;

/** Log2 of the size in bytes; 32 for the whole space, 0 for anything that is no memory fpage. */
export function fpageShift(fpage: u32): u32 {
  const s = (fpage >> 4) & 63;
  if (s == 1) return fpage >> 10 ? 0 : 32;
  return s >= 12 && s < 32 ? s : 0;
}

/** First address; the bits below the size do not count. */
export function fpageBase(fpage: u32, shift: u32): u32 {
  return shift == 32 ? 0 : fpage & ~((1 << shift) - 1);
}

export function isIoFpage(fpage: u32): bool {
  return ((fpage >> 4) & 63) == 2;
}

export function ioFirst(fpage: u32): u32 {
  return fpage >> 16;
}

/** Number of ports, at most 65,536. */
export function ioCount(fpage: u32): u32 {
  return 1 << min((fpage >> 10) & 63, 16);
}
