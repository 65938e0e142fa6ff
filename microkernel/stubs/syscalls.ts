// The system calls of L4 X.2, in the order of their vectors from VECTOR_IPC up. KernelInterface is the twelfth: LOCK
// NOP, an invalid opcode (kernel/exception.ts).
import { defineStubs, sym } from '../../toolchain/assembler/index.js';

/** Name, handler (exported by kernel/main.ts), offset of its link in the kernel interface page. */
export const SYSTEM_CALLS = [
  ['Ipc', 'ipc', 0xe0],
  ['Lipc', 'ipc', 0xe4],
  ['Unmap', 'unmap', 0xe8],
  ['ExchangeRegisters', 'exchangeRegisters', 0xec],
  ['SystemClock', 'systemClock', 0xf0],
  ['ThreadSwitch', 'threadSwitch', 0xf4],
  ['Schedule', 'schedule', 0xf8],
  ['SpaceControl', 'spaceControl', 0xd0],
  ['ThreadControl', 'threadControl', 0xd4],
  ['ProcessorControl', 'notImplemented', 0xd8],
  ['MemoryControl', 'notImplemented', 0xdc],
  ['ComponentName', 'componentName', 0x110],
] as const;

export const syscallStubs = defineStubs('syscalls', (a) => {
  a.rodata();
  a.align(4);
  a.global('syscallTable');
  for (const [, handler] of SYSTEM_CALLS) a.dd(sym(handler));
});
