// The end of a process. It gives back everything but its slot, its page directory and the stack that it is still running
// on; those go when the parent, or the reaper for who has none, has seen its status.
import { componentRemove } from '../lib/components';
import { SA_NOCLDWAIT, SIG_IGN, SIGCHLD, SIGKILL } from '../lib/unix';
import { spaceDestroy } from '../ports/port';
import { closeAll } from './file';
import { putInode } from './filesystem';
import { noInode } from './inode';
import { releaseMemory } from './memory';
import { actionOf, findProcess, MAX_PROCESSES, noProcess, processNumber } from './process';
import { leaveSpace, sleep, wake, wakeAll } from './schedule';
import { sendSignal } from './signal';
import { Process, Thread } from './task';
import { freeThread, self } from './thread';
import { setAlarm } from './time';

/** Whoever waits for processes that have no parent: the boot thread. */
let reaper: Thread = changetype<Thread>(0);

/** The current process ends; `status` as wait4 reports it. Never returns. */
export function exitProcess(status: u32): void {
  const process = self().process;
  setAlarm(process, 0, 0);
  closeAll(process);
  releaseMemory(process);
  if (changetype<usize>(process.directory)) putInode(process.directory);
  process.directory = noInode();
  process.status = status;
  process.dead = 1;
  process.pending = 0;
  orphan(process);
  const parent = process.parent;
  if (changetype<usize>(parent)) {
    const action = actionOf(parent, SIGCHLD);
    if (action.handler == SIG_IGN || action.flags & SA_NOCLDWAIT) {
      process.parent = noProcess();
      wake(reaper);
    }
    sendSignal(parent, SIGCHLD);
    wakeAll(changetype<usize>(parent) + offsetof<Process>('childQueue'));
  } else wake(reaper);
  for (;;) sleep();
}

/** Its children belong to the first process from now on, or to nobody. */
function orphan(process: Process): void {
  let heir = findProcess(1);
  if (heir == process || !changetype<usize>(heir) || heir.dead || heir.root != 2) heir = noProcess();
  for (let i: u32 = 0; i < MAX_PROCESSES; i++) {
    const child = processNumber(i);
    if (!child.pid || child.parent != process) continue;
    child.parent = heir;
    if (!child.dead) continue;
    if (changetype<usize>(heir)) {
      sendSignal(heir, SIGCHLD);
      wakeAll(changetype<usize>(heir) + offsetof<Process>('childQueue'));
    } else wake(reaper);
  }
}

/** The last of a dead process goes: its space, its thread, its slot. */
export function bury(process: Process): void {
  leaveSpace(process.space);
  spaceDestroy(process.space);
  componentRemove(<u32>changetype<usize>(process.thread));
  freeThread(process.thread);
  process.pid = 0;
}

/** Waits until the processes that the kernel started have ended, ends all others, and returns how many of the first failed. */
export function reapAll(): u32 {
  reaper = self();
  let failures: u32 = 0;
  while (true) {
    let roots: u32 = 0;
    let others: u32 = 0;
    for (let i: u32 = 0; i < MAX_PROCESSES; i++) {
      const process = processNumber(i);
      if (!process.pid) continue;
      if (process.dead && !changetype<usize>(process.parent)) {
        if (process.root && process.status) failures++;
        bury(process);
      } else if (process.root) roots++;
      else others++;
    }
    if (!roots && !others) return failures;
    if (!roots) {
      for (let i: u32 = 0; i < MAX_PROCESSES; i++) {
        const process = processNumber(i);
        if (process.pid && !process.dead) sendSignal(process, SIGKILL);
      }
    }
    sleep();
  }
}

/** exit(status), exit_group(status) */
export function sysExit(status: u32, _b: u32, _c: u32): i32 {
  exitProcess((status & 0xff) << 8);
  return 0;
}
