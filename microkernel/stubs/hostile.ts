// Attempts of a program at what it may not do. Each returns 0 when it got away with it; a refusal resumes the program
// at `attemptRefused` (call 504), which makes the attempt return 1.
import {
  al,
  cr3,
  defineStubs,
  ds,
  dx,
  eax,
  ebp,
  ebx,
  ecx,
  edi,
  edx,
  es,
  esi,
  esp,
  fs,
  gs,
  mem,
  sym,
} from '../../toolchain/assembler/index.js';
import { KIP, USER_DATA, VECTOR_IPC } from './layout.js';

/** Bits of EFLAGS. */
const TRAP = 0x100;
const DIRECTION = 0x400;
const NESTED_TASK = 0x4000;

export const hostileStubs = defineStubs('hostile', (a) => {
  const attempt = (name: string, body: () => void) => {
    a.global(name);
    a.mov(mem({ sym: 'attemptStack' }), esp);
    body();
    a.xor(eax, eax);
    a.ret();
  };
  attempt('attemptRead', () => a.mov(eax, mem({ base: eax })));
  attempt('attemptWrite', () => a.mov(mem({ base: eax }), edx));
  attempt('attemptJump', () => a.callIndirect(eax));
  attempt('attemptPort', () => {
    a.mov(edx, eax);
    a.xor(eax, eax);
    a.out(dx, al);
  });
  attempt('attemptPrivileged', () => a.mov(cr3, eax));

  // plantSegments(victim): null selectors where the kernel and others expect flat ones, then a call of the victim by
  // the gate.
  a.global('plantSegments');
  a.push(esi);
  a.push(edi);
  a.push(ebx);
  a.push(ebp);
  a.mov(edx, eax);
  a.xor(esi, esi);
  a.xor(ecx, ecx);
  for (const s of [es, fs, gs, ds]) a.mov(s, ecx);
  a.int(VECTOR_IPC);
  a.mov(edx, USER_DATA);
  a.mov(ds, edx);
  a.mov(es, edx);
  a.mov(fs, edx);
  // GS stays null: the next use of it shows whether the kernel repairs it.
  a.pop(ebp);
  a.pop(ebx);
  a.pop(edi);
  a.pop(esi);
  a.ret();

  // plantFlags(victim): direction and nested-task flags set, then a call of the victim by the kernel interface page.
  a.global('plantFlags');
  a.push(esi);
  a.push(edi);
  a.push(ebx);
  a.push(ebp);
  a.mov(edx, eax);
  a.xor(esi, esi);
  a.xor(ecx, ecx);
  a.pushfd();
  a.or(mem({ base: esp }), NESTED_TASK | DIRECTION);
  a.popfd();
  a.mov(ebx, mem({ disp: KIP + 0xe0 }));
  a.add(ebx, KIP);
  a.callIndirect(ebx);
  a.pushfd();
  a.and(mem({ base: esp }), ~(NESTED_TASK | DIRECTION));
  a.popfd();
  a.pop(ebp);
  a.pop(ebx);
  a.pop(edi);
  a.pop(esi);
  a.ret();

  // plantStep(): single-steps into SYSENTER, so that the trap falls on the kernel's first instruction.
  a.global('plantStep');
  a.push(esi);
  a.push(edi);
  a.push(ebx);
  a.push(ebp);
  a.xor(eax, eax);
  a.xor(ecx, ecx);
  a.xor(edx, edx);
  a.xor(esi, esi);
  a.mov(ebx, sym('stepped'));
  a.mov(ebp, esp);
  a.pushfd();
  a.or(mem({ base: esp }), TRAP);
  a.popfd();
  a.sysenter();
  a.label('stepped');
  a.pop(ebp);
  a.pop(ebx);
  a.pop(edi);
  a.pop(esi);
  a.ret();

  a.global('attemptRefused');
  a.mov(esp, mem({ sym: 'attemptStack' }));
  a.mov(eax, 1);
  a.ret();

  a.data();
  a.align(4);
  a.label('attemptStack');
  a.dd(0);
});
