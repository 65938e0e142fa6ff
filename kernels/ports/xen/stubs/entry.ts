// Every way into the kernel and out of it, in ring 1.
//
// Kernel code runs with events masked. The VMM masks them when it bounces an exception or makes an upcall; a system call
// may come by a gate without the VMM, so its entry masks them itself. On the way out they are unmasked by a write to
// shared memory, and then the program is entered by IRET. In between lies the *critical region*: an event that came while
// they were masked must be seen (so pending is tested after the write), and an upcall that comes right there finds the
// program's frame on top of the stack with all registers restored. It drops its own frame and goes on as if it had come
// in the program: so upcalls never nest, and the test for rescheduling is never missed.
//
// DS and ES are as in the native port: not saved, not loaded, put right when the kernel's first access through a bad one
// faults.
import {
  type Assembler,
  ax,
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
  mem,
  mem8,
  sym,
} from '../../../../toolchain/assembler/index.js';
import { SYSCALLS } from '../../../guest/stubs/syscalls.js';
import {
  FAULT_ADDRESS,
  FRAME,
  HYPERCALL,
  HYPERVISOR_stack_switch,
  KERNEL_CODE,
  KERNEL_STACK,
  THREAD,
  UPCALL_MASK,
  UPCALL_PENDING,
  USER_DATA,
  VECTORS,
} from './layout.js';

const ENOSYS = 38;
const EFAULT = 14;
/** Exceptions that push an error code (Intel SDM vol. 3, table 6-1). */
const WITH_ERROR = new Set([8, 10, 11, 12, 13, 14, 17]);

const upcallMask = mem8({ disp: UPCALL_MASK | 0 });
const upcallPending = mem8({ disp: UPCALL_PENDING | 0 });

/** The general registers in the order of a TrapFrame; the one slot that nobody reads gets EBP once more. */
function saveRegisters(a: Assembler): void {
  for (const r of [eax, ecx, edx, ebx, ebp, ebp, esi, edi]) a.push(r);
}

function restoreRegisters(a: Assembler): void {
  a.pop(edi);
  a.pop(esi);
  a.pop(ebp);
  a.add(esp, 4);
  for (const r of [ebx, edx, ecx, eax]) a.pop(r);
  a.add(esp, 4);
}

