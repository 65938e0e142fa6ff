/**
 * The 8254 timer (Intel 231164-005): channel 0 drives interrupt 0, channel 2 is gated by port 61h, which also shows its
 * output. Channel 1 (DRAM refresh) counts, and nobody looks.
 *
 * Counting is not stepped. A channel remembers the cycle at which its count was loaded; count, output and the next edge
 * follow from the time since then. The crystal runs at 1193182 Hz and `phase` cycles behind the processor's first: a
 * declared seed, so that a timer's position against the program is chosen, never accidental.
 *
 *     mode   output                                        begins
 *     0      low, high from the end of the count on        when the count is written; waits while the gate is low
 *     1      low during the count, else high               at a rising gate, again at each
 *     2      high but for the last tick of each period     when the count is written; a rising gate begins anew
 *     3      high in the first half of each period         as mode 2
 *     4      high but for the tick after the count         as mode 0
 *     5      the same                                      as mode 1
 *
 * A count that is written without a mode word takes effect at once in modes 0, 2, 3 and 4, as in QEMU; in modes 1 and 5
 * at the next trigger.
 */
import { type AccessSize, type Clock, type Device, type InterruptLine, NEVER } from './device.js';
import { SavedByName } from './saved-state.js';

/** Ticks a second: 14.31818 MHz / 12. */
export const PIT_HZ = 1193182;

class Channel extends SavedByName {
  protected readonly stateFields = [
    'mode',
    'gate',
    'reload',
    'nextReload',
    'bcd',
    'access',
    'writeHigh',
    'lowByte',
    'readHigh',
    'latched',
    'latchedStatus',
    'started',
    'counting',
    'triggered',
    'heldTicks',
  ];
  mode = 3;
  gate = true;
  /** 1-65536 ticks (10000 in BCD). */
  reload = 65536;
  /** The count that the next trigger takes. */
  private nextReload = 65536;
  private bcd = false;
  /** Which bytes an access moves: 1 low, 2 high, 3 both in turn. */
  private access = 3;
  private writeHigh = false;
  private lowByte = 0;
  private readHigh = false;
  private latched: number | null = null;
  private latchedStatus: number | null = null;
  /** Cycle at which counting began. */
  private started = 0;
  /** False after a mode word until a count has been written. */
  private counting = true;
  /** In modes 1 and 5: whether the gate has risen since the mode word. */
  private triggered = false;
  /** Ticks counted when the gate closed; counting goes on from there. */
  private heldTicks = 0;

  constructor(
    private readonly clock: Clock,
    private readonly phase: number,
  ) {
    super();
    this.started = phase;
  }

  control(value: number): void {
    this.access = (value >> 4) & 3;
    const mode = (value >> 1) & 7;
    this.mode = mode > 5 ? mode - 4 : mode;
    this.bcd = (value & 1) !== 0;
    this.writeHigh = false;
    this.readHigh = false;
    this.latched = null;
    this.latchedStatus = null;
    this.counting = false;
    this.triggered = false;
    this.heldTicks = 0;
  }

  write(byte: number): void {
    if (this.access === 1) this.load(byte);
    else if (this.access === 2) this.load(byte << 8);
    else if (this.writeHigh) {
      this.writeHigh = false;
      this.load(this.lowByte | (byte << 8));
    } else {
      this.lowByte = byte;
      this.writeHigh = true;
      // Writing the first byte of a count stops mode 0 (8254 data sheet, "MODE 0").
      if (this.mode === 0) this.counting = false;
    }
  }

  read(): number {
    if (this.latchedStatus !== null) {
      const status = this.latchedStatus;
      this.latchedStatus = null;
      return status;
    }
    const count = this.latched ?? this.count();
    if (this.access === 3) {
      const byte = this.readHigh ? count >> 8 : count & 0xff;
      if (this.readHigh) this.latched = null;
      this.readHigh = !this.readHigh;
      return byte;
    }
    this.latched = null;
    return this.access === 2 ? count >> 8 : count & 0xff;
  }

  latchCount(): void {
    this.latched ??= this.count();
  }

  latchStatus(): void {
    const bits = (Number(this.output()) << 7) | (Number(!this.counting) << 6) | (this.access << 4);
    this.latchedStatus ??= bits | (this.mode << 1) | Number(this.bcd);
  }

  setGate(gate: boolean): void {
    if (gate === this.gate) return;
    if (!gate) this.heldTicks = this.gated ? this.ticks() : 0;
    else if (this.mode === 0 || this.mode === 4) this.started = this.clock.now();
    else {
      // In modes 1, 2, 3 and 5 a rising gate reloads the count.
      this.reload = this.nextReload;
      this.started = this.clock.now() + this.phase;
      this.heldTicks = 0;
      this.triggered = true;
    }
    this.gate = gate;
  }

  output(): boolean {
    if (!this.running) return this.mode !== 0;
    if (this.mode === 0 || this.mode === 1) return this.ticks() >= this.reload;
    if (!this.periodic) return this.ticks() !== this.reload;
    if (!this.gate) return true;
    const position = this.ticks() % this.reload;
    return this.mode === 2 ? position !== this.reload - 1 : position < Math.ceil(this.reload / 2);
  }

  /** The next cycle after `now` at which the output rises. */
  nextRise(now: number): number {
    if (!this.running || (this.gated && !this.gate)) return NEVER;
    if (!this.periodic) {
      // A strobe (modes 4 and 5) falls at the end of the count and rises a tick later.
      const strobe = this.mode >= 4 ? 1 : 0;
      const at = this.cycleOf(this.reload + strobe - this.heldTicks);
      return at > now ? at : NEVER;
    }
    const periods = Math.floor(this.ticksAt(now) / this.reload);
    let at = this.cycleOf((periods + 1) * this.reload);
    if (at <= now) at = this.cycleOf((periods + 2) * this.reload);
    return at;
  }

