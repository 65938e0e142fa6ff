/** The 8042 and its keyboard. */
import { type Chip, get, out } from './chip.js';

const RESETS = (value: number) => (value & 0xf0) === 0xf0 && !(value & 1);

export const keyboard: Chip = {
  name: '8042',
  // QEMU's bit 3 does not say to which port the last byte went.
  masks: { 100: 0xf7 },
  begin: [
    out(0x64, 0xad),
    ...Array.from({ length: 20 }, () => get(0x60)),
    out(0x64, 0x60),
    out(0x60, 0x61),
    out(0x60, 0xf4),
    ['pause', 0, 1000],
    ...Array.from({ length: 4 }, () => get(0x60)),
    get(0x64),
  ],
  next(random) {
    switch (random.below(8)) {
      case 0: {
        const command = random.of([0x20, 0x60, 0xaa, 0xab, 0xad, 0xae, 0xd0, 0xd2, random.below(256)]);
        if (RESETS(command) || command === 0xd1 || (command & 0xfe) === 0xa8 || command === 0xa7) return [];
        if ([0xd3, 0xd4, 0xdd, 0xdf].includes(command)) return [];
        // QEMU goes on waiting for a command's byte when another command comes.
        const byte = command === 0x60 || command === 0xd2 ? [out(0x60, 0x61)] : [];
        return [out(0x64, command), ...byte, get(0x64)];
      }
      case 1:
        return [out(0x64, 0x60), out(0x60, (random.below(256) & 0x7f) | 0x20), out(0x64, 0x20), get(0x64), get(0x60)];
      case 2:
        // 0 is no command; QEMU acknowledges it.
        return [
          out(
            0x60,
            random.of([0xed, 0xee, 0xf0, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xff, 0xfe, 0xfa, 1 + random.below(0xf6)]),
          ),
        ];
      case 3:
        return [out(0x60, 1 + random.below(3)), get(0x64)];
      default:
        return [get(0x64), get(0x60)];
    }
  },
};
