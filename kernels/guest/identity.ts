// Who a process is, how it is ranked, and what the kernel says of itself. Everybody is the superuser.
import { EFAULT, EINVAL, ENOSYS, EPERM, ESRCH } from '../lib/callnumbers';
import { characterOf } from '../lib/text';
import { userRange } from '../lib/userlayout';
import { stackSlot } from '../lib/x86';
import { copyToUser } from '../ports/port';
import { findProcess, MAX_PROCESSES, noProcess, processNumber } from './process';
import { yieldProcessor } from './schedule';
import { Process } from './task';
import { self } from './thread';
import { ttyForeground } from './tty';

export function notImplemented(_a: u32, _b: u32, _c: u32): i32 {
  return -ENOSYS;
}

export function sysGetpid(_a: u32, _b: u32, _c: u32): i32 {
  return self().process.pid;
}

/** The null call. */
export function sysGetppid(_a: u32, _b: u32, _c: u32): i32 {
  const parent = self().process.parent;
  return changetype<usize>(parent) ? parent.pid : 0;
}

/** getuid, getgid, geteuid, getegid */
export function sysGetuid(_a: u32, _b: u32, _c: u32): i32 {
  return 0;
}

/** setuid, setgid: to 0, which everybody is */
export function sysSetuid(id: u32, _b: u32, _c: u32): i32 {
  return id ? -EPERM : 0;
}

export function sysSchedYield(_a: u32, _b: u32, _c: u32): i32 {
  yieldProcessor();
  return 0;
}

export function sysGetpgrp(_a: u32, _b: u32, _c: u32): i32 {
  return self().process.group;
}

/** pid 0 is the caller. */
function processOf(pid: u32): Process {
  return pid ? findProcess(pid) : self().process;
}

export function sysGetpgid(pid: u32, _b: u32, _c: u32): i32 {
  const process = processOf(pid);
  return changetype<usize>(process) ? process.group : -ESRCH;
}

export function sysGetsid(pid: u32, _b: u32, _c: u32): i32 {
  const process = processOf(pid);
  return changetype<usize>(process) ? process.session : -ESRCH;
}

/** setpgid(pid, group) */
export function sysSetpgid(pid: u32, group: u32, _c: u32): i32 {
  const process = processOf(pid);
  const caller = self().process;
  if (<i32>group < 0) return -EINVAL;
  if (!changetype<usize>(process) || (process != caller && process.parent != caller)) return -ESRCH;
  if (process.session != caller.session || process.session == process.pid) return -EPERM;
  process.group = group ? group : process.pid;
  return 0;
}

export function sysSetsid(_a: u32, _b: u32, _c: u32): i32 {
  const process = self().process;
  if (process.group == process.pid) return -EPERM;
  process.group = process.pid;
  process.session = process.pid;
  ttyForeground();
  return process.pid;
}

function setNice(process: Process, nice: i32): void {
  process.thread.nice = max(-20, min(19, nice));
}

/** nice(increment) */
export function sysNice(increment: u32, _b: u32, _c: u32): i32 {
  setNice(self().process, self().nice + max(-40, min(40, <i32>increment)));
  return 0;
}

/** Does `which` (0 a process, 1 a group, 2 a user) of `who` mean this process? */
function means(process: Process, which: u32, who: u32): bool {
  if (!process.pid || process.dead) return false;
  if (which == 0) return who ? process.pid == who : process == self().process;
  if (which == 1) return process.group == (who ? who : self().process.group);
  return who == 0;
}

/** getpriority(which, who): 20 - nice, the best of those meant */
export function sysGetpriority(which: u32, who: u32, _c: u32): i32 {
  if (which > 2) return -EINVAL;
  let best: i32 = -ESRCH;
  for (let i: u32 = 0; i < MAX_PROCESSES; i++) {
    const process = processNumber(i);
    if (means(process, which, who)) best = max(best, 20 - process.thread.nice);
  }
  return best;
}

/** setpriority(which, who, nice) */
export function sysSetpriority(which: u32, who: u32, nice: u32): i32 {
  if (which > 2) return -EINVAL;
  let found = noProcess();
  for (let i: u32 = 0; i < MAX_PROCESSES; i++) {
    const process = processNumber(i);
    if (!means(process, which, who)) continue;
    setNice(process, nice);
    found = process;
  }
  return changetype<usize>(found) ? 0 : -ESRCH;
}

const FIELD: u32 = 65;

function putField(at: usize, literal: string): void {
  for (let i: u32 = 0; i < <u32>literal.length; i++) store<u8>(at + i, <u8>characterOf(literal, i));
}

/** uname(to): six fields of 65 bytes */
export function sysUname(to: u32, _b: u32, _c: u32): i32 {
  const at = stackSlot(390);
  memory.fill(at, 0, FIELD * 6);
  putField(at, 'crossings');
  putField(at + FIELD, 'guest');
  putField(at + FIELD * 2, '2.4.0');
  putField(at + FIELD * 3, '#1');
  putField(at + FIELD * 4, 'i486');
  putField(at + FIELD * 5, '(none)');
  return userRange(to, FIELD * 6) && copyToUser(to, at, FIELD * 6) == 0 ? 0 : -EFAULT;
}
