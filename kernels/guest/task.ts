// What a process, its thread and its memory are: three structures that name each other. What is done with them stands in
// files of their own: thread.ts, process.ts, region.ts.
import { Inode } from './inode';

/** The port's switch code knows the first two words. */
@unmanaged
export class Thread {
  stackPointer: u32;
  stackTop: u32;
  /** Address space to load before it runs; 0: any. */
  space: u32;
  state: u32;
  /** Links in the one queue it is in: ready (both), or waiting for something (next). */
  next: Thread;
  previous: Thread;
  /** Address of the wait queue it is in; 0: none. */
  queue: usize;
  /** Null for a kernel thread. */
  process: Process;
  /** What a kernel thread runs: a function index, and one word for it. */
  entry: u32;
  word: u32;
  /** Ticks left of its share, and its nice value, -20 to 19. */
  counter: i32;
  nice: i32;
  /** Tick at which sleepUntil ends, and the next of those who sleep so. */
  deadline: u32;
  nextDeadline: Thread;
  timed: u32;
  unused: u32;
}

@unmanaged
export class Process {
  /** 0: the slot is free. */
  pid: u32;
  /** Null: started by the kernel. */
  parent: Process;
  group: u32;
  session: u32;
  space: u32;
  thread: Thread;
  /** In the order of their addresses. */
  firstRegion: Region;
  heapStart: u32;
  heapEnd: u32;
  /** Where to resume it after its next fatal exception; 0: kill it. */
  faultHandler: u32;
  /** A zombie: only its status is left. */
  dead: u32;
  /** As wait4 reports it. */
  status: u32;
  /** Stopped or continued and not yet reported: the status to report, 0: nothing. */
  report: u32;
  entry: u32;
  stack: u32;
  directory: Inode;
  mask: u32;
  /** Threads that wait for a child of this one. */
  childQueue: u32;
  /** One bit a signal, bit 0 = signal 1. */
  pending: u32;
  blocked: u32;
  /** What `blocked` becomes when the next signal has been delivered: sigsuspend. */
  savedMask: u32;
  restoreMask: u32;
  restart: u32;
  /** Ticks of the alarm: when next (0: off), and every how many after that. */
  alarm: u32;
  alarmInterval: u32;
  /** Ticks that it ran, and that its dead children did. */
  ticks: u32;
  childTicks: u32;
  /** Index of the boot module that holds its image, plus 1; 0: none. */
  image: u32;
  /** Address and vector of its last exception, for the message and siginfo. */
  faultAddress: u32;
  startTick: u32;
  /** One more than the highest open descriptor. */
  fileLimit: u32;
  /** Started by the kernel: the machine ends with the last of these. */
  root: u32;
  regions: u32;
  // name: 16 bytes; actions: 32 times 16 bytes; close-on-exec bits; descriptors: one word each
}

@unmanaged
export class Region {
  start: u32;
  end: u32;
  /** PROT_ bits. */
  protection: u32;
  flags: u32;
  /** Null: anonymous. */
  inode: Inode;
  /** The file's page that lies at start. */
  offset: u32;
  next: Region;
  unused: u32;
}
