/**
 * The 8042 keyboard controller with nothing plugged in: its self-tests, its configuration byte, the A20 gate (always
 * open) and the reset line, which port 92h drives too (Intel 82371SB).
 */
import type { Device } from './device.js';

const KEYBOARD = 'keyboard controller at port 64h';
const OUTPUT_FULL = 0x01;
const SELF_TEST_PASSED = 0x04;

export class KeyboardController implements Device {
  readonly name = '8042';
  readonly ports = [
    { first: 0x60, last: 0x60 },
    { first: 0x64, last: 0x64 },
    { first: 0x92, last: 0x92 },
  ];
  private readonly output: number[] = [];
  private configuration = 0x61;
  /** Command that waits for its data byte at port 60h. */
  private command = 0;

  /** @param reset called when the guest pulses the processor's reset line */
  constructor(private readonly reset: (by: string) => void) {}

  read(port: number): number {
    if (port === 0x92) return 0x02;
    if (port === 0x64) return SELF_TEST_PASSED | (this.output.length > 0 ? OUTPUT_FULL : 0);
    return this.output.shift() ?? 0;
  }

  write(port: number, _size: number, value: number): void {
    const byte = value & 0xff;
    if (port === 0x92) {
      if (byte & 1) this.reset('fast reset at port 92h');
    } else if (port === 0x64) {
      this.execute(byte);
    } else {
      if (this.command === 0x60) this.configuration = byte;
      if (this.command === 0xd1 && !(byte & 1)) this.reset(KEYBOARD);
      this.command = 0;
    }
  }

  private execute(command: number): void {
    this.command = command;
    if (command === 0x20) this.output.push(this.configuration);
    else if (command === 0xaa) this.output.push(0x55);
    else if (command === 0xab || command === 0xa9) this.output.push(0x00);
    else if (command === 0xd0) this.output.push(0x03);
    // F0h-FFh pulse output lines low where a bit is 0; bit 0 is reset.
    else if ((command & 0xf1) === 0xf0) this.reset(KEYBOARD);
  }
}
