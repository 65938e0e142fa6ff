// IPC, the general case (L4 X.2, "IPC"). The fast path (stubs/ipc.ts) has handed over before it changed anything; or a
// fault, an exception or an interrupt becomes a message of the kernel.
//
// An IPC is a send phase (to a thread) and then a receive phase (from a thread, or from any). Each is synchronous: it
// happens when the partner is in the opposite phase, else the thread blocks. The message is then copied once, from the
// sender's UTCB to the receiver's: the kernel sees all UTCBs in its window, so no step can fault.
//
// `to` and `from` never come out of a UTCB: who sent a message is what the kernel knows, not what the sender says.
import { __work_ipc } from '../../kernels/lib/hooks';
import { picUnmask } from '../../kernels/lib/pic';
import { exceptionMessage, restoreException } from './exceptionmessage';
import { USER_FLAGS } from './layout';
import { sysenterInUse } from './processor';
import { dispatch, enqueue } from './schedule';
import {
  ANY_LOCAL_THREAD,
  ANY_THREAD,
  BUFFER_REGISTER_0,
  current,
  EXIT_SYSEXIT,
  isReceiving,
  KERNEL_INTERRUPTS,
  lookup,
  MESSAGE_EXCEPTION,
  MESSAGE_FAULT,
  MESSAGE_USER,
  NIL_THREAD,
  STATE_IDLE,
  STATE_INACTIVE,
  STATE_READY,
  STATE_SENDING,
  STATE_WAITING,
  STATE_WAITING_EXCEPTION,
  STATE_WAITING_FAULT,
  STATE_WAITING_SLOW,
  STATE_WAITING_START,
  setRegister,
  TCR_ERROR,
  Tcb,
  threadNumber,
} from './tcb';
import { armTimeout, TIMEOUT_ZERO } from './timeout';
import { itemsKnown, transferItems } from './typed';

const TAG_ERROR: u32 = 0x8000;
const TAG_FLAGS: u32 = 0xf000;
/** The acceptor that takes anything anywhere: what the kernel's own receives use. */
const COMPLETE_WINDOW: u32 = 0x10;

/** Error codes in bits 4..1 of the error TCR; bit 0 tells the phase (L4 X.2, "ErrorCode"). */
const PHASE_SEND: u32 = 0;
const PHASE_RECEIVE: u32 = 1;
const ERROR_TIMEOUT: u32 = 1 << 1;
const ERROR_NO_PARTNER: u32 = 2 << 1;
const ERROR_CANCELLED: u32 = 3 << 1;
const ERROR_OVERFLOW: u32 = 4 << 1;

/** The system call: arguments are in the running thread's frame. */
export function ipc(): void {
  const t = current();
  const frame = t.frame;
  const to = frame.eax;
  t.from = frame.edx;
  t.timeouts = frame.ecx;
  t.message = MESSAGE_USER;
  store<u32>(t.utcb, frame.esi);
  let woken: Tcb | null = null;
  if (to != NIL_THREAD) {
    const d = lookup(to);
    if (!d || d.state == STATE_IDLE) return fail(t, ERROR_NO_PARTNER | PHASE_SEND);
    if (threadNumber(to) < KERNEL_INTERRUPTS) {
      if (d.handler != t.globalId) return fail(t, ERROR_NO_PARTNER | PHASE_SEND);
      picUnmask(threadNumber(to));
    } else if (accepts(d, t)) {
      if (!transfer(t, d)) return fail(t, ERROR_OVERFLOW | PHASE_SEND);
      woken = d;
    } else {
      if (t.timeouts >> 16 == TIMEOUT_ZERO) return fail(t, ERROR_TIMEOUT | PHASE_SEND);
      blockInSend(t, d);
      armTimeout(t, t.timeouts >> 16);
      return dispatch(null);
    }
  }
  afterSend(t);
  dispatch(woken);
}

