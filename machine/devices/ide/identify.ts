/** What a drive says of itself: the answer to IDENTIFY DEVICE (ATA/ATAPI-6, 8.15) as QEMU's disks give it. */
import { SECTOR_BYTES } from './block-device.js';

export interface Geometry {
  readonly cylinders: number;
  readonly heads: number;
  readonly sectors: number;
}

/** Sectors that READ and WRITE MULTIPLE may move between interrupts. */
export const MULTIPLE_LIMIT = 16;

/** The translation that firmware of the time would choose for so many sectors. */
export function defaultGeometry(sectors: number): Geometry {
  const cylinders = Math.min(Math.max(Math.floor(sectors / (16 * 63)), 2), 16383);
  return { cylinders, heads: 16, sectors: 63 };
}

/**
 * @param multiple setting of SET MULTIPLE MODE
 * @param dmaModes words 62, 63 and 88, as SET FEATURES left them
 */
export function identify(
  total: number,
  geometry: Geometry,
  multiple: number,
  dmaModes: readonly [single: number, multi: number, ultra: number],
  serial: string,
): Uint8Array {
  const words = new Uint16Array(256);
  const text = (at: number, count: number, value: string) => {
    const padded = value.padEnd(2 * count, ' ');
    for (let i = 0; i < count; i++) words[at + i] = (padded.charCodeAt(2 * i) << 8) | padded.charCodeAt(2 * i + 1);
  };
  const long = (at: number, value: number) => {
    words[at] = value & 0xffff;
    words[at + 1] = Math.floor(value / 0x10000) & 0xffff;
  };
  const { cylinders, heads, sectors } = geometry;
  words[0] = 0x0040;
  words[1] = cylinders;
  words[3] = heads;
  words[4] = SECTOR_BYTES * sectors;
  words[5] = SECTOR_BYTES;
  words[6] = sectors;
  text(10, 10, serial);
  words[20] = 3;
  words[21] = 512;
  words[22] = 4;
  text(23, 4, '1.0');
  text(27, 20, 'CROSSINGS DISK');
  words[47] = 0x8000 | MULTIPLE_LIMIT;
  words[48] = 1;
  // LBA, DMA, IORDY.
  words[49] = 0x0b00;
  words[51] = 0x0200;
  words[52] = 0x0200;
  words[53] = 7;
  words[54] = cylinders;
  words[55] = heads;
  words[56] = sectors;
  long(57, cylinders * heads * sectors);
  words[59] = multiple === 0 ? 0 : 0x100 | multiple;
  long(60, Math.min(total, 0x0fffffff));
  words[62] = dmaModes[0];
  words[63] = dmaModes[1];
  words[64] = 3;
  words.fill(120, 65, 69);
  // ATA-4 to ATA-7; write cache and NOP; FLUSH CACHE (EXT), LBA48.
  words[80] = 0x00f0;
  words[81] = 0x0016;
  words[82] = 0x4021;
  words[83] = 0x7400;
  words[84] = 0x4000;
  words[85] = 0x4021;
  words[86] = 0x3400;
  words[87] = 0x4000;
  words[88] = dmaModes[2];
  words[93] = 0x6001;
  long(100, total);
  // One logical sector a physical one.
  words[106] = 0x6000;
  return new Uint8Array(words.buffer);
}
