// switchContext(from, to) of the guest kernel's threads, in EAX and EDX: saves what the callee keeps, then the word that says
// who runs, then the stack. `enter` tells the processor, or the VMM, where user mode enters the kernel from now on: ECX.
import { type Assembler, eax, ebp, ebx, ecx, edi, edx, esi, esp, mem } from '../../../toolchain/assembler/index.js';

export function writeThreads(a: Assembler, enter: () => void): void {
  const thread = a.struct('Thread');
  const { sizeof } = a.struct('TrapFrame');
  a.align(16);
  a.global('switchContext');
  for (const r of [ebp, ebx, esi, edi]) a.push(r);
  a.mov(mem({ base: eax, disp: thread.stackPointer }), esp);
  a.mov(mem({ sym: 'currentThread' }), edx);
  a.hook('__switch_commit');
  a.mov(esp, mem({ base: edx, disp: thread.stackPointer }));
  a.mov(ecx, mem({ base: edx, disp: thread.stackTop }));
  enter();
  for (const r of [edi, esi, ebx, ebp]) a.pop(r);
  a.ret();

  // First code of a thread: prepareStack put its address where switchContext returns to.
  a.global('threadStart');
  a.call('threadMain');
  a.ud2();

  // resumeUser(): a thread's first way into user mode, by the frame at the top of its stack. Label `work` leaves by it.
  a.global('resumeUser');
  a.mov(ecx, mem({ sym: 'currentThread' }));
  a.mov(esp, mem({ base: ecx, disp: thread.stackTop }));
  a.sub(esp, sizeof);
  a.jmp('work');
}