/** Is `d` waiting for a message that `s` may send? */
function accepts(d: Tcb, s: Tcb): bool {
  if (!isReceiving(d)) return false;
  if (s.message != MESSAGE_USER && d.state > STATE_WAITING_SLOW) return false;
  return matches(d, s);
}

function matches(d: Tcb, s: Tcb): bool {
  return d.partner == s.globalId || d.partner == ANY_THREAD || (d.partner == ANY_LOCAL_THREAD && d.space == s.space);
}

/** Appends `s` to those that wait for `d`. */
function blockInSend(s: Tcb, d: Tcb): void {
  s.state = STATE_SENDING;
  s.sendTo = d;
  const head = d.senders;
  if (!head) {
    d.senders = s;
    s.sendNext = s;
    s.sendPrevious = s;
    return;
  }
  s.sendNext = head;
  s.sendPrevious = head.sendPrevious;
  head.sendPrevious.sendNext = s;
  head.sendPrevious = s;
}

function leaveSendQueue(s: Tcb): void {
  const d = s.sendTo;
  if (!d) return;
  s.sendTo = null;
  s.deadline = 0;
  if (s.sendNext == s) d.senders = null;
  else {
    s.sendNext.sendPrevious = s.sendPrevious;
    s.sendPrevious.sendNext = s.sendNext;
    if (d.senders == s) d.senders = s.sendNext;
  }
}

/**
 * The receive phase of `t`, and of every sender that the phase before set free: each may find a sender waiting in turn.
 * Whoever becomes ready, but for the running thread, is put into its ready list.
 */
function afterSend(t: Tcb): void {
  let at: Tcb | null = t;
  while (at) {
    const r = at;
    at = null;
    if (r.from == NIL_THREAD) {
      complete(r, NIL_THREAD, 0);
    } else at = receive(r);
    if (r.state == STATE_READY && r != current()) enqueue(r);
  }
}

/** Takes a waiting message or blocks. The result is a sender that goes on to its own receive phase. */
function receive(t: Tcb): Tcb | null {
  const fast = sysenterInUse ? t.entry != 0 : true;
  t.state = fast ? STATE_WAITING : STATE_WAITING_SLOW;
  t.partner = t.from;
  const s = waitingSender(t);
  if (!s) {
    const timeout = t.timeouts & 0xffff;
    if (timeout == TIMEOUT_ZERO) fail(t, ERROR_TIMEOUT | PHASE_RECEIVE);
    else if (armTimeout(t, timeout)) t.state = STATE_WAITING_SLOW;
    return null;
  }
  leaveSendQueue(s);
  if (!transfer(s, t)) {
    fail(s, ERROR_OVERFLOW | PHASE_SEND);
    enqueue(s);
    fail(t, ERROR_OVERFLOW | PHASE_RECEIVE);
    return null;
  }
  return sent(s, t) ? s : null;
}

function waitingSender(t: Tcb): Tcb | null {
  const head = t.senders;
  if (!head) return null;
  let s: Tcb = head;
  do {
    if (matches(t, s)) return s;
    s = s.sendNext;
  } while (s != head);
  return null;
}

/** What a sender does next; true: the receive phase of its own IPC. */
function sent(s: Tcb, receiver: Tcb): bool {
  if (s.message == MESSAGE_USER) return true;
  s.partner = receiver.globalId;
  if (s.message == MESSAGE_FAULT) s.state = STATE_WAITING_FAULT;
  else if (s.message == MESSAGE_EXCEPTION) s.state = STATE_WAITING_EXCEPTION;
  else s.state = STATE_INACTIVE;
  return false;
}

/** Sends a message of the kernel in the name of `s`, which then waits for the answer; `s.message` says what it is. */
export function sendForKernel(s: Tcb, d: Tcb): void {
  if (accepts(d, s)) {
    transfer(s, d);
    sent(s, d);
    dispatch(d);
  } else {
    blockInSend(s, d);
    dispatch(null);
  }
}

