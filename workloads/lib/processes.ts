// Processes: birth, programs, death.
import {
  CALL_EXECVE,
  CALL_FORK,
  CALL_GETPRIORITY,
  CALL_KILL,
  CALL_NICE,
  CALL_SETPRIORITY,
  CALL_WAIT4,
  CALL_WAITPID,
} from '../../kernels/lib/callnumbers';
import { systemCall0, systemCall1, systemCall2, systemCall3, systemCall4 } from './stubs';

export { exit, getpid, getppid, yieldProcessor } from './system';

export const WNOHANG: u32 = 1;

/** 0 in the child, its number in the parent. */
export function fork(): i32 {
  return systemCall0(CALL_FORK);
}

/** `words` and `environment`: addresses of texts, ended by a 0. Returns on failure only. */
export function execute(path: usize, words: usize, environment: usize): i32 {
  return systemCall3(CALL_EXECVE, path, words, environment);
}

export function waitFor(pid: i32, status: usize, options: u32): i32 {
  return systemCall3(CALL_WAITPID, pid, status, options);
}

export function wait4(pid: i32, status: usize, options: u32, usage: usize): i32 {
  return systemCall4(CALL_WAIT4, pid, status, options, usage);
}

export function kill(pid: i32, signal: u32): i32 {
  return systemCall2(CALL_KILL, pid, signal);
}

export function nice(more: i32): i32 {
  return systemCall1(CALL_NICE, more);
}

export function getPriority(which: u32, who: u32): i32 {
  return systemCall2(CALL_GETPRIORITY, which, who);
}

export function setPriority(which: u32, who: u32, priority: i32): i32 {
  return systemCall3(CALL_SETPRIORITY, which, who, priority);
}

const word: usize = memory.data(4, 4);

/** Waits for the child; its exit status, or 128 + the signal that killed it, or the error. */
export function finish(pid: i32): i32 {
  const got = waitFor(pid, word, 0);
  return got < 0 ? got : exitStatus(load<u32>(word));
}

/** Of the word that a wait fills. */
export function exitStatus(status: u32): i32 {
  return status & 0x7f ? 128 + (status & 0x7f) : (status >> 8) & 0xff;
}
