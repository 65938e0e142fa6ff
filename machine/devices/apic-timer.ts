/**
 * The timer of the local APIC (Intel SDM vol. 3, 10.5.4): counts the bus clock, divided, down from an initial count, once or
 * over and over. It is not stepped: the count follows from the cycle at which it was loaded.
 */
import { type Clock, NEVER } from './device.js';
import { SavedByName } from './saved-state.js';

export class ApicTimer extends SavedByName {
  protected readonly stateFields = ['initial', 'divide', 'periodic', 'started', 'due'];
  initial = 0;
  private divide = 0;
  private periodic = false;
  /** Cycle at which the count was loaded, and at which it next runs out. */
  private started = 0;
  private due = NEVER;

  constructor(
    private readonly clock: Clock,
    private readonly busHz: number,
  ) {
    super();
  }

  get nextDue(): number {
    return this.due;
  }

  /** The divide configuration register. */
  get divider(): number {
    return this.divide;
  }

  /** The count goes on from where it is, at the new rate. */
  set divider(value: number) {
    const left = this.current();
    this.divide = value & 0xb;
    if (left === 0 || this.due === NEVER) return;
    const now = this.clock.now();
    const gone = BigInt(this.initial - left);
    this.started = now - Number(((gone * BigInt(this.clock.hz)) << this.shift) / BigInt(this.busHz));
    this.due = this.expiry(now);
  }

  load(count: number): void {
    this.initial = count;
    this.started = this.clock.now();
    this.due = this.expiry(this.started);
  }

  setPeriodic(periodic: boolean): void {
    this.periodic = periodic;
    this.due = this.expiry(this.clock.now());
  }

  /** The count has run out. */
  expire(now: number): void {
    this.due = this.expiry(now);
  }

  current(): number {
    if (this.initial === 0) return 0;
    const count = BigInt(this.initial);
    const ticks = this.ticks(this.clock.now());
    if (this.periodic) return Number(count - (ticks % count));
    return ticks >= count ? 0 : Number(count - ticks);
  }

  /** Powers of two by which the bus clock is divided. */
  private get shift(): bigint {
    // 0 divides by 2, 1 by 4, ... 7 by 1; bit 2 of the value is bit 3 of the register.
    const value = (this.divide & 3) | ((this.divide >> 1) & 4);
    return BigInt((value + 1) & 7);
  }

  /** Ticks of the divided bus clock since the count was loaded. */
  private ticks(now: number): bigint {
    return (BigInt(now - this.started) * BigInt(this.busHz)) / (BigInt(this.clock.hz) << this.shift);
  }

  /** The first cycle after `now` at which the count reaches 0. */
  private expiry(now: number): number {
    if (this.initial === 0) return NEVER;
    const count = BigInt(this.initial);
    const passed = this.ticks(now) / count;
    if (!this.periodic && passed > 0n) return NEVER;
    const wanted = ((passed + 1n) * count * BigInt(this.clock.hz)) << this.shift;
    const bus = BigInt(this.busHz);
    return this.started + Number((wanted + bus - 1n) / bus);
  }
}
