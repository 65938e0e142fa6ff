// Every way into the kernel but IPC, and the way out.
//
// The ring-0 stack pointer is the end of the running thread's TCB: the processor pushes the return frame there, the
// stubs push the registers below it (a TrapFrame, kernels/lib/trapframe.ts). Then the one kernel stack is taken: the
// kernel never blocks inside, it only decides who runs and leaves by `exitKernel`. IF is clear throughout, but in idle.
//
// DS, ES: user level has the same flat segment as the kernel, so nothing is reloaded. One that a thread changed for a
// worse faults at the kernel's first access through it and is put right there ('generalProtection').

import { repairDataSegments, restoreRegisters, saveRegisters, WITH_ERROR_CODE } from '../../kernels/lib/stubs/frame.js';
import {
  type Assembler,
  cr2,
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
} from '../../toolchain/assembler/index.js';

const CLEAR_TRAP_FLAG = ~0x100;
const EXCEPTIONS = 32;
const INTERRUPTS = 16;

/** ESP = kernel stack, direction flag clear: what compiled code wants. */
export function enterCompiled(a: Assembler): void {
  a.mov(esp, sym('kernelStackTop'));
  a.cld();
}

export const entryStubs = defineStubs('entry', (a) => {
  const tcb = a.struct('Tcb');
  const frame = a.struct('TrapFrame');
  const systemCalls = a.constant('SYSTEM_CALL_VECTORS');
  for (let vector = 0; vector < EXCEPTIONS; vector++) {
    a.align(8);
    a.label(`exception${vector}`);
    if (vector === 13) {
      a.jmp('generalProtection');
      continue;
    }
    if (vector === 1) {
      a.jmp('debug');
      continue;
    }
    if (!WITH_ERROR_CODE.has(vector)) a.push(0);
    saveRegisters(a);
    a.mov(eax, vector);
    a.jmp('exception');
  }
  for (let line = 0; line < INTERRUPTS; line++) {
    a.align(8);
    a.label(`interrupt${line}`);
    a.push(0);
    saveRegisters(a);
    a.mov(eax, line);
    a.jmp('interruptCommon');
  }
  for (let n = 1; n < systemCalls; n++) {
    a.align(8);
    a.label(`call${n}`);
    a.push(0);
    saveRegisters(a);
    a.mov(ebx, n);
    a.jmp('systemCall');
  }

  // EBX = number of the call; its arguments are in the frame.
  a.align(16);
  a.label('systemCall');
  enterCompiled(a);
  a.hook('__work_syscall');
  a.callIndirect(mem({ sym: 'syscallTable', index: ebx, scale: 4 }));
  a.jmp('exitKernel');

  // EAX = vector, ESP = frame.
  a.align(16);
  a.label('exception');
  a.test(mem8({ base: esp, disp: frame.cs }), 3);
  a.jz('kernelFault');
  enterCompiled(a);
  a.call('userException');
  a.jmp('exitKernel');

  // EAX = line. In idle the frame lies on the kernel stack and is forgotten.
  a.align(16);
  a.label('interruptCommon');
  enterCompiled(a);
  a.call('interrupt');
  // fall through

  // Leaves for the running thread by its frame; after an IPC that came by SYSENTER, by SYSEXIT.
  a.align(16);
  a.global('exitKernel');
  a.mov(ebx, mem({ sym: 'currentThread' }));
  a.cmp(mem({ base: ebx, disp: tcb.exit }), 0);
  a.jne('exitFast');
  a.cmp(mem({ base: ebx, disp: tcb.state }), a.constant('STATE_IDLE'));
  a.je('idle');
  a.lea(esp, mem({ base: ebx, disp: tcb.frame }));
  restoreRegisters(a);
  a.iretd();

  a.align(16);
  a.label('exitFast');
  a.mov(mem({ base: ebx, disp: tcb.exit }), 0);
  const saved = (offset: number) => mem({ base: ebx, disp: tcb.frame + offset });
  a.mov(eax, saved(frame.eax));
  a.mov(ecx, saved(frame.esp));
  a.mov(edx, saved(frame.eip));
  a.mov(esi, saved(frame.esi));
  a.mov(edi, saved(frame.edi));
  a.mov(ebp, saved(frame.ebp));
  a.mov(ebx, saved(frame.ebx));
  a.sti();
  a.sysexit();

  a.label('idle');
  a.mov(esp, sym('kernelStackTop'));
  a.label('idleAgain');
  a.sti();
  a.hlt();
  a.jmp('idleAgain');

  // #GP. In the kernel it means a data segment that a user planted: flat again, and the instruction once more. The
  // stack here may be the 64 free bytes of a TCB, so nothing is called. [ESP] = error code, EIP, CS.
  a.align(16);
  a.label('generalProtection');
  a.test(mem8({ base: esp, disp: 8 }), 3);
  a.jz('inKernel');
  saveRegisters(a);
  a.mov(eax, 13);
  a.jmp('exception');
  a.label('inKernel');
  repairDataSegments(a, a.constant('SELECTOR_USER_DATA'), () => {
    saveRegisters(a);
    a.mov(eax, 13);
    a.jmp('kernelFault');
  });

  // #DB. SYSENTER leaves TF set, so a single-stepping thread traps at the kernel's first instruction: TF off, go on.
  a.align(16);
  a.label('debug');
  a.test(mem8({ base: esp, disp: 4 }), 3);
  a.jz('stepped');
  a.push(0);
  saveRegisters(a);
  a.mov(eax, 1);
  a.jmp('exception');
  a.label('stepped');
  a.and(mem({ base: esp, disp: 8 }), CLEAR_TRAP_FLAG);
  a.iretd();

  // A fault of the kernel itself: it says where and ends the machine. EAX = vector, ESP = frame.
  a.label('kernelFault');
  a.mov(edx, mem({ base: esp, disp: frame.eip }));
  a.mov(ecx, cr2);
  enterCompiled(a);
  a.call('panic');
  a.ud2();

  // Vector n's entry, for kernel/processor.ts.
  a.rodata();
  a.align(4);
  a.global('trapEntries');
  for (let vector = 0; vector < EXCEPTIONS; vector++) a.dd(sym(`exception${vector}`));
  for (let line = 0; line < INTERRUPTS; line++) a.dd(sym(`interrupt${line}`));
  a.dd(sym('ipcByInterrupt'));
  for (let n = 1; n < systemCalls; n++) a.dd(sym(`call${n}`));
});
