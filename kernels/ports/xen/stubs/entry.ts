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
// faults. They hold the flat segment of ring 3 in the kernel too: on an IRET to ring 3 the processor would clear a segment
// register that only ring 1 may use.
import { defineStubs, eax, ebx, edx, esp, mem, mem8, sym } from '../../../../toolchain/assembler/index.js';
import { writeCopies } from '../../../guest/stubs/copies.js';
import {
  badNumber,
  callHandler,
  checkWork,
  dropFrame,
  exceptionEntry,
  slowWayOut,
} from '../../../guest/stubs/entry.js';
import { writeThreads } from '../../../guest/stubs/threads.js';
import { repairDataSegments, restoreRegisters, saveRegisters, WITH_ERROR_CODE } from '../../../lib/stubs/frame.js';

const EXCEPTIONS = 20;
/** The VMM keeps the upcall mask of before in the byte above CS's selector. */
const SAVED_MASK = 2;

export const entryStubs = defineStubs('xen entry', (a) => {
  const frame = a.struct('TrapFrame');
  const info = a.struct('VcpuInfo');
  const sharedInfo = a.constant('SHARED_INFO');
  const upcallMask = mem8({ disp: (sharedInfo + info.upcallMask) | 0 });
  const upcallPending = mem8({ disp: (sharedInfo + info.upcallPending) | 0 });

  // int 80h. In: EAX number, EBX ECX EDX ESI EDI EBP arguments. Out: EAX result, all else kept.
  a.align(16);
  a.global('enterByInterrupt');
  a.mov(upcallMask, 1);
  a.push(eax);
  saveRegisters(a);
  a.cld();
  callHandler(a, 'badNumber');
  a.label('called');
  checkWork(a, 'workAfterCall');
  dropFrame(a);

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
  badNumber(a, 'called');

  slowWayOut(a);
  a.jmp('unmask');

  // Back to where the frame at ESP says; events as they were.
  a.label('leave');
  a.test(mem8({ base: esp, disp: frame.cs }), 2);
  a.jz('leaveAtOnce');
  checkWork(a, 'work');
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
  a.mov(edx, mem({ disp: (sharedInfo + info.cr2) | 0 }));
  a.call('pageFault');
  a.jmp('leave');

  // #GP. In the kernel's own code a DS or ES that is not flat is the cause: load both, try again, events masked.
  a.align(16);
  a.global('vector13');
  a.test(mem8({ base: esp, disp: 8 }), 2);
  a.jnz('generalProtection');
  repairDataSegments(a, a.constant('FLAT_RING3_DS'), () => {
    a.label('generalProtection');
    a.push(13);
    a.jmp('exceptionEntry');
  });

  exceptionEntry(a);
  for (let n = 0; n < EXCEPTIONS; n++) {
    if (n === 13 || n === 14) continue;
    a.global(`vector${n}`);
    if (!WITH_ERROR_CODE.has(n)) a.push(0);
    a.push(n);
    a.jmp('exceptionEntry');
  }

  writeThreads(a, () => {
    a.mov(ebx, a.constant('FLAT_RING1_DS'));
    a.mov(eax, a.constant('HYPERVISOR_stack_switch'));
    a.int(a.constant('HYPERCALL_VECTOR'));
  });
  writeCopies(a);

  // struct trap_info for set_trap_table: { vector, flags, cs, address }. Exceptions mask events (4); breakpoint and overflow
  // may be raised by programs (3); so may the system call, which leaves events alone so that it can have a gate.
  a.rodata();
  a.align(4);
  a.global('trapTable');
  for (let n = 0; n < EXCEPTIONS; n++) {
    a.db(n, n === 3 || n === 4 ? 7 : 4);
    a.dw(a.constant('FLAT_RING1_CS'));
    a.dd(sym(`vector${n}`));
  }
  a.db(0x80, 3);
  a.dw(a.constant('FLAT_RING1_CS'));
  a.dd(sym('enterByInterrupt'));
  a.dd(0, 0);
});
