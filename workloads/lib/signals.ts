// Signals. A handler is the index of a function (signal: u32) => void; all handlers are entered through one stub, which
// calls `signalDispatch`.
import {
  CALL_ALARM,
  CALL_PAUSE,
  CALL_SETITIMER,
  CALL_SIGACTION,
  CALL_SIGPENDING,
  CALL_SIGPROCMASK,
  CALL_SIGSUSPEND,
} from '../../kernels/lib/callnumbers';
import { addressOf_signalEntry, addressOf_signalReturn, systemCall0, systemCall1, systemCall3 } from './stubs';

export const SIGHUP: u32 = 1;
export const SIGINT: u32 = 2;
export const SIGQUIT: u32 = 3;
export const SIGILL: u32 = 4;
export const SIGTRAP: u32 = 5;
export const SIGABRT: u32 = 6;
export const SIGFPE: u32 = 8;
export const SIGKILL: u32 = 9;
export const SIGUSR1: u32 = 10;
export const SIGSEGV: u32 = 11;
export const SIGUSR2: u32 = 12;
export const SIGPIPE: u32 = 13;
export const SIGALRM: u32 = 14;
export const SIGTERM: u32 = 15;
export const SIGCHLD: u32 = 17;
export const SIGCONT: u32 = 18;
export const SIGSTOP: u32 = 19;
export const SIGTSTP: u32 = 20;

export const SIG_DFL: u32 = 0;
export const SIG_IGN: u32 = 1;

export const SIG_BLOCK: u32 = 0;
export const SIG_UNBLOCK: u32 = 1;
export const SIG_SETMASK: u32 = 2;

export const SA_RESTORER: u32 = 0x04000000;
export const SA_RESTART: u32 = 0x10000000;
export const SA_NODEFER: u32 = 0x40000000;
export const SA_RESETHAND: u32 = 0x80000000;

/** Linux's `struct old_sigaction` for the 386. */
@unmanaged
export class Action {
  handler: u32;
  mask: u32;
  flags: u32;
  restorer: u32;
}
export const ACTION_SIZE: u32 = 16;

const handlers: usize = memory.data(4 * 65, 4);
const action: usize = memory.data(16, 4);

export function signalDispatch(signal: u32): void {
  call_indirect<void>(load<u32>(handlers + (signal << 2)), signal);
}

/** Installs a handler by its function's index. */
export function catchSignal(signal: u32, handler: u32, flags: u32 = 0, mask: u32 = 0): i32 {
  store<u32>(handlers + (signal << 2), handler);
  const a = changetype<Action>(action);
  a.handler = addressOf_signalEntry();
  a.mask = mask;
  a.flags = flags | SA_RESTORER;
  a.restorer = addressOf_signalReturn();
  return systemCall3(CALL_SIGACTION, signal, action, 0);
}

/** SIG_DFL or SIG_IGN. */
export function disposeSignal(signal: u32, disposition: u32): i32 {
  const a = changetype<Action>(action);
  a.handler = disposition;
  a.mask = 0;
  a.flags = 0;
  a.restorer = 0;
  return systemCall3(CALL_SIGACTION, signal, action, 0);
}

/** The call itself; either address may be 0. */
export function signalAction(signal: u32, what: usize, old: usize): i32 {
  return systemCall3(CALL_SIGACTION, signal, what, old);
}

/** Masks are bits: 1 << (signal - 1). */
export function signalMask(how: u32, set: usize, old: usize): i32 {
  return systemCall3(CALL_SIGPROCMASK, how, set, old);
}

export function signalsPending(to: usize): i32 {
  return systemCall1(CALL_SIGPENDING, to);
}

/** Waits with another mask until a handler has run: always an error, EINTR. */
export function suspend(mask: u32): i32 {
  return systemCall3(CALL_SIGSUSPEND, 0, 0, mask);
}

export function pause(): i32 {
  return systemCall0(CALL_PAUSE);
}

export function alarm(seconds: u32): i32 {
  return systemCall1(CALL_ALARM, seconds);
}

/** `what`: interval and value, each seconds and microseconds. */
export function setTimer(which: u32, what: usize, old: usize): i32 {
  return systemCall3(CALL_SETITIMER, which, what, old);
}
