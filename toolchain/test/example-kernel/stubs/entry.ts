// From the boot loader to main(), into ring 3, and back by the gates.
import {
  type Assembler,
  cx,
  defineStubs,
  ds,
  eax,
  ebp,
  ebx,
  ecx,
  edi,
  edx,
  es,
  esi,
  esp,
  ss,
  sym,
} from '../../../assembler/index.js';

/** The processor's reserved flag, and nothing else: no interrupts. */
const FLAGS = 2;
/** In a selector: the privilege level of programs. */
const RPL_USER = 3;

/** Leaves a TrapFrame (kernels/lib/trapframe.ts) on the stack and calls `handler` with its address. */
function enter(a: Assembler, handler: string): void {
  for (const r of [eax, ecx, edx, ebx, ebp, ebp, esi, edi]) a.push(r);
  a.cld();
  a.mov(eax, esp);
  a.call(handler);
}

export const entryStubs = defineStubs('entry', (a) => {
  a.global('_start'); // multiboot: paging off, flat segments, no stack
  a.mov(esp, sym('kernelStackTop'));
  a.call('__module_start');
  a.call('main');
  a.ud2();

  a.global('reloadSegments');
  a.ljmp(a.constant('KERNEL_CODE'), sym('reloaded'));
  a.label('reloaded');
  a.mov(ecx, a.constant('KERNEL_DATA'));
  for (const segment of [ss, ds, es]) a.mov(segment, cx);
  a.ret();

  // EAX = entry, EDX = stack. The kernel goes on using the program's DS and ES, which are as flat as its own.
  a.global('enterUser');
  a.mov(ecx, a.constant('USER_DATA') | RPL_USER);
  for (const segment of [ds, es]) a.mov(segment, cx);
  a.push(ecx);
  a.push(edx);
  a.push(FLAGS);
  a.push(a.constant('USER_CODE') | RPL_USER);
  a.push(eax);
  a.iretd();

  a.align(16);
  a.global('enterSystemCall');
  a.push(eax); // where a page fault has its error code, a call has its number
  enter(a, 'systemCall');
  a.label('leave');
  for (const r of [edi, esi, ebp]) a.pop(r);
  a.add(esp, 4);
  for (const r of [ebx, edx, ecx, eax]) a.pop(r);
  a.add(esp, 4);
  a.iretd();

  a.align(16);
  a.global('enterPageFault');
  enter(a, 'pageFault');
  a.jmp('leave');

  a.align(16);
  a.global('enterOther');
  a.call('unexpected');
  a.ud2();

  a.bss();
  a.align(16);
  a.space(4096);
  a.global('kernelStackTop');
});
