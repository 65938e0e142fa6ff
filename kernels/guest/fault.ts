// Exceptions. A page fault goes down a ladder: each rung names why it ends there, and only the last two change anything.
// What cannot be resolved ends, in this order: at the failure exit of a user copy, at the handler that the program asked
// for (call 504), with the program's death; and if the kernel itself is at fault, with the machine.
import { newline, print, printHex, printNumber } from '../lib/console';
import { __work_fault } from '../lib/hooks';
import { FAULT_PRESENT, FAULT_WRITE, PAGE_AVAILABLE, PAGE_PRESENT, PAGE_WRITE } from '../lib/paging';
import { TrapFrame } from '../lib/trapframe';
import { USER_TOP } from '../lib/userlayout';
import { copyRecovery, pageEntry, powerOff, setPageEntry } from '../ports/port';
import { addPage, regionFlags } from './memory';
import { exitProcess, Process } from './process';
import { self } from './thread';

const RESOLVED: u32 = 0;
const KERNEL_ADDRESS: u32 = 1;
const NO_PROCESS: u32 = 2;
const FORBIDDEN: u32 = 3;
const NO_REGION: u32 = 4;
const NO_MEMORY: u32 = 5;

const VECTOR_PAGE_FAULT: u32 = 14;

function resolve(address: u32, error: u32): u32 {
  if (address >= USER_TOP) return KERNEL_ADDRESS;
  const process = self().process;
  if (!changetype<usize>(process)) return NO_PROCESS;
  if (error & FAULT_PRESENT) return error & FAULT_WRITE ? allowWrite(process, address) : FORBIDDEN;
  const flags = regionFlags(process, address);
  if (!flags) return NO_REGION;
  if (error & FAULT_WRITE && !(flags & PAGE_WRITE)) return FORBIDDEN;
  return addPage(process, address, flags) ? RESOLVED : NO_MEMORY;
}

function allowWrite(process: Process, address: u32): u32 {
  const entry = pageEntry(process.space, address);
  if ((entry & (PAGE_PRESENT | PAGE_AVAILABLE)) != (PAGE_PRESENT | PAGE_AVAILABLE)) return FORBIDDEN;
  return setPageEntry(process.space, address, (entry & ~PAGE_AVAILABLE) | PAGE_WRITE) == 0 ? RESOLVED : NO_MEMORY;
}

export function pageFault(frame: TrapFrame, address: u32): void {
  if (resolve(address, frame.error) == RESOLVED) __work_fault();
  else refuse(frame, VECTOR_PAGE_FAULT, address);
}

export function exception(frame: TrapFrame, vector: u32): void {
  refuse(frame, vector, 0);
}

function refuse(frame: TrapFrame, vector: u32, address: u32): void {
  if ((frame.cs & 3) != 3) {
    const recovery = copyRecovery(frame.eip);
    if (!recovery) panic(frame, vector, address);
    frame.eip = recovery;
    return;
  }
  const process = self().process;
  if (process.faultHandler) {
    frame.eip = process.faultHandler;
    frame.eax = vector;
    process.faultHandler = 0;
    return;
  }
  describe('process ', frame, vector, address);
  printNumber(process.pid);
  print(' killed');
  newline();
  exitProcess(128 + vector);
}

function describe(who: string, frame: TrapFrame, vector: u32, address: u32): void {
  print('exception ');
  printNumber(vector);
  print(' error ');
  printHex(frame.error);
  print(' eip ');
  printHex(frame.eip);
  print(' address ');
  printHex(address);
  print(', ');
  print(who);
}

function panic(frame: TrapFrame, vector: u32, address: u32): void {
  describe('kernel', frame, vector, address);
  newline();
  powerOff(3);
}

/** catchFault(handler) */
export function sysCatchFault(handler: u32, _b: u32, _c: u32): i32 {
  self().process.faultHandler = handler;
  return 0;
}
