/**
 * The real-time clock and its CMOS memory (Motorola MC146818), as far as a kernel reads it: the time of day, which
 * starts at a fixed date and follows the cycle counter, and the sizes of memory as firmware stores them. Alarm, periodic
 * and update interrupts do not exist here.
 */
import type { Clock, Device } from './device.js';

/** 2005-06-12 00:00:00 UTC, a Sunday. */
const START_SECONDS = Date.UTC(2005, 5, 12) / 1000;
const KIB = 1024;

export class Cmos implements Device {
  readonly name = 'RTC';
  readonly ports = [{ first: 0x70, last: 0x71 }];
  private index = 0;
  private readonly bytes = new Uint8Array(128);

  constructor(
    private readonly clock: Clock,
    ramBytes: number,
  ) {
    // Register A: 32768 Hz base; B: 24 hours, BCD; D: valid memory and time.
    this.bytes[0x0a] = 0x26;
    this.bytes[0x0b] = 0x02;
    this.bytes[0x0d] = 0x80;
    this.word(0x15, 640);
    const extended = Math.min((ramBytes - 0x100000) / KIB, 0xffff);
    this.word(0x17, extended);
    this.word(0x30, extended);
    this.word(0x34, Math.min(Math.max(0, ramBytes - 0x1000000) / 0x10000, 0xffff));
  }

  read(port: number): number {
    if (port === 0x70) return 0xff;
    const time = this.time(this.index);
    return time === undefined ? this.bytes[this.index] : toBcd(time);
  }

  write(port: number, _size: number, value: number): void {
    if (port === 0x70) this.index = value & 0x7f;
    else if (this.index > 0x0d || this.index === 0x0a) this.bytes[this.index] = value & 0xff;
  }

  private time(index: number): number | undefined {
    const date = new Date((START_SECONDS + Math.floor(this.clock.now() / this.clock.hz)) * 1000);
    switch (index) {
      case 0x00:
        return date.getUTCSeconds();
      case 0x02:
        return date.getUTCMinutes();
      case 0x04:
        return date.getUTCHours();
      case 0x06:
        return date.getUTCDay() + 1;
      case 0x07:
        return date.getUTCDate();
      case 0x08:
        return date.getUTCMonth() + 1;
      case 0x09:
        return date.getUTCFullYear() % 100;
      case 0x32:
        return Math.floor(date.getUTCFullYear() / 100);
      default:
        return undefined;
    }
  }

  private word(at: number, value: number): void {
    const whole = Math.floor(value);
    this.bytes[at] = whole & 0xff;
    this.bytes[at + 1] = (whole >> 8) & 0xff;
  }
}

function toBcd(value: number): number {
  return (Math.floor(value / 10) << 4) | (value % 10);
}
