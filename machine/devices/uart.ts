/**
 * The 16550A serial port (National Semiconductor PC16550D). What is written to the transmitter leaves at once, whatever
 * the divisor says: time on the wire is not modelled (CAVEATS.md). Received text waits in a queue of the host's and
 * enters the 16-byte FIFO as it empties, so that nothing is ever lost. What the port sends to itself (loopback) comes at
 * once and can overrun the receiver; the host's text waits meanwhile.
 */
import type { AccessSize, Device, InterruptLine } from './device.js';
import { SavedByName } from './saved-state.js';

const FIFO_BYTES = 16;
/** Bytes in the FIFO at which "data available" is raised, by bits 6 and 7 of FCR. */
const TRIGGERS = [1, 4, 8, 14];

export class Uart extends SavedByName implements Device {
  readonly name: string;
  readonly byteWide = true;
  readonly ports;
  protected readonly stateFields = [
    'fifo',
    'waiting',
    'divisor',
    'ier',
    'lcr',
    'mcr',
    'scratch',
    'fifoEnabled',
    'trigger',
    'transmitPending',
    'overrun',
    'lastByte',
  ];
  private fifo: number[] = [];
  private waiting: number[] = [];
  private divisor = 12;
  private ier = 0;
  private lcr = 3;
  private mcr = 0;
  private scratch = 0;
  private fifoEnabled = false;
  private trigger = 1;
  /** "Transmitter empty" is raised by an emptying transmitter and dropped by reading IIR. */
  private transmitPending = false;
  /** Line status bit 1, until it is read. */
  private overrun = false;
  /** What came last without a FIFO: the receiver's buffer goes on showing it. */
  private lastByte = 0;

  constructor(
    private readonly base: number,
    private readonly interrupt: InterruptLine,
    private readonly transmit: (byte: number) => void,
  ) {
    super();
    this.name = `16550 at 0x${base.toString(16)}`;
    this.ports = [{ first: base, last: base + 7 }];
  }

  /** Text for the receiver. */
  feed(bytes: Iterable<number>): void {
    for (const byte of bytes) this.waiting.push(byte & 0xff);
    this.refill();
  }

  read(port: number, _size: AccessSize): number {
    switch (port - this.base) {
      case 0:
        return this.divisorAccess ? this.divisor & 0xff : this.receive();
      case 1:
        return this.divisorAccess ? this.divisor >> 8 : this.ier;
      case 2:
        return this.readIdentification();
      case 3:
        return this.lcr;
      case 4:
        return this.mcr;
      case 5:
        return this.readLineStatus();
      case 6:
        return this.modemStatus();
      default:
        return this.scratch;
    }
  }

  write(port: number, _size: AccessSize, value: number): void {
    const byte = value & 0xff;
    switch (port - this.base) {
      case 0:
        if (this.divisorAccess) this.divisor = (this.divisor & 0xff00) | byte;
        else this.send(byte);
        break;
      case 1:
        if (this.divisorAccess) this.divisor = (this.divisor & 0xff) | (byte << 8);
        else {
          if (byte & ~this.ier & 2) this.transmitPending = true;
          this.ier = byte & 15;
        }
        break;
      case 2:
        this.fifoControl(byte);
        break;
      case 3:
        this.lcr = byte;
        break;
      case 4:
        this.mcr = byte & 0x1f;
        this.refill();
        break;
      case 7:
        this.scratch = byte;
        break;
    }
    this.update();
  }

  private get divisorAccess(): boolean {
    return (this.lcr & 0x80) !== 0;
  }

  private get loopback(): boolean {
    return (this.mcr & 0x10) !== 0;
  }

  private send(byte: number): void {
    if (this.loopback) this.loopBack(byte);
    else this.transmit(byte);
    this.transmitPending = true;
  }

  /** A full FIFO keeps what it has; a single buffer takes the newer byte. */
  private loopBack(byte: number): void {
    if (!this.fifoEnabled) this.lastByte = byte;
    if (this.fifo.length < this.room) this.fifo.push(byte);
    else {
      this.overrun = true;
      if (!this.fifoEnabled) this.fifo[0] = byte;
    }
  }

  private get room(): number {
    return this.fifoEnabled ? FIFO_BYTES : 1;
  }

  private receive(): number {
    const byte = this.fifo.shift() ?? (this.fifoEnabled ? 0 : this.lastByte);
    this.refill();
    return byte;
  }

  private refill(): void {
    while (!this.loopback && this.fifo.length < this.room && this.waiting.length > 0) {
      const byte = this.waiting.shift()!;
      if (!this.fifoEnabled) this.lastByte = byte;
      this.fifo.push(byte);
    }
    this.update();
  }

  /** Bits 1 and 2 empty the FIFOs, as does switching them on or off. */
  private fifoControl(byte: number): void {
    const enabled = (byte & 1) !== 0;
    const changed = enabled !== this.fifoEnabled;
    this.fifoEnabled = enabled;
    this.trigger = enabled ? TRIGGERS[byte >> 6] : 1;
    if (changed || byte & 2) this.fifo.length = 0;
    if (changed || byte & 4) this.transmitPending = true;
    this.refill();
  }

  /** Transmitter holding register and shift register are always empty. */
  private readLineStatus(): number {
    const value = 0x60 | (Number(this.overrun) << 1) | Number(this.fifo.length > 0);
    this.overrun = false;
    this.update();
    return value;
  }

  /** Interrupt identification: the highest pending cause; reading drops "transmitter empty" when that is it. */
  private readIdentification(): number {
    const cause = this.cause();
    if (cause === 0x02) this.transmitPending = false;
    this.update();
    return cause | (this.fifoEnabled ? 0xc0 : 0);
  }

  private cause(): number {
    if (this.ier & 4 && this.overrun) return 0x06;
    if (this.ier & 1 && this.fifo.length >= this.trigger) return 0x04;
    // Below the trigger level the FIFO's time-out interrupt fires; here it is due as soon as no more text waits.
    if (this.ier & 1 && this.fifo.length > 0 && this.waiting.length === 0) return this.fifoEnabled ? 0x0c : 0x04;
    if (this.ier & 2 && this.transmitPending) return 0x02;
    return 0x01;
  }

  /** Clear to send, data set ready, carrier; in loopback the outputs of MCR come back. */
  private modemStatus(): number {
    if (!this.loopback) return 0xb0;
    const { mcr } = this;
    return ((mcr & 2) << 3) | ((mcr & 1) << 5) | ((mcr & 4) << 4) | ((mcr & 8) << 4);
  }

  /** The line is asserted while a cause is pending. PCs let OUT2 (MCR bit 3) gate it; QEMU does not, nor do we. */
  private update(): void {
    this.interrupt.set(this.cause() !== 0x01);
  }
}
