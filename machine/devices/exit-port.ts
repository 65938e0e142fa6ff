/** Port F4h: a write ends the run. QEMU's counterpart is `isa-debug-exit` with iobase=0xf4, iosize=4. */
import type { Device } from './device.js';

export class ExitPort implements Device {
  readonly name = 'exit port';
  readonly ports = [{ first: 0xf4, last: 0xf7 }];

  constructor(private readonly exit: (value: number) => void) {}

  read(): number {
    return 0;
  }

  write(_port: number, _size: number, value: number): void {
    this.exit(value >>> 0);
  }
}
