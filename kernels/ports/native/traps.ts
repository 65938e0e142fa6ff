// The processor's tables: segments, gates, the task-state segment, and the registers behind SYSENTER.
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
} from '../../lib/descriptors';
import { FEATURE_SEP, processorFeatures } from '../../lib/processor';
import { lgdt, lidt, ltr, wrmsr } from '../../lib/x86';
import {
  addressOf_descriptorTable,
  addressOf_enterByInterrupt,
  addressOf_enterBySysenter,
  addressOf_interruptTable,
  addressOf_taskState,
  addressOf_vectorTable,
  reloadSegments,
} from './stubs';

// The stubs take these by name.
const KERNEL_CODE: u32 = 0x08;
const KERNEL_DATA: u32 = 0x10;
const TASK: u32 = 0x28;
const DESCRIPTORS: u32 = 6;
const VECTORS: u32 = 64;
const SYSTEM_CALL: u32 = 0x80;
const LIMIT_4G: u32 = 0xfffff;
const DPL_USER: u32 = 3 << 5;

const MSR_SYSENTER_CS: u32 = 0x174;
const MSR_SYSENTER_ESP: u32 = 0x175;
const MSR_SYSENTER_EIP: u32 = 0x176;

const pointer: usize = memory.data(8, 4);

export function trapsInit(): void {
  const descriptors = addressOf_descriptorTable();
  setSegment(descriptors + 0x08, 0, LIMIT_4G, TYPE_CODE, SEGMENT_FLAGS_FLAT);
  setSegment(descriptors + 0x10, 0, LIMIT_4G, TYPE_DATA, SEGMENT_FLAGS_FLAT);
  setSegment(descriptors + 0x18, 0, LIMIT_4G, TYPE_CODE | DPL_USER, SEGMENT_FLAGS_FLAT);
  setSegment(descriptors + 0x20, 0, LIMIT_4G, TYPE_DATA | DPL_USER, SEGMENT_FLAGS_FLAT);
  const state = changetype<TaskState>(<usize>addressOf_taskState());
  state.ss0 = KERNEL_DATA;
  // An I/O map beyond the limit: programs have no port.
  state.ioMap = TASK_STATE_SIZE << 16;
  setSegment(descriptors + TASK, addressOf_taskState(), TASK_STATE_SIZE - 1, TYPE_TSS, 0);
  setTablePointer(pointer, descriptors, DESCRIPTORS * 8);
  lgdt(pointer);
  reloadSegments();
  ltr(TASK);

  const gates = addressOf_interruptTable();
  for (let i: u32 = 0; i < VECTORS; i++) {
    setGate(gates + i * 8, KERNEL_CODE, load<u32>(addressOf_vectorTable() + (i << 2)), TYPE_INTERRUPT_GATE, 0);
  }
  setGate(gates + SYSTEM_CALL * 8, KERNEL_CODE, addressOf_enterByInterrupt(), TYPE_INTERRUPT_GATE, 3);
  setTablePointer(pointer, gates, 256 * 8);
  lidt(pointer);
}

/** Opens SYSENTER; false: this processor has none. ESP points at ESP0, which the entry loads. */
export function openSysenter(): bool {
  if (!(processorFeatures() & FEATURE_SEP)) return false;
  wrmsr(MSR_SYSENTER_CS, KERNEL_CODE);
  wrmsr(MSR_SYSENTER_ESP, addressOf_taskState() + offsetof<TaskState>('esp0'));
  wrmsr(MSR_SYSENTER_EIP, addressOf_enterBySysenter());
  return true;
}
