// Round robin among runnable domains, with slices of 10 ms, by the rule:
//  - a domain that blocks, yields or ends gives the processor up at once;
//  - a domain woken by another goes to the head of the queue, and the waker keeps the processor until it gives it up
//    (so that a sender can send a batch, and a receiver runs as soon as the sender waits for it);
//  - a domain woken by a device goes to the head of the queue and preempts, and the preempted one comes next after it;
//  - at the end of a slice a domain goes to the tail.
// (Xen 3.0.0 has BVT and SEDF; what both give a domain that sleeps and is woken is this preference.)
//
// The registers of the running domain lie at the top of the VMM's one stack. They are exchanged only when another domain
// is loaded: idling in between leaves registers, page directory and TLB as they are.

import { Descriptor, TaskState } from '../kernels/lib/descriptors';
import { __switch_commit } from '../kernels/lib/hooks';
import { cli, stiHlt } from '../kernels/lib/x86';
import {
  EINVAL,
  EPERM,
  SCHEDOP_block,
  SCHEDOP_shutdown,
  SCHEDOP_yield,
  SHUTDOWN_crash,
} from '../kernels/lib/xen/numbers';
import { BLOCKED, clearSoftirq, current, RUNNABLE, raiseSoftirq, STOPPED, setCurrent, Vcpu } from './domain';
import { loadDirectory } from './frame';
import { domainStopped } from './power';
import { exchangeFrames, loadFsGs, readFsGs } from './stubs';

/** Woken domains wait here, the next to run first. */
export let runQueue: Vcpu = changetype<Vcpu>(0);
export let idleVcpu: Vcpu = changetype<Vcpu>(0);
/** Built, and not started yet. */
let unstarted: Vcpu = changetype<Vcpu>(0);
/** Whose registers and page directory are loaded; at first the idle one's, which are nobody's. */
let loaded: Vcpu = changetype<Vcpu>(0);
/** Where the processor finds the ring 1 stack and the gate of int 80h. */
let task: TaskState = changetype<TaskState>(0);
let int80Gate: Descriptor = changetype<Descriptor>(0);

export function schedulerInit(idle: Vcpu, taskState: TaskState, gate: Descriptor): void {
  idleVcpu = idle;
  loaded = idle;
  task = taskState;
  int80Gate = gate;
  setCurrent(idle);
}

function none(v: Vcpu): bool {
  return changetype<usize>(v) == 0;
}

function enqueueFirst(v: Vcpu): void {
  v.next = runQueue;
  runQueue = v;
}

function enqueueLast(v: Vcpu): void {
  v.next = changetype<Vcpu>(0);
  if (none(runQueue)) {
    runQueue = v;
    return;
  }
  let last = runQueue;
  while (!none(last.next)) last = last.next;
  last.next = v;
}

/** The domain is runnable again, or for the first time. */
export function wake(v: Vcpu, byDevice: bool): void {
  if (v.state != BLOCKED) return;
  v.state = RUNNABLE;
  enqueueFirst(v);
  if (byDevice) raiseSoftirq();
}

/**
 * The domain runs from the first time on that the processor has nothing else to do. Domain 0 starts guests when it is
 * through with its own start, in which no measurement may fall.
 */
export function startWhenIdle(v: Vcpu): void {
  unstarted = v;
}

/** What the stubs call when softirqPending is set. */
export function schedule(): void {
  clearSoftirq();
  const v = current();
  if (v.state == RUNNABLE && v != idleVcpu) {
    if (none(runQueue)) return;
    enqueueLast(v);
  }
  if (none(runQueue)) idle();
  const next = runQueue;
  runQueue = next.next;
  if (next != loaded) switchRegisters(next);
  setCurrent(next);
  __switch_commit();
}

function idle(): void {
  setCurrent(idleVcpu);
  __switch_commit();
  if (!none(unstarted)) {
    wake(unstarted, false);
    unstarted = changetype<Vcpu>(0);
  }
  while (none(runQueue)) {
    stiHlt();
    cli();
  }
  clearSoftirq();
}

function switchRegisters(next: Vcpu): void {
  exchangeFrames(loaded.registers, next.registers);
  loaded.fsGs = readFsGs();
  loaded = next;
  task.esp1 = next.kernelSp;
  task.ss1 = next.kernelSs;
  loadInt80(next);
  loadDirectory(next.cr3);
  loadFsGs(next.fsGs);
}

/** Installs the domain's own gate for int 80h. */
export function loadInt80(v: Vcpu): void {
  int80Gate.low = v.int80.low;
  int80Gate.high = v.int80.high;
}

/** Hypercall 3: where ring 1 is entered from now on. */
export function stackSwitch(ss: u32, esp: u32): i32 {
  const v = current();
  if ((ss & 3) != 1) return -EPERM;
  v.kernelSs = ss;
  v.kernelSp = esp;
  task.ss1 = ss;
  task.esp1 = esp;
  return 0;
}

/** Hypercall 6. */
export function schedOp(operation: u32, argument: u32): i32 {
  const v = current();
  switch (operation) {
    case SCHEDOP_yield:
      raiseSoftirq();
      return 0;
    case SCHEDOP_block:
      v.info.upcallMask = 0;
      if (v.info.upcallPending == 0) {
        v.state = BLOCKED;
        raiseSoftirq();
      }
      return 0;
    case SCHEDOP_shutdown:
      if (argument > SHUTDOWN_crash) return -EINVAL;
      stopCurrent(argument);
      return 0;
    default:
      return -EINVAL;
  }
}

/** The running domain never runs again. */
export function stopCurrent(reason: u32): void {
  const v = current();
  v.state = STOPPED;
  raiseSoftirq();
  domainStopped(v.domain, reason);
}

/** Somebody else is waiting: the slice of the running domain is over. */
export function endSlice(): void {
  if (!none(runQueue)) raiseSoftirq();
}