export const entryStubs = defineStubs('xen entry', (a) => {
  // int 80h. In: EAX number, EBX ECX EDX ESI EDI EBP arguments. Out: EAX result, all else kept.
  a.align(16);
  a.global('enterByInterrupt');
  a.mov(upcallMask, 1);
  a.push(eax);
  saveRegisters(a);
  a.cld();
  a.cmp(eax, SYSCALLS);
  a.jae('badNumber');
  a.mov(esi, eax);
  a.mov(eax, ebx);
  a.mov(edi, ecx);
  a.mov(ecx, edx);
  a.mov(edx, edi);
  a.hook('__work_syscall');
  a.callIndirect(mem({ sym: 'syscallTable', index: esi, scale: 4 }));
  a.label('called');
  a.cmp(mem({ sym: 'workPending' }), 0);
  a.jne('workAfterCall');
  a.pop(edi);
  a.pop(esi);
  a.add(esp, FRAME.edx - 8);
  a.pop(edx);
  a.pop(ecx);
  a.add(esp, 8);

  a.label('unmask');
  a.mov(upcallMask, 0);
  a.global('criticalBegin');
  a.cmp(upcallPending, 0);
  a.jne('eventsCame');
  a.iretd();
  a.global('criticalEnd');

  a.label('eventsCame');
  a.mov(upcallMask, 1);
  a.jmp('eventsOfProgram');

  a.label('badNumber');
  a.mov(eax, -ENOSYS);
  a.jmp('called');

  // The slow way out: the result into the frame, beforeUser(frame), and all registers from the frame, which it may have
  // changed.
  a.label('workAfterCall');
  a.mov(mem({ base: esp, disp: FRAME.eax }), eax);
  a.label('work');
  a.mov(eax, esp);
  a.call('beforeUser');
  restoreRegisters(a);
  a.jmp('unmask');

  // resumeUser(): a thread's first way into user mode, by the frame at the top of its stack.
  a.global('resumeUser');
  a.mov(ecx, mem({ sym: 'currentThread' }));
  a.mov(esp, mem({ base: ecx, disp: THREAD.stackTop }));
  a.sub(esp, FRAME.size);
  a.jmp('work');

  // Back to where the frame at ESP says; events as they were.
  a.label('leave');
  a.test(mem8({ base: esp, disp: FRAME.cs }), 2);
  a.jz('leaveAtOnce');
  a.cmp(mem({ sym: 'workPending' }), 0);
  a.jne('work');
  a.label('leaveAtOnce');
  a.cmp(mem8({ base: esp, disp: FRAME.savedMask }), 0);
  a.jne('leaveMasked');
  restoreRegisters(a);
  a.jmp('unmask');
  a.label('leaveMasked');
  restoreRegisters(a);
  a.iretd();

  // The event upcall. Events are masked by now.
  a.align(16);
  a.global('eventCallback');
  a.cmp(mem({ base: esp }), sym('criticalBegin'));
  a.jb('eventsOfProgram');
  a.cmp(mem({ base: esp }), sym('criticalEnd'));
  a.jae('eventsOfProgram');
  a.add(esp, 12);
  a.label('eventsOfProgram');
  a.push(0);
  saveRegisters(a);
  a.mov(mem8({ base: esp, disp: FRAME.savedMask }), 0);
  a.cld();
  a.call('handleEvents');
  a.jmp('leave');

  // The VMM could not return to a program or to the kernel: it does not get here with selectors that are all flat.
  a.global('failsafeCallback');
  a.ud2();

  // Page fault: pageFault(frame, address).
  a.align(16);
  a.global('vector14');
  saveRegisters(a);
  a.cld();
  a.mov(eax, esp);
  a.mov(edx, mem({ disp: FAULT_ADDRESS | 0 }));
  a.call('pageFault');
  a.jmp('leave');

  // #GP. In the kernel's own code a DS or ES that is not flat is the cause: load both, try again, events masked.
  a.align(16);
  a.global('vector13');
  a.test(mem8({ base: esp, disp: 8 }), 2);
  a.jnz('generalProtection');
  a.push(eax);
  a.mov(eax, ds);
  a.cmp(ax, USER_DATA);
  a.jne('repairSegments');
  a.mov(eax, es);
  a.cmp(ax, USER_DATA);
  a.jne('repairSegments');
  a.pop(eax);
  a.label('generalProtection');
  a.push(13);
  a.jmp('exceptionEntry');
  a.label('repairSegments');
  a.mov(eax, USER_DATA);
  a.mov(ds, eax);
  a.mov(es, eax);
  a.pop(eax);
  a.add(esp, 4);
  a.iretd();

  // All other exceptions: error code (or 0) and vector pushed; exception(frame, vector).
  a.align(16);
  a.label('exceptionEntry');
  a.xchg(mem({ base: esp }), eax);
  for (const r of [ecx, edx, ebx, ebp, ebp, esi, edi]) a.push(r);
  a.cld();
  a.mov(edx, eax);
  a.mov(eax, esp);
  a.call('exception');
  a.jmp('leave');
  for (let n = 0; n < VECTORS; n++) {
    if (n === 13 || n === 14) continue;
    a.global(`vector${n}`);
    if (!WITH_ERROR.has(n)) a.push(0);
    a.push(n);
    a.jmp('exceptionEntry');
  }

  // switchContext(from, to): EAX, EDX. Saves what the callee keeps; the word, then the stack, then tells the VMM.
  a.align(16);
  a.global('switchContext');
  a.push(ebp);
  a.push(ebx);
  a.push(esi);
  a.push(edi);
  a.mov(mem({ base: eax, disp: THREAD.stackPointer }), esp);
  a.mov(mem({ sym: 'currentThread' }), edx);
  a.hook('__switch_commit');
  a.mov(esp, mem({ base: edx, disp: THREAD.stackPointer }));
  a.mov(ecx, mem({ base: edx, disp: THREAD.stackTop }));
  a.mov(ebx, KERNEL_STACK);
  a.mov(eax, HYPERVISOR_stack_switch);
  a.int(HYPERCALL);
  a.pop(edi);
  a.pop(esi);
  a.pop(ebx);
  a.pop(ebp);
  a.ret();

  // First code of a thread: prepareStack put its address where switchContext returns to.
  a.global('threadStart');
  a.call('threadMain');
  a.ud2();

  // copyFromUser(to, from, length), copyToUser: EAX, EDX, ECX. A fault between the labels that cannot be resolved goes on at
  // the failure exit of its half. Four bytes, the smallest message, take the short way.
  a.align(16);
  a.global('copyFromUser');
  a.global('copyToUser');
  a.cmp(ecx, 4);
  a.jne('copyMany');
  a.global('copyShort');
  a.mov(ecx, mem({ base: edx }));
  a.mov(mem({ base: eax }), ecx);
  a.xor(eax, eax);
  a.ret();
  a.label('copyMany');
  a.push(esi);
  a.push(edi);
  a.mov(edi, eax);
  a.mov(esi, edx);
  a.mov(eax, ecx);
  a.shr(ecx, 2);
  a.global('copyLong');
  a.rep();
  a.movsd();
  a.mov(ecx, eax);
  a.and(ecx, 3);
  a.rep();
  a.movsb();
  a.global('copyEnd');
  a.xor(eax, eax);
  a.pop(edi);
  a.pop(esi);
  a.ret();
  a.global('copyFailedLong');
  a.pop(edi);
  a.pop(esi);
  a.global('copyFailedShort');
  a.mov(eax, -EFAULT);
  a.ret();

  // struct trap_info for set_trap_table: { vector, flags, cs, address }. Exceptions mask events (4); breakpoint and overflow
  // may be raised by programs (3); so may the system call, which leaves events alone so that it can have a gate.
  a.rodata();
  a.align(4);
  a.global('trapTable');
  for (let n = 0; n < VECTORS; n++) {
    a.db(n, n === 3 || n === 4 ? 7 : 4);
    a.dw(KERNEL_CODE);
    a.dd(sym(`vector${n}`));
  }
  a.db(0x80, 3);
  a.dw(KERNEL_CODE);
  a.dd(sym('enterByInterrupt'));
  a.dd(0, 0);
});
