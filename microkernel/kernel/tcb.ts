// Thread control blocks. A thread's number picks its block: block n lies at `tcbs` + n * 256, whether the thread exists
// or not, so that an id needs no search; an id is valid when the block holds exactly that id (L4 X.2, "Thread IDs").
//
//   global id   31            14 13          0
//              +----------------+-------------+
//              | thread number  | version     |    version's low 6 bits are never all 0 (those ids are local:
// addresses)
//              +----------------+-------------+
//
// At its end a block holds the registers of the thread's last entry (the processor's ring-0 stack pointer is the end of
// the running thread's block); below them 64 bytes stay free for a fault of the entry code itself (stubs/entry.ts).
import { Elements, Structs } from '../../kernels/lib/elements';
import { TrapFrame } from '../../kernels/lib/trapframe';
import { Space } from './space';
import { addressOf_tcbs } from './stubs';

/** Address of the running thread's block. */
export let currentThread: u32 = 0;

export function setCurrentThread(t: Tcb): void {
  currentThread = changetype<usize>(t);
}

export const THREADS: u32 = 256;
/** Thread numbers below belong to interrupt lines; then come the kernel's own threads; user level gives away the rest. */
export const KERNEL_INTERRUPTS: u32 = 16;
export const IDLE_THREAD: u32 = 16;
export const USER_BASE: u32 = 32;

/** Nothing runs; not activated. */
export const STATE_INACTIVE: u32 = 0;
export const STATE_READY: u32 = 1;
/** Blocked in the receive phase of an IPC without timeout, returning the usual way: what the fast path may wake. */
export const STATE_WAITING: u32 = 2;
/** The same, with a timeout or another way back. */
export const STATE_WAITING_SLOW: u32 = 3;
export const STATE_SENDING: u32 = 4;
/** The kernel waits in the thread's name: for the reply to a page fault, to an exception, for the start message. */
export const STATE_WAITING_FAULT: u32 = 5;
export const STATE_WAITING_EXCEPTION: u32 = 6;
export const STATE_WAITING_START: u32 = 7;
export const STATE_HALTED: u32 = 8;
export const STATE_IDLE: u32 = 9;

/** What a blocked sender has to send: its message registers, or what the kernel says in its name. */
export const MESSAGE_USER: u32 = 0;
export const MESSAGE_FAULT: u32 = 1;
export const MESSAGE_EXCEPTION: u32 = 2;
export const MESSAGE_INTERRUPT: u32 = 3;

/** IRET, SYSEXIT. */
export const EXIT_IRET: u32 = 0;
export const EXIT_SYSEXIT: u32 = 1;

export const NIL_THREAD: u32 = 0;
export const ANY_THREAD: u32 = 0xffffffff;
export const ANY_LOCAL_THREAD: u32 = 0xffffffc0;

@unmanaged
@size(256)
export class Tcb {
  globalId: u32;
  state: u32;
  /** Waiting: from whom (an id, or any). Running after a receive: from whom it was. */
  partner: u32;
  /** Where the kernel sees message register 0. */
  utcb: usize;
  /** Where the thread sees it. */
  localId: u32;
  /** CR3 of its space. */
  @offset(0x14) directory: u32;
  space: Space;
  /** Threads blocked in sending to this one, in order. */
  senders: Tcb | null;
  /** The word at TSS + 100: offset of its space's I/O permission map. */
  ioMap: u32;
  exit: u32;
  /** The IPC came by SYSENTER (valid in the slow path). */
  entry: u32;
  sendNext: Tcb;
  sendPrevious: Tcb;
  sendTo: Tcb | null;
  readyNext: Tcb;
  readyPrevious: Tcb;
  queued: u32;
  priority: u32;
  slice: u32;
  /** Arguments of the IPC it is in. */
  from: u32;
  timeouts: u32;
  message: u32;
  /** A page fault's tag, address and EIP; an exception's vector. */
  word0: u32;
  word1: u32;
  word2: u32;
  /** Of an interrupt's thread: who handles it. */
  handler: u32;
  deadline: u32;
  timedNext: usize;
  scheduler: u32;
  @elements(21) private room: Elements<u32>;
  /** Of the last entry. */
  @embedded @offset(0xc8) frame: TrapFrame;
}

staticAssert(offsetof<Tcb>() == 1 << 8, 'the fast path finds a block by a shift (stubs/ipc.ts, TCB_SHIFT)');

export function current(): Tcb {
  return changetype<Tcb>(currentThread);
}

export function threadNumber(id: u32): u32 {
  return id >> 14;
}

/** The block of thread number n (< THREADS). */
export function block(n: u32): Tcb {
  return changetype<Structs<Tcb>>(addressOf_tcbs())[n];
}

/** The thread with this global id, or null. */
export function lookup(id: u32): Tcb | null {
  const t = block(threadNumber(id) & (THREADS - 1));
  return id != NIL_THREAD && t.globalId == id ? t : null;
}

export function isReceiving(t: Tcb): bool {
  const s = t.state;
  return s == STATE_WAITING || s == STATE_WAITING_SLOW || (s >= STATE_WAITING_FAULT && s <= STATE_WAITING_START);
}

// Thread control registers: words below the UTCB's address (L4 X.2, ia32: "Virtual Registers").
export const TCR_ACTUAL_SENDER: i32 = -6;
export const TCR_ERROR: i32 = -9;
export const TCR_EXCEPTION_HANDLER: i32 = -11;
export const TCR_PAGER: i32 = -12;
export const TCR_USER_HANDLE: i32 = -13;
export const TCR_GLOBAL_ID: i32 = -15;
/** Buffer register 0, the acceptor; buffer register i lies i words below it. */
export const BUFFER_REGISTER_0: i32 = -16;

export function register(t: Tcb, index: i32): u32 {
  return load<u32>(t.utcb + (index << 2));
}

export function setRegister(t: Tcb, index: i32, value: u32): void {
  store<u32>(t.utcb + (index << 2), value);
}
