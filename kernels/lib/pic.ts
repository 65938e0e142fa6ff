// The pair of 8259 interrupt controllers of a PC (Intel 8259A data sheet): fixed priority, edge-triggered by default,
// non-specific end of interrupt.
import { inb, outb } from './x86';

const MASTER: u32 = 0x20;
const SLAVE: u32 = 0xa0;
const END_OF_INTERRUPT: u32 = 0x20;

/** Lines 0-7 raise vectors first..first+7, lines 8-15 the next eight. All are masked but the cascade. */
export function picInit(first: u32): void {
  outb(MASTER, 0x11);
  outb(SLAVE, 0x11);
  outb(MASTER + 1, first);
  outb(SLAVE + 1, first + 8);
  outb(MASTER + 1, 4);
  outb(SLAVE + 1, 2);
  outb(MASTER + 1, 1);
  outb(SLAVE + 1, 1);
  outb(MASTER + 1, 0xfb);
  outb(SLAVE + 1, 0xff);
}

export function picUnmask(line: u32): void {
  const port = line < 8 ? MASTER + 1 : SLAVE + 1;
  outb(port, inb(port) & ~(1 << (line & 7)));
}

export function picMask(line: u32): void {
  const port = line < 8 ? MASTER + 1 : SLAVE + 1;
  outb(port, inb(port) | (1 << (line & 7)));
}

/** Ends the interrupt in service. */
export function picEnd(line: u32): void {
  if (line >= 8) outb(SLAVE, END_OF_INTERRUPT);
  outb(MASTER, END_OF_INTERRUPT);
}
