// Processes: an address space, its regions, open files, one thread.
//
// A process lies in a block of PROCESS_SIZE bytes: the class below, then its regions, then its files.
import { componentCreate, componentRemove, KIND_PROGRAM } from '../lib/components';
import { enterUser, spaceCreate, spaceDestroy } from '../ports/port';
import { closeAll } from './file';
import { Region, releaseMemory } from './memory';
import { leaveSpace, sleep, wake } from './schedule';
import { createThread, freeThread, self, Thread } from './thread';

export const MAX_REGIONS: u32 = 16;
export const MAX_FILES: u32 = 16;

@unmanaged
export class Process {
  pid: u32;
  parent: u32;
  space: u32;
  thread: Thread;
  regionCount: u32;
  /** Where mmap2 looks next. */
  mapNext: u32;
  /** Where to resume it after its next fatal exception; 0: kill it. */
  faultHandler: u32;
  dead: u32;
  status: u32;
  entry: u32;
  stack: u32;
}

const REGIONS: usize = 64;
const FILES: usize = 64 + 16 * 16;
const PROCESS_SIZE: u32 = 64 + 16 * 16 + 16 * 8;
const MAX_PROCESSES: u32 = 16;

const processes: usize = memory.data(16 * 448, 64);
let nextPid: u32 = 1;

/** Whoever waits for processes to end: the boot thread. */
let reaper: Thread = changetype<Thread>(0);

export function regionAt(process: Process, i: u32): Region {
  return changetype<Region>(changetype<usize>(process) + REGIONS + i * offsetof<Region>());
}

/** Address of file i's two words: kind and object. */
export function fileSlot(process: Process, i: u32): usize {
  return changetype<usize>(process) + FILES + (i << 3);
}

function processAt(i: u32): Process {
  return changetype<Process>(processes + i * PROCESS_SIZE);
}

/** An empty process with a thread that is not ready yet; `text` names it. Null: no room. */
export function createProcess(text: usize, image: u32): Process {
  let i: u32 = 0;
  while (i < MAX_PROCESSES && processAt(i).pid) i++;
  if (i == MAX_PROCESSES) return changetype<Process>(0);
  const process = processAt(i);
  memory.fill(changetype<usize>(process), 0, PROCESS_SIZE);
  process.space = spaceCreate();
  process.thread = createThread();
  if (!process.space || !changetype<usize>(process.thread)) return changetype<Process>(0);
  process.pid = nextPid++;
  process.thread.process = process;
  process.thread.space = process.space;
  componentCreate(<u32>changetype<usize>(process.thread), process.pid, KIND_PROGRAM, image, text);
  return process;
}

/** The thread starts in user mode, at the process's entry. */
export function startProcess(process: Process): void {
  wake(process.thread);
}

/** First kernel code of a process's thread. */
export function runProcess(): void {
  const process = self().process;
  enterUser(process.entry, process.stack);
}

/** The current process ends; never returns. */
export function exitProcess(status: u32): void {
  const process = self().process;
  process.status = status;
  process.dead = 1;
  closeAll(process);
  releaseMemory(process);
  wake(reaper);
  sleep();
}

function bury(process: Process): void {
  leaveSpace(process.space);
  spaceDestroy(process.space);
  componentRemove(<u32>changetype<usize>(process.thread));
  freeThread(process.thread);
  process.pid = 0;
}

/** Waits until all processes have ended; returns how many of them failed. */
export function reapAll(): u32 {
  reaper = self();
  let failures: u32 = 0;
  for (;;) {
    let alive: u32 = 0;
    for (let i: u32 = 0; i < MAX_PROCESSES; i++) {
      const process = processAt(i);
      if (!process.pid) continue;
      if (!process.dead) alive++;
      else {
        if (process.status) failures++;
        bury(process);
      }
    }
    if (!alive) break;
    sleep();
  }
  return failures;
}
