// Threads: a kernel stack each, and what runs on it. A process has one thread; kernel threads have no process and no
// address space of their own: they run in whatever space is loaded.
import { componentCreateNamed, KIND_KERNEL } from '../lib/components';
import { prepareStack } from '../ports/port';
import { addressOf_threadStacks } from './stubs';
import { Thread } from './task';

export const THREAD_FREE: u32 = 0;
export const THREAD_READY: u32 = 1;
/** Waits for an event; a signal does not end the wait. */
export const THREAD_ASLEEP: u32 = 2;
/** Waits for an event or a signal. */
export const THREAD_WAITING: u32 = 3;
/** Stopped by a signal, until SIGCONT or SIGKILL. */
export const THREAD_STOPPED: u32 = 4;

const MAX_THREADS: u32 = 72;
const threads: usize = memory.data(72 * 64, 64);

// Stacks are staggered, so that those of two threads do not share the sets of a small first-level cache.
const STACK_SIZE: u32 = 8192;
const STACK_STRIDE: u32 = 8192 + 320;
/** Lowest word of a stack: whoever overwrites it used more than there is. */
const CANARY: u32 = 0x57ac4ed0;

/** The current thread: the word by which an observer knows who is running. Written by the port's switchContext. */
export let currentThread: u32 = 0;

export function self(): Thread {
  return changetype<Thread>(<usize>currentThread);
}

export function noThread(): Thread {
  return changetype<Thread>(0);
}

export function threadNumber(i: u32): Thread {
  return changetype<Thread>(threads + i * offsetof<Thread>());
}

export function threadLimit(): u32 {
  return MAX_THREADS;
}

/** The boot code becomes thread 0, on the stack it is on. */
export function adoptBootThread(): Thread {
  const thread = threadNumber(0);
  thread.state = THREAD_READY;
  currentThread = <u32>threads;
  return thread;
}

/** A thread that is not ready yet, or null when there is no room for one. */
export function createThread(): Thread {
  for (let i: u32 = 1; i < MAX_THREADS; i++) {
    const thread = threadNumber(i);
    if (thread.state != THREAD_FREE) continue;
    memory.fill(changetype<usize>(thread), 0, offsetof<Thread>());
    // A slot keeps its stack for good: the code that frees a thread may still be running on it.
    const stack = addressOf_threadStacks() + i * STACK_STRIDE;
    store<u32>(stack, CANARY);
    thread.stackTop = <u32>stack + STACK_SIZE;
    thread.stackPointer = <u32>prepareStack(thread.stackTop);
    thread.state = THREAD_ASLEEP;
    thread.counter = 1;
    return thread;
  }
  return noThread();
}

export function freeThread(thread: Thread): void {
  thread.state = THREAD_FREE;
}

/** Did the thread keep within its stack? The boot thread has one of the port's. */
export function stackIntact(thread: Thread): bool {
  return !thread.stackTop || load<u32>(thread.stackTop - STACK_SIZE) == CANARY;
}

/** A kernel thread that runs the function with this index once it is woken; all of them are one component. */
export function makeKernelThread(entry: u32): Thread {
  const thread = createThread();
  if (!changetype<usize>(thread)) unreachable();
  thread.entry = entry;
  componentCreateNamed(<u32>changetype<usize>(thread), 0, KIND_KERNEL, 0, 'kernel');
  return thread;
}
