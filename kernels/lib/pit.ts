// Channel 0 of the 8254 timer, the tick (Intel 8254 data sheet): 1,193,182 Hz divided, mode 2.
import { outb } from './x86';

const INPUT_HZ: u32 = 1193182;

export function pitRate(hz: u32): void {
  const divisor = (INPUT_HZ + hz / 2) / hz;
  outb(0x43, 0x34);
  outb(0x40, divisor & 0xff);
  outb(0x40, divisor >> 8);
}