  /** Whether a low gate stops the count; in the other modes only its rise means something. */
  private get gated(): boolean {
    return this.mode !== 1 && this.mode !== 5;
  }

  /** Whether a count is under way or has been. */
  private get running(): boolean {
    return this.counting && (this.triggered || (this.mode !== 1 && this.mode !== 5));
  }

  get periodic(): boolean {
    return this.mode === 2 || this.mode === 3;
  }

  private load(value: number): void {
    const limit = this.bcd ? 10000 : 65536;
    this.nextReload = (this.bcd ? fromBcd(value) : value) || limit;
    this.counting = true;
    if (this.mode === 1 || this.mode === 5) return;
    this.reload = this.nextReload;
    this.started = this.clock.now() + this.phase;
    this.heldTicks = 0;
  }

  /** What a read of the counter shows. */
  private count(): number {
    if (!this.running) return this.counting ? this.nextReload & 0xffff : 0;
    const ticks = this.ticks();
    let count: number;
    if (this.periodic) {
      const position = ticks % this.reload;
      // Mode 3 counts by two, twice a period.
      count = this.mode === 2 ? this.reload - position : this.reload - ((2 * position) % this.reload);
    } else {
      count = (((this.reload - ticks) % 65536) + 65536) % 65536;
    }
    return this.bcd ? toBcd(count % 10000) : count & 0xffff;
  }

  private ticks(): number {
    if (!this.gate && this.gated) return this.heldTicks;
    return this.heldTicks + this.ticksAt(this.clock.now());
  }

  private ticksAt(now: number): number {
    const cycles = BigInt(Math.max(0, now - this.started));
    return Number((cycles * BigInt(PIT_HZ)) / BigInt(this.clock.hz));
  }

  /** First cycle at which `ticks` ticks have passed since counting began. */
  private cycleOf(ticks: number): number {
    const hz = BigInt(this.clock.hz);
    const crystal = BigInt(PIT_HZ);
    return this.started + Number((BigInt(ticks) * hz + crystal - 1n) / crystal);
  }
}

export class Pit extends SavedByName implements Device {
  readonly name = '8254';
  readonly byteWide = true;
  protected readonly stateFields = ['nextDue', 'channels', 'speaker'];
  readonly ports = [
    { first: 0x40, last: 0x43 },
    { first: 0x61, last: 0x61 },
  ];
  nextDue: number;
  private readonly channels: readonly Channel[];
  /** Bits 0 (gate of channel 2) and 1 (speaker) of port 61h. */
  private speaker = 0;

  /**
   * As firmware leaves it: channel 0 in mode 3 at 18.2 Hz, channel 2 gated off.
   * @param phase cycles by which each count is loaded late
   */
  constructor(
    private readonly clock: Clock,
    private readonly interrupt: InterruptLine,
    phase: number,
  ) {
    super();
    this.channels = [0, 1, 2].map(() => new Channel(clock, phase));
    this.channels[2].setGate(false);
    this.nextDue = this.channels[0].nextRise(0);
  }

  get canInterrupt(): boolean {
    return this.interrupt.unmasked;
  }

  /** A rising edge of channel 0's output. */
  run(now: number): void {
    this.interrupt.set(false);
    this.interrupt.set(true);
    this.nextDue = this.channels[0].nextRise(now);
  }

  read(port: number, _size: AccessSize): number {
    if (port === 0x61) return this.readSystemPort();
    return port === 0x43 ? 0xff : this.channels[port - 0x40].read();
  }

  write(port: number, _size: AccessSize, value: number): void {
    const byte = value & 0xff;
    if (port === 0x61) {
      this.speaker = byte & 3;
      this.channels[2].setGate((byte & 1) !== 0);
    } else if (port === 0x43) {
      this.control(byte);
    } else {
      this.channels[port - 0x40].write(byte);
      if (port === 0x40) this.reschedule();
    }
  }

  private control(value: number): void {
    const select = value >> 6;
    if (select === 3) {
      this.readBack(value);
    } else if ((value & 0x30) === 0) {
      this.channels[select].latchCount();
    } else {
      this.channels[select].control(value);
      if (select === 0) this.reschedule();
    }
  }

  private readBack(value: number): void {
    this.channels.forEach((channel, i) => {
      if (!(value & (2 << i))) return;
      if (!(value & 0x20)) channel.latchCount();
      if (!(value & 0x10)) channel.latchStatus();
    });
  }

  /** Port 61h: bit 5 is channel 2's output, bit 4 toggles with every refresh request (15.085 us, 18 ticks). */
  private readSystemPort(): number {
    const refresh = Math.floor((this.clock.now() / this.clock.hz) * (PIT_HZ / 18)) & 1;
    return this.speaker | (refresh << 4) | (Number(this.channels[2].output()) << 5);
  }

  private reschedule(): void {
    // The line follows the output: low after a mode 0 word, high again at terminal count.
    if (!this.channels[0].output()) this.interrupt.set(false);
    this.nextDue = this.channels[0].nextRise(this.clock.now());
  }
}

function fromBcd(value: number): number {
  return [12, 8, 4, 0].reduce((sum, shift) => sum * 10 + ((value >> shift) & 15), 0);
}

function toBcd(value: number): number {
  let bcd = 0;
  for (let shift = 0, rest = value; shift < 16; shift += 4, rest = Math.floor(rest / 10)) bcd |= (rest % 10) << shift;
  return bcd;
}
