import { cl, defineStubs, eax, ecx, esp, mem } from '../../../toolchain/assembler/index.js';

/** hasCpuid(): 1 when EFLAGS.ID (bit 21) can be toggled (Intel AP-485), else 0. */
export const processorStubs = defineStubs('processor', (a) => {
  a.global('hasCpuid');
  a.pushfd();
  a.mov(eax, mem({ base: esp }));
  a.mov(ecx, eax);
  a.xor(eax, 0x200000);
  a.push(eax);
  a.popfd();
  a.pushfd();
  a.pop(eax);
  a.popfd();
  a.xor(eax, ecx);
  a.mov(cl, 21);
  a.shr(eax, cl);
  a.and(eax, 1);
  a.ret();
});
