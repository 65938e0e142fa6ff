// Exceptions. A page fault goes down a ladder: each rung names why it ends there, and only the last ones change anything.
// What cannot be resolved ends, in this order: at the failure exit of a user copy, at the handler that the program asked
// for (call 504), with a signal to the program; and if the kernel itself is at fault, with the machine.
//
// A private page that is written while others hold it too (a forked process, the cache) is copied; the last holder just
// gets it back.
import { clearPage, copyBytes } from '../lib/bytes';
import { newline, print, printNumber } from '../lib/console';
import { __work_fault, __work_zeroed } from '../lib/hooks';
import { FAULT_PRESENT, FAULT_WRITE, FRAME_MASK, PAGE_DIRTY, PAGE_PRESENT, PAGE_SIZE, PAGE_WRITE } from '../lib/paging';
import { TrapFrame } from '../lib/trapframe';
import { PROT_WRITE, SIGBUS, SIGFPE, SIGILL, SIGKILL, SIGSEGV, SIGTRAP } from '../lib/unix';
import { USER_TOP } from '../lib/userlayout';
import { copyRecovery, frameAddress, pageEntry, setPageEntry } from '../ports/port';
import { getPage } from './cache';
import { reservePage } from './content';
import { entryFlags } from './memory';
import { addressOf, dropFrame, dropPage, frameOf, pageOf } from './page';
import { describe, panic } from './panic';
import { findRegion, REGION_KERNEL, REGION_SHARED } from './region';
import { forceSignal } from './signal';
import { takeFrameOrSync } from './sync';
import { Process, Region } from './task';
import { self } from './thread';

const RESOLVED: u32 = 0;
const KERNEL_ADDRESS: u32 = 1;
const NO_PROCESS: u32 = 2;
const NO_REGION: u32 = 3;
const FORBIDDEN: u32 = 4;
/** The file ends before, or the disk failed or is full. */
const NO_FILE: u32 = 5;
const NO_MEMORY: u32 = 6;

const VECTOR_PAGE_FAULT: u32 = 14;

function resolve(process: Process, address: u32, error: u32): u32 {
  if (address >= USER_TOP) return KERNEL_ADDRESS;
  if (!changetype<usize>(process)) return NO_PROCESS;
  const region = findRegion(process, address);
  if (!changetype<usize>(region)) return NO_REGION;
  const write = (error & FAULT_WRITE) != 0;
  if (!region.protection || region.flags & REGION_KERNEL) return FORBIDDEN;
  if (write && !(region.protection & PROT_WRITE)) return FORBIDDEN;
  const page = address & FRAME_MASK;
  if (error & FAULT_PRESENT) return write ? allowWrite(process, region, page) : FORBIDDEN;
  return changetype<usize>(region.inode)
    ? addFilePage(process, region, page, write)
    : addZeroPage(process, region, page);
}

function addZeroPage(process: Process, region: Region, page: u32): u32 {
  const frame = takeFrameOrSync();
  if (!frame) return NO_MEMORY;
  clearPage(frameAddress(frame));
  __work_zeroed();
  return enter(process, page, frame, entryFlags(region.protection));
}

/** Maps a frame that has a holder for this; the holder goes when that fails. */
function enter(process: Process, page: u32, frame: u32, flags: u32): u32 {
  if (setPageEntry(process.space, page, frame | flags) == 0) return RESOLVED;
  dropFrame(frame);
  return NO_MEMORY;
}

function addFilePage(process: Process, region: Region, at: u32, write: bool): u32 {
  const inode = region.inode;
  const index = region.offset + ((at - region.start) >> 12);
  if (index >= (inode.size + PAGE_SIZE - 1) >> 12) return NO_FILE;
  const page = getPage(inode, index);
  if (!changetype<usize>(page)) return NO_FILE;
  if (region.flags & REGION_SHARED) {
    if (write && reservePage(inode, page) < 0) {
      dropPage(page);
      return NO_FILE;
    }
    return enter(process, at, frameOf(page), entryFlags(write ? region.protection : region.protection & ~PROT_WRITE));
  }
  if (!write) return enter(process, at, frameOf(page), entryFlags(region.protection & ~PROT_WRITE));
  const frame = takeFrameOrSync();
  if (frame) copyBytes(frameAddress(frame), addressOf(page), PAGE_SIZE);
  dropPage(page);
  return frame ? enter(process, at, frame, entryFlags(region.protection)) : NO_MEMORY;
}

/** A page that is there, in a region that may be written. */
function allowWrite(process: Process, region: Region, at: u32): u32 {
  const entry = pageEntry(process.space, at);
  if (!(entry & PAGE_PRESENT)) return FORBIDDEN;
  if (entry & PAGE_WRITE) return RESOLVED;
  const frame = entry & FRAME_MASK;
  const page = pageOf(frame);
  if (region.flags & REGION_SHARED) {
    if (reservePage(region.inode, page) < 0) return NO_FILE;
  } else if (page.count > 1 || changetype<usize>(page.owner)) {
    const copy = takeFrameOrSync();
    if (!copy) return NO_MEMORY;
    copyBytes(frameAddress(copy), frameAddress(frame), PAGE_SIZE);
    const result = enter(process, at, copy, entryFlags(region.protection));
    if (result == RESOLVED) dropFrame(frame);
    return result;
  }
  return setPageEntry(process.space, at, entry | PAGE_WRITE | PAGE_DIRTY) == 0 ? RESOLVED : NO_MEMORY;
}

/** Brings the page at `address` as an access of the process would; false: that would be a fault. */
export function bringPage(process: Process, address: u32, write: bool): bool {
  const entry = pageEntry(process.space, address);
  if (entry & PAGE_PRESENT && (!write || entry & PAGE_WRITE)) return true;
  const error = (write ? FAULT_WRITE : 0) | (entry & PAGE_PRESENT ? FAULT_PRESENT : 0);
  return resolve(process, address, error) == RESOLVED;
}

export function pageFault(frame: TrapFrame, address: u32): void {
  const reason = resolve(self().process, address, frame.error);
  if (reason == RESOLVED) __work_fault();
  else refuse(frame, VECTOR_PAGE_FAULT, address, reason == NO_MEMORY ? SIGKILL : reason == NO_FILE ? SIGBUS : SIGSEGV);
}

export function exception(frame: TrapFrame, vector: u32): void {
  refuse(frame, vector, frame.eip, signalOf(vector));
}

/** As Linux maps the processor's exceptions. */
function signalOf(vector: u32): u32 {
  switch (vector) {
    case 0:
    case 16:
    case 19:
      return SIGFPE;
    case 1:
    case 3:
      return SIGTRAP;
    case 6:
      return SIGILL;
    case 17:
      return SIGBUS;
    default:
      return SIGSEGV;
  }
}

function refuse(frame: TrapFrame, vector: u32, address: u32, signal: u32): void {
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
  process.faultAddress = address;
  if (forceSignal(process, signal) && process.root) {
    describe('process ', frame, vector, vector == VECTOR_PAGE_FAULT ? address : 0);
    printNumber(process.pid);
    print(' killed');
    newline();
  }
}

/** catchFault(handler) */
export function sysCatchFault(handler: u32, _b: u32, _c: u32): i32 {
  self().process.faultHandler = handler;
  return 0;
}
