// What the ports' entry stubs do alike: a system call's way to its handler and back, and the calls that everything else that
// comes in ends in. A port says what lies around: how it enters, and how it leaves.
import { type Assembler, eax, ebp, ebx, ecx, edi, edx, esi, esp, mem } from '../../../toolchain/assembler/index.js';
import { restoreRegisters } from '../../lib/stubs/frame.js';
import { SYSCALLS } from './syscalls.js';

const ENOSYS = 38;

/**
 * Calls a number's handler, behind saveRegisters. In: EAX = number; EBX, ECX, EDX = arguments. The result is in EAX; compiled
 * code keeps EBX, ESI, EDI, EBP, but ESI and EDI are used here.
 */
export function callHandler(a: Assembler, bad: string): void {
  a.cmp(eax, SYSCALLS);
  a.jae(bad);
  a.mov(esi, eax);
  a.mov(eax, ebx);
  a.mov(edi, ecx);
  a.mov(ecx, edx);
  a.mov(edx, edi);
  a.hook('__work_syscall');
  a.callIndirect(mem({ sym: 'syscallTable', index: esi, scale: 4 }));
}

/** What callHandler's `bad` does: the result is -ENOSYS. */
export function badNumber(a: Assembler, then: string): void {
  a.mov(eax, -ENOSYS);
  a.jmp(then);
}

/** Goes to `slow` when something is to be done before the program goes on (kernels/ports/README.md, workPending). */
export function checkWork(a: Assembler, slow: string): void {
  a.cmp(mem({ sym: 'workPending' }), 0);
  a.jne(slow);
}

/** The registers back from the frame but EAX, which holds the result, EBX and EBP, which were kept: ESP is where IRET wants it. */
export function dropFrame(a: Assembler): void {
  a.pop(edi);
  a.pop(esi);
  a.add(esp, a.struct('TrapFrame').edx - 8);
  a.pop(edx);
  a.pop(ecx);
  a.add(esp, 8);
}

/**
 * The slow way out, labels `workAfterCall` and `work`: the result into the frame, beforeUser(frame), and all registers from
 * the frame, which it may have changed.
 */
export function slowWayOut(a: Assembler): void {
  a.label('workAfterCall');
  a.mov(mem({ base: esp, disp: a.struct('TrapFrame').eax }), eax);
  a.label('work');
  a.mov(eax, esp);
  a.call('beforeUser');
  restoreRegisters(a);
}

/** saveRegisters when the place of EAX already holds something: that goes to EDX. */
export function saveRegistersBehind(a: Assembler): void {
  for (const r of [ecx, edx, ebx, ebp, ebp, esi, edi]) a.push(r);
  const frame = a.struct('TrapFrame');
  a.cld();
  a.mov(edx, mem({ base: esp, disp: frame.eax }));
  a.mov(mem({ base: esp, disp: frame.eax }), eax);
}

/** Label `exceptionEntry`, with error code (or 0) and vector pushed: exception(frame, vector). */
export function exceptionEntry(a: Assembler): void {
  a.align(16);
  a.label('exceptionEntry');
  saveRegistersBehind(a);
  a.mov(eax, esp);
  a.call('exception');
  a.jmp('leave');
}
