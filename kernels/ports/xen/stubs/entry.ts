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
  defineStubs,
  eax,
  ebp,
  ebx,
  ecx,
  edi,
  edx,
  esi,
  esp,
  mem,
  mem8,
  sym,
} from '../../../../toolchain/assembler/index.js';
import { writeCopies } from '../../../guest/stubs/copies.js';
import { SYSCALLS } from '../../../guest/stubs/syscalls.js';
import { writeThreads } from '../../../guest/stubs/threads.js';
import { repairDataSegments, restoreRegisters, saveRegisters, WITH_ERROR_CODE } from '../../../lib/stubs/frame.js';
import {
  HYPERCALL,
  HYPERVISOR_stack_switch,
  KERNEL_CODE,
  KERNEL_STACK,
  SHARED_INFO,
  USER_DATA,
  VECTORS,
} from './layout.js';

const ENOSYS = 38;
/** The VMM keeps the upcall mask of before in the byte above CS's selector. */
const SAVED_MASK = 2;

export const entryStubs = defineStubs('xen entry', (a) => {
  const frame = a.struct('TrapFrame');
  const info = a.struct('VcpuInfo');
  const upcallMask = mem8({ disp: (SHARED_INFO + info.upcallMask) | 0 });
  const upcallPending = mem8({ disp: (SHARED_INFO + info.upcallPending) | 0 });

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
  a.add(esp, frame.edx - 8);
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
  a.mov(mem({ base: esp, disp: frame.eax }), eax);
  a.label('work');
  a.mov(eax, esp);
  a.call('beforeUser');
  restoreRegisters(a);
  a.jmp('unmask');

  // Back to where the frame at ESP says; events as they were.
  a.label('leave');
  a.test(mem8({ base: esp, disp: frame.cs }), 2);
  a.jz('leaveAtOnce');
  a.cmp(mem({ sym: 'workPending' }), 0);
  a.jne('work');
  a.label('leaveAtOnce');
  a.cmp(mem8({ base: esp, disp: frame.cs + SAVED_MASK }), 0);
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
  a.mov(mem8({ base: esp, disp: frame.cs + SAVED_MASK }), 0);
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
  a.mov(edx, mem({ disp: (SHARED_INFO + info.cr2) | 0 }));
  a.call('pageFault');
  a.jmp('leave');

  // #GP. In the kernel's own code a DS or ES that is not flat is the cause: load both, try again, events masked.
  a.align(16);
  a.global('vector13');
  a.test(mem8({ base: esp, disp: 8 }), 2);
  a.jnz('generalProtection');
  repairDataSegments(a, USER_DATA, () => {
    a.label('generalProtection');
    a.push(13);
    a.jmp('exceptionEntry');
  });

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
    if (!WITH_ERROR_CODE.has(n)) a.push(0);
    a.push(n);
    a.jmp('exceptionEntry');
  }

  writeThreads(a, () => {
    a.mov(ebx, KERNEL_STACK);
    a.mov(eax, HYPERVISOR_stack_switch);
    a.int(HYPERCALL);
  });
  writeCopies(a);

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