/** Copies the message and makes the receiver ready; false: it has items of unknown type, and nothing happened. */
function transfer(s: Tcb, d: Tcb): bool {
  __work_ipc();
  if (s.message != MESSAGE_USER) {
    const tag = kernelMessage(s, d.utcb);
    complete(d, s.globalId, tag);
    return true;
  }
  const tag = load<u32>(s.utcb);
  const untyped = tag & 63;
  const typed = (tag >> 6) & 63;
  const items = s.utcb + ((untyped + 1) << 2);
  if (typed && (untyped + typed > 63 || !itemsKnown(items, typed))) return false;
  switch (d.state) {
    case STATE_WAITING_FAULT:
      transferItems(s, d, items, typed, COMPLETE_WINDOW);
      d.state = STATE_READY;
      return true;
    case STATE_WAITING_EXCEPTION:
      restoreException(d, s.utcb);
      d.state = STATE_READY;
      return true;
    case STATE_WAITING_START:
      d.frame.eip = load<u32>(s.utcb + 4);
      d.frame.esp = load<u32>(s.utcb + 8);
      d.frame.eflags = USER_FLAGS;
      d.state = STATE_READY;
      return true;
  }
  const words = untyped + typed;
  for (let i: u32 = 1; i <= words; i++) store<u32>(d.utcb + (i << 2), load<u32>(s.utcb + (i << 2)));
  if (typed) transferItems(s, d, items, typed, load<u32>(d.utcb + (BUFFER_REGISTER_0 << 2)) & ~15);
  complete(d, s.globalId, tag & ~TAG_FLAGS);
  return true;
}

/** Writes what the kernel says in the name of `s` and returns the tag. */
function kernelMessage(s: Tcb, to: usize): u32 {
  if (s.message == MESSAGE_EXCEPTION) return exceptionMessage(s, to);
  store<u32>(to + 4, s.word1);
  store<u32>(to + 8, s.word2);
  return s.word0;
}

/** Ends an IPC of `t`: result registers as the binding says; `t` is ready, but in no list yet. */
function complete(t: Tcb, from: u32, tag: u32): void {
  const frame = t.frame;
  if (sysenterInUse && (t.state == STATE_WAITING || t.entry)) t.exit = EXIT_SYSEXIT;
  t.state = STATE_READY;
  t.deadline = 0;
  t.partner = from;
  store<u32>(t.utcb, tag);
  frame.eax = from;
  frame.esi = tag;
  frame.ebx = load<u32>(t.utcb + 4);
  frame.ebp = load<u32>(t.utcb + 8);
  frame.edi = t.localId;
}

function fail(t: Tcb, error: u32): void {
  setRegister(t, TCR_ERROR, error);
  complete(t, NIL_THREAD, TAG_ERROR);
}

/** Ends what `t` is blocked in with an error; it stays out of the ready lists. */
export function cancel(t: Tcb): void {
  if (t.state == STATE_SENDING) {
    leaveSendQueue(t);
    if (t.message == MESSAGE_USER) fail(t, ERROR_CANCELLED | PHASE_SEND);
    else t.state = STATE_READY;
  } else if (t.state == STATE_WAITING || t.state == STATE_WAITING_SLOW) fail(t, ERROR_CANCELLED | PHASE_RECEIVE);
  else if (isReceiving(t)) t.state = STATE_READY;
}

/** A timeout of `t` has passed. */
export function ipcTimedOut(t: Tcb): void {
  if (t.state == STATE_SENDING) {
    leaveSendQueue(t);
    fail(t, ERROR_TIMEOUT | PHASE_SEND);
  } else if (t.state == STATE_WAITING_SLOW) fail(t, ERROR_TIMEOUT | PHASE_RECEIVE);
  else return;
  enqueue(t);
}

/** `t` is about to die: nobody may go on waiting for it. */
export function abandon(t: Tcb): void {
  leaveSendQueue(t);
  for (;;) {
    const s = t.senders;
    if (!s) return;
    leaveSendQueue(s);
    if (s.message == MESSAGE_USER) {
      fail(s, ERROR_NO_PARTNER | PHASE_SEND);
      enqueue(s);
    }
  }
}
