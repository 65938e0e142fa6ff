// The calls about signals. Masks of the rt_ calls have 64 bits; the upper half is 0 here.
import { EFAULT, EINTR, EINVAL, ESRCH } from '../lib/callnumbers';
import { SA_NODEFER, SA_RESETHAND, SIG_BLOCK, SIG_IGN, SIG_SETMASK, SIG_UNBLOCK, SIGNALS } from '../lib/unix';
import { userRange } from '../lib/userlayout';
import { stackSlot } from '../lib/x86';
import { copyFromUser, copyToUser } from '../ports/port';
import { Action, actionOf, findProcess, MAX_PROCESSES, processNumber } from './process';
import { requestWork, signalled, waitOn } from './schedule';
import { bitOf, sendSignal, signalGroup, UNBLOCKABLE } from './signal';
import { Process } from './task';
import { self } from './thread';

const nobody: usize = memory.data(4, 4);

/** kill(pid, signal) */
export function sysKill(pid: u32, signal: u32, _c: u32): i32 {
  if (signal > SIGNALS) return -EINVAL;
  const target = <i32>pid;
  if (target > 0) {
    const process = findProcess(target);
    if (!changetype<usize>(process)) return -ESRCH;
    if (signal) sendSignal(process, signal);
    return 0;
  }
  if (target == -1) {
    let found = false;
    for (let i: u32 = 0; i < MAX_PROCESSES; i++) {
      const process = processNumber(i);
      if (process.pid <= 1 || process == self().process) continue;
      found = true;
      if (signal) sendSignal(process, signal);
    }
    return found ? 0 : -ESRCH;
  }
  return signalGroup(target ? -target : self().process.group, signal) ? 0 : -ESRCH;
}

/** An action changes; a pending signal that is ignored now is forgotten. */
function install(process: Process, signal: u32, handler: u32, flags: u32, mask: u32, restorer: u32): void {
  const action = actionOf(process, signal);
  action.handler = handler;
  action.flags = flags;
  action.mask = mask & ~UNBLOCKABLE;
  action.restorer = restorer;
  if (handler == SIG_IGN) process.pending &= ~bitOf(signal);
}

function valid(signal: u32): bool {
  return signal >= 1 && signal <= SIGNALS;
}

/** signal(number, handler) */
export function sysSignal(signal: u32, handler: u32, _c: u32): i32 {
  if (!valid(signal) || bitOf(signal) & UNBLOCKABLE) return -EINVAL;
  const process = self().process;
  const old = actionOf(process, signal).handler;
  install(process, signal, handler, SA_RESETHAND | SA_NODEFER, 0, 0);
  return old;
}

/** sigaction(number, new, old): { handler, mask, flags, restorer } */
export function sysSigaction(signal: u32, value: u32, old: u32): i32 {
  return changeAction(signal, value, old, 16, 4, 8, 12);
}

/** rt_sigaction(number, new, old, bytes of a mask): { handler, flags, restorer, mask } */
export function sysRtSigaction(signal: u32, value: u32, old: u32): i32 {
  return changeAction(signal, value, old, 20, 12, 4, 8);
}

/** Both forms; the places of mask, flags and restorer in a structure of `size` bytes. */
function changeAction(signal: u32, value: u32, old: u32, size: u32, mask: u32, flags: u32, restorer: u32): i32 {
  if (!valid(signal)) return -EINVAL;
  const process = self().process;
  const wanted = stackSlot(20);
  const image = stackSlot(20);
  const action: Action = actionOf(process, signal);
  memory.fill(image, 0, 20);
  store<u32>(image, action.handler);
  store<u32>(image + mask, action.mask);
  store<u32>(image + flags, action.flags);
  store<u32>(image + restorer, action.restorer);
  if (value) {
    if (!userRange(value, size) || copyFromUser(wanted, value, size) < 0) return -EFAULT;
    const handler = load<u32>(wanted);
    if (bitOf(signal) & UNBLOCKABLE) return -EINVAL;
    install(
      process,
      signal,
      handler,
      load<u32>(wanted + flags),
      load<u32>(wanted + mask),
      load<u32>(wanted + restorer),
    );
  }
  if (old && (!userRange(old, size) || copyToUser(old, image, size) < 0)) return -EFAULT;
  return 0;
}

/** sigprocmask(how, new, old) */
export function sysSigprocmask(how: u32, value: u32, old: u32): i32 {
  return changeMask(how, value, old, 4);
}

/** rt_sigprocmask(how, new, old, bytes of a mask) */
export function sysRtSigprocmask(how: u32, value: u32, old: u32): i32 {
  return changeMask(how, value, old, 8);
}

function changeMask(how: u32, value: u32, old: u32, size: u32): i32 {
  const process = self().process;
  const before = process.blocked;
  const at = stackSlot(8);
  if (value) {
    if (!userRange(value, size) || copyFromUser(at, value, size) < 0) return -EFAULT;
    const set = load<u32>(at) & ~UNBLOCKABLE;
    switch (how) {
      case SIG_BLOCK:
        process.blocked = before | set;
        break;
      case SIG_UNBLOCK:
        process.blocked = before & ~set;
        break;
      case SIG_SETMASK:
        process.blocked = set;
        break;
      default:
        return -EINVAL;
    }
    if (signalled(process)) requestWork();
  }
  return old ? putMask(old, before, size) : 0;
}

function putMask(to: u32, mask: u32, size: u32): i32 {
  const at = stackSlot(8);
  store<u32>(at, mask);
  store<u32>(at + 4, 0);
  return userRange(to, size) && copyToUser(to, at, size) == 0 ? 0 : -EFAULT;
}

/** sigpending(to) */
export function sysSigpending(to: u32, _b: u32, _c: u32): i32 {
  return putMask(to, self().process.pending & self().process.blocked, 4);
}

/** rt_sigpending(to, bytes of a mask) */
export function sysRtSigpending(to: u32, _b: u32, _c: u32): i32 {
  return putMask(to, self().process.pending & self().process.blocked, 8);
}

/** Waits for a signal with this mask; the old one comes back with the handler's return. */
function suspend(mask: u32): i32 {
  const process = self().process;
  process.savedMask = process.blocked;
  process.restoreMask = 1;
  process.blocked = mask & ~UNBLOCKABLE;
  while (!waitOn(nobody)) {}
  requestWork();
  return -EINTR;
}

/** sigsuspend(ignored, ignored, mask) */
export function sysSigsuspend(_a: u32, _b: u32, mask: u32): i32 {
  return suspend(mask);
}

/** rt_sigsuspend(mask, bytes of a mask) */
export function sysRtSigsuspend(from: u32, _b: u32, _c: u32): i32 {
  const at = stackSlot(4);
  if (!userRange(from, 8) || copyFromUser(at, from, 4) < 0) return -EFAULT;
  return suspend(load<u32>(at));
}

export function sysPause(_a: u32, _b: u32, _c: u32): i32 {
  while (!waitOn(nobody)) {}
  return -EINTR;
}
