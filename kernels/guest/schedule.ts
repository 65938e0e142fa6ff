// Who runs next, after Linux 2.4: every thread has a share of ticks by its nice value, and of those ready the one with the
// best *goodness* runs, what is left of its share and its priority. When all ready ones have used theirs up, all get new
// ones, and who slept keeps half of what it had. The running thread is in no queue. It leaves by sleeping, by yielding, or
// when its share is over or a better one has become ready and it would return to user mode. There is no idle thread:
// whoever finds nobody ready waits, on its own stack, for the interrupt that changes that.
//
// A wait queue is one word: the first of the threads that wait. Interrupts are masked in all kernel code, so between
// looking at a condition and sleeping nothing can slip in.
import { idle, spaceLoad, switchContext } from '../ports/port';
import { Process, Thread } from './task';
import {
  noThread,
  self,
  stackIntact,
  THREAD_ASLEEP,
  THREAD_FREE,
  THREAD_READY,
  THREAD_WAITING,
  threadLimit,
  threadNumber,
} from './thread';

let first: Thread = changetype<Thread>(0);
let last: Thread = changetype<Thread>(0);
let loadedSpace: u32 = 0;
/** Its share is over, or a better one is ready. */
let needReschedule: bool = false;
/** The processor waits for an interrupt: the tick is nobody's. */
export let idling: bool = false;

/** Something is to be done before the current thread returns to user mode: beforeUser() in deliver.ts. */
export let workPending: u32 = 0;

/** Has the current thread work before it returns to user mode? The port's exit paths look at the word. */
export function requestWork(): void {
  workPending = 1;
}

export function workTaken(): void {
  workPending = 0;
}

function enqueue(thread: Thread): void {
  thread.next = noThread();
  thread.previous = last;
  if (changetype<usize>(last)) last.next = thread;
  else first = thread;
  last = thread;
}

function dequeue(thread: Thread): void {
  if (changetype<usize>(thread.previous)) thread.previous.next = thread.next;
  else first = thread.next;
  if (changetype<usize>(thread.next)) thread.next.previous = thread.previous;
  else last = thread.previous;
}

/** Ticks of a full share: 6 at nice 0 (60 ms), 11 at -20, 1 at 19. */
function share(thread: Thread): i32 {
  return ((20 - thread.nice) >> 2) + 1;
}

function goodness(thread: Thread): i32 {
  return thread.counter ? thread.counter + 20 - thread.nice : 0;
}

/** The best of those ready, the first among equals; gives out new shares when none has any left. */
function best(): Thread {
  while (true) {
    let found = first;
    let most = goodness(found);
    for (let thread = found.next; changetype<usize>(thread); thread = thread.next) {
      const value = goodness(thread);
      if (value > most) {
        most = value;
        found = thread;
      }
    }
    if (most) return found;
    for (let i: u32 = 0; i < threadLimit(); i++) {
      const thread = threadNumber(i);
      if (thread.state != THREAD_FREE) thread.counter = (thread.counter >> 1) + share(thread);
    }
  }
}

/** Runs the best ready thread; returns when it is this one's turn again. */
function schedule(): void {
  while (!changetype<usize>(first)) {
    idling = true;
    idle();
    idling = false;
  }
  switchTo(changetype<usize>(first.next) ? best() : first);
}

function switchTo(next: Thread): void {
  needReschedule = false;
  dequeue(next);
  const from = self();
  if (next == from) return;
  if (!stackIntact(from)) unreachable();
  const space = next.space;
  if (space && space != loadedSpace) {
    loadedSpace = space;
    spaceLoad(space);
  }
  switchContext(changetype<usize>(from), changetype<usize>(next));
  const process = self().process;
  workPending = changetype<usize>(process) && signalled(process) ? 1 : 0;
}

/** The current thread stops until somebody wakes it. */
export function sleep(): void {
  self().state = THREAD_ASLEEP;
  schedule();
}

/** The current thread stops in this state. */
export function stopAs(state: u32): void {
  self().state = state;
  schedule();
}

/** A thread that sleeps or waits becomes ready, and leaves its wait queue. */
export function wake(thread: Thread): void {
  if (thread.state != THREAD_ASLEEP && thread.state != THREAD_WAITING) return;
  if (thread.queue) leaveQueue(thread);
  makeReady(thread);
}

export function makeReady(thread: Thread): void {
  thread.state = THREAD_READY;
  enqueue(thread);
  if (!idling && goodness(thread) > goodness(self()) + 1) {
    needReschedule = true;
    workPending = 1;
  }
}

function leaveQueue(thread: Thread): void {
  let at = thread.queue;
  while (load<Thread>(at) != thread) at = changetype<usize>(load<Thread>(at)) + offsetof<Thread>('next');
  store<Thread>(at, thread.next);
  thread.queue = 0;
}

function joinQueue(queue: usize): void {
  const thread = self();
  thread.next = changetype<Thread>(load<usize>(queue));
  thread.queue = queue;
  store<usize>(queue, changetype<usize>(thread));
}

/** The current thread joins the queue at `queue` and sleeps. */
export function sleepOn(queue: usize): void {
  joinQueue(queue);
  sleep();
}

/** Has the process a signal that is not blocked? */
export function signalled(process: Process): bool {
  return (process.pending & ~process.blocked) != 0;
}

/** The same, but a signal ends the wait too: true when there is one. Kernel threads get none. */
export function waitOn(queue: usize): bool {
  const process = self().process;
  if (changetype<usize>(process) && signalled(process)) return true;
  joinQueue(queue);
  stopAs(THREAD_WAITING);
  return changetype<usize>(process) ? signalled(process) : false;
}

/** Wakes all who sleep on `queue`; each looks at its condition again. */
export function wakeAll(queue: usize): void {
  let thread = changetype<Thread>(load<usize>(queue));
  store<usize>(queue, 0);
  while (changetype<usize>(thread)) {
    const next = thread.next;
    thread.queue = 0;
    makeReady(thread);
    thread = next;
  }
}

/** Others that are ready run before the current thread goes on. */
export function giveWay(): void {
  if (!changetype<usize>(first)) return;
  enqueue(self());
  schedule();
}

/** sched_yield: the best of the others runs. */
export function yieldProcessor(): void {
  if (!changetype<usize>(first)) return;
  const next = changetype<usize>(first.next) ? best() : first;
  enqueue(self());
  switchTo(next);
}

/** The tick belongs to the current thread, unless the processor is idle. */
export function chargeTick(): void {
  if (idling) return;
  const thread = self();
  if (changetype<usize>(thread.process)) thread.process.ticks++;
  if (thread.counter > 0) thread.counter--;
  if (!thread.counter) {
    needReschedule = true;
    workPending = 1;
  }
}

/** Before a return to user mode: lets others run when that is due. */
export function rescheduleIfNeeded(): void {
  if (!needReschedule) return;
  needReschedule = false;
  giveWay();
}

/** A process leaves its space for a new one. */
export function enterSpace(space: u32): void {
  self().space = space;
  loadedSpace = space;
  spaceLoad(space);
}

/** Leaves `space` if it is the loaded one, so that it can be taken apart. */
export function leaveSpace(space: u32): void {
  if (space != loadedSpace) return;
  loadedSpace = 0;
  spaceLoad(0);
}
