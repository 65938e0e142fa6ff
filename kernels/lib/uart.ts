// The 16550 at 0x3F8, COM1, polled (National Semiconductor PC16550D data sheet): 115,200 baud, 8 bits, no parity.
import { inb, outb } from './x86';

const COM1: u32 = 0x3f8;
const LINE_STATUS: u32 = COM1 + 5;
const DATA_READY: u32 = 1;
const TRANSMIT_EMPTY: u32 = 0x20;
const TRANSMITTER_IDLE: u32 = 0x40;

export function uartInit(): void {
  outb(COM1 + 1, 0);
  outb(COM1 + 3, 0x80);
  outb(COM1, 1);
  outb(COM1 + 1, 0);
  outb(COM1 + 3, 3);
  outb(COM1 + 2, 7);
}

export function uartPut(byte: u32): void {
  while (!(inb(LINE_STATUS) & TRANSMIT_EMPTY)) {}
  outb(COM1, byte);
}

/** Waits until the last byte is on the line: before the machine is switched off. */
export function uartDrain(): void {
  while (!(inb(LINE_STATUS) & TRANSMITTER_IDLE)) {}
}

/** Received bytes raise the port's interrupt from now on (OUT2 lets it through to the interrupt controller). */
export function uartListen(): void {
  outb(COM1 + 4, 0x0b);
  outb(COM1 + 1, 1);
}

/** A received byte, or -1. */
export function uartGet(): i32 {
  return inb(LINE_STATUS) & DATA_READY ? inb(COM1) : -1;
}
