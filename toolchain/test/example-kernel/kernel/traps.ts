// Segments, the task state, and the ways into the kernel.
import {
  SEGMENT_FLAGS_FLAT,
  setGate,
  setSegment,
  setTablePointer,
  TASK_STATE_SIZE,
  TaskState,
  TYPE_CODE,
  TYPE_DATA,
  TYPE_INTERRUPT_GATE,
  TYPE_TSS,
} from '../../../../kernels/lib/descriptors';
import { lgdt, lidt, ltr } from '../../../../kernels/lib/x86';
import {
  addressOf_enterOther,
  addressOf_enterPageFault,
  addressOf_enterSystemCall,
  addressOf_kernelStackTop,
  reloadSegments,
} from './stubs';

/** Selectors; the stubs take them from here. */
const KERNEL_CODE: u32 = 0x08;
const KERNEL_DATA: u32 = 0x10;
const USER_CODE: u32 = 0x18;
const USER_DATA: u32 = 0x20;
const TASK: u32 = 0x28;
const USER: u32 = 3 << 5;

const descriptors: usize = memory.data(6 * 8, 8);
const gates: usize = memory.data(0x81 * 8, 8);
const taskState: usize = memory.data(104, 8);
const pointer: usize = memory.data(8, 8);

export function trapsInit(): void {
  setSegment(descriptors + KERNEL_CODE, 0, 0xfffff, TYPE_CODE, SEGMENT_FLAGS_FLAT);
  setSegment(descriptors + KERNEL_DATA, 0, 0xfffff, TYPE_DATA, SEGMENT_FLAGS_FLAT);
  setSegment(descriptors + USER_CODE, 0, 0xfffff, TYPE_CODE | USER, SEGMENT_FLAGS_FLAT);
  setSegment(descriptors + USER_DATA, 0, 0xfffff, TYPE_DATA | USER, SEGMENT_FLAGS_FLAT);
  setSegment(descriptors + TASK, <u32>taskState, TASK_STATE_SIZE - 1, TYPE_TSS, 0);
  const task = changetype<TaskState>(taskState);
  task.ss0 = KERNEL_DATA;
  task.esp0 = addressOf_kernelStackTop();
  task.ioMap = TASK_STATE_SIZE << 16;
  setTablePointer(pointer, <u32>descriptors, 6 * 8);
  lgdt(pointer);
  reloadSegments();
  ltr(TASK);

  for (let vector: u32 = 0; vector < 32; vector++) gate(vector, addressOf_enterOther(), 0);
  gate(14, addressOf_enterPageFault(), 0);
  gate(0x80, addressOf_enterSystemCall(), 3);
  setTablePointer(pointer, <u32>gates, 0x81 * 8);
  lidt(pointer);
}

function gate(vector: u32, handler: u32, dpl: u32): void {
  setGate(gates + vector * 8, KERNEL_CODE, handler, TYPE_INTERRUPT_GATE, dpl);
}
