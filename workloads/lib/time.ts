// Time as the kernel tells it.
import { CALL_GETTIMEOFDAY, CALL_NANOSLEEP, CALL_TIME, CALL_TIMES } from '../../kernels/lib/callnumbers';
import { systemCall1, systemCall2 } from './stubs';

/** Seconds and microseconds to `to`. */
export function timeOfDay(to: usize, zone: usize): i32 {
  return systemCall2(CALL_GETTIMEOFDAY, to, zone);
}

/** Seconds since 1970. */
export function now(): u32 {
  return systemCall1(CALL_TIME, 0);
}

/** `request`: seconds and nanoseconds; what is left when a signal ends it early goes to `rest`. */
export function sleepFor(request: usize, rest: usize): i32 {
  return systemCall2(CALL_NANOSLEEP, request, rest);
}

/** Ticks of 1/100 s: user, system, and the children's to `to`; returns ticks since some moment. */
export function processTimes(to: usize): i32 {
  return systemCall1(CALL_TIMES, to);
}

const request: usize = memory.data(8, 4);

export function sleepSeconds(seconds: u32): i32 {
  store<u32>(request, seconds);
  store<u32>(request + 4, 0);
  return sleepFor(request, 0);
}
