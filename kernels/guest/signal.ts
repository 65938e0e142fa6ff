// Signals: who gets one, and what becomes of it then. What happens before a process returns to user mode is in deliver.ts, how
// a handler is entered and left in sigframe.ts.
import { EINTR } from '../lib/callnumbers';
import { TRAP_FRAME_SIZE, TrapFrame } from '../lib/trapframe';
import { SIG_DFL, SIG_IGN, SIGCHLD, SIGCONT, SIGKILL } from '../lib/unix';
import { actionOf, MAX_PROCESSES, processNumber } from './process';
import { makeReady, requestWork, wake, wakeAll } from './schedule';
import { Process } from './task';
import { self, THREAD_STOPPED, THREAD_WAITING } from './thread';

export function bitOf(signal: u32): u32 {
  return 1 << (signal - 1);
}

/** No process can block, catch or ignore these. */
export const UNBLOCKABLE: u32 = (1 << 8) | (1 << 18);
export const IGNORED_BY_DEFAULT: u32 = (1 << 16) | (1 << 17) | (1 << 22) | (1 << 27);
export const STOPPING: u32 = (1 << 18) | (1 << 19) | (1 << 20) | (1 << 21);

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
export function report(process: Process, status: u32): void {
  process.report = status;
  const parent = process.parent;
  if (!changetype<usize>(parent)) return;
  sendSignal(parent, SIGCHLD);
  wakeAll(changetype<usize>(parent) + offsetof<Process>('childQueue'));
}
