/** Registers of the VGA adapter, in text mode; QEMU has one when it is asked for. Its DAC has eight bits and no mask. */
import { type Chip, get, out } from './chip.js';

const indexed = (port: number, index: number, value: number) => [
  out(port, index),
  out(port + 1, value),
  get(port),
  get(port + 1),
];

export const vga: Chip = {
  name: 'VGA',
  adapter: true,
  // Where the beam is, is a matter of time.
  masks: { 986: 0 },
  begin: [out(0x3c2, 0x67), get(0x3da), out(0x3c0, 0x20), get(0x3da), out(0x3c6, 0xff)],
  next(random) {
    switch (random.below(8)) {
      case 0:
        return indexed(0x3d4, random.of([0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0x11, 0x12, 0x14]), random.below(256));
      case 1:
        return indexed(0x3d4, random.below(8), random.below(256));
      case 2:
        return [['outw', 0x3d4, 0x0e | random.of([0, 1]) | (random.below(256) << 8)], get(0x3d5), get(0x3d4)];
      case 3: {
        const index = random.below(21);
        return [
          get(0x3da),
          out(0x3c0, index | 0x20),
          out(0x3c0, random.below(256)),
          get(0x3da),
          out(0x3c0, index | 0x20),
          get(0x3c1),
          get(0x3da),
        ];
      }
      case 4:
        return indexed(0x3c4, random.below(5), random.below(256));
      case 5:
        return indexed(0x3ce, random.below(9), random.below(256));
      case 6: {
        const index = random.below(256);
        const colours = Array.from({ length: 3 * (1 + random.below(3)) }, () => out(0x3c9, random.below(64)));
        return [
          out(0x3c8, index),
          ...colours,
          get(0x3c8),
          out(0x3c7, index),
          ...colours.map(() => get(0x3c9)),
          get(0x3c7),
          get(0x3c8),
        ];
      }
      default:
        return [out(0x3c2, random.below(256) | 1), get(0x3cc), out(0x3c2, 0x67), get(0x3cc)];
    }
  },
};
