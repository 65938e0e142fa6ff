// A bounce makes the guest believe that the processor had entered its ring 1 kernel at one of its handlers: a frame on
// its stack as by an interrupt gate, with the guest's own idea of IF (its upcall mask) in EFLAGS, and the mask as it was
// in the byte above CS.
//
//   in:   EBX = Vcpu   EDX = TrapInfo (cs, address)   CL = flags: MASK_EVENTS, PUSH_ERROR
//   then: ESI = the guest's stack pointer, EDI = its VcpuInfo
//
// Where the guest has no stack, the write faults, and the domain is stopped (traps.ts): a fault between bounceBegin and
// bounceEnd is the guest's.
import {
  type Assembler,
  al,
  ax,
  cl,
  eax,
  ebp,
  ebx,
  edi,
  edx,
  esi,
  esp,
  mem,
  mem8,
  mem16,
} from '../../toolchain/assembler/index.js';
import { frame, frame8, MASK_EVENTS, PUSH_ERROR, structures } from './frame.js';

/** RF, NT, VM and TF. */
const CLEARED_FLAGS = ~0x34100;
const IF = 0x200;

export function writeBounce(a: Assembler): void {
  const { regs, vcpu, trap, info } = structures(a);
  // Above this address a frame of 24 bytes would reach into the VMM, or wrap around.
  const highestFrame = a.constant('VIRT_START') - 32;
  a.label('bounce');
  a.global('bounceBegin');
  a.test(frame8(regs.cs), 2);
  a.jz('onRing1Stack');
  a.mov(esi, mem({ base: ebx, disp: vcpu.kernelSp }));
  a.sub(esi, 20);
  a.lea(eax, mem({ base: esi, disp: -4 }));
  a.cmp(eax, highestFrame | 0);
  a.ja('refused');
  a.mov(eax, frame(regs.esp));
  a.mov(mem({ base: esi, disp: 12 }), eax);
  a.mov(eax, frame(regs.ss));
  a.mov(mem({ base: esi, disp: 16 }), eax);
  a.mov(eax, mem({ base: ebx, disp: vcpu.kernelSs }));
  a.mov(frame(regs.ss), eax);
  a.jmp('writeFrame');
  a.label('onRing1Stack');
  a.mov(esi, frame(regs.esp));
  a.sub(esi, 12);
  a.lea(eax, mem({ base: esi, disp: -4 }));
  a.cmp(eax, highestFrame | 0);
  a.ja('refused');
  a.label('writeFrame');
  a.mov(edi, mem({ base: ebx, disp: vcpu.info }));
  a.mov(eax, frame(regs.eip));
  a.mov(mem({ base: esi }), eax);
  a.xor(eax, eax);
  a.mov(al, mem8({ base: edi, disp: info.upcallMask }));
  a.mov(ebp, eax);
  a.shl(eax, 16);
  a.mov(ax, mem16({ base: esp, disp: regs.cs }));
  a.mov(mem({ base: esi, disp: 4 }), eax);
  a.cmp(ebp, 1); // carry: the mask was 0, so IF is 1
  a.sbb(eax, eax);
  a.and(eax, IF);
  a.mov(ebp, frame(regs.eflags));
  a.and(ebp, ~IF);
  a.or(eax, ebp);
  a.mov(mem({ base: esi, disp: 8 }), eax);
  a.test(cl, PUSH_ERROR);
  a.jz('noErrorCode');
  a.sub(esi, 4);
  a.movzx(eax, mem16({ base: esp, disp: regs.errorCode }));
  a.mov(mem({ base: esi }), eax);
  a.label('noErrorCode');
  a.global('bounceEnd');
  a.mov(eax, mem({ base: edx, disp: trap.address }));
  a.test(eax, eax);
  a.jz('refused');
  a.mov(frame(regs.eip), eax);
  a.movzx(eax, mem16({ base: edx, disp: trap.cs }));
  a.mov(frame(regs.cs), eax);
  a.mov(frame(regs.esp), esi);
  a.and(frame(regs.eflags), CLEARED_FLAGS);
  a.test(cl, MASK_EVENTS);
  a.jz('testAllEvents');
  a.mov(mem8({ base: edi, disp: info.upcallMask }), 1);
  a.cmp(mem({ sym: 'softirqPending' }), 0);
  a.je('restoreGuest');
  a.jmp('processSoftirqs');

  a.label('refused');
  a.mov(eax, esi);
  a.call('bounceRefused');
  a.jmp('testAllEvents');
}
