// copyFromUser(to, from, length) and copyToUser, in EAX, EDX and ECX: 0, or -EFAULT. The kernel's page-fault handler sends a
// fault that it cannot resolve on to copyFailedShort from [copyShort, copyLong), to copyFailedLong from [copyLong, copyEnd).
import { type Assembler, eax, ecx, edi, edx, esi, mem } from '../../../toolchain/assembler/index.js';

const EFAULT = 14;

export function writeCopies(a: Assembler): void {
  a.align(16);
  a.global('copyFromUser');
  a.global('copyToUser');
  // Four bytes, the smallest message, take the short way.
  a.cmp(ecx, 4);
  a.jne('copyAny');
  a.global('copyShort');
  a.mov(ecx, mem({ base: edx }));
  a.mov(mem({ base: eax }), ecx);
  a.xor(eax, eax);
  a.ret();
  a.label('copyAny');
  a.push(esi);
  a.push(edi);
  a.mov(edi, eax);
  a.mov(esi, edx);
  a.mov(eax, ecx);
  a.shr(ecx, 2);
  a.global('copyLong');
  a.rep();
  a.movsd();
  a.and(eax, 3);
  a.jz('copied');
  a.mov(ecx, eax);
  a.rep();
  a.movsb();
  a.global('copyEnd');
  a.xor(eax, eax);
  a.label('copied');
  a.pop(edi);
  a.pop(esi);
  a.ret();
  a.global('copyFailedLong');
  a.pop(edi);
  a.pop(esi);
  a.global('copyFailedShort');
  a.mov(eax, -EFAULT);
  a.ret();
}
