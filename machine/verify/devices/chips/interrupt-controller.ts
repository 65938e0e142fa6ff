/** The pair of 8259A, with requests of the serial port, the keyboard controller and the network card. */
import type { Step } from '../program.js';
import { type Chip, get, out } from './chip.js';
import { lines } from './requests.js';

/** Vectors, and what each controller's third word is. */
const pics = [
  [0x20, 0x40, 4],
  [0xa0, 0x48, 2],
] as const;

/** ICW1 without single mode: the controllers are wired as a pair. */
function initialise(icw1: number, icw4: number): readonly Step[] {
  return pics.flatMap(([base, vector, icw3]) => [
    out(base, icw1),
    out(base + 1, vector),
    out(base + 1, icw3),
    ...(icw1 & 1 ? [out(base + 1, icw4)] : []),
  ]);
}

/**
 * @param levels inputs 4 and 10 are level-triggered; else nothing is withdrawn without an initialisation, since QEMU
 *   keeps an edge whose line has fallen (the 8259A does not: data sheet, "Interrupt Sequence", IR7)
 */
export function pic(name: string, levels: boolean): Chip {
  const automatic = levels ? 0x1c : 0x1e;
  const reset = (icw1: number, icw4: number): readonly Step[] => [...lines.drop.flat(), ...initialise(icw1, icw4)];
  return {
    name,
    begin: [
      out(0x64, 0x60),
      out(0x60, 0x61),
      out(0x4d0, levels ? 0x10 : 0),
      out(0x4d1, levels ? 0x04 : 0),
      // What firmware has left in the request registers of a level goes when the line falls.
      ...lines.raise.flat(),
      ...reset(0x11, 1),
      out(0x21, 0xff),
      out(0xa1, 0xfb),
    ],
    next(random) {
      const base = random.of([0x20, 0xa0]);
      switch (random.below(12)) {
        case 0:
          return random.chance(30)
            ? [...reset(0x10 | (random.below(16) & 0x0d), 1 | (random.below(32) & automatic)), out(0xa1, 0xfb)]
            : [];
        case 1:
        case 2:
          return [out(base, random.below(256) & 0xe7)];
        case 3:
          return [out(base, 0x20)];
        case 4:
        case 5:
          return [out(base, 0x08 | (random.below(256) & (base === 0x20 ? 0x67 : 0x63))), get(base)];
        case 6:
          return [out(0x21, random.below(256) | 1)];
        case 7:
          return [out(0x21, 0xe9)];
        case 8:
          return levels ? lines.drop[0] : [];
        case 9:
          return levels ? random.of([lines.raise[0], lines.raise[2]]) : random.of(lines.raise);
        case 10:
          return [['window', 0, 0]];
        default:
          return [get(base), get(base + 1), get(random.of([0x4d0, 0x4d1]))];
      }
    },
  };
}
