// Every way into the kernel and out of it.
//
// Kernel code runs on the thread's kernel stack, whose top holds the TrapFrame (kernels/lib/trapframe.ts) of the entry from
// user mode. All gates are interrupt gates: IF is clear throughout.
//
// DS and ES are not saved or loaded: programs get the flat segment that the kernel uses too, and one that a program
// changed for a worse is put right when the kernel's first access through it faults (see generalProtection).
import {
  cr2,
  defineStubs,
  eax,
  ebp,
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
import {
  badNumber,
  callHandler,
  checkWork,
  dropFrame,
  exceptionEntry,
  saveRegistersBehind,
  slowWayOut,
} from '../../../guest/stubs/entry.js';
import { writeThreads } from '../../../guest/stubs/threads.js';
import { repairDataSegments, restoreRegisters, saveRegisters, WITH_ERROR_CODE } from '../../../lib/stubs/frame.js';
import { SYSENTER_LANDING } from './layout.js';

const CLEAR_TRAP_FLAG = ~0x100;
const INTERRUPT_FLAG = 0x200;
const NESTED_TASK = 0x4000;
const INTERRUPTS = 0x20;

export const entryStubs = defineStubs('entry', (a) => {
  const frame = a.struct('TrapFrame');
  const vectors = a.constant('VECTORS');
  // int 0x80. In: EAX number, EBX ECX EDX ESI EDI EBP arguments. Out: EAX result, all else kept.
  a.align(16);
  a.global('enterByInterrupt');
  a.push(eax);
  saveRegisters(a);
  a.cld();
  callHandler(a, 'badNumber');
  a.label('called');
  checkWork(a, 'workAfterCall');
  dropFrame(a);
  a.iretd();

  a.label('badNumber');
  badNumber(a, 'called');

  slowWayOut(a);
  a.iretd();

  // The way out of everything that is no call.
  a.label('leave');
  a.test(mem8({ base: esp, disp: frame.cs }), 3);
  a.jz('leaveAtOnce');
  checkWork(a, 'work');
  a.label('leaveAtOnce');
  restoreRegisters(a);
  a.iretd();

  // sysenter. The entry page pushed ECX, EDX, EBP and put its ESP into EBP; the processor loaded ESP with the address of
  // the TSS's ESP0 and cleared IF. The frame is the one an interrupt would leave, with EIP behind the entry page's
  // SYSENTER; the sixth argument is not in EBP but at [EBP] (see sixthArgument).
  a.align(16);
  a.global('enterBySysenter');
  a.mov(esp, mem({ base: esp }));
  a.push(a.constant('USER_DATA'));
  a.push(ebp);
  a.pushfd();
  a.push(a.constant('USER_CODE'));
  a.push(SYSENTER_LANDING);
  a.push(eax);
  saveRegisters(a);
  a.cld();
  a.test(mem8({ base: esp, disp: frame.eflags + 1 }), NESTED_TASK >> 8);
  a.jnz('nestedTask');
  a.label('sysenterCall');
  callHandler(a, 'sysenterBad');
  a.label('sysenterLeave');
  checkWork(a, 'sysenterWork');
  a.mov(edi, mem({ base: esp }));
  a.mov(esi, mem({ base: esp, disp: 4 }));
  a.mov(ecx, ebp);
  a.mov(edx, SYSENTER_LANDING);
  a.sti();
  a.sysexit();
  a.label('sysenterBad');
  badNumber(a, 'sysenterLeave');
  // SYSENTER cleared IF before the flags were saved.
  a.label('sysenterWork');
  a.or(mem({ base: esp, disp: frame.eflags }), INTERRUPT_FLAG);
  a.jmp('workAfterCall');
  // SYSENTER keeps NT, and an IRET of this or another thread must not find it set.
  a.label('nestedTask');
  a.push(2);
  a.popfd();
  a.jmp('sysenterCall');

  // Page fault: pageFault(frame, address).
  a.align(16);
  a.label('vector14');
  saveRegisters(a);
  a.cld();
  a.mov(eax, esp);
  a.mov(edx, cr2);
  a.call('pageFault');
  a.jmp('leave');

  // #DB: a program that sets TF before SYSENTER traps at the kernel's first instruction, on a stack of a few words.
  a.align(16);
  a.label('vector1');
  a.test(mem8({ base: esp, disp: 4 }), 3);
  a.jnz('debugOfUser');
  a.and(mem({ base: esp, disp: 8 }), CLEAR_TRAP_FLAG);
  a.iretd();
  a.label('debugOfUser');
  a.push(0);
  a.push(1);
  a.jmp('exceptionEntry');

  // #GP: see the top. In the kernel's own code a DS or ES that is not flat is the cause: load both, try again.
  a.align(16);
  a.label('vector13');
  a.test(mem8({ base: esp, disp: 8 }), 3);
  a.jnz('generalProtection');
  repairDataSegments(a, a.constant('USER_DATA'), () => {
    a.label('generalProtection');
    a.push(13);
    a.jmp('exceptionEntry');
  });

  exceptionEntry(a);

  // An interrupt: 0 and its line pushed; interrupt(line).
  a.align(16);
  a.label('interruptEntry');
  saveRegistersBehind(a);
  a.mov(eax, edx);
  a.call('interrupt');
  a.jmp('leave');

  for (let n = 0; n < vectors; n++) {
    if (n === 1 || n === 13 || n === 14) continue;
    a.label(`vector${n}`);
    if (n >= INTERRUPTS) a.push(0);
    else if (!WITH_ERROR_CODE.has(n)) a.push(0);
    a.push(n >= INTERRUPTS ? n - INTERRUPTS : n);
    a.jmp(n >= INTERRUPTS ? 'interruptEntry' : 'exceptionEntry');
  }

  writeThreads(a, () => a.mov(mem({ sym: 'taskState', disp: a.struct('TaskState').esp0 }), ecx));
  writeCopies(a);

  a.data();
  a.align(4);
  a.global('vectorTable');
  for (let n = 0; n < vectors; n++) a.dd(sym(`vector${n}`));
});
