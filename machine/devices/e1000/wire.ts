/** What both directions share: time on the wire, descriptors in memory, the frame check sequence. */
import type { BusMemory, Clock } from '../device.js';
import { DESCRIPTOR_BYTES } from './registers.js';

/** Bytes of the shortest frame without its check sequence. */
export const SHORTEST_FRAME = 60;
/** Preamble 8, check sequence 4, gap 12. */
const AROUND_FRAME = 24;

/** How long a frame occupies the wire. */
export function wireNanoseconds(bytes: number, megabits: number): number {
  return ((Math.max(bytes, SHORTEST_FRAME) + AROUND_FRAME) * 8 * 1000) / megabits;
}

/** The cycle that lies so many nanoseconds ahead. */
export function nanoseconds(clock: Clock, ahead: number): number {
  return clock.now() + Math.ceil((ahead * clock.hz) / 1e9);
}

/** Sixteen bytes of RAM; where there is none, sixteen bytes of nothing. */
export function descriptorView(ram: BusMemory, at: number): DataView {
  const { bytes, size } = ram;
  if (at + DESCRIPTOR_BYTES > size) return new DataView(new ArrayBuffer(DESCRIPTOR_BYTES));
  return new DataView(bytes.buffer, bytes.byteOffset + at, DESCRIPTOR_BYTES);
}

/** IEEE 802.3 frame check sequence, in the order in which it is sent. */
export function checkSequence(frame: Uint8Array): number[] {
  let crc = 0xffffffff;
  for (const byte of frame) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  const value = ~crc >>> 0;
  return [0, 8, 16, 24].map((shift) => (value >>> shift) & 0xff);
}
