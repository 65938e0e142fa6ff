// Signals: dispositions, handlers, masks, waiting, timers; and the exceptions that become signals.
import { close, pipe, read, write } from '../lib/files';
import { MAP_ANONYMOUS, MAP_PRIVATE, map, PROT_NONE, PROT_READ, PROT_WRITE, protect } from '../lib/memory';
import { exit, exitStatus, finish, fork, getpid, getppid, kill } from '../lib/processes';
import {
  Action,
  alarm,
  catchSignal,
  disposeSignal,
  pause,
  SA_NODEFER,
  SA_RESETHAND,
  SA_RESTART,
  SIG_BLOCK,
  SIG_DFL,
  SIG_IGN,
  SIG_SETMASK,
  SIG_UNBLOCK,
  SIGALRM,
  SIGCHLD,
  SIGKILL,
  SIGSEGV,
  SIGSTOP,
  SIGTERM,
  SIGUSR1,
  SIGUSR2,
  setTimer,
  signalAction,
  signalMask,
  signalsPending,
  suspend,
} from '../lib/signals';
import { sleepFor } from '../lib/time';
import { inChild, NOWHERE, say } from './say';

const action: usize = memory.data(16, 4);
const old: usize = memory.data(16, 4);
const set: usize = memory.data(4, 4);
const previous: usize = memory.data(4, 4);
const ends: usize = memory.data(8, 4);
const byte: usize = memory.data(8, 4);
const time: usize = memory.data(16, 4);
const left: usize = memory.data(16, 4);
let handled: u32 = 0;
let last: u32 = 0;
let depth: u32 = 0;
let deepest: u32 = 0;
let page: usize = 0;

function count(signal: u32): void {
  handled++;
  last = signal;
}

function again(signal: u32): void {
  depth++;
  if (depth > deepest) deepest = depth;
  if (handled++ == 0) kill(getpid(), signal);
  depth--;
}

function unprotect(_signal: u32): void {
  handled++;
  protect(page, 4096, PROT_READ | PROT_WRITE);
}

function bit(signal: u32): u32 {
  return 1 << (signal - 1);
}

function mask(how: u32, bits: u32): i32 {
  store<u32>(set, bits);
  return signalMask(how, set, previous);
}

export function actionCases(): void {
  say('sigaction', catchSignal(SIGUSR1, count.index));
  say('sigaction.kill', disposeSignal(SIGKILL, SIG_IGN));
  say('sigaction.stop', disposeSignal(SIGSTOP, SIG_IGN));
  say('sigaction.zero', disposeSignal(0, SIG_IGN));
  say('sigaction.65', disposeSignal(65, SIG_IGN));
  say('sigaction.bad-pointer', signalAction(SIGUSR1, NOWHERE, 0));
  say('sigaction.old', signalAction(SIGUSR2, 0, old));
  say('sigaction.old-default', changetype<Action>(old).handler);
  disposeSignal(SIGUSR2, SIG_IGN);
  signalAction(SIGUSR2, 0, old);
  say('sigaction.old-ignored', changetype<Action>(old).handler);
  say('sigaction.bad-old', signalAction(SIGUSR2, 0, NOWHERE));
  handled = 0;
  say('handler.kill', kill(getpid(), SIGUSR1));
  say('handler.ran', handled);
  say('handler.signal', last);
  say('ignored.kill', kill(getpid(), SIGUSR2));
  catchSignal(SIGUSR2, count.index, SA_RESETHAND);
  kill(getpid(), SIGUSR2);
  signalAction(SIGUSR2, 0, old);
  say('resethand', changetype<Action>(old).handler);
  handled = 0;
  catchSignal(SIGUSR1, again.index);
  kill(getpid(), SIGUSR1);
  say('handler.deferred', deepest);
  say('handler.deferred-count', handled);
  handled = 0;
  deepest = 0;
  catchSignal(SIGUSR1, again.index, SA_NODEFER);
  kill(getpid(), SIGUSR1);
  say('handler.nested', deepest);
  disposeSignal(SIGUSR1, SIG_DFL);
}

