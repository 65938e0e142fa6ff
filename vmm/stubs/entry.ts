// The ways into the VMM and out of it. Its one stack holds, at its top, the registers of the running guest in the order of
// struct cpu_user_regs; `guestFrame` is its address, and the value of ESP whenever a stub below speaks of the frame:
//
//   +0   ebx ecx edx esi edi ebp eax     pushed here (+24 eax: the result of a hypercall)
//   +28  error code | vector << 16       by the processor, and here
//   +32  eip cs eflags esp ss            by the processor
//   +52  es ds                           here; fs and gs stay in the processor until another guest is loaded
//
// The VMM runs with interrupts masked, except while idle. On every way out `testAllEvents` asks: must the scheduler run,
// is there an event to tell the guest of?
//
// A bounce makes the guest believe that the processor had entered its ring 1 kernel at one of its handlers: a frame on
// its stack as by an interrupt gate, with the guest's own idea of IF (its upcall mask) in EFLAGS, and the mask as it was
// in the byte above CS.
//
//   in bounce:  EBX = Vcpu   EDX = struct trap_info (cs, address)   CL = flags: 4 mask events, 10h push the error code
import {
  type Assembler,
  ah,
  al,
  ax,
  cl,
  cr2,
  cx,
  defineStubs,
  ds,
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
  mem8,
  mem16,
  type Register,
  sym,
} from '../../toolchain/assembler/index.js';
import { EFAULT, INFO, REGS, SELECTOR, TRAP, VCPU, VIRT_START } from './offsets.js';

const WITH_ERROR_CODE = [8, 10, 11, 12, 13, 14, 17];
const PROTECTION = 13;
const PAGE_FAULT = 14;
const EXCEPTIONS = 20;
const IRQS = 16;
const FIRST_IRQ_VECTOR = 0x20;
const MASK_EVENTS = 4;
const PUSH_ERROR = 0x10;
/** RF, NT, VM and TF. */
const CLEARED_FLAGS = ~0x34100;
const IF = 0x200;
/** Above this address a frame of 24 bytes would reach into the VMM, or wrap around. */
const HIGHEST_FRAME = VIRT_START - 32;

const frame = (disp: number) => mem({ base: esp, disp });
const frame8 = (disp: number) => mem8({ base: esp, disp });

function saveRegisters(a: Assembler): void {
  for (const r of [eax, ebp, edi, esi, edx, ecx, ebx]) a.push(r);
}

function restoreRegisters(a: Assembler): void {
  for (const r of [ebx, ecx, edx, esi, edi, ebp, eax]) a.pop(r);
  a.add(esp, 4);
  a.iretd();
}

function saveSegments(a: Assembler): void {
  a.mov(frame(REGS.ds), ds);
  a.mov(frame(REGS.es), es);
}

function vmmSegments(a: Assembler, scratch: Register): void {
  a.mov(scratch, SELECTOR.vmmData);
  a.mov(ds, scratch);
  a.mov(es, scratch);
}

