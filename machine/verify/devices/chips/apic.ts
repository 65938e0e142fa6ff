/** Local APIC and I/O APIC. */
import { type Chip, load, out, store } from './chip.js';
import { lines } from './requests.js';

const APIC = 0xfee00000;
const IO_APIC = 0xfec00000;

export const apic: Chip = {
  name: 'APIC',
  begin: [
    out(0x21, 0xff),
    out(0xa1, 0xff),
    ...lines.drop.flat(),
    ...Array.from({ length: 20 }, () => store(APIC + 0xb0, 0)).flat(),
    ['window', 0, 0],
    ['window', 0, 0],
    ...Array.from({ length: 20 }, () => store(APIC + 0xb0, 0)).flat(),
    ...store(APIC + 0xf0, 0x1ff),
    ...store(APIC + 0x80, 0),
    ...store(APIC + 0xd0, 0),
    ...store(APIC + 0xe0, 0xffffffff),
    ...[0x320, 0x330, 0x340, 0x370].flatMap((r) => store(APIC + r, 0x10000)),
    ...store(APIC + 0x350, 0x700),
    ...store(APIC + 0x360, 0x400),
    ...Array.from({ length: 24 }, (_, i) => [
      ...store(IO_APIC, 0x10 + 2 * i),
      ...store(IO_APIC + 0x10, 0x10000),
      ...store(IO_APIC, 0x11 + 2 * i),
      ...store(IO_APIC + 0x10, 0),
    ]).flat(),
    ...store(APIC + 0x280, 0),
    ...load(APIC + 0x280),
    ...store(APIC + 0x280, 0),
  ],
  next(random) {
    const vector = random.of([0x31, 0x41, 0x42, 0x51, 0x61, 0x71, 0xa1, 0xfe]);
    const pin = random.of([1, 4, 10]);
    switch (random.below(16)) {
      case 0:
        return [
          ...store(APIC + 0x310, random.of([0, 0, 0x1000000, random.word() & 0x7f000000])),
          ...store(APIC + 0x300, vector | random.of([0, 0x40000, 0x40000, 0x80000, 0xc0000, 0x800, 0x100, 0x4000])),
          ...load(APIC + 0x300),
          ...load(APIC + 0x310),
        ];
      case 1:
      case 2:
        return store(APIC + 0x300, 0x40000 | vector);
      case 3:
        return store(APIC + 0x80, random.of([0, 0, 0x40, 0x45, 0x50, 0x6f, 0xf0, random.below(256)]));
      case 4:
      case 5:
        return store(APIC + 0xb0, random.of([0, 1]));
      case 6:
        return [['window', 0, 0]];
      case 7:
        return [
          ...store(APIC + 0xf0, random.of([0x1ff, 0x1ff, 0xff, 0x1ef, random.word()])),
          ...load(APIC + 0xf0),
          ...store(APIC + 0xf0, 0x1ff),
        ];
      case 8:
        return store(APIC + random.of([0xd0, 0xe0]), random.of([0, 0x01000000, 0x11000000, 0xffffffff]));
      case 9: {
        const r = random.of([0x320, 0x330, 0x340, 0x350, 0x360, 0x370]);
        // Bits that are not there, or cannot be written, QEMU keeps.
        const there = r === 0x320 ? 0x200ff : r === 0x370 ? 0x100ff : r < 0x350 ? 0x107ff : 0x1a7ff;
        return [
          ...store(APIC + r, (random.word() & there) | 0x10000),
          ...load(APIC + r),
          ...store(APIC + r, r === 0x350 ? 0x700 : 0x10000),
        ];
      }
      case 10:
        return [
          ...store(IO_APIC, random.of([0, 1, 2, 3, 0x10 + random.below(48), 0x40, 0xff])),
          ...load(IO_APIC),
          ...load(IO_APIC + 0x10),
        ];
      case 11:
      case 12:
        // A level that is high already when the entry becomes one, QEMU does not see.
        return [
          ...lines.drop.flat(),
          ...store(IO_APIC, 0x11 + 2 * pin),
          ...store(IO_APIC + 0x10, random.of([0, 0, 0, 0x01000000, random.word() & 0x7f000000])),
          ...store(IO_APIC, 0x10 + 2 * pin),
          ...store(
            IO_APIC + 0x10,
            vector | random.of([0, 0, 0x8000, 0x8000, 0x10000, 0x18000, 0x100, 0x8100, 0x800, 0x2000]),
          ),
          ...load(IO_APIC + 0x10),
        ];
      case 13:
        return random.of(lines.raise);
      case 14:
        return [...random.of(lines.drop), ...store(IO_APIC, 0x10 + 2 * pin), ...load(IO_APIC + 0x10)];
      default:
        return [
          0x20, 0x30, 0x80, 0xa0, 0xd0, 0xe0, 0xf0, 0x110, 0x120, 0x130, 0x170, 0x190, 0x1a0, 0x210, 0x220, 0x230,
          0x270,
        ].flatMap((r) => load(APIC + r));
    }
  },
};
