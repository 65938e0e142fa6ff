/**
 * An interrupt that waits for more of its kind: each event restarts one delay, and a bound counts from the first (13.4.30
 * RDTR and RADV, 13.4.44 TIDV, 13.4.47 TADV).
 */
import { NEVER } from '../device.js';
import { SavedByName } from '../saved-state.js';

export class DelayedInterrupt extends SavedByName {
  protected readonly stateFields = ['delayed', 'bound'];
  private delayed = NEVER;
  private bound = NEVER;

  /** An event: fires at cycle `delayed` unless another one comes, at `bound` in any case. */
  restart(delayed: number, bound: number): void {
    this.delayed = delayed;
    if (this.bound === NEVER) this.bound = bound;
  }

  stop(): void {
    this.delayed = NEVER;
    this.bound = NEVER;
  }

  get due(): number {
    return Math.min(this.delayed, this.bound);
  }
}