export function maskCases(): void {
  catchSignal(SIGUSR1, count.index);
  handled = 0;
  say('mask.block', mask(SIG_BLOCK, bit(SIGUSR1)));
  say('mask.previous', load<u32>(previous));
  kill(getpid(), SIGUSR1);
  kill(getpid(), SIGUSR1);
  say('mask.held', handled);
  say('pending', signalsPending(set));
  say('pending.set', load<u32>(set));
  say('pending.bad-pointer', signalsPending(NOWHERE));
  say('mask.unblock', mask(SIG_UNBLOCK, bit(SIGUSR1)));
  say('mask.delivered-once', handled);
  say('mask.previous-blocked', load<u32>(previous));
  say('mask.how', mask(9, 0));
  say('mask.bad-pointer', signalMask(SIG_BLOCK, NOWHERE, 0));
  say('mask.bad-old', signalMask(SIG_BLOCK, 0, NOWHERE));
  mask(SIG_SETMASK, 0xffffffff);
  mask(SIG_SETMASK, 0);
  say('mask.never-kill-or-stop', ~load<u32>(previous));
  mask(SIG_BLOCK, bit(SIGUSR1));
  handled = 0;
  kill(getpid(), SIGUSR1);
  say('suspend', suspend(0));
  say('suspend.handled', handled);
  signalMask(SIG_BLOCK, 0, previous);
  say('suspend.mask-back', load<u32>(previous));
  mask(SIG_SETMASK, 0);
  handled = 0;
  catchSignal(SIGUSR1, masked.index, 0, bit(SIGUSR2));
  catchSignal(SIGUSR2, count.index);
  kill(getpid(), SIGUSR1);
  say('handler.mask', seen);
  say('handler.mask-later', handled);
  disposeSignal(SIGUSR1, SIG_DFL);
  disposeSignal(SIGUSR2, SIG_DFL);
}

let seen: u32 = 0;
function masked(_signal: u32): void {
  kill(getpid(), SIGUSR2);
  seen = handled;
}

function inherited(): i32 {
  handled = 0;
  kill(getpid(), SIGUSR1);
  return handled;
}

/** The timer goes on, so that a signal comes in the pause even if the first was early. */
function pauseForAlarm(): i32 {
  catchSignal(SIGALRM, count.index);
  for (let at: u32 = 0; at < 16; at += 4) store<u32>(time + at, at & 4 ? 20000 : 0);
  setTimer(0, time, 0);
  return pause() == -4 ? 1 : 0;
}

function dieOfAlarm(): i32 {
  alarm(1);
  pause();
  return 0;
}

function dieOfTerm(): i32 {
  kill(getpid(), SIGTERM);
  return 0;
}

function divide(): i32 {
  return 5 / <i32>load<u32>(zero);
}
const zero: usize = memory.data(4, 4);

function illegal(): i32 {
  if (!load<u32>(zero)) unreachable();
  return 0;
}

function touchNowhere(): i32 {
  store<u32>(NOWHERE, 1);
  return 0;
}

function readNull(): i32 {
  return load<u32>(load<u32>(zero));
}

function blockedFault(): i32 {
  mask(SIG_BLOCK, bit(SIGSEGV));
  catchSignal(SIGSEGV, count.index);
  return touchNowhere();
}

