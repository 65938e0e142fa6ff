// IPC timeouts (L4 X.2, "Time"): a 16-bit value, 0 = never, 0x400 = zero, else a relative period of m * 2^e us with
// m in bits 9..0 and e in bits 14..10. Periods are rounded up to ticks of 10 ms and pass only while the timer runs.
// Points in time (bit 15) are taken as never.
//
// Threads that wait with a period are in one list, which each tick walks. A thread whose IPC ended earlier has
// deadline 0 and leaves the list at the next tick.
import { ipcTimedOut } from './ipc';
import { ticks } from './schedule';
import { Tcb } from './tcb';

export const TIMEOUT_NEVER: u32 = 0;
export const TIMEOUT_ZERO: u32 = 0x400;
const TICK_MICROSECONDS: u32 = 10000;
const LIST_END: usize = 1;

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
  if (!t.timedNext) {
    t.timedNext = list;
    list = changetype<usize>(t);
  }
  return true;
}

export function expireTimeouts(now: u32): void {
  let at = list;
  list = LIST_END;
  while (at != LIST_END) {
    const t = changetype<Tcb>(at);
    at = t.timedNext;
    t.timedNext = 0;
    if (t.deadline && t.deadline <= now) {
      t.deadline = 0;
      ipcTimedOut(t);
    } else if (t.deadline) {
      t.timedNext = list;
      list = changetype<usize>(t);
    }
  }
}
