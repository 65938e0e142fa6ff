/** Configuration space. */
import type { Step } from '../program.js';
import { type Chip, get, NETWORK } from './chip.js';

export const pci: Chip = {
  name: 'PCI',
  begin: [['outl', 0xcf8, 0x80000000]],
  next(random) {
    const where = random.of([0, 0x800, 0x900, 0xb00, 0x1000, 0x1000, 0x1800, 0x10000, 0xf800, 0xa00]);
    // QEMU's card has a boot ROM at 30h.
    const register = random.of([
      0,
      4,
      8,
      0xc,
      0x10,
      0x14,
      0x18,
      0x20,
      0x24,
      0x2c,
      0x34,
      0x38,
      0x3c,
      0x40 + 4 * random.below(48),
    ]);
    const address = (random.chance(95) ? 0x80000000 : 0) + where + register;
    const select: Step = ['outl', 0xcf8, address];
    switch (random.below(8)) {
      case 0:
        return [
          random.of<Step>([
            ['outw', 0xcf8, 0x1234],
            ['outb', 0xcf8, 0x77],
            ['outb', 0xcfa, 0x77],
          ]),
          ['inl', 0xcf8, 0],
        ];
      case 1:
        return [select, ['inw', 0xcfc + 2 * random.below(2), 0]];
      case 2:
        return [select, get(0xcfc + random.below(4))];
      case 3: {
        // Registers of the network card that may hold anything for a moment.
        const chosen = random.of([0x10, 0x14, 0x18, 0x3c, 0x2c, 0x24]);
        const at: Step = ['outl', 0xcf8, 0x80001000 + chosen];
        const old = { 16: NETWORK, 20: 0xc001, 60: 0x10a }[chosen] ?? 0;
        const width = random.below(3);
        const write: Step = [
          (['outb', 'outw', 'outl'] as const)[width],
          0xcfc + [random.below(4), 2 * random.below(2), 0][width],
          random.chance(50) ? 0xffffffff : random.word(),
        ];
        return [
          ['outl', 0xcf8, 0x80001004],
          ['outl', 0xcfc, 0x100],
          at,
          write,
          ['inl', 0xcfc, 0],
          ['outl', 0xcfc, old],
          ['inl', 0xcfc, 0],
        ];
      }
      case 4:
        return [
          ['outl', 0xcf8, 0x80001004],
          ['outl', 0xcfc, random.word() & ~0x47],
          ['inl', 0xcfc, 0],
        ];
      case 5:
        return [
          ['outl', 0xcf8, 0x80000860],
          ['outl', 0xcfc, (random.word() & 0x0f0f0f0f) | 0x80808080],
          ['inl', 0xcfc, 0],
          ['outl', 0xcfc, 0x0b0b0a0a],
        ];
      default:
        return [select, ['inl', 0xcfc, 0], ['inl', 0xcf8, 0]];
    }
  },
};
