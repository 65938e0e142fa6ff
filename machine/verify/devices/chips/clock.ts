/** The real-time clock and its memory. */
import type { Random } from '../../host/random.js';
import type { Step } from '../program.js';
import { type Chip, get, out } from './chip.js';

const cmosRead = (index: number): readonly Step[] => [out(0x70, index), get(0x71)];
const cmosWrite = (index: number, value: number): readonly Step[] => [out(0x70, index), out(0x71, value)];

const TIME_REGISTERS = [0, 2, 4, 6, 7, 8, 9, 0x32, 1, 3, 5];

/** Sets the clock in one of the four forms, while it stands, and looks at it before and after it goes on. */
function setClock(random: Random): readonly Step[] {
  const mode = random.of([0, 2, 4, 6]);
  const form = (n: number) => (mode & 4 ? n : (Math.floor(n / 10) << 4) | (n % 10));
  const hour = random.below(24);
  const hours = mode & 2 ? form(hour) : form(hour % 12 || 12) | (hour < 12 ? 0 : 0x80);
  const date = new Date(Date.UTC(2000 + random.below(38), random.below(12), 1 + random.below(28)));
  const values = [random.below(59), random.below(60)].map(form);
  values.push(hours, date.getUTCDay() + 1);
  values.push(...[date.getUTCDate(), date.getUTCMonth() + 1, date.getUTCFullYear() % 100, 20].map(form));
  values.push(...[1, 3, 5].map(() => random.of([0xc0, 0xff, 0x00, 0x12, 0x05])));
  const look = [...TIME_REGISTERS, 0x0b].flatMap(cmosRead);
  const stopped = [
    ...cmosWrite(0x0b, 0x80 | mode),
    ...values.flatMap((value, i) => cmosWrite(TIME_REGISTERS[i], value)),
  ];
  return [...stopped, ...look, ...cmosWrite(0x0b, mode | random.of([0, 0x10, 0x20])), ...look];
}

export const clock: Chip = {
  name: 'RTC',
  begin: [...cmosWrite(0x0a, 0x26), ...cmosWrite(0x0b, 0x82), ...cmosWrite(0x0b, 0x02), ...cmosRead(0x0c)],
  next(random) {
    switch (random.below(5)) {
      case 0:
      case 1:
        return setClock(random);
      case 2:
        return [...cmosWrite(0x0a, random.of([0x26, 0x20, 0x2f, 0xa6])), ...cmosRead(0x0a)];
      case 3:
        return [...cmosWrite(0x0c + random.below(2), random.below(256)), ...cmosRead(0x0d), ...cmosRead(0x0c)];
      default: {
        // 37h is another name of the century on QEMU.
        const index = 0x38 + random.below(0x48);
        return [...cmosWrite(index, random.below(256)), ...cmosRead(index | (random.below(2) << 7)), get(0x70)];
      }
    }
  },
};
