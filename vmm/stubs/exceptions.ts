// Exceptions: of a guest, which are bounced to it, and of the VMM itself.

import { WITH_ERROR_CODE } from '../../kernels/lib/stubs/frame.js';
import {
  type Assembler,
  ah,
  al,
  cl,
  cr2,
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
  mem16,
  sym,
} from '../../toolchain/assembler/index.js';
import {
  EXCEPTIONS,
  enterVmm,
  frame,
  frame8,
  MASK_EVENTS,
  PAGE_FAULT,
  PROTECTION,
  PUSH_ERROR,
  saveRegisters,
  structures,
  vmmSegments,
} from './frame.js';

export function writeExceptions(a: Assembler): void {
  const { regs, vcpu, trap, info } = structures(a);
  // A page fault: the guest reads the address from its vcpu_info.
  a.align(16);
  a.global('exception14');
  a.mov(mem16({ base: esp, disp: 2 }), PAGE_FAULT);
  saveRegisters(a);
  a.test(frame8(regs.cs), 3);
  a.jz('vmmFaulted');
  enterVmm(a);
  a.mov(ebx, mem({ sym: 'currentThread' }));
  a.mov(eax, cr2);
  a.mov(edi, mem({ base: ebx, disp: vcpu.info }));
  a.mov(mem({ base: edi, disp: info.cr2 }), eax);
  a.mov(edx, mem({ base: ebx, disp: vcpu.traps }));
  a.add(edx, PAGE_FAULT * trap.sizeof);
  a.mov(cl, mem8({ base: edx, disp: trap.flags }));
  a.and(cl, MASK_EVENTS);
  a.or(cl, PUSH_ERROR);
  a.jmp('bounce');

  // General protection: an `int n` for whose gate the program has no privilege says so by error code n * 8 + 2, and is
  // bounced if the guest lets that ring raise it. Anything else may be IN or OUT of the privileged domain.
  a.align(16);
  a.global('exception13');
  a.mov(mem16({ base: esp, disp: 2 }), PROTECTION);
  saveRegisters(a);
  a.test(frame8(regs.cs), 3);
  a.jz('vmmFaulted');
  enterVmm(a);
  a.mov(ebx, mem({ sym: 'currentThread' }));
  a.movzx(eax, mem16({ base: esp, disp: regs.errorCode }));
  a.mov(ecx, eax);
  a.and(ecx, 3);
  a.cmp(ecx, 2);
  a.jne('noSoftwareInterrupt');
  a.mov(edx, mem({ base: ebx, disp: vcpu.traps }));
  a.and(eax, 0x7f8);
  a.add(edx, eax);
  a.mov(cl, mem8({ base: edx, disp: trap.flags }));
  a.mov(eax, frame(regs.cs));
  a.and(al, 3);
  a.mov(ah, cl);
  a.and(ah, 3);
  a.cmp(ah, al);
  a.jb('noSoftwareInterrupt');
  a.and(cl, MASK_EVENTS);
  a.add(frame(regs.eip), 2);
  a.jmp('bounce');
  a.label('noSoftwareInterrupt');
  a.mov(eax, esp);
  a.call('emulate');
  a.test(eax, eax);
  a.jnz('testAllEvents');
  a.mov(esi, PROTECTION);
  a.jmp('bounceVector');

  // Every other exception, by vector.
  for (let vector = 0; vector < EXCEPTIONS; vector++) {
    if (vector === PAGE_FAULT || vector === PROTECTION) continue;
    a.align(4);
    a.global(`exception${vector}`);
    if (WITH_ERROR_CODE.has(vector)) a.mov(mem16({ base: esp, disp: 2 }), vector);
    else a.push(vector << 16);
    a.jmp('exception');
  }
  a.label('exception');
  saveRegisters(a);
  a.test(frame8(regs.cs), 3);
  a.jz('vmmFaulted');
  enterVmm(a);
  a.mov(ebx, mem({ sym: 'currentThread' }));
  a.movzx(esi, mem16({ base: esp, disp: regs.entryVector }));
  a.label('bounceVector');
  a.mov(edx, mem({ base: ebx, disp: vcpu.traps }));
  a.lea(edx, mem({ base: edx, index: esi, scale: 8 }));
  a.mov(cl, mem8({ base: edx, disp: trap.flags }));
  a.and(cl, MASK_EVENTS);
  a.mov(
    eax,
    [...WITH_ERROR_CODE].reduce((mask, vector) => mask | (1 << vector), 0),
  );
  a.bt(eax, esi);
  a.jnc('bounce');
  a.or(cl, PUSH_ERROR);
  a.jmp('bounce');

  // The VMM itself faulted (traps.ts says where it may). The segment registers may be the guest's already.
  a.label('vmmFaulted');
  vmmSegments(a, ebp);
  a.mov(eax, esp);
  a.mov(edx, cr2);
  a.call('vmmFault');
  a.mov(esp, sym('guestFrame'));
  a.test(eax, eax);
  a.jnz('testAllEvents');
  a.mov(frame(regs.eax), -a.constant('EFAULT'));
  a.jmp('testAllEvents');
}
