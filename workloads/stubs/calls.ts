// The ways into the kernel, for every program's stubs.
//
// systemCallN(number, a, b, c, ...): compiled convention in (EAX, EDX, ECX, stack), the kernel's out (EAX; EBX, ECX,
// EDX, ESI, EDI, EBP). The kernel's entry routine keeps everything but EAX and the flags, so only registers that the
// caller owns are saved here.
import { type Assembler, eax, ebp, ebx, edi, edx, esi, esp, mem } from '../../toolchain/assembler/index.js';

/** Up to three arguments. */
export function shortCalls(a: Assembler): void {
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
}

/** Four to six arguments. The stack at entry: return address, then the call's third argument and those behind it. */
export function longCalls(a: Assembler): void {
  const saved = [ebx, esi, edi, ebp];
  const more = [edx, esi, edi, ebp];
  for (let count = 4; count <= 6; count++) {
    a.align(16);
    a.global(`systemCall${count}`);
    const used = saved.slice(0, count - 2);
    for (const register of used) a.push(register);
    a.mov(ebx, edx);
    const first = 4 * (used.length + 1);
    for (let i = 0; i < count - 2; i++) a.mov(more[i], mem({ base: esp, disp: first + 4 * i }));
    a.callIndirect(mem({ sym: 'systemEntry' }));
    for (const register of used.reverse()) a.pop(register);
    a.ret();
  }
}

/** Where a signal handler returns to: sigreturn, by Linux's frame for handlers without SA_SIGINFO. */
export function signalReturn(a: Assembler): void {
  const CALL_SIGRETURN = 119;
  a.align(16);
  a.global('signalReturn');
  a.pop(eax);
  a.mov(eax, CALL_SIGRETURN);
  a.int(0x80);

  // A handler is entered with the signal's number on the stack; compiled code wants it in EAX. Registers need no
  // saving: sigreturn brings the interrupted ones back.
  a.align(16);
  a.global('signalEntry');
  a.cld();
  a.mov(eax, mem({ base: esp, disp: 4 }));
  a.call('signalDispatch');
  a.ret();
}
