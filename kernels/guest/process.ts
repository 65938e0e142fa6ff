// Processes: an address space and its regions, open files, signals, one thread; the table of them. What happens to a
// process has files of its own: fork.ts, exec.ts, exit.ts, wait.ts, signal.ts, deliver.ts.
import { addressOf_processTable } from './stubs';
import { Process } from './task';

export const MAX_PROCESSES: u32 = 64;
export const MAX_FILES: u32 = 256;

/** How an earlier call's answer may still change (see deliver.ts). */
export const RESTART_NO: u32 = 0;
export const RESTART_IF_ASKED: u32 = 1;
export const RESTART_WITHOUT_HANDLER: u32 = 2;

const NAME: usize = 160;
const ACTIONS: usize = 176;
/** All actions of a process, in bytes. */
export const SIGNAL_BYTES: u32 = 32 * 16;

const CLOSE_ON_EXEC: usize = 176 + 512;
const FILES: usize = 176 + 512 + 32;
const PROCESS_SIZE: u32 = 1792;

let nextPid: u32 = 1;

/** What a signal does; offsets as the kernel keeps them. */
@unmanaged
export class Action {
  handler: u32;
  flags: u32;
  mask: u32;
  restorer: u32;
}

export function noProcess(): Process {
  return changetype<Process>(0);
}

export function processNumber(i: u32): Process {
  return changetype<Process>(addressOf_processTable() + i * PROCESS_SIZE);
}

/** 1 to MAX_PROCESSES: what an observer tells processes apart by; used again, unlike pids. */
export function processSlot(process: Process): u32 {
  return <u32>(changetype<usize>(process) - addressOf_processTable()) / PROCESS_SIZE + 1;
}

export function processName(process: Process): usize {
  return changetype<usize>(process) + NAME;
}

/** `signal` from 1. */
export function actionOf(process: Process, signal: u32): Action {
  return changetype<Action>(changetype<usize>(process) + ACTIONS + ((signal - 1) << 4));
}

/** Address of descriptor i's word: its File, or 0. */
export function fileSlot(process: Process, i: u32): usize {
  return changetype<usize>(process) + FILES + (i << 2);
}

export function closesOnExec(process: Process, i: u32): bool {
  return (load<u32>(changetype<usize>(process) + CLOSE_ON_EXEC + ((i >> 5) << 2)) >> (i & 31)) & 1 ? true : false;
}

export function setCloseOnExec(process: Process, i: u32, on: bool): void {
  const at = changetype<usize>(process) + CLOSE_ON_EXEC + ((i >> 5) << 2);
  const bit: u32 = 1 << (i & 31);
  store<u32>(at, on ? load<u32>(at) | bit : load<u32>(at) & ~bit);
}

/** A cleared slot with a new pid, or null. */
export function takeProcess(): Process {
  for (let i: u32 = 0; i < MAX_PROCESSES; i++) {
    const process = processNumber(i);
    if (process.pid) continue;
    memory.fill(changetype<usize>(process), 0, PROCESS_SIZE);
    do {
      process.pid = 0;
      const pid = nextPid;
      nextPid = nextPid == 32767 ? 2 : nextPid + 1;
      if (changetype<usize>(findProcess(pid))) continue;
      process.pid = pid;
    } while (!process.pid);
    return process;
  }
  return noProcess();
}

/** The process with this pid, alive or a zombie; null: none. */
export function findProcess(pid: u32): Process {
  for (let i: u32 = 0; i < MAX_PROCESSES; i++) if (processNumber(i).pid == pid) return processNumber(i);
  return noProcess();
}

export function processCount(): u32 {
  let n: u32 = 0;
  for (let i: u32 = 0; i < MAX_PROCESSES; i++) if (processNumber(i).pid) n++;
  return n;
}
