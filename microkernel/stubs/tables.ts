// Room for the processor's tables (filled by kernel/processor.ts), for thread control blocks and the kernel stack, and
// what only machine instructions can do to segments. Below the task-state segment lie a few words of stack: SYSENTER
// points ESP at its ESP0, and a single-step trap there pushes (see #DB in entry.ts).
import { ax, defineStubs, ds, eax, edx, es, fs, gs, mem, ss, sym } from '../../toolchain/assembler/index.js';

const IO_MAPS = 4 * (8192 + 4);
const WINDOW_TABLES = 48;

export const tableStubs = defineStubs('tables', (a) => {
  // loadTables(gdtPointer, idtPointer). The kernel's stack segment is its own; its data goes through the segment that
  // user level has too, so that entering the kernel reloads nothing. GS is never the kernel's: it shows the UTCB
  // pointer.
  a.global('loadTables');
  a.lgdt(mem({ base: eax }));
  a.lidt(mem({ base: edx }));
  a.mov(eax, a.constant('SELECTOR_KERNEL_DATA'));
  a.mov(ss, eax);
  a.mov(eax, a.constant('SELECTOR_USER_DATA'));
  for (const s of [ds, es, fs]) a.mov(s, eax);
  a.mov(eax, a.constant('SELECTOR_UTCB'));
  a.mov(gs, eax);
  a.mov(eax, a.constant('SELECTOR_TASK'));
  a.ltr(ax);
  a.ljmp(a.constant('SELECTOR_KERNEL_CODE'), sym('codeReloaded'));
  a.label('codeReloaded');
  a.ret();

  // repairSegments(): 1 when ES, FS or GS were not what every thread starts with; then they are again. (DS is repaired
  // at the kernel's own first use of it.)
  a.global('repairSegments');
  a.mov(eax, es);
  a.cmp(ax, a.constant('SELECTOR_USER_DATA'));
  a.jne('repair');
  a.mov(eax, fs);
  a.cmp(ax, a.constant('SELECTOR_USER_DATA'));
  a.jne('repair');
  a.mov(eax, gs);
  a.cmp(ax, a.constant('SELECTOR_UTCB'));
  a.jne('repair');
  a.xor(eax, eax);
  a.ret();
  a.label('repair');
  a.mov(eax, a.constant('SELECTOR_USER_DATA'));
  a.mov(es, eax);
  a.mov(fs, eax);
  a.mov(eax, a.constant('SELECTOR_UTCB'));
  a.mov(gs, eax);
  a.mov(eax, 1);
  a.ret();

  a.bss();
  a.align(4096);
  a.global('tcbs');
  a.space(a.constant('THREADS') * a.struct('Tcb').sizeof);
  // A page of its own: user level reads it.
  a.align(4096);
  a.global('utcbPointer');
  a.space(4096);
  a.global('kernelDirectory');
  a.space(4096);
  a.global('utcbPointerTable');
  a.space(4096);
  // The kernel's window (kernel/layout.ts) in pages of 4 KiB, for processors without 4 MiB pages.
  a.global('windowTables');
  a.space(WINDOW_TABLES * 4096);
  a.global('idt');
  a.space(256 * 8);
  a.global('gdt');
  a.space(64);
  a.space(64);
  a.global('tss');
  a.space(a.struct('TaskState').sizeof);
  a.global('ioMaps');
  a.space(IO_MAPS);
  a.align(16);
  a.space(4096);
  a.global('kernelStackTop');
});
