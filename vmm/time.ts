// Time of a domain (struct vcpu_time_info): nanoseconds since boot at the last tick it saw. The multiplier of the time
// stamp counter is 0, which by the structure's formula means: no finer than that. The version is odd while it is written.
import { VCPU_time_system, VCPU_time_version } from '../kernels/lib/xen/sharedInfo';
import { Vcpu } from './domain';

const TICK_NANOSECONDS: u64 = 10000000;
let ticks: u64 = 0;

export function countTick(): void {
  ticks++;
}

/** Stamps the running domain's time at a tick. */
export function updateTime(v: Vcpu): void {
  const version = load<u32>(v.info, VCPU_time_version);
  store<u32>(v.info, version + 1, VCPU_time_version);
  store<u64>(v.info, ticks * TICK_NANOSECONDS, VCPU_time_system);
  store<u32>(v.info, version + 2, VCPU_time_version);
}
