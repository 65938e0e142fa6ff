// Rights to I/O ports. They are handed on by I/O fpages in map items (L4 X.2, ia32, "I/O fpages") and enforced by the
// I/O permission map of the task-state segment:
//
//   TSS (104 bytes) | map 0 (8 KiB + FF) | map 1 | ...          the word at TSS + 100 says which map counts
//
// A space with rights owns a map; all others have an offset beyond the segment's limit, so every IN and OUT of theirs
// is a general-protection fault. There are IO_SPACES maps. Rights end with their space; unmapping I/O fpages is not
// built.
import { addressOf_ioMaps, addressOf_tss } from './stubs';

/** Offset 0xDFFF lies beyond the limit of the task-state segment. */
export const NO_IO_MAP: u32 = 0xdfff0000;
const IO_SPACES: u32 = 4;
/** 65,536 bits, and the byte of ones that the processor wants behind them, rounded to whole words. */
const MAP_BYTES: u32 = 8192 + 4;
export const IO_MAPS_BYTES: u32 = 4 * (8192 + 4);

let used: u32 = 0;

/** A map without rights, as the word for TSS + 100; NO_IO_MAP when all are taken. */
export function ioMapCreate(): u32 {
  for (let i: u32 = 0; i < IO_SPACES; i++) {
    if (used & (1 << i)) continue;
    used |= 1 << i;
    const at = addressOf_ioMaps() + i * MAP_BYTES;
    for (let offset: u32 = 0; offset < MAP_BYTES; offset += 4) store<u32>(at + offset, 0xffffffff);
    return (at - addressOf_tss()) << 16;
  }
  return NO_IO_MAP;
}

export function ioMapFree(map: u32): void {
  if (map != NO_IO_MAP) used &= ~(1 << ((addressOf_tss() + (map >> 16) - addressOf_ioMaps()) / MAP_BYTES));
}

function mapAddress(map: u32): usize {
  return addressOf_tss() + (map >> 16);
}

export function hasPort(map: u32, port: u32): bool {
  return map != NO_IO_MAP && !(<u32>load<u8>(mapAddress(map) + (port >> 3)) & (1 << (port & 7)));
}

export function allowPort(map: u32, port: u32): void {
  const at = mapAddress(map) + (port >> 3);
  store<u8>(at, <u8>(<u32>load<u8>(at) & ~(1 << (port & 7))));
}
