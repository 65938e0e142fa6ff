/** Registers of the e1000, not its rings. */
import { type Chip, e1000, load, NETWORK, store } from './chip.js';

/** Words of the EEPROM that mean something to every driver: address, identities. */
const WORDS = [0, 1, 2, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f];

export const network: Chip = {
  name: 'e1000',
  begin: [
    ...store(NETWORK, 0x04000000),
    ['pause', 0, 1000],
    ...store(NETWORK + e1000.IMC, 0xffffffff),
    ...load(NETWORK + e1000.ICR),
  ],
  next(random) {
    const known = [
      0x0008, 0x0038, 0x00c0, 0x00d0, 0x0100, 0x0400, 0x1000, 0x2800, 0x2804, 0x2808, 0x2810, 0x2818, 0x3800, 0x3804,
      0x3808, 0x3810, 0x3818, 0x5200, 0x53fc, 0x5400, 0x5404, 0x5408, 0x547c, 0x5600, 0x5800, 0x4000, 0x40d0,
    ];
    const r = random.of(known);
    switch (random.below(10)) {
      case 0:
        return [
          ...store(NETWORK + e1000.ICS, random.word() & random.of([0x1ffff, 0xffffffff])),
          ...load(NETWORK + e1000.ICR),
          ...load(NETWORK + e1000.ICR),
        ];
      case 1:
        return [
          ...store(NETWORK + e1000.IMS, random.word() & 0x1ffff),
          ...load(NETWORK + e1000.IMS),
          ...store(NETWORK + e1000.IMC, random.word()),
          ...load(NETWORK + e1000.IMS),
          ...load(NETWORK + e1000.IMC),
          ...store(NETWORK + e1000.IMC, 0xffffffff),
        ];
      case 2:
        return [
          ...store(NETWORK + e1000.ICS, 0x55),
          ...store(NETWORK + e1000.ICR, random.below(256)),
          ...load(NETWORK + e1000.ICR),
        ];
      case 3:
      case 4:
      case 5: {
        if ([0x0100, 0x0400, 0x00c0, 0x3818, 0x2818].includes(r)) return load(NETWORK + r);
        return [...store(NETWORK + r, random.word() & ~15), ...load(NETWORK + r)];
      }
      case 6:
        return [
          ...store(
            NETWORK + 0x20,
            random.of([
              0x08200000, 0x08220000, 0x08230000, 0x08240000, 0x08250000, 0x08290000, 0x082a0000, 0x08300000,
              0x08310000,
            ]),
          ),
          ...load(NETWORK + 0x20),
        ];
      case 7: {
        // The EEPROM by its wires: select, nine bits and the bits of a word.
        const word = random.of(WORDS);
        const bits = [
          1,
          1,
          random.below(8) ? 0 : 1,
          ...[5, 4, 3, 2, 1, 0].map((i) => (word >> i) & 1),
          ...Array.from({ length: 18 }, () => 0),
        ];
        return [
          ...store(NETWORK + 0x10, 0),
          ...bits.flatMap((bit, i) => [
            ...store(NETWORK + 0x10, 2 | (bit << 2)),
            ...store(NETWORK + 0x10, 3 | (bit << 2)),
            ...(i === 8 ? [] : load(NETWORK + 0x10)),
          ]),
          ...store(NETWORK + 0x10, 0),
        ];
      }
      case 9:
        return [...store(NETWORK + 0x14, (random.of(WORDS) << 8) | 1), ...load(NETWORK + 0x14)];
      default:
        return load(NETWORK + r);
    }
  },
};
