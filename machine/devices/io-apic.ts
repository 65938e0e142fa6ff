/**
 * The I/O APIC (Intel 82093AA; version 20h with an EOI register, as QEMU's): 24 inputs, each with an entry that says
 * what to deliver, to whom and how it is triggered.
 *
 *     63-56 destination | 16 masked | 15 level | 14 remote IRR | 13 polarity | 11 logical | 10-8 mode | 7-0 vector
 *
 * An edge is taken when it comes, unless the input is masked. A level is delivered while it lasts and remote IRR is
 * clear; delivering sets remote IRR, the EOI of the vector clears it. Polarity is kept and means nothing: inputs here
 * are asserted or not.
 */
import type { AddressWindow, Device, InterruptLine } from './device.js';
import { SavedByName } from './saved-state.js';

const PINS = 24;
const VERSION = ((PINS - 1) << 16) | 0x20;
const MASKED = 0x10000;
const LEVEL = 0x8000;
const REMOTE_IRR = 0x4000;
const LOGICAL = 0x800;
const WRITABLE = 0x1afff;
const reg = { SELECT: 0x00, WINDOW: 0x10, EOI: 0x40 } as const;
const index = { ID: 0, VERSION: 1, ARBITRATION: 2, TABLE: 0x10 } as const;
/** The timer's interrupt 0 comes in at pin 2; the others at the pin of their number. */
const TIMER_PIN = 2;

export interface ApicBus {
  accepts(destination: number, logical: boolean): boolean;
  deliver(mode: number, vector: number, level: boolean): void;
}

export class IoApic extends SavedByName implements Device {
  readonly name = 'I/O APIC';
  readonly memory: AddressWindow;
  protected readonly stateFields = ['id', 'select', 'low', 'high', 'lines', 'requests'];
  private id = 0;
  private select = 0;
  private readonly low = new Uint32Array(PINS).fill(MASKED);
  private readonly high = new Uint32Array(PINS);
  /** Level of each input, and requests not yet delivered. */
  private lines = 0;
  private requests = 0;

  constructor(
    base: number,
    private readonly bus: ApicBus,
  ) {
    super();
    this.memory = {
      base,
      length: 0x1000,
      enabled: true,
      read: (offset) => this.readRegister(offset & 0xff) >>> 0,
      write: (offset, size, value) => {
        if (size === 4) this.writeRegister(offset & 0xff, value >>> 0);
      },
    };
  }

  /** Input of ISA interrupt 0-15. */
  line(interrupt: number): InterruptLine {
    const pin = interrupt === 0 ? TIMER_PIN : interrupt;
    const { low } = this;
    return {
      get unmasked() {
        return !(low[pin] & MASKED);
      },
      set: (level) => this.setLine(pin, level),
    };
  }

  /** The local APIC has ended a level-triggered interrupt. */
  endOfInterrupt(vector: number): void {
    for (let pin = 0; pin < PINS; pin++) {
      if ((this.low[pin] & 0xff) === vector && this.low[pin] & REMOTE_IRR) this.low[pin] &= ~REMOTE_IRR;
    }
    this.service();
  }

  private setLine(pin: number, level: boolean): void {
    const bit = 1 << pin;
    const rises = level && !(this.lines & bit);
    if (level) this.lines |= bit;
    else this.lines &= ~bit;
    const entry = this.low[pin];
    if (entry & LEVEL) {
      if (level) this.requests |= bit;
      else this.requests &= ~bit;
    } else if (rises && !(entry & MASKED)) {
      this.requests |= bit;
    }
    if (this.requests !== 0) this.service();
  }

  private service(): void {
    for (let pin = 0; pin < PINS; pin++) {
      const bit = 1 << pin;
      const entry = this.low[pin];
      if (!(this.requests & bit) || entry & MASKED) continue;
      const level = (entry & LEVEL) !== 0;
      if (level && entry & REMOTE_IRR) continue;
      if (level) this.low[pin] |= REMOTE_IRR;
      else this.requests &= ~bit;
      if (this.bus.accepts(this.high[pin] >>> 24, (entry & LOGICAL) !== 0)) {
        this.bus.deliver((entry >> 8) & 7, entry & 0xff, level);
      }
    }
  }

  private readRegister(offset: number): number {
    if (offset === reg.SELECT) return this.select;
    if (offset !== reg.WINDOW) return 0;
    const pin = (this.select - index.TABLE) >> 1;
    if (pin >= 0 && pin < PINS) return this.select & 1 ? this.high[pin] : this.low[pin];
    if (this.select === index.ID || this.select === index.ARBITRATION) return this.id;
    return this.select === index.VERSION ? VERSION : 0;
  }

  private writeRegister(offset: number, value: number): void {
    if (offset === reg.SELECT) this.select = value & 0xff;
    else if (offset === reg.EOI) this.endOfInterrupt(value & 0xff);
    else if (offset === reg.WINDOW) this.writeSelected(value);
  }

  private writeSelected(value: number): void {
    const pin = (this.select - index.TABLE) >> 1;
    if (this.select === index.ID) this.id = value & 0x0f000000;
    if (pin < 0 || pin >= PINS) return;
    if (this.select & 1) this.high[pin] = (value & 0xff000000) >>> 0;
    else {
      this.low[pin] = (value & WRITABLE) | (this.low[pin] & REMOTE_IRR);
      // An edge-triggered entry has no remote IRR; a level that is there counts from now on.
      if (!(value & LEVEL)) this.low[pin] &= ~REMOTE_IRR;
      else if (this.lines & (1 << pin)) this.requests |= 1 << pin;
      else this.requests &= ~(1 << pin);
    }
    this.service();
  }
}
