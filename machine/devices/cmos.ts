/**
 * The real-time clock and its CMOS memory (Motorola MC146818A). The time of day starts at a fixed date and follows the
 * cycle counter; it can be set. Once a second the registers move on: the update-ended flag, and the alarm's where its
 * hours, minutes and seconds match (C0h and above matches all). The periodic flag comes at the rate in register A.
 * Register C shows the flags and is cleared by reading; an enabled flag asserts interrupt 8.
 *
 *     A  7 update in progress, 6-4 divider (2 = running), 3-0 rate        B  7 SET, 6 PIE, 5 AIE, 4 UIE, 2 binary, 1 24 h
 *     C  7 interrupt, 6 periodic, 5 alarm, 4 update ended                  D  7 valid
 */
import { type Clock, type Device, type InterruptLine, NEVER } from './device.js';
import { SavedByName } from './saved-state.js';

/** 2005-06-12 00:00:00 UTC, a Sunday. */
const START_SECONDS = Date.UTC(2005, 5, 12) / 1000;
const KIB = 1024;
const CRYSTAL_HZ = 32768;
/** How long before the second "update in progress" shows, in seconds. */
const UPDATE_WARNING = 244e-6;
const reg = {
  SECOND_ALARM: 1,
  MINUTE_ALARM: 3,
  HOUR_ALARM: 5,
  A: 0x0a,
  B: 0x0b,
  C: 0x0c,
  D: 0x0d,
  CENTURY: 0x32,
} as const;
const b = { SET: 0x80, PERIODIC: 0x40, ALARM: 0x20, UPDATE: 0x10, BINARY: 0x04, HOURS_24: 0x02 } as const;
const flag = { PERIODIC: 0x40, ALARM: 0x20, UPDATE: 0x10, INTERRUPT: 0x80 } as const;
const PM = 0x80;
const ANY = 0xc0;

export class Cmos extends SavedByName implements Device {
  readonly name = 'RTC';
  readonly byteWide = true;
  readonly ports = [{ first: 0x70, last: 0x71 }];
  protected readonly stateFields = ['index', 'bytes', 'flags', 'offset', 'nextSecond', 'nextPeriod', 'period0'];
  private index = 0;
  private readonly bytes = new Uint8Array(128);
  private flags = 0;
  /** Seconds by which the time of day is ahead of the one that follows from the start. */
  private offset = 0;
  /** Cycles of the next update and of the next periodic flag; where the periods are counted from. */
  private nextSecond: number;
  private nextPeriod = NEVER;
  private period0 = 0;

  constructor(
    private readonly clock: Clock,
    private readonly interrupt: InterruptLine,
    ramBytes: number,
  ) {
    super();
    this.bytes[reg.A] = 0x26;
    this.bytes[reg.B] = b.HOURS_24;
    this.bytes[reg.D] = 0x80;
    this.word(0x15, 640);
    const extended = Math.min((ramBytes - 0x100000) / KIB, 0xffff);
    this.word(0x17, extended);
    this.word(0x30, extended);
    this.word(0x34, Math.min(Math.max(0, ramBytes - 0x1000000) / 0x10000, 0xffff));
    this.nextSecond = this.secondAfter(0);
  }

  get nextDue(): number {
    const seconds = this.bytes[reg.B] & (b.ALARM | b.UPDATE) ? this.nextSecond : NEVER;
    return Math.min(seconds, this.nextPeriod);
  }

  get canInterrupt(): boolean {
    return this.interrupt.unmasked && (this.bytes[reg.B] & (b.PERIODIC | b.ALARM | b.UPDATE)) !== 0;
  }

  run(now: number): void {
    if (this.nextPeriod <= now) {
      this.flags |= flag.PERIODIC;
      this.nextPeriod = this.periodAfter(now);
    }
    this.catchUp(now);
    this.update();
  }

  read(port: number): number {
    if (port === 0x70) return 0xff;
    this.catchUp(this.clock.now());
    const { index } = this;
    if (index === reg.A) return this.bytes[reg.A] | this.updating();
    if (index === reg.C) return this.readFlags();
    const field = this.stopped ? undefined : fields[index];
    return field ? this.encode(index, field.get(this.date())) : this.bytes[index];
  }

  write(port: number, _size: number, value: number): void {
    const byte = value & 0xff;
    this.catchUp(this.clock.now());
    if (port === 0x70) this.index = byte & 0x7f;
    else if (this.index === reg.A) {
      this.bytes[reg.A] = byte & 0x7f;
      this.restartPeriod();
    } else if (this.index === reg.B) this.writeB(byte);
    else if (this.index === reg.C || this.index === reg.D) return;
    else this.writeOther(byte);
  }

  // ---- time

  /** SET is on: the registers of time are memory, and count nothing. */
  private get stopped(): boolean {
    return (this.bytes[reg.B] & b.SET) !== 0;
  }

  /** Seconds since 1970. */
  private seconds(): number {
    return this.offset + this.elapsed(this.clock.now());
  }

  private date(): Date {
    return new Date(this.seconds() * 1000);
  }

  /** Seconds since 1970 by the cycle counter alone. */
  private elapsed(now: number): number {
    return START_SECONDS + Math.floor(now / this.clock.hz);
  }

  private secondAfter(now: number): number {
    return Math.ceil((Math.floor(now / this.clock.hz) + 1) * this.clock.hz);
  }

  /** A register of time that is written while the clock runs sets the clock. */
  private writeOther(byte: number): void {
    const sets = !this.stopped && this.index in fields;
    if (sets) this.showTime();
    this.bytes[this.index] = byte;
    if (sets) this.takeTime();
  }

