// Start of a program and its way into the kernel.
//
// systemCallN(number, a, b, c): compiled convention in (EAX, EDX, ECX, stack), the kernel's out (EAX; EBX, ECX, EDX). The
// kernel's entry routine keeps everything but EAX and the flags, so only EBX, which the caller owns, is saved here.
import { defineStubs, eax, ebx, edx, esp, mem } from '../../toolchain/assembler/index.js';

export const programStubs = defineStubs('program', (a) => {
  a.global('_start');
  a.mov(ebx, esp);
  a.call('__module_start');
  a.mov(eax, ebx);
  a.call('programStart');
  a.call('main');
  a.call('programEnd');
  a.ud2();

  a.align(16);
  a.global('systemCall0');
  a.jmpIndirect(mem({ sym: 'systemEntry' }));

  a.align(16);
  a.global('systemCall1');
  a.push(ebx);
  a.mov(ebx, edx);
  a.callIndirect(mem({ sym: 'systemEntry' }));
  a.pop(ebx);
  a.ret();

  a.align(16);
  a.global('systemCall2');
  a.push(ebx);
  a.mov(ebx, edx);
  a.callIndirect(mem({ sym: 'systemEntry' }));
  a.pop(ebx);
  a.ret();

  a.align(16);
  a.global('systemCall3');
  a.push(ebx);
  a.mov(ebx, edx);
  a.mov(edx, mem({ base: esp, disp: 8 }));
  a.callIndirect(mem({ sym: 'systemEntry' }));
  a.pop(ebx);
  a.ret();

  a.data();
  a.align(4);
  a.global('systemEntry');
  a.dd(0);
});
