// Signals: sending, and what happens before a process returns to user mode. How a handler is entered and left is in
// sigframe.ts.
//
// A call that a signal interrupts returns interrupted(...): -EINTR, and how it may still go on. Before the return to user
// mode that is decided: with a handler that asks for restarts (SA_RESTART), or with no handler at all, the program's
// instruction pointer goes back to the call's INT (two bytes) and the call is made again.
import { EINTR } from '../lib/callnumbers';
import { TRAP_FRAME_SIZE, TrapFrame } from '../lib/trapframe';
import {
  SA_NODEFER,
  SA_RESETHAND,
  SA_RESTART,
  SIG_DFL,
  SIG_IGN,
  SIGCHLD,
  SIGCONT,
  SIGKILL,
  SIGSEGV,
} from '../lib/unix';
import { exitProcess } from './exit';
import { actionOf, MAX_PROCESSES, Process, processNumber, RESTART_NO, RESTART_WITHOUT_HANDLER } from './process';
import {
  makeReady,
  requestWork,
  rescheduleIfNeeded,
  signalled,
  stopAs,
  wake,
  wakeAll,
  workPending,
  workTaken,
} from './schedule';
import { pushSignalFrame } from './sigframe';
import { self, THREAD_STOPPED, THREAD_WAITING } from './thread';

export function bitOf(signal: u32): u32 {
  return 1 << (signal - 1);
}

/** No process can block, catch or ignore these. */
export const UNBLOCKABLE: u32 = (1 << 8) | (1 << 18);
const IGNORED_BY_DEFAULT: u32 = (1 << 16) | (1 << 17) | (1 << 22) | (1 << 27);
const STOPPING: u32 = (1 << 18) | (1 << 19) | (1 << 20) | (1 << 21);

/** The frame of the current process's entry from user mode. */
export function callFrame(): TrapFrame {
  return changetype<TrapFrame>(<usize>self().stackTop - TRAP_FRAME_SIZE);
}

/** What a call that may be made again returns when a signal ended its wait. */
export function interrupted(restart: u32): i32 {
  self().process.restart = restart;
  return -EINTR;
}

/** Is the signal of no consequence to the process now? */
function ignores(process: Process, signal: u32): bool {
  const handler = actionOf(process, signal).handler;
  if (bitOf(signal) & UNBLOCKABLE) return false;
  if (handler == SIG_IGN) return true;
  return handler == SIG_DFL && ((bitOf(signal) & IGNORED_BY_DEFAULT) != 0 || isInit(process));
}

/** The first process of a system that lives from its disk: nobody ends it by a signal that it did not ask for. */
function isInit(process: Process): bool {
  return process.pid == 1 && process.root == 2;
}

/** Sends a signal, from anywhere, interrupts too. */
export function sendSignal(process: Process, signal: u32): void {
  if (process.dead) return;
  const bit = bitOf(signal);
  const thread = process.thread;
  if (signal == SIGKILL || signal == SIGCONT) {
    process.pending &= ~STOPPING;
    if (thread.state == THREAD_STOPPED) {
      if (signal == SIGCONT) report(process, 0xffff);
      makeReady(thread);
    }
  } else if (bit & STOPPING) process.pending &= ~bitOf(SIGCONT);
  if (!(process.blocked & bit) && ignores(process, signal)) return;
  process.pending |= bit;
  if (process.blocked & bit & ~UNBLOCKABLE) return;
  if (thread.state == THREAD_WAITING) wake(thread);
  if (thread == self()) requestWork();
}

/** A signal for what the process itself just did; it can be neither ignored nor blocked. True: it will end the process. */
export function forceSignal(process: Process, signal: u32): bool {
  const action = actionOf(process, signal);
  if (action.handler == SIG_IGN || process.blocked & bitOf(signal)) {
    action.handler = SIG_DFL;
    process.blocked &= ~bitOf(signal);
  }
  process.pending |= bitOf(signal);
  requestWork();
  return action.handler == SIG_DFL;
}

/** To every process of a group; false: there is none. */
export function signalGroup(group: u32, signal: u32): bool {
  let found = false;
  for (let i: u32 = 0; i < MAX_PROCESSES; i++) {
    const process = processNumber(i);
    if (!process.pid || process.group != group) continue;
    found = true;
    if (signal) sendSignal(process, signal);
  }
  return found;
}

/** The parent is told that this process was stopped, or goes on. */
function report(process: Process, status: u32): void {
  process.report = status;
  const parent = process.parent;
  if (!changetype<usize>(parent)) return;
  sendSignal(parent, SIGCHLD);
  wakeAll(changetype<usize>(parent) + offsetof<Process>('childQueue'));
}

/**
 * Before the current process returns to user mode with `frame`: others run if that is due, and signals are delivered. The
 * port calls it when workPending is not 0.
 */
export function beforeUser(frame: TrapFrame): void {
  const process = self().process;
  do {
    workTaken();
    rescheduleIfNeeded();
    while (signalled(process) || process.pending & UNBLOCKABLE) deliver(process, frame);
    if (process.restart) finishCall(process, frame, false);
    if (process.restoreMask) {
      process.restoreMask = 0;
      process.blocked = process.savedMask;
      if (signalled(process)) requestWork();
    }
  } while (workPending);
}

function deliver(process: Process, frame: TrapFrame): void {
  const signal = <u32>ctz(process.pending & (~process.blocked | UNBLOCKABLE)) + 1;
  process.pending &= ~bitOf(signal);
  const action = actionOf(process, signal);
  if (action.handler == SIG_IGN) return;
  if (action.handler != SIG_DFL) return enterHandler(process, signal, frame);
  if (bitOf(signal) & IGNORED_BY_DEFAULT) return;
  if (bitOf(signal) & STOPPING) {
    report(process, (signal << 8) | 0x7f);
    stopAs(THREAD_STOPPED);
    return;
  }
  exitProcess(signal);
}

function enterHandler(process: Process, signal: u32, frame: TrapFrame): void {
  const action = actionOf(process, signal);
  finishCall(process, frame, process.restart == RESTART_WITHOUT_HANDLER || !(action.flags & SA_RESTART));
  const mask = process.restoreMask ? process.savedMask : process.blocked;
  process.restoreMask = 0;
  if (!pushSignalFrame(process, signal, action, frame, mask)) {
    forceSignal(process, SIGSEGV);
    if (signal == SIGSEGV) exitProcess(SIGSEGV);
    return;
  }
  process.blocked |= action.mask;
  if (!(action.flags & SA_NODEFER)) process.blocked |= bitOf(signal);
  if (action.flags & SA_RESETHAND) action.handler = SIG_DFL;
}

/** After an interrupted call: what it returned stands if `fails`, else it is made again. */
function finishCall(process: Process, frame: TrapFrame, fails: bool): void {
  const restart = process.restart;
  process.restart = RESTART_NO;
  if (restart == RESTART_NO || fails) return;
  frame.eax = frame.error;
  frame.eip -= 2;
}
