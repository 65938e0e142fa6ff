// What happens before a process returns to user mode: others run, signals are delivered, interrupted calls end.
//
// A call that a signal interrupts returns interrupted(...): -EINTR, and how it may still go on. Before the return to user
// mode that is decided: with a handler that asks for restarts (SA_RESTART), or with no handler at all, the program's
// instruction pointer goes back to the call's INT (two bytes) and the call is made again.
import { TrapFrame } from '../lib/trapframe';
import { SA_NODEFER, SA_RESETHAND, SA_RESTART, SIG_DFL, SIG_IGN, SIGSEGV } from '../lib/unix';
import { exitProcess } from './exit';
import { actionOf, RESTART_NO, RESTART_WITHOUT_HANDLER } from './process';
import { requestWork, rescheduleIfNeeded, signalled, stopAs, workPending, workTaken } from './schedule';
import { pushSignalFrame } from './sigframe';
import { bitOf, forceSignal, IGNORED_BY_DEFAULT, report, STOPPING, UNBLOCKABLE } from './signal';
import { Process } from './task';
import { self, THREAD_STOPPED } from './thread';

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