export const entryStubs = defineStubs('vmm entry', (a) => {
  // int 82h from ring 1. EAX number, EBX ECX EDX ESI EDI arguments; compiled handlers take EAX EDX ECX and the stack.
  a.align(16);
  a.global('hypercall');
  a.push(0);
  saveRegisters(a);
  saveSegments(a);
  vmmSegments(a, ebp);
  a.push(edi);
  a.push(esi);
  a.xchg(ecx, edx);
  a.xchg(ebx, eax);
  a.and(ebx, 31);
  a.callIndirect(mem({ index: ebx, scale: 4, sym: 'hypercallTable' }));
  a.add(esp, 8);
  a.mov(frame(REGS.eax), eax);

  a.global('testAllEvents');
  a.mov(ebx, mem({ sym: 'currentThread' }));
  a.cmp(mem({ sym: 'softirqPending' }), 0);
  a.jne('processSoftirqs');
  a.mov(eax, mem({ base: ebx, disp: VCPU.info }));
  a.cmp(mem8({ base: eax, disp: INFO.upcallMask }), 0);
  a.jne('restoreGuest');
  a.cmp(mem8({ base: eax, disp: INFO.upcallPending }), 0);
  a.jne('processEvents');

  a.label('restoreGuest');
  a.global('restoreBegin');
  a.mov(ds, frame(REGS.ds));
  a.mov(es, frame(REGS.es));
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
  a.lea(edx, mem({ base: ebx, disp: VCPU.eventInfo }));
  a.mov(cl, MASK_EVENTS);

  a.label('bounce');
  a.global('bounceBegin');
  a.test(frame8(REGS.cs), 2);
  a.jz('onRing1Stack');
  a.mov(esi, mem({ base: ebx, disp: VCPU.kernelSp }));
  a.sub(esi, 20);
  a.lea(eax, mem({ base: esi, disp: -4 }));
  a.cmp(eax, HIGHEST_FRAME | 0);
  a.ja('refused');
  a.mov(eax, frame(REGS.esp));
  a.mov(mem({ base: esi, disp: 12 }), eax);
  a.mov(eax, frame(REGS.ss));
  a.mov(mem({ base: esi, disp: 16 }), eax);
  a.mov(eax, mem({ base: ebx, disp: VCPU.kernelSs }));
  a.mov(frame(REGS.ss), eax);
  a.jmp('writeFrame');
  a.label('onRing1Stack');
  a.mov(esi, frame(REGS.esp));
  a.sub(esi, 12);
  a.lea(eax, mem({ base: esi, disp: -4 }));
  a.cmp(eax, HIGHEST_FRAME | 0);
  a.ja('refused');
  a.label('writeFrame');
  a.mov(edi, mem({ base: ebx, disp: VCPU.info }));
  a.mov(eax, frame(REGS.eip));
  a.mov(mem({ base: esi }), eax);
  a.xor(eax, eax);
  a.mov(al, mem8({ base: edi, disp: INFO.upcallMask }));
  a.mov(ebp, eax);
  a.shl(eax, 16);
  a.mov(ax, mem16({ base: esp, disp: REGS.cs }));
  a.mov(mem({ base: esi, disp: 4 }), eax);
  a.cmp(ebp, 1); // carry: the mask was 0, so IF is 1
  a.sbb(eax, eax);
  a.and(eax, IF);
  a.mov(ebp, frame(REGS.eflags));
  a.and(ebp, ~IF);
  a.or(eax, ebp);
  a.mov(mem({ base: esi, disp: 8 }), eax);
  a.test(cl, PUSH_ERROR);
  a.jz('noErrorCode');
  a.sub(esi, 4);
  a.movzx(eax, mem16({ base: esp, disp: REGS.errorCode }));
  a.mov(mem({ base: esi }), eax);
  a.label('noErrorCode');
  a.global('bounceEnd');
  a.mov(eax, mem({ base: edx, disp: TRAP.address }));
  a.test(eax, eax);
  a.jz('refused');
  a.mov(frame(REGS.eip), eax);
  a.movzx(eax, mem16({ base: edx, disp: TRAP.cs }));
  a.mov(frame(REGS.cs), eax);
  a.mov(frame(REGS.esp), esi);
  a.and(frame(REGS.eflags), CLEARED_FLAGS);
  a.test(cl, MASK_EVENTS);
  a.jz('testAllEvents');
  a.mov(mem8({ base: edi, disp: INFO.upcallMask }), 1);
  a.cmp(mem({ sym: 'softirqPending' }), 0);
  a.je('restoreGuest');
  a.jmp('processSoftirqs');

  a.label('refused');
  a.mov(eax, esi);
  a.call('bounceRefused');
  a.jmp('testAllEvents');

  // A page fault: the guest reads the address from its vcpu_info.
  a.align(16);
  a.global('exception14');
  a.mov(mem16({ base: esp, disp: 2 }), PAGE_FAULT);
  saveRegisters(a);
  a.test(frame8(REGS.cs), 3);
  a.jz('vmmFaulted');
  saveSegments(a);
  vmmSegments(a, ebp);
  a.mov(ebx, mem({ sym: 'currentThread' }));
  a.mov(eax, cr2);
  a.mov(edi, mem({ base: ebx, disp: VCPU.info }));
  a.mov(mem({ base: edi, disp: INFO.cr2 }), eax);
  a.mov(edx, mem({ base: ebx, disp: VCPU.traps }));
  a.add(edx, PAGE_FAULT * TRAP.bytes);
  a.mov(cl, mem8({ base: edx, disp: TRAP.flags }));
  a.and(cl, MASK_EVENTS);
  a.or(cl, PUSH_ERROR);
  a.jmp('bounce');

  // General protection: an `int n` for whose gate the program has no privilege says so by error code n * 8 + 2, and is
  // bounced if the guest lets that ring raise it. Anything else may be IN or OUT of the privileged domain.
  a.align(16);
  a.global('exception13');
  a.mov(mem16({ base: esp, disp: 2 }), PROTECTION);
  saveRegisters(a);
  a.test(frame8(REGS.cs), 3);
  a.jz('vmmFaulted');
  saveSegments(a);
  vmmSegments(a, ebp);
  a.mov(ebx, mem({ sym: 'currentThread' }));
  a.movzx(eax, mem16({ base: esp, disp: REGS.errorCode }));
  a.mov(ecx, eax);
  a.and(ecx, 3);
  a.cmp(ecx, 2);
  a.jne('noSoftwareInterrupt');
  a.mov(edx, mem({ base: ebx, disp: VCPU.traps }));
  a.and(eax, 0x7f8);
  a.add(edx, eax);
  a.mov(cl, mem8({ base: edx, disp: TRAP.flags }));
  a.mov(eax, frame(REGS.cs));
  a.and(al, 3);
  a.mov(ah, cl);
  a.and(ah, 3);
  a.cmp(ah, al);
  a.jb('noSoftwareInterrupt');
  a.and(cl, MASK_EVENTS);
  a.add(frame(REGS.eip), 2);
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
    if (WITH_ERROR_CODE.includes(vector)) a.mov(mem16({ base: esp, disp: 2 }), vector);
    else a.push(vector << 16);
    a.jmp('exception');
  }
  a.label('exception');
  saveRegisters(a);
  a.test(frame8(REGS.cs), 3);
  a.jz('vmmFaulted');
  saveSegments(a);
  vmmSegments(a, ebp);
  a.mov(ebx, mem({ sym: 'currentThread' }));
  a.movzx(esi, mem16({ base: esp, disp: REGS.entryVector }));
  a.label('bounceVector');
  a.mov(edx, mem({ base: ebx, disp: VCPU.traps }));
  a.lea(edx, mem({ base: edx, index: esi, scale: TRAP.bytes }));
  a.mov(cl, mem8({ base: edx, disp: TRAP.flags }));
  a.and(cl, MASK_EVENTS);
  a.mov(
    eax,
    WITH_ERROR_CODE.reduce((mask, vector) => mask | (1 << vector), 0),
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
  a.mov(frame(REGS.eax), -EFAULT);
  a.jmp('testAllEvents');

  // Hardware interrupts: of a guest, or of the idle VMM.
  for (let line = 0; line < IRQS; line++) {
    a.align(4);
    a.global(`irq${line}`);
    a.push((FIRST_IRQ_VECTOR + line) << 16);
    a.jmp('interrupted');
  }
  a.label('interrupted');
  saveRegisters(a);
  a.test(frame8(REGS.cs), 3);
  a.jz('whileIdle');
  saveSegments(a);
  vmmSegments(a, ebp);
  a.movzx(eax, mem16({ base: esp, disp: REGS.entryVector }));
  a.sub(eax, FIRST_IRQ_VECTOR);
  a.call('interrupt');
  a.jmp('testAllEvents');
  a.label('whileIdle');
  a.movzx(eax, mem16({ base: esp, disp: REGS.entryVector }));
  a.sub(eax, FIRST_IRQ_VECTOR);
  a.call('interrupt');
  restoreRegisters(a);

  // exchangeFrames(old, next): the running guest's registers to `old`, those at `next` into their place.
  a.align(16);
  a.global('exchangeFrames');
  a.push(ebx);
  for (let at = 0; at < REGS.fs; at += 4) {
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

  // dispatch(number, a, b, c, d, e): a hypercall's handler, called on behalf of a multicall.
  a.global('dispatch');
  a.push(ebx);
  a.mov(ebx, eax);
  a.mov(eax, edx);
  a.mov(edx, ecx);
  a.mov(ecx, frame(8));
  a.push(frame(16));
  a.push(frame(16));
  a.and(ebx, 31);
  a.callIndirect(mem({ index: ebx, scale: 4, sym: 'hypercallTable' }));
  a.add(esp, 8);
  a.pop(ebx);
  a.ret();

  a.rodata();
  a.align(4);
  a.global('exceptionEntries');
  for (let vector = 0; vector < EXCEPTIONS; vector++) a.dd(sym(`exception${vector}`));
  a.global('irqEntries');
  for (let line = 0; line < IRQS; line++) a.dd(sym(`irq${line}`));
});
