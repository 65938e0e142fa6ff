// Threads: a kernel stack each, and what runs on it. A process has one thread; kernel threads have no process and no
// address space of their own: they run in whatever space is loaded.
import { allocateFrame } from '../lib/frames';
import { frameAddress, prepareStack } from '../ports/port';
import { Process } from './process';

export const THREAD_FREE: u32 = 0;
export const THREAD_READY: u32 = 1;
export const THREAD_ASLEEP: u32 = 2;

/** The port's switch code knows the first two words. */
@unmanaged
export class Thread {
  stackPointer: u32;
  stackTop: u32;
  /** Address space to load before it runs; 0: any. */
  space: u32;
  state: u32;
  /** Link in the one queue it is in: ready, or waiting for something. */
  next: Thread;
  /** Null for a kernel thread. */
  process: Process;
  /** What a kernel thread runs: a function index, and one word for it. */
  entry: u32;
  word: u32;
}

const MAX_THREADS: u32 = 20;
const threads: usize = memory.data(20 * 32, 64);

/** The current thread: the word by which an observer knows who is running. Written by the port's switchContext. */
export let currentThread: u32 = 0;

export function self(): Thread {
  return changetype<Thread>(<usize>currentThread);
}

export function noThread(): Thread {
  return changetype<Thread>(0);
}

/** The boot code becomes thread 0, on the stack it is on. */
export function adoptBootThread(): Thread {
  const thread = changetype<Thread>(threads);
  thread.state = THREAD_READY;
  currentThread = <u32>threads;
  return thread;
}

/** A thread that is not ready yet, or null when there is no room for one. */
export function createThread(): Thread {
  for (let i: u32 = 1; i < MAX_THREADS; i++) {
    const thread = changetype<Thread>(threads + i * offsetof<Thread>());
    if (thread.state != THREAD_FREE) continue;
    if (!thread.stackTop) {
      // A thread slot keeps its stack for good: the code that frees a thread may still be running on it.
      const frame = allocateFrame();
      if (!frame) return noThread();
      thread.stackTop = <u32>frameAddress(frame) + 4096;
    }
    thread.stackPointer = <u32>prepareStack(thread.stackTop);
    thread.space = 0;
    thread.state = THREAD_ASLEEP;
    thread.next = noThread();
    thread.process = changetype<Process>(0);
    thread.word = 0;
    return thread;
  }
  return noThread();
}

export function freeThread(thread: Thread): void {
  thread.state = THREAD_FREE;
}
