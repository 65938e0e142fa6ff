// Channel 0 of the 8254 timer, the tick (Intel 8254 data sheet): 1,193,182 Hz divided, mode 2.
import { inb, outb } from './x86';

const INPUT_HZ: u32 = 1193182;

/** Counts between two ticks. */
export function pitDivisor(hz: u32): u32 {
  return (INPUT_HZ + hz / 2) / hz;
}

export function pitRate(hz: u32): void {
  const divisor = pitDivisor(hz);
  outb(0x43, 0x34);
  outb(0x40, divisor & 0xff);
  outb(0x40, divisor >> 8);
}

/** Counts left until the next tick. */
export function pitCount(): u32 {
  outb(0x43, 0);
  const low = inb(0x40);
  return low | (inb(0x40) << 8);
}
