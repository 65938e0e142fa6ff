// IPC timeouts (L4 X.2, "Time"): a 16-bit value, 0 = never, 0x400 = zero, else a relative period of m * 2^e us with
// m in bits 9..0 and e in bits 14..10. Periods are rounded up to ticks of 10 ms and pass only while the timer runs.
// Points in time (bit 15) are taken as never.
//
// Threads that wait with a period are in one list, which each tick walks (clock.ts). A thread whose IPC ended earlier has
// deadline 0 and leaves the list at the next tick.
import { Tcb } from './tcb';

export const TIMEOUT_NEVER: u32 = 0;
export const TIMEOUT_ZERO: u32 = 0x400;
const TICK_MICROSECONDS: u32 = 10000;
export const LIST_END: usize = 1;

/** Since the start. */
export let ticks: u32 = 0;
let list: usize = 1;

/** Ticks to wait, at least one; 0: for ever. */
function period(value: u32): u32 {
  if (value == TIMEOUT_NEVER || value & 0x8000) return 0;
  const microseconds = (<u64>(value & 0x3ff)) << (value >> 10);
  const n = microseconds / TICK_MICROSECONDS + 1;
  return n > 0x7fffffff ? 0 : <u32>n;
}

/** Arms the timeout of a thread that is about to block; false: it has none. */
export function armTimeout(t: Tcb, value: u32): bool {
  const n = period(value);
  t.deadline = n ? max(ticks + n, 1) : 0;
  if (!n) return false;
  if (!t.timedNext) keepTimed(t);
  return true;
}

/** One more; the result is how many there have been. */
export function countTick(): u32 {
  return ++ticks;
}

/** Empties the list: the first thread of it, for `nextTimed`, and LIST_END behind the last. */
export function takeTimed(): usize {
  const first = list;
  list = LIST_END;
  return first;
}

/** The thread behind one of the list that was taken; `t` is in no list then. */
export function nextTimed(t: Tcb): usize {
  const next = t.timedNext;
  t.timedNext = 0;
  return next;
}

/** Puts a thread that goes on waiting back. */
export function keepTimed(t: Tcb): void {
  t.timedNext = list;
  list = changetype<usize>(t);
}
