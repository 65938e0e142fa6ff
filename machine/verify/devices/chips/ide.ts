/** An IDE disk, by PIO and by bus master. */
import type { Step } from '../program.js';
import { type Chip, get, load, out, store } from './chip.js';

const IDE = 0x1f0;
const BUS_MASTER = 0xc040;
const EXTENDED: readonly number[] = [0x24, 0x25, 0x27, 0x29, 0x34, 0x35, 0x37, 0x39, 0x42, 0xea];
const TABLE = 0x40000;
const BUFFER = 0x50000;
const ready: readonly Step[] = [['until', 0x3f6, 0x80]];
const file: readonly Step[] = [1, 2, 3, 4, 5, 6].map((i) => get(IDE + i));

export const ide: Chip = {
  name: 'IDE',
  // "Seek complete" is obsolete, and QEMU shows it after some commands only.
  masks: { 503: 0xef, 1014: 0xef },
  begin: [
    out(0x3f6, 4),
    ['pause', 0, 1000],
    out(0x3f6, 0),
    ['pause', 0, 3_000_000],
    ...ready,
    out(IDE + 6, 0xa0),
    ...ready,
    out(IDE + 6, 0xa0),
    get(IDE + 7),
    out(BUS_MASTER, 0),
    out(BUS_MASTER + 2, 6),
    ['outl', 0xcf8, 0x80000904],
    ['outl', 0xcfc, 5],
  ],
  next(random) {
    const data = (count: number): readonly Step[] =>
      Array.from({ length: count }, () => [
        [random.of(['inw', 'inw', 'inl'] as const), IDE, 0] as Step,
        ...ready,
      ]).flat();
    switch (random.below(10)) {
      case 0:
        return [out(IDE + 1 + random.below(5), random.of([0, 1, 2, 3, 0xff, random.below(256)])), ...file];
      case 1:
        return [out(IDE + 6, random.of([0xa0, 0xe0, 0xb0, 0xf0, 0x40, 0, 0xe0, 0xa5]))];
      case 2: {
        const command = random.of([
          0x20,
          0x21,
          0x70,
          0x90,
          0xc4,
          0xe0,
          0xe1,
          0xe5,
          0xe7,
          0xec,
          0xef,
          0xf8,
          0x10,
          0,
          8,
          0xa0,
          0xa1,
          random.below(256),
        ]);
        // Commands of 48 bits want the LBA bit; QEMU reads CHS without it.
        if ([...EXTENDED, 0x40, 0x41, 0x91, 0xc6].includes(command) || (command > 0x10 && command < 0x20)) return [];
        return [out(IDE + 7, command), ['pause', 0, 100], ...ready, get(0x3f6), get(IDE + 7), ...file];
      }
      case 3:
        return [...data(1 + random.below(8)), get(0x3f6)];
      case 4:
        return [
          ...Array.from({ length: 256 }, () => [['inw', IDE, 0] as Step, ...ready]).flat(),
          get(IDE + 7),
          ...file,
        ];
      case 5:
        return [
          ...[2, 3, 4, 5].map((i) => out(IDE + i, 0)),
          out(IDE + 2, 1 + random.below(4)),
          out(IDE + 3, random.below(256)),
          out(IDE + 4, random.below(2)),
          out(IDE + 5, 0),
          out(IDE + 6, 0xe0),
          out(IDE + 7, random.of([0x20, 0x30, 0xc4, 0xc5, 0x34, 0x24])),
          ...ready,
          get(IDE + 7),
          ...file,
        ];
      case 6:
        return [
          ...Array.from({ length: 256 }, () => [['outw', IDE, random.below(65536)] as Step, ...ready]).flat(),
          get(IDE + 7),
          ...file,
        ];
      case 7:
        return [
          out(IDE + 1, random.of([2, 3, 3, 0x55, 0x66, 0x82, 0xaa, 0xcc])),
          out(IDE + 2, random.of([0, 1, 8, 12, 0x22, 0x44, 0x45, random.below(256)])),
          out(IDE + 7, 0xef),
          ...ready,
          get(IDE + 7),
          ...file,
        ];
      case 8: {
        const far = random.below(3) * 0xfff0;
        const length = random.of([512, 0x80000200, 0x80000400, 0]);
        const sectors = length === 0x80000200 ? 1 : 2;
        return [
          ...store(TABLE, BUFFER + far),
          ...store(TABLE + 4, length),
          ...store(TABLE + 8, BUFFER),
          ...store(TABLE + 12, 0x80000400),
          ['outl', BUS_MASTER + 4, TABLE],
          out(BUS_MASTER, random.of([0, 8])),
          out(BUS_MASTER + 2, 6),
          ...[2, 3, 4, 5].map((i) => out(IDE + i, 0)),
          out(IDE + 2, sectors),
          out(IDE + 3, random.below(256)),
          out(IDE + 4, 0),
          out(IDE + 5, 0),
          out(IDE + 6, 0xe0),
          out(IDE + 7, random.of([0xc8, 0xca, 0x25])),
          get(IDE + 7),
          out(BUS_MASTER, random.of([9, 1])),
          ['pause', 0, 2_000_000],
          get(BUS_MASTER + 2),
          get(BUS_MASTER),
          ...load(BUFFER + far),
          ...load(BUFFER),
          get(IDE + 7),
          out(BUS_MASTER, 0),
          get(BUS_MASTER + 2),
          ...file,
        ];
      }
      default:
        return [
          get(0x3f6),
          get(IDE + 7),
          get(BUS_MASTER),
          get(BUS_MASTER + 2),
          ['inl', BUS_MASTER + 4, 0],
          get(0x170 + random.below(8)),
          get(0x376),
        ];
    }
  },
};
