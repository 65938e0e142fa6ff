// The timer's interrupt, 100 times a second: periods that are over, then the running thread's time slice.
import { ipcTimedOut } from './ipc';
import { spendSlice } from './schedule';
import { Tcb } from './tcb';
import { countTick, keepTimed, LIST_END, nextTimed, takeTimed } from './timeout';

export function tick(): void {
  expireTimeouts(countTick());
  spendSlice();
}

function expireTimeouts(now: u32): void {
  let at = takeTimed();
  while (at != LIST_END) {
    const t = changetype<Tcb>(at);
    at = nextTimed(t);
    if (t.deadline && t.deadline <= now) {
      t.deadline = 0;
      ipcTimedOut(t);
    } else if (t.deadline) keepTimed(t);
  }
}
