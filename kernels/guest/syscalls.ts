// The calls that need no file of their own. The table is kernels/guest/stubs/syscalls.ts.
import { ENOSYS } from '../lib/callnumbers';
import { exitProcess } from './process';
import { giveWay } from './schedule';
import { self } from './thread';

export function notImplemented(_a: u32, _b: u32, _c: u32): i32 {
  return -ENOSYS;
}

export function sysExit(status: u32, _b: u32, _c: u32): i32 {
  exitProcess(status);
  return 0;
}

export function sysGetpid(_a: u32, _b: u32, _c: u32): i32 {
  return self().process.pid;
}

/** The null call. */
export function sysGetppid(_a: u32, _b: u32, _c: u32): i32 {
  return self().process.parent;
}

export function sysSchedYield(_a: u32, _b: u32, _c: u32): i32 {
  giveWay();
  return 0;
}
