/*
 * What the filter alone knows: where accesses change no state, so that many of them can be made as one.
 */
import { CLOCK_FILTER_HALF, DATA_FILTER } from '../generated/layout';
import { slotOffset } from './filter';

/** Offset of the tag for writes in a filter's slot. */
const WRITE_TAG: u32 = 4;

/**
 * Host address of `bytes` bytes at `la`, 32 at most, if reading them as aligned doublewords would change no state;
 * else 0.
 */
// @ts-ignore: decorator
@inline export function filteredFrame(la: u32, bytes: u32): u32 {
  return frameBy(la, bytes, DATA_FILTER + load<u32>(CLOCK_FILTER_HALF));
}

/** The same for writing. */
// @ts-ignore: decorator
@inline export function filteredFrameWrite(la: u32, bytes: u32): u32 {
  return frameBy(la, bytes, DATA_FILTER + load<u32>(CLOCK_FILTER_HALF) + WRITE_TAG);
}

/** The same with supervisor rights. */
// @ts-ignore: decorator
@inline export function filteredSystemFrame(la: u32, bytes: u32): u32 { return frameBy(la, bytes, DATA_FILTER); }

/** The same for writing with supervisor rights. */
// @ts-ignore: decorator
@inline export function filteredSystemFrameWrite(la: u32, bytes: u32): u32 {
  return frameBy(la, bytes, DATA_FILTER + WRITE_TAG);
}

/** `tags`: the first slot's tag of the kind wanted. */
// @ts-ignore: decorator
@inline function frameBy(la: u32, bytes: u32, tags: u32): u32 {
  const slot = tags + slotOffset(la);
  if (load<u32>(slot) != (la & 0xffffffe3)) return 0;
  const addend = load<u32>((slot & ~15) + 8);
  const last = la + bytes - 4;
  if (((la ^ last) & ~31) != 0) {
    const second = tags + slotOffset(last);
    if (load<u32>(second) != (last & ~31) || load<u32>((second & ~15) + 8) != addend) return 0;
  }
  return la + addend;
}

/** Host address of `la` if reading its granule would change no state, else 0. */
export function filteredRead(la: u32): u32 {
  const slot = DATA_FILTER + load<u32>(CLOCK_FILTER_HALF) + slotOffset(la);
  return load<u32>(slot) == (la & ~31) ? la + load<u32>(slot, 8) : 0;
}

/** The same for writing. */
export function filteredWrite(la: u32): u32 {
  const slot = DATA_FILTER + load<u32>(CLOCK_FILTER_HALF) + slotOffset(la);
  return load<u32>(slot, 4) == (la & ~31) ? la + load<u32>(slot, 8) : 0;
}
