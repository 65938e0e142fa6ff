// User level's side of the L4 X.2 binding for ia32: each function takes the compiled convention's arguments (EAX, EDX,
// ECX, then the stack) to the registers of the manual and calls through the kernel interface page. servers/stubs.ts
// declares them.
import {
  type Assembler,
  defineStubs,
  eax,
  ebp,
  ebx,
  ecx,
  edi,
  edx,
  esi,
  esp,
  gs,
  mem,
  type Register,
  sym,
} from '../../toolchain/assembler/index.js';
import { KIP } from './layout.js';

const STACK = 8192;
const SAVED = [ebx, esi, edi, ebp];
/** Arguments behind the third, once the four registers are pushed. */
const argument = (n: number) => mem({ base: esp, disp: 20 + n * 4 });

/** Jumps to the link at `offset` of the kernel interface page, by a register that is no argument. */
function callLink(a: Assembler, offset: number, by: Register): void {
  a.mov(by, mem({ disp: KIP + offset }));
  a.add(by, KIP);
  a.callIndirect(by);
}

function systemCall(a: Assembler, name: string, body: () => void): void {
  a.align(16);
  a.global(name);
  for (const r of SAVED) a.push(r);
  body();
  for (const r of [...SAVED].reverse()) a.pop(r);
  a.ret();
}

export const userStubs = defineStubs('user', (a) => {
  // What every server starts with; it never returns from main. Programs that the pager starts have their own stack.
  a.global('_start');
  a.mov(edi, mem({ disp: KIP + 0xe0 }));
  a.add(edi, KIP);
  a.mov(mem({ sym: 'ipcLink' }), edi);
  a.mov(ebx, esp);
  a.test(ebx, ebx);
  a.jnz('hasStack');
  a.mov(esp, sym('serverStackTop'));
  a.label('hasStack');
  a.call('__module_start');
  a.mov(eax, ebx);
  a.call('main');
  a.ud2();

  a.align(16);
  a.global('utcb');
  a.mov(eax, mem({ seg: gs, disp: 0 }));
  a.ret();

  // ipc(to, from, timeouts): MR0 is taken from and put back into the UTCB, MR1 and MR2 are put there.
  systemCall(a, 'ipc', () => {
    a.mov(edi, mem({ seg: gs, disp: 0 }));
    a.mov(esi, mem({ base: edi }));
    a.callIndirect(mem({ sym: 'ipcLink' }));
    a.mov(mem({ base: edi }), esi);
    a.mov(mem({ base: edi, disp: 4 }), ebx);
    a.mov(mem({ base: edi, disp: 8 }), ebp);
  });

  // threadControl(dest, space, scheduler, pager, utcb)
  systemCall(a, 'threadControl', () => {
    a.mov(esi, edx);
    a.mov(edx, ecx);
    a.mov(ecx, argument(0));
    a.mov(edi, argument(1));
    callLink(a, 0xd4, ebx);
  });

  // spaceControl(space, kip, utcb)
  systemCall(a, 'spaceControl', () => {
    a.mov(esi, ecx);
    a.xor(ecx, ecx);
    a.xor(edi, edi);
    callLink(a, 0xd0, ebx);
  });

  // exchangeRegisters(dest, control, sp, ip): the thread's id, or 0
  systemCall(a, 'exchangeRegisters', () => {
    a.mov(esi, argument(0));
    a.xchg(ecx, edx);
    a.xor(edi, edi);
    a.xor(ebx, ebx);
    callLink(a, 0xec, ebp);
  });

  // setPriority(dest, priority): Schedule with nothing else changed
  systemCall(a, 'setPriority', () => {
    a.mov(ecx, edx);
    a.mov(edx, -1);
    a.mov(esi, -1);
    a.mov(edi, -1);
    callLink(a, 0xf8, ebx);
  });

  // unmap(control, fpage): the fpage with its status bits
  systemCall(a, 'unmap', () => {
    a.mov(esi, edx);
    a.mov(edi, mem({ seg: gs, disp: 0 }));
    callLink(a, 0xe8, ebx);
    a.mov(eax, esi);
  });

  // componentName(thread, kind | image << 8, address of 16 bytes)
  systemCall(a, 'componentName', () => {
    a.mov(edi, ecx);
    a.mov(ecx, edx);
    a.mov(edx, mem({ base: edi }));
    a.mov(esi, mem({ base: edi, disp: 4 }));
    a.mov(ebx, mem({ base: edi, disp: 8 }));
    a.mov(ebp, mem({ base: edi, disp: 12 }));
    a.mov(edi, mem({ disp: KIP + 0x110 }));
    a.add(edi, KIP);
    a.callIndirect(edi);
  });

  // systemCall(entry, number, a, b, c): a call of the entry page, as programs make it (docs/contracts.md)
  systemCall(a, 'systemCall', () => {
    a.mov(ebp, eax);
    a.mov(eax, edx);
    a.mov(ebx, ecx);
    a.mov(ecx, argument(0));
    a.mov(edx, argument(1));
    a.callIndirect(ebp);
  });

  // systemClock(): microseconds, in EDX:EAX
  systemCall(a, 'systemClock', () => callLink(a, 0xf0, ecx));

  // threadSwitch(dest)
  systemCall(a, 'threadSwitch', () => callLink(a, 0xf4, ecx));

  // kernelInterface()
  systemCall(a, 'kernelInterface', () => a.bytes(0xf0, 0x90));

  a.bss();
  a.align(16);
  a.global('ipcLink');
  a.space(16);
  a.space(STACK);
  a.global('serverStackTop');
});
