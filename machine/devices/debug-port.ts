/** Port E9h: each byte written is a character of a debugging console; a read answers E9h, so that guests can find it. */
import type { Device } from './device.js';

export class DebugPort implements Device {
  readonly name = 'debug port';
  readonly byteWide = true;
  readonly ports = [{ first: 0xe9, last: 0xe9 }];

  constructor(private readonly output: (byte: number) => void) {}

  read(): number {
    return 0xe9;
  }

  write(_port: number, _size: number, value: number): void {
    this.output(value & 0xff);
  }
}
