/** The 16550, mostly in loopback. */
import type { Step } from '../program.js';
import { type Chip, get, out, SERIAL } from './chip.js';

export const serial: Chip = {
  name: '16550',
  // Here the time-out of a FIFO needs no time, and a level that has been reached is told as such.
  masks: { [SERIAL + 2]: 0xf7 },
  begin: [
    out(SERIAL + 3, 0x80),
    out(SERIAL, 1),
    out(SERIAL + 1, 0),
    out(SERIAL + 3, 3),
    out(SERIAL + 4, 0),
    out(SERIAL + 1, 0),
    out(SERIAL + 2, 7),
    out(SERIAL + 2, 0),
    ['pause', 0, 200_000],
    get(SERIAL),
    get(SERIAL + 2),
    get(SERIAL + 5),
    get(SERIAL + 6),
  ],
  next(random) {
    const settle: Step = ['pause', 0, 500_000];
    switch (random.below(12)) {
      case 0:
        return [out(SERIAL + 4, random.of([0x10, 0x10, 0x1b, 0x0b, 0x1f, 0xff, 0]))];
      case 1:
        return [out(SERIAL + 2, random.of([0, 1, 3, 5, 7, 0x41, 0x81, 0xc1, 0xc7, 0xc0])), settle];
      case 2:
        return [out(SERIAL + 1, random.below(256) & random.of([0x0f, 0xff]))];
      case 3:
        return [out(SERIAL + 3, random.below(64)), get(SERIAL + 3)];
      case 4:
        return [out(SERIAL + 3, 0x83), get(SERIAL), get(SERIAL + 1), get(SERIAL + 2), out(SERIAL + 3, 3)];
      case 5:
      case 6:
        return [...Array.from({ length: 1 + random.below(6) }, () => out(SERIAL, random.below(256))), settle];
      case 7:
        return [...Array.from({ length: 1 + random.below(4) }, () => get(SERIAL)), settle];
      case 8:
        return [out(SERIAL + 7, random.below(256)), get(SERIAL + 7)];
      default:
        return [get(SERIAL + random.of([1, 2, 2, 2, 4, 5, 5, 6]))];
    }
  },
};
