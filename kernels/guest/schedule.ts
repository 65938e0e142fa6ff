// Round robin. Ready threads stand in one queue; the running thread is in none. It leaves by sleeping, by yielding, or
// when its tick is over and it would return to user mode. There is no idle thread: whoever finds the queue empty waits,
// on its own stack, for the interrupt that fills it.
//
// A wait queue is one word: the first of the threads that wait. Interrupts are masked in all kernel code, so between
// looking at a condition and sleeping nothing can slip in.
import { idle, spaceLoad, switchContext } from '../ports/port';
import { noThread, self, THREAD_ASLEEP, THREAD_READY, Thread } from './thread';

let first: Thread = changetype<Thread>(0);
let last: Thread = changetype<Thread>(0);
let loadedSpace: u32 = 0;

/** The tick has passed: whoever returns to user mode gives way first. */
export let needReschedule: u32 = 0;

function enqueue(thread: Thread): void {
  thread.next = noThread();
  if (changetype<usize>(first)) last.next = thread;
  else first = thread;
  last = thread;
}

/** Runs the next ready thread; returns when it is this one's turn again. */
function schedule(): void {
  while (!changetype<usize>(first)) idle();
  const next = first;
  first = next.next;
  const from = self();
  if (next == from) return;
  const space = next.space;
  if (space && space != loadedSpace) {
    loadedSpace = space;
    spaceLoad(space);
  }
  switchContext(changetype<usize>(from), changetype<usize>(next));
}

/** The current thread stops until somebody wakes it. */
export function sleep(): void {
  self().state = THREAD_ASLEEP;
  schedule();
}

export function wake(thread: Thread): void {
  if (thread.state != THREAD_ASLEEP) return;
  thread.state = THREAD_READY;
  enqueue(thread);
}

/** The current thread joins the queue at `queue` and sleeps. */
export function sleepOn(queue: usize): void {
  const thread = self();
  thread.next = changetype<Thread>(load<usize>(queue));
  store<usize>(queue, changetype<usize>(thread));
  sleep();
}

/** Wakes all who sleep on `queue`; each looks at its condition again. */
export function wakeAll(queue: usize): void {
  let thread = changetype<Thread>(load<usize>(queue));
  store<usize>(queue, 0);
  while (changetype<usize>(thread)) {
    const next = thread.next;
    wake(thread);
    thread = next;
  }
}

/** All others that are ready run before the current thread goes on. */
export function giveWay(): void {
  if (!changetype<usize>(first)) return;
  enqueue(self());
  schedule();
}

/** 100 times a second, from an interrupt. */
export function timerTick(): void {
  needReschedule = 1;
}

/** Before an interrupt returns to user mode, when needReschedule is set. */
export function reschedule(): void {
  needReschedule = 0;
  giveWay();
}

/** Leaves `space` if it is the loaded one, so that it can be taken apart. */
export function leaveSpace(space: u32): void {
  if (space != loadedSpace) return;
  loadedSpace = 0;
  spaceLoad(0);
}
