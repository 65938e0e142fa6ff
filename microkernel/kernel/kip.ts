// Filling in the kernel interface page (stubs/kip.ts has its code): links to the system calls, memory descriptors,
// limits.
import { TrapFrame } from '../../kernels/lib/trapframe';
import { ENTRY_PAGE, KIP_AREA, KIP_AREA_SHIFT, physicalOf, UTCB_SHIFT } from './layout';
import { setUserPages } from './pages';
import { poolStart, ramEnd } from './pool';
import { sysenterInUse } from './processor';
import {
  addressOf_kip,
  addressOf_kipComponentName,
  addressOf_kipExchangeRegisters,
  addressOf_kipIpcInt,
  addressOf_kipIpcSysenter,
  addressOf_kipMemoryControl,
  addressOf_kipProcessorControl,
  addressOf_kipSchedule,
  addressOf_kipSpaceControl,
  addressOf_kipSystemClock,
  addressOf_kipThreadControl,
  addressOf_kipThreadSwitch,
  addressOf_kipUnmap,
  addressOf_programEntryInt,
  addressOf_programEntrySysenter,
  addressOf_programResume,
  addressOf_programStart,
} from './stubs';
import { KERNEL_INTERRUPTS, USER_BASE } from './tcb';

const API_VERSION: u32 = 0x84050000;
const API_FLAGS: u32 = 0;
const LENGTH_LOCK_NOP: u32 = 2;

const MEMORY_INFO: u32 = 0x54;
const UTCB_INFO: u32 = 0xa8;
const KIP_INFO: u32 = 0xac;
const BOOT_INFO: u32 = 0xb8;
const PROCESSOR_DESCRIPTORS: u32 = 0xbc;
const CLOCK_INFO: u32 = 0xc0;
const THREAD_INFO: u32 = 0xc4;
const PAGE_INFO: u32 = 0xc8;
const DESCRIPTORS_AT: u32 = 0x120;
const PROCESSOR_AT: u32 = 0x1e0;

const MEMORY_CONVENTIONAL: u32 = 1;
const MEMORY_RESERVED: u32 = 2;

let descriptors: u32 = 0;

function put(offset: u32, value: u32): void {
  store<u32>(addressOf_kip() + offset, value);
}

/** Links are offsets from the page. */
function link(offset: u32, target: usize): void {
  put(offset, target - addressOf_kip());
}

/** Memory descriptors: low address | 0 | type; high address | 3FFh. Addresses in units of 1 KiB. */
function describe(type: u32, low: u32, high: u32): void {
  const at = DESCRIPTORS_AT + (descriptors << 3);
  put(at, (low & 0xfffffc00) | type);
  put(at + 4, (high - 1) | 0x3ff);
  descriptors++;
  put(MEMORY_INFO, (DESCRIPTORS_AT << 16) | descriptors);
}

/** `bootInfo`: physical address of the boot loader's information. */
export function kipInit(bootInfo: u32, imageStart: usize, imageEnd: usize): void {
  link(0xd0, addressOf_kipSpaceControl());
  link(0xd4, addressOf_kipThreadControl());
  link(0xd8, addressOf_kipProcessorControl());
  link(0xdc, addressOf_kipMemoryControl());
  link(0xe0, sysenterInUse ? addressOf_kipIpcSysenter() : addressOf_kipIpcInt());
  link(0xe4, sysenterInUse ? addressOf_kipIpcSysenter() : addressOf_kipIpcInt());
  link(0xe8, addressOf_kipUnmap());
  link(0xec, addressOf_kipExchangeRegisters());
  link(0xf0, addressOf_kipSystemClock());
  link(0xf4, addressOf_kipThreadSwitch());
  link(0xf8, addressOf_kipSchedule());
  // Architecture-specific links: ComponentName, and what the pager needs to start programs (stubs/programs.ts).
  link(0x110, addressOf_kipComponentName());
  link(0x114, sysenterInUse ? addressOf_programEntrySysenter() : addressOf_programEntryInt());
  link(0x118, addressOf_programStart());
  link(0x11c, addressOf_programResume());

  describe(MEMORY_CONVENTIONAL, 0, ramEnd);
  describe(MEMORY_RESERVED, physicalOf(imageStart), physicalOf(imageEnd));
  describe(MEMORY_RESERVED, poolStart, ramEnd);
  put(UTCB_INFO, (12 << 16) | (UTCB_SHIFT << 10) | 1);
  put(KIP_INFO, KIP_AREA_SHIFT);
  put(BOOT_INFO, bootInfo);
  put(PROCESSOR_DESCRIPTORS, PROCESSOR_AT);
  put(CLOCK_INFO, 10000);
  put(THREAD_INFO, (USER_BASE << 20) | (KERNEL_INTERRUPTS << 8) | 8);
  put(PAGE_INFO, (4 << 10) | 6);
  setUserPages(physicalOf(addressOf_kip()), physicalOf(addressOf_kip()) + ENTRY_PAGE - KIP_AREA);
}

/** KernelInterface: EAX its address, ECX version, EDX flags, ESI kernel id. */
export function kernelInterface(frame: TrapFrame): void {
  frame.eip += LENGTH_LOCK_NOP;
  frame.eax = KIP_AREA;
  frame.ecx = API_VERSION;
  frame.edx = API_FLAGS;
  frame.esi = 0;
}
