// The pair of 8259 interrupt controllers of a PC (Intel 8259A data sheet): fixed priority, edge-triggered by default,
// non-specific end of interrupt.
import { inb, outb } from './x86';

const MASTER: u32 = 0x20;
const SLAVE: u32 = 0xa0;
const END_OF_INTERRUPT: u32 = 0x20;
const READ_REQUESTS: u32 = 0x0a;
/** All but the cascade. */
const ALL_MASKED: u32 = 0xfffb;

/** What the mask registers hold, one bit a line: reading them back would cost a port access. */
let masks: u32 = ALL_MASKED;

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
  masks = ALL_MASKED;
  writeMask(0);
  writeMask(8);
}

export function picUnmask(line: u32): void {
  masks &= ~(1 << line);
  writeMask(line);
}

export function picMask(line: u32): void {
  masks |= 1 << line;
  writeMask(line);
}

function writeMask(line: u32): void {
  if (line < 8) outb(MASTER + 1, masks & 0xff);
  else outb(SLAVE + 1, masks >> 8);
}

/** Ends the interrupt in service. */
export function picEnd(line: u32): void {
  if (line >= 8) outb(SLAVE, END_OF_INTERRUPT);
  outb(MASTER, END_OF_INTERRUPT);
}

/** Has the line been raised and not been taken yet? Lines 0-7. */
export function picPending(line: u32): bool {
  outb(MASTER, READ_REQUESTS);
  return ((inb(MASTER) >> line) & 1) != 0;
}
