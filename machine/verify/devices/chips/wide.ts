/** Chips of eight bits by wider accesses: one port after the other. (QEMU stays in a chip whose last port is passed.) */
import { type Chip, get, out } from './chip.js';

/** Interrupt masks and a serial port in loopback; nothing here depends on time. */
export const wide: Chip = {
  name: 'wide accesses',
  begin: [
    ...[out(0x3fb, 3), out(0x3f9, 0), out(0x3fa, 0), out(0x3fc, 0x10), get(0x3f8), get(0x3fa), get(0x3fd)],
    ...[0x20, 0xa0].flatMap((base) => [
      ...[out(base, 0x11), out(base + 1, 0x40), out(base + 1, 4), out(base + 1, 1), out(base + 1, 0xff)],
    ]),
  ],
  next(random) {
    const index = 0x40 + random.below(0x40);
    switch (random.below(6)) {
      case 0:
        return [['outw', 0x70, index | (random.below(256) << 8)], ['inw', 0x70, 0], get(0x71)];
      case 1: {
        const base = random.of([0x20, 0xa0]);
        return [['outw', base, 0x0a | random.below(2) | (random.below(256) << 8)], get(base + 1)];
      }
      case 2:
        return [['inw', random.of([0x20, 0xa0]), 0]];
      case 3:
        return [
          ['outl', 0x3fc, 0x10 | (random.word() & 0xff000000)],
          ['inl', 0x3fc, 0],
        ];
      case 4:
        return [
          ['outw', 0x3fe, random.word()],
          ['inw', 0x3fe, 0],
          ['inl', 0x3fb, 0],
        ];
      default:
        return [['inw', 0x3fb + random.below(4), 0]];
    }
  },
};
