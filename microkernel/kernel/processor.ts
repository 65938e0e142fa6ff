// The processor's tables: segments, gates, task state; SYSENTER where there is one.
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
} from '../../kernels/lib/descriptors';
import { wrmsr } from '../../kernels/lib/x86';
import {
  SELECTOR_KERNEL_CODE,
  SELECTOR_KERNEL_DATA,
  SELECTOR_TASK,
  SELECTOR_USER_CODE,
  SELECTOR_USER_DATA,
  SELECTOR_UTCB,
  SYSTEM_CALL_VECTORS,
  UTCB_POINTER,
  VECTOR_IPC,
} from './layout';
import { IO_MAPS_BYTES, NO_IO_MAP } from './ports';
import {
  addressOf_gdt,
  addressOf_idt,
  addressOf_ipcByInterruptSlow,
  addressOf_ipcBySysenter,
  addressOf_trapEntries,
  addressOf_tss,
  loadTables,
} from './stubs';
import { taskState } from './taskstate';

const USER: u32 = 3 << 5;
const VECTORS: u32 = VECTOR_IPC + SYSTEM_CALL_VECTORS;
const BREAKPOINT: u32 = 3;
const OVERFLOW: u32 = 4;

const MSR_SYSENTER_CS: u32 = 0x174;
const MSR_SYSENTER_ESP: u32 = 0x175;
const MSR_SYSENTER_EIP: u32 = 0x176;

const pointers: usize = memory.data(16, 4);

function segment(selector: u32, base: u32, limit: u32, type: u32, flags: u32): void {
  setSegment(addressOf_gdt() + (selector & ~7), base, limit, type, flags);
}

export function processorInit(sysenter: bool): void {
  segment(SELECTOR_KERNEL_CODE, 0, 0xfffff, TYPE_CODE, SEGMENT_FLAGS_FLAT);
  segment(SELECTOR_KERNEL_DATA, 0, 0xfffff, TYPE_DATA, SEGMENT_FLAGS_FLAT);
  segment(SELECTOR_USER_CODE, 0, 0xfffff, TYPE_CODE | USER, SEGMENT_FLAGS_FLAT);
  segment(SELECTOR_USER_DATA, 0, 0xfffff, TYPE_DATA | USER, SEGMENT_FLAGS_FLAT);
  // One word, read only: %gs:0. (Type data without the writable bit; 32-bit, granularity one byte.)
  segment(SELECTOR_UTCB, UTCB_POINTER, 3, (TYPE_DATA | USER) & ~2, 4);
  segment(SELECTOR_TASK, addressOf_tss(), TASK_STATE_SIZE + IO_MAPS_BYTES - 1, TYPE_TSS, 0);
  taskState().ss0 = SELECTOR_KERNEL_DATA;
  taskState().ioMap = NO_IO_MAP;

  for (let vector: u32 = 0; vector < VECTORS; vector++) {
    let dpl: u32 = vector >= VECTOR_IPC || vector == BREAKPOINT || vector == OVERFLOW ? 3 : 0;
    const entry = load<u32>(addressOf_trapEntries() + (vector << 2));
    setGate(addressOf_idt() + (vector << 3), SELECTOR_KERNEL_CODE, entry, TYPE_INTERRUPT_GATE, dpl);
  }
  setTablePointer(pointers, addressOf_gdt(), 64);
  setTablePointer(pointers + 8, addressOf_idt(), 256 * 8);
  loadTables(pointers, pointers + 8);
  if (sysenter) useSysenter();
}

/** IPC comes in by SYSENTER, and may leave by SYSEXIT. */
export let sysenterInUse: bool = false;

/** SYSEXIT wants user code and data right behind kernel code and data, as the GDT has them. */
function useSysenter(): void {
  sysenterInUse = true;
  wrmsr(MSR_SYSENTER_CS, SELECTOR_KERNEL_CODE);
  wrmsr(MSR_SYSENTER_ESP, addressOf_tss() + offsetof<TaskState>('esp0'));
  wrmsr(MSR_SYSENTER_EIP, addressOf_ipcBySysenter());
  setGate(
    addressOf_idt() + (VECTOR_IPC << 3),
    SELECTOR_KERNEL_CODE,
    addressOf_ipcByInterruptSlow(),
    TYPE_INTERRUPT_GATE,
    3,
  );
}