export function deathCases(): void {
  catchSignal(SIGUSR1, count.index);
  say('fork.handlers-inherited', exitStatus(inChild(inherited.index)));
  disposeSignal(SIGUSR1, SIG_DFL);
  say('pause', exitStatus(inChild(pauseForAlarm.index)));
  say('death.alarm', inChild(dieOfAlarm.index));
  say('death.term', inChild(dieOfTerm.index));
  say('death.divide', inChild(divide.index));
  say('death.illegal', inChild(illegal.index));
  say('death.write', inChild(touchNowhere.index));
  say('death.null', inChild(readNull.index));
  say('death.blocked-fault', inChild(blockedFault.index));
  page = map(0, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  handled = 0;
  catchSignal(SIGSEGV, unprotect.index);
  store<u32>(page, 42);
  say('fault.repaired', load<u32>(page));
  say('fault.handled', handled);
  disposeSignal(SIGSEGV, SIG_DFL);
  handled = 0;
  catchSignal(SIGCHLD, count.index);
  say('child.status', inChild(exit300.index));
  say('child.signal', handled);
  disposeSignal(SIGCHLD, SIG_DFL);
  say('alarm.none', alarm(100));
  const rest = alarm(0);
  say('alarm.left', rest > 50 && rest <= 100 ? 1 : 0);
}

function exit300(): i32 {
  return 300;
}

function moment(): void {
  store<u32>(time, 0);
  store<u32>(time + 4, 50_000_000);
  sleepFor(time, 0);
}

/** A child that sends `signal` to its parent after a moment, and then a byte. */
function poke(signal: u32): i32 {
  const child = fork();
  if (child) return child;
  moment();
  kill(getppid(), signal);
  moment();
  write(load<u32>(ends + 4), byte, 1);
  exit(0);
  return 0;
}

/** A child that sends `signal` to its parent, who may not wait yet when the first one comes, until it is killed. */
function pester(signal: u32): i32 {
  const child = fork();
  if (child) return child;
  while (true) {
    moment();
    kill(getppid(), signal);
  }
}

function stop(child: i32): i32 {
  kill(child, SIGKILL);
  return finish(child);
}

export function interruptCases(): void {
  pipe(ends);
  handled = 0;
  catchSignal(SIGUSR1, count.index);
  let child = pester(SIGUSR1);
  say('read.interrupted', read(load<u32>(ends), byte, 1));
  say('read.interrupted-handled', handled > 0 ? 1 : 0);
  stop(child);
  handled = 0;
  catchSignal(SIGUSR1, count.index, SA_RESTART);
  child = poke(SIGUSR1);
  say('read.restarted', read(load<u32>(ends), byte, 1));
  say('read.restarted-handled', handled);
  finish(child);
  catchSignal(SIGUSR1, count.index);
  child = pester(SIGUSR1);
  store<u32>(time, 1000);
  store<u32>(time + 4, 0);
  say('nanosleep.interrupted', sleepFor(time, left));
  say('nanosleep.left', load<u32>(left) < 1000 && load<u32>(left) > 500 ? 1 : 0);
  stop(child);
  close(load<u32>(ends));
  close(load<u32>(ends + 4));
  disposeSignal(SIGUSR1, SIG_DFL);
  timerCases();
}

/** A timer that interrupts a computation often must not change its result. */
function timerCases(): void {
  handled = 0;
  catchSignal(SIGALRM, count.index);
  store<u32>(time, 0);
  store<u32>(time + 4, 20000);
  store<u32>(time + 8, 0);
  store<u32>(time + 12, 20000);
  say('setitimer', setTimer(0, time, 0));
  let sum: u32 = 1;
  let rounds: u32 = 0;
  while (handled < 3) {
    for (let i: u32 = 0; i < 1000; i++) sum = sum * 1664525 + 1013904223;
    rounds++;
  }
  memory.fill(time, 0, 16);
  say('setitimer.off', setTimer(0, time, left));
  let expected: u32 = 1;
  for (let i: u32 = 0; i < rounds * 1000; i++) expected = expected * 1664525 + 1013904223;
  say('handler.keeps-registers', sum == expected ? 1 : 0);
  say('setitimer.which', setTimer(9, time, 0));
  say('setitimer.bad-pointer', setTimer(0, NOWHERE, 0));
  disposeSignal(SIGALRM, SIG_DFL);
}