  /** The time of day into the registers. */
  private showTime(): void {
    const date = this.date();
    for (const [index, field] of Object.entries(fields)) {
      this.bytes[Number(index)] = this.encode(Number(index), field.get(date));
    }
  }

  /** The clock goes on from what the registers say; the day of the week follows from the date. */
  private takeTime(): void {
    const value = (index: number) => this.decode(index, this.bytes[index]);
    const year = value(reg.CENTURY) * 100 + value(9);
    const seconds = Math.floor(Date.UTC(year, value(8) - 1, value(7), value(4), value(2), value(0)) / 1000);
    this.offset = (Number.isFinite(seconds) ? seconds : 0) - this.elapsed(this.clock.now());
  }

  private updating(): number {
    const { hz } = this.clock;
    return !this.stopped && this.nextSecond - this.clock.now() < UPDATE_WARNING * hz ? 0x80 : 0;
  }

  /** Seconds that have gone by leave their flags, whether anybody waits for them or not. */
  private catchUp(now: number): void {
    if (this.nextSecond > now) return;
    if (!this.stopped) {
      this.flags |= flag.UPDATE;
      // A whole day is the longest that an alarm can be away.
      const seconds = Math.min(Math.floor((now - this.nextSecond) / this.clock.hz) + 1, 86400);
      for (let i = 0; i < seconds; i++) if (this.alarmAt(this.seconds() - i)) this.flags |= flag.ALARM;
    }
    this.nextSecond = this.secondAfter(now);
  }

  private alarmAt(seconds: number): boolean {
    const date = new Date(seconds * 1000);
    return [reg.SECOND_ALARM, reg.MINUTE_ALARM, reg.HOUR_ALARM].every((alarm) => {
      const wanted = this.bytes[alarm];
      const field = alarm - 1;
      return wanted >= ANY || this.decode(field, wanted) === fields[field].get(date);
    });
  }

  // ---- flags

  private readFlags(): number {
    const value = this.flags | (this.asserted ? flag.INTERRUPT : 0);
    this.flags = 0;
    this.update();
    return value;
  }

  private get asserted(): boolean {
    return (this.flags & this.bytes[reg.B] & (b.PERIODIC | b.ALARM | b.UPDATE)) !== 0;
  }

  private update(): void {
    this.interrupt.set(this.asserted);
  }

  private writeB(byte: number): void {
    const changed = byte ^ this.bytes[reg.B];
    // SET stops the clock, and takes the update interrupt's permission away.
    if (changed & byte & b.SET) this.showTime();
    this.bytes[reg.B] = byte & b.SET ? byte & ~b.UPDATE : byte;
    if (changed & ~byte & b.SET) this.takeTime();
    if (changed & b.PERIODIC) this.restartPeriod();
    this.update();
  }

  private restartPeriod(): void {
    this.period0 = this.clock.now();
    this.nextPeriod = this.periodAfter(this.period0);
  }

  /** The next end of a period after `now`; none while the interrupt is off or the divider stands. */
  private periodAfter(now: number): number {
    const rate = this.bytes[reg.A] & 15;
    const running = (this.bytes[reg.A] & 0x60) === 0x20;
    if (rate === 0 || !running || !(this.bytes[reg.B] & b.PERIODIC)) return NEVER;
    // Rates 1 and 2 are those of 8 and 9.
    const ticks = 2 ** ((rate < 3 ? rate + 7 : rate) - 1);
    const cycles = (ticks * this.clock.hz) / CRYSTAL_HZ;
    return Math.ceil(this.period0 + (Math.floor((now - this.period0) / cycles) + 1) * cycles);
  }

  // ---- numbers

  private encode(index: number, value: number): number {
    const twelve = index === 4 && !(this.bytes[reg.B] & b.HOURS_24);
    const shown = twelve ? value % 12 || 12 : value;
    const byte = this.bytes[reg.B] & b.BINARY ? shown : toBcd(shown);
    return twelve && value >= 12 ? byte | PM : byte;
  }

  private decode(index: number, byte: number): number {
    const twelve = index === 4 && !(this.bytes[reg.B] & b.HOURS_24);
    const plain = twelve ? byte & ~PM : byte;
    const value = this.bytes[reg.B] & b.BINARY ? plain : fromBcd(plain);
    return twelve ? (value % 12) + (byte & PM ? 12 : 0) : value;
  }

  private word(at: number, value: number): void {
    const whole = Math.floor(value);
    this.bytes[at] = whole & 0xff;
    this.bytes[at + 1] = (whole >> 8) & 0xff;
  }
}

/** The registers of time, by index. */
const fields: Readonly<Record<number, { get(date: Date): number }>> = {
  0: { get: (d) => d.getUTCSeconds() },
  2: { get: (d) => d.getUTCMinutes() },
  4: { get: (d) => d.getUTCHours() },
  6: { get: (d) => d.getUTCDay() + 1 },
  7: { get: (d) => d.getUTCDate() },
  8: { get: (d) => d.getUTCMonth() + 1 },
  9: { get: (d) => d.getUTCFullYear() % 100 },
  [reg.CENTURY]: { get: (d) => Math.floor(d.getUTCFullYear() / 100) },
};

function toBcd(value: number): number {
  return (Math.floor(value / 10) << 4) | (value % 10);
}

function fromBcd(value: number): number {
  return (value >> 4) * 10 + (value & 15);
}
