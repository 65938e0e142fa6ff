// The ways into the VMM and out of it. Its one stack holds, at its top, the registers of the running guest in the order of
// struct cpu_user_regs; `guestFrame` is its address, and the value of ESP whenever a stub speaks of the frame:
//
//   +0   ebx ecx edx esi edi ebp eax     pushed here (+24 eax: the result of a hypercall)
//   +28  error code | vector << 16       by the processor, and here
//   +32  eip cs eflags esp ss            by the processor
//   +52  es ds                           here; fs and gs stay in the processor until another guest is loaded
//
// The VMM runs with interrupts masked, except while idle. On every way out `testAllEvents` asks: must the scheduler run,
// is there an event to tell the guest of?
//
// One module in four files, in this order: hypercalls and the way out (here), bounce.ts, exceptions.ts, and interrupts
// (here again); frame.ts has what all of them use.
import {
  ax,
  cl,
  cx,
  defineStubs,
  ds,
  eax,
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
  mem8,
  mem16,
  sym,
} from '../../toolchain/assembler/index.js';
import { writeBounce } from './bounce.js';
import { writeExceptions } from './exceptions.js';
import {
  EXCEPTIONS,
  enterVmm,
  frame,
  frame8,
  MASK_EVENTS,
  restoreRegisters,
  saveRegisters,
  structures,
} from './frame.js';

const IRQS = 16;
const FIRST_IRQ_VECTOR = 0x20;

export const entryStubs = defineStubs('vmm entry', (a) => {
  const { regs, vcpu, info } = structures(a);
  // int 82h from ring 1. EAX number, EBX ECX EDX ESI EDI arguments; compiled handlers take EAX EDX ECX and the stack.
  a.align(16);
  a.global('hypercall');
  a.push(0);
  saveRegisters(a);
  enterVmm(a);
  a.push(edi);
  a.push(esi);
  a.xchg(ecx, edx);
  a.xchg(ebx, eax);
  a.and(ebx, 31);
  a.callIndirect(mem({ index: ebx, scale: 4, sym: 'vmm/hypercalls/HYPERCALLS' }));
  a.add(esp, 8);
  a.mov(frame(regs.eax), eax);

  a.global('testAllEvents');
  a.mov(ebx, mem({ sym: 'currentThread' }));
  a.cmp(mem({ sym: 'softirqPending' }), 0);
  a.jne('processSoftirqs');
  a.mov(eax, mem({ base: ebx, disp: vcpu.info }));
  a.cmp(mem8({ base: eax, disp: info.upcallMask }), 0);
  a.jne('restoreGuest');
  a.cmp(mem8({ base: eax, disp: info.upcallPending }), 0);
  a.jne('processEvents');

  a.label('restoreGuest');
  a.global('restoreBegin');
  a.mov(ds, frame(regs.ds));
  a.mov(es, frame(regs.es));
  restoreRegisters(a);

  // loadFsGs(fs | gs << 16) is part of the return to a guest: its selectors may lead nowhere.
  a.global('loadFsGs');
  a.mov(fs, ax);
  a.shr(eax, 16);
  a.mov(gs, ax);
  a.ret();
  a.global('restoreEnd');

  a.label('processSoftirqs');
  a.call('schedule');
  a.jmp('testAllEvents');

  a.label('processEvents');
  a.lea(edx, mem({ base: ebx, disp: vcpu.event }));
  a.mov(cl, MASK_EVENTS);

  writeBounce(a);

  writeExceptions(a);

  // Hardware interrupts: of a guest, or of the idle VMM.
  for (let line = 0; line < IRQS; line++) {
    a.align(4);
    a.global(`irq${line}`);
    a.push((FIRST_IRQ_VECTOR + line) << 16);
    a.jmp('interrupted');
  }
  a.label('interrupted');
  saveRegisters(a);
  a.test(frame8(regs.cs), 3);
  a.jz('whileIdle');
  enterVmm(a);
  a.movzx(eax, mem16({ base: esp, disp: regs.entryVector }));
  a.sub(eax, FIRST_IRQ_VECTOR);
  a.call('interrupt');
  a.jmp('testAllEvents');
  a.label('whileIdle');
  a.movzx(eax, mem16({ base: esp, disp: regs.entryVector }));
  a.sub(eax, FIRST_IRQ_VECTOR);
  a.call('interrupt');
  restoreRegisters(a);

  // exchangeFrames(old, next): the running guest's registers to `old`, those at `next` into their place.
  a.align(16);
  a.global('exchangeFrames');
  a.push(ebx);
  for (let at = 0; at < regs.fs; at += 4) {
    a.mov(ecx, mem({ sym: 'guestFrame', disp: at }));
    a.mov(ebx, mem({ base: edx, disp: at }));
    a.mov(mem({ base: eax, disp: at }), ecx);
    a.mov(mem({ sym: 'guestFrame', disp: at }), ebx);
  }
  a.pop(ebx);
  a.ret();

  // readFsGs(): fs | gs << 16.
  a.global('readFsGs');
  a.xor(eax, eax);
  a.mov(eax, gs);
  a.shl(eax, 16);
  a.mov(ecx, fs);
  a.mov(ax, cx);
  a.ret();

  a.rodata();
  a.align(4);
  a.global('exceptionEntries');
  for (let vector = 0; vector < EXCEPTIONS; vector++) a.dd(sym(`exception${vector}`));
  a.global('irqEntries');
  for (let line = 0; line < IRQS; line++) a.dd(sym(`irq${line}`));
});
