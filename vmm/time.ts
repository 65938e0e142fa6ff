// The 100 Hz tick, and time of a domain (struct vcpu_time_info): nanoseconds since boot at the last tick it saw. The multiplier
// of the time stamp counter is 0, which by the structure's formula means: no finer than that. The version is odd while it
// is written.
import { VIRQ_TIMER } from '../kernels/lib/xen/numbers';
import { current, currentDomain, Vcpu, virqPort } from './domain';
import { setPending } from './events';
import { endSlice, idleVcpu } from './scheduler';

const TICK_NANOSECONDS: u64 = 10000000;
let ticks: u64 = 0;

/** Time and virtual timer of the running domain, and the end of its slice. A blocked domain's clock stands. */
export function tick(): void {
  ticks++;
  const v = current();
  if (v == idleVcpu) return;
  stamp(v);
  const port = virqPort(v, VIRQ_TIMER);
  if (port != 0) setPending(currentDomain(), port, false);
  endSlice();
}

function stamp(v: Vcpu): void {
  const info = v.info;
  const version = info.timeVersion;
  info.timeVersion = version + 1;
  info.systemTime = ticks * TICK_NANOSECONDS;
  info.timeVersion = version + 2;
}
