// Room for the processor's tables, filled by ../traps.ts. Below the task-state segment lie a few words of stack: SYSENTER
// points ESP at its ESP0, and a trap there pushes (see #DB in entry.ts).
import { defineStubs, ds, eax, es, fs, gs, ss, sym } from '../../../../toolchain/assembler/index.js';

export const tableStubs = defineStubs('tables', (a) => {
  // reloadSegments(): the kernel's stack segment is its own, data goes through the segment that programs have too.
  a.global('reloadSegments');
  a.mov(eax, a.constant('KERNEL_DATA'));
  a.mov(ss, eax);
  a.mov(eax, a.constant('USER_DATA'));
  for (const s of [ds, es, fs, gs]) a.mov(s, eax);
  a.ljmp(a.constant('KERNEL_CODE'), sym('codeReloaded'));
  a.label('codeReloaded');
  a.ret();

  a.bss();
  a.align(64);
  a.global('interruptTable');
  a.space(256 * 8);
  a.global('descriptorTable');
  a.space(64);
  a.space(64);
  a.global('taskState');
  a.space(128);
});
