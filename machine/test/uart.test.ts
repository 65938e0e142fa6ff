import { beforeEach, describe, expect, it } from 'vitest';
import { Uart } from '../devices/uart.js';
import { RecordedLine } from './fakes.js';

const [DATA, IER, IIR, LCR, MCR, LSR] = [0x3f8, 0x3f9, 0x3fa, 0x3fb, 0x3fc, 0x3fd];

describe('16550', () => {
  let line: RecordedLine;
  let sent: number[];
  let uart: Uart;

  beforeEach(() => {
    line = new RecordedLine();
    sent = [];
    uart = new Uart(0x3f8, line, (byte) => sent.push(byte));
    uart.write(MCR, 1, 0x08);
  });

  it('transmits at once and is ready again', () => {
    uart.write(DATA, 1, 0x41);
    expect(sent).toEqual([0x41]);
    expect(uart.read(LSR, 1)).toBe(0x60);
  });

  it('keeps the divisor apart from data and interrupt enable', () => {
    uart.write(LCR, 1, 0x83);
    uart.write(DATA, 1, 0x01);
    uart.write(IER, 1, 0x02);
    uart.write(LCR, 1, 0x03);
    expect(sent).toEqual([]);
    expect(uart.read(IER, 1)).toBe(0);
    uart.write(LCR, 1, 0x83);
    expect([uart.read(DATA, 1), uart.read(IER, 1)]).toEqual([0x01, 0x02]);
  });

  it('hands out what was fed in order, and says when there is more', () => {
    uart.write(IIR, 1, 0x01);
    uart.feed([1, 2, 3]);
    const received: number[] = [];
    while (uart.read(LSR, 1) & 1) received.push(uart.read(DATA, 1));
    expect(received).toEqual([1, 2, 3]);
  });

  it('loses nothing beyond the 16 bytes of its FIFO', () => {
    uart.write(IIR, 1, 0x01);
    uart.feed(Array.from({ length: 40 }, (_, i) => i));
    const received: number[] = [];
    while (uart.read(LSR, 1) & 1) received.push(uart.read(DATA, 1));
    expect(received).toEqual(Array.from({ length: 40 }, (_, i) => i));
  });

  it('interrupts on received data while enabled, until it is read', () => {
    uart.write(IER, 1, 0x01);
    uart.feed([7]);
    expect(line.level).toBe(true);
    expect(uart.read(IIR, 1) & 0x0f).toBe(0x04);
    uart.read(DATA, 1);
    expect(line.level).toBe(false);
    expect(uart.read(IIR, 1) & 0x0f).toBe(0x01);
  });

  it('waits for the trigger level, then tells the rest by time-out', () => {
    uart.write(IIR, 1, 0xc1);
    uart.write(IER, 1, 0x01);
    uart.feed(Array.from({ length: 20 }, () => 0));
    expect(uart.read(IIR, 1)).toBe(0xc4);
    for (let i = 0; i < 10; i++) uart.read(DATA, 1);
    expect(uart.read(IIR, 1)).toBe(0xcc);
  });

  it('interrupts when the transmitter empties, dropped by reading IIR', () => {
    uart.write(IER, 1, 0x02);
    expect(line.level).toBe(true);
    expect(uart.read(IIR, 1) & 0x0f).toBe(0x02);
    expect(line.level).toBe(false);
    uart.write(DATA, 1, 0x42);
    expect(line.level).toBe(true);
  });

  it('asserts its interrupt whatever OUT2 says, as QEMU does', () => {
    uart.write(MCR, 1, 0x00);
    uart.write(IER, 1, 0x02);
    expect(line.level).toBe(true);
    uart.write(MCR, 1, 0x08);
    expect(line.level).toBe(true);
  });

  it('loops back when told to', () => {
    uart.write(MCR, 1, 0x1e);
    uart.write(DATA, 1, 0x55);
    expect(sent).toEqual([]);
    expect(uart.read(DATA, 1)).toBe(0x55);
    // RTS, OUT1 and OUT2 come back as CTS, RI and DCD (PC16550D, modem control register).
    expect(uart.read(0x3fe, 1)).toBe(0xd0);
  });

  it('overruns itself in loopback: a FIFO keeps the older bytes, a single buffer the newer one', () => {
    uart.write(MCR, 1, 0x10);
    uart.write(IER, 1, 0x04);
    for (const byte of [1, 2]) uart.write(DATA, 1, byte);
    expect(uart.read(IIR, 1)).toBe(0x06);
    expect(uart.read(LSR, 1)).toBe(0x63);
    expect(uart.read(LSR, 1)).toBe(0x61);
    expect(line.level).toBe(false);
    expect(uart.read(DATA, 1)).toBe(2);
    uart.write(IIR, 1, 0x01);
    for (let byte = 0; byte < 18; byte++) uart.write(DATA, 1, byte);
    expect(uart.read(LSR, 1)).toBe(0x63);
    expect(Array.from({ length: 16 }, () => uart.read(DATA, 1))).toEqual(Array.from({ length: 16 }, (_, i) => i));
    expect(uart.read(LSR, 1)).toBe(0x60);
  });

  it('lets text from outside wait while it talks to itself', () => {
    uart.write(MCR, 1, 0x10);
    uart.feed([9]);
    uart.write(DATA, 1, 5);
    expect(uart.read(DATA, 1)).toBe(5);
    expect(uart.read(LSR, 1)).toBe(0x60);
    uart.write(MCR, 1, 0x00);
    expect(uart.read(DATA, 1)).toBe(9);
  });
});
