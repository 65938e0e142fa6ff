// The processor's tables: the GDT page that every domain sees behind its own, the TSS, the IDT.
import {
  Descriptor,
  setGate,
  setSegment,
  setTablePointer,
  TASK_STATE_SIZE,
  TaskState,
  TYPE_CODE,
  TYPE_DATA,
  TYPE_INTERRUPT_GATE,
  TYPE_TSS,
} from '../kernels/lib/descriptors';
import { Elements } from '../kernels/lib/elements';
import { lgdt, lidt, ltr } from '../kernels/lib/x86';
import { FIRST_RESERVED_GDT_BYTE, FIRST_RESERVED_GDT_PAGE, UserRegs } from '../kernels/lib/xen/arch';
import { HYPERCALL_VECTOR } from '../kernels/lib/xen/numbers';
import { allocatePages, physicalOf } from './heap';
import { GUEST_SEGMENT_END, PER_DOMAIN, PTE_A, PTE_D, PTE_P, PTE_RW } from './layout';
import {
  addressOf_exceptionEntries,
  addressOf_guestFrame,
  addressOf_hypercall,
  addressOf_irqEntries,
  loadVmmSegments,
} from './stubs';

const VMM_CODE: u32 = 0xe008;
const VMM_DATA: u32 = 0xe010;
const TASK_SELECTOR: u32 = 0xe040;
/** Granularity 4 KiB, 32 bits. */
const FLAT: u32 = 0xc;
const EXCEPTIONS: u32 = 20;
const IRQS: u32 = 16;
const SYSTEM_CALL: u32 = 0x80;
/**
 * Where the task state lies in its page. The first lines of a page are where the GDT's segments and every domain's upcall
 * mask must lie: all of these are touched by each system call, and in caches whose ways are pages they share sets.
 */
const TASK_STATE_OFFSET: u32 = 0x240;
export const FIRST_IRQ_VECTOR: u32 = 0x20;

let gdtPage: usize = 0;
let interruptTable: usize = 0;
export let taskState: TaskState = changetype<TaskState>(0);

/** Gate of int 80h, which goes with the running domain. */
export function int80Gate(): Descriptor {
  return changetype<Descriptor>(interruptTable + (SYSTEM_CALL << 3));
}

/** Makes a domain's GDT area: empty but for the VMM's page. */
export function perDomainTable(): Elements<u32> {
  if (gdtPage == 0) gdtPage = allocatePages(1);
  const table = changetype<Elements<u32>>(allocatePages(1));
  table[FIRST_RESERVED_GDT_PAGE] = physicalOf(gdtPage) | PTE_P | PTE_RW | PTE_A | PTE_D;
  return table;
}

/** Guests' segments end where the VMM begins: that, not paging, keeps ring 1 out. */
function fillGdt(task: usize): void {
  const last = (GUEST_SEGMENT_END >> 12) - 1;
  setSegment(gdtPage + 0x08, 0, 0xfffff, TYPE_CODE, FLAT);
  setSegment(gdtPage + 0x10, 0, 0xfffff, TYPE_DATA, FLAT);
  setSegment(gdtPage + 0x18, 0, last, TYPE_CODE | (1 << 5), FLAT);
  setSegment(gdtPage + 0x20, 0, last, TYPE_DATA | (1 << 5), FLAT);
  setSegment(gdtPage + 0x28, 0, last, TYPE_CODE | (3 << 5), FLAT);
  setSegment(gdtPage + 0x30, 0, last, TYPE_DATA | (3 << 5), FLAT);
  setSegment(gdtPage + 0x40, <u32>task, TASK_STATE_SIZE - 1, TYPE_TSS, 0);
}

/** Call when the VMM's own page directory, with a per-domain area, is loaded. */
export function processorInit(): void {
  const page = allocatePages(1);
  const task = page + TASK_STATE_OFFSET;
  taskState = changetype<TaskState>(task);
  taskState.ss0 = VMM_DATA;
  taskState.esp0 = addressOf_guestFrame() + <u32>offsetof<UserRegs>('es');
  taskState.ioMap = TASK_STATE_SIZE << 16;
  fillGdt(task);
  const pointer = page;
  setTablePointer(pointer, PER_DOMAIN, FIRST_RESERVED_GDT_BYTE + 0x1000);
  lgdt(pointer);
  loadVmmSegments();
  ltr(TASK_SELECTOR);

  interruptTable = allocatePages(1);
  for (let i: u32 = 0; i < EXCEPTIONS; i++) {
    // int3 and into are for everyone.
    const dpl: u32 = i == 3 || i == 4 ? 3 : 0;
    setGate(
      interruptTable + (i << 3),
      VMM_CODE,
      load<u32>(addressOf_exceptionEntries() + (i << 2)),
      TYPE_INTERRUPT_GATE,
      dpl,
    );
  }
  for (let i: u32 = 0; i < IRQS; i++) {
    const gate = interruptTable + ((FIRST_IRQ_VECTOR + i) << 3);
    setGate(gate, VMM_CODE, load<u32>(addressOf_irqEntries() + (i << 2)), TYPE_INTERRUPT_GATE, 0);
  }
  setGate(interruptTable + (HYPERCALL_VECTOR << 3), VMM_CODE, addressOf_hypercall(), TYPE_INTERRUPT_GATE, 1);
  setTablePointer(pointer, <u32>interruptTable, 2048);
  lidt(pointer);
}
