// The scheduler: 256 priorities, round robin within one, a ready list each.
//
// Queueing is lazy, as L4's always was: a thread that blocks stays in its ready list until the scheduler comes across
// it, and a thread that an IPC switches to need not be in one. The rule is only that every ready thread but the running
// one *is* in its list. So a call and its reply touch no list at all.
//
// A thread that blocks in an IPC hands the processor, and the rest of its time slice, straight to its partner.
import { Elements } from '../../kernels/lib/elements';
import { __switch_commit } from '../../kernels/lib/hooks';
import { readCr3, writeCr3 } from '../../kernels/lib/x86';
import { addressOf_utcbPointer } from './stubs';
import { taskState } from './taskstate';
import { block, current, IDLE_THREAD, STATE_IDLE, STATE_READY, setCurrentThread, Tcb } from './tcb';

const PRIORITIES: u32 = 256;
export const DEFAULT_PRIORITY: u32 = 100;
/** In ticks of 10 ms. */
const TIME_SLICE: u32 = 1;

/** The first thread of each list, or null; and a bit for each that has one. */
const lists = changetype<Elements<usize>>(memory.data(256 * 4, 32));
const occupied = changetype<Elements<u32>>(memory.data(8 * 4, 32));

/** Puts a ready thread at the end of its list, if it is in none. */
export function enqueue(t: Tcb): void {
  if (t.queued) return;
  t.queued = 1;
  const priority = t.priority;
  const first = lists[priority];
  if (!first) {
    lists[priority] = changetype<usize>(t);
    t.readyNext = t;
    t.readyPrevious = t;
    occupied[priority >> 5] = occupied[priority >> 5] | (1 << (priority & 31));
    return;
  }
  const head = changetype<Tcb>(first);
  const tail = head.readyPrevious;
  tail.readyNext = t;
  t.readyPrevious = tail;
  t.readyNext = head;
  head.readyPrevious = t;
}

export function dequeue(t: Tcb): void {
  if (!t.queued) return;
  t.queued = 0;
  const priority = t.priority;
  if (t.readyNext == t) {
    lists[priority] = 0;
    occupied[priority >> 5] = occupied[priority >> 5] & ~(1 << (priority & 31));
    return;
  }
  t.readyNext.readyPrevious = t.readyPrevious;
  t.readyPrevious.readyNext = t.readyNext;
  if (lists[priority] == changetype<usize>(t)) lists[priority] = changetype<usize>(t.readyNext);
}

/** The first ready thread of the highest priority; threads found blocked leave their list here. */
function pick(): Tcb {
  for (let word: i32 = 7; word >= 0; word--) {
    for (;;) {
      const bits = occupied[word];
      if (!bits) break;
      const t = changetype<Tcb>(lists[((<u32>word) << 5) + (31 - <u32>clz(bits))]);
      if (t.state == STATE_READY) return t;
      dequeue(t);
    }
  }
  return block(IDLE_THREAD);
}

/** Makes `t` the running thread: what the exit stub returns to. */
function switchTo(t: Tcb): void {
  const task = taskState();
  const from = current();
  task.esp0 = changetype<usize>(t) + offsetof<Tcb>();
  setCurrentThread(t);
  __switch_commit();
  if (t.state == STATE_IDLE) return;
  store<u32>(addressOf_utcbPointer(), t.localId);
  // Idle runs in whatever space was left.
  const loaded = from.state == STATE_IDLE ? readCr3() : from.directory;
  if (t.directory != loaded) {
    task.ioMap = t.ioMap;
    writeCr3(t.directory);
  }
}

/**
 * Ends a kernel operation that may have blocked the running thread and may have made `woken` ready: decides who runs.
 * A running thread that can go on yields to whom it woke unless that one's priority is lower; a blocked one hands over.
 */
export function dispatch(woken: Tcb | null): void {
  const t = current();
  if (t.state == STATE_READY) {
    if (!woken || woken == t) return;
    if (woken.priority >= t.priority) {
      enqueue(t);
      switchTo(woken);
    } else enqueue(woken);
    return;
  }
  const next = woken && woken.state == STATE_READY ? woken : pick();
  if (next != t) switchTo(next);
}

/** Lets others of the same priority run first. */
export function yieldProcessor(): void {
  const t = current();
  if (t.state == STATE_READY) {
    dequeue(t);
    enqueue(t);
  }
  const next = pick();
  if (next != t) switchTo(next);
}

/** Gives the processor to `t`, which is ready. */
export function switchDirectly(t: Tcb): void {
  if (t == current()) return;
  if (current().state == STATE_READY) enqueue(current());
  switchTo(t);
}

/** A tick of the running thread's time slice has passed. */
export function spendSlice(): void {
  const t = current();
  if (t.state == STATE_IDLE) return dispatch(null);
  if (t.slice > 1) {
    t.slice--;
    return;
  }
  t.slice = TIME_SLICE;
  yieldProcessor();
}

export function idleInit(): void {
  const t = block(IDLE_THREAD);
  t.globalId = (IDLE_THREAD << 14) | 1;
  t.state = STATE_IDLE;
  setCurrentThread(t);
  switchTo(t);
}
