// The IPC fast path: a call or a reply-and-wait with untyped words only, to a thread that waits for it, without
// timeout.
//
//   EAX to          ESI message tag (MR0)       message registers 1-63 in the sender's UTCB
//   EDX from        EDI, EBX, EBP free          INT: ESP = TCB + 0xEC, the processor's frame above it
//   ECX timeouts                                SYSENTER: [ESP] = end of the TCB; EBX user EIP, EBP user ESP
//
// out: EAX sender, ESI MR0, EBX MR1, EBP MR2, EDI the receiver's UTCB; the rest in that Utcb. ECX, EDX: lost.
//
// Guards come first, and each falls to the slow path with EAX, ECX, EDX and ESI as they came and nothing changed. After
// `commit` there are only moves: both threads change state, the words are copied, the receiver runs. No list is touched
// (kernel/schedule.ts says why that is right), no stack is changed but for the receiver's frame.

import { saveRegisters } from '../../kernels/lib/stubs/frame.js';
import {
  type Assembler,
  cr3,
  cx,
  defineStubs,
  di,
  eax,
  ebp,
  ebx,
  ecx,
  edi,
  edx,
  esi,
  esp,
  mem,
  type Register,
  sym,
} from '../../toolchain/assembler/index.js';
import { enterCompiled } from './entry.js';
import { TCB_SHIFT } from './layout.js';

/** In the tag: typed words and flags. */
const TAG_NOT_PLAIN = 0xffc0;
const TAG_UNTYPED = 0x3f;
const ANY = -1;
/** From so many words on REP MOVSD is worth its start-up. */
const LONG_COPY = 12;
/** A global id's thread number starts at bit 14: this brings it to the TCB's size. */
const ID_SHIFT = 14 - TCB_SHIFT;

type Way = 'Int' | 'Sysenter';
/** A call waits for one partner, a reply for anybody: two copies, so that no branch goes the other way each time. */
type Kind = 'Call' | 'Reply';
type Source = Register | number;

const me = (disp: number) => mem({ base: ebx, disp });
const partner = (disp: number) => mem({ base: ebp, disp });

function fastPath(a: Assembler, way: Way): void {
  const tcb = a.struct('Tcb');
  const slow = `slow${way}`;
  // Plain words, and no receive timeout (the low half of ECX).
  a.mov(edi, esi);
  a.and(edi, TAG_NOT_PLAIN);
  a.or(di, cx);
  a.jnz(slow);
  // The partner exists and waits.
  a.mov(ebp, eax);
  a.shr(ebp, ID_SHIFT);
  a.and(ebp, (a.constant('THREADS') - 1) << TCB_SHIFT);
  a.add(ebp, sym('tcbs'));
  a.cmp(partner(tcb.globalId), eax);
  a.jne(slow);
  a.cmp(partner(tcb.state), a.constant('STATE_WAITING'));
  a.jne(slow);
  a.mov(edi, me(tcb.globalId));
  // We shall block: for the partner's answer, or for anybody while nobody is waiting for us.
  a.cmp(edx, eax);
  a.jne(`reply${way}`);
  partnerExpects(a, `commitCall${way}`, slow, ANY, edi);
  commit(a, way, 'Call');
  a.align(16);
  a.label(`reply${way}`);
  a.cmp(edx, ANY);
  a.jne(slow);
  a.cmp(me(tcb.senders), 0);
  a.jne(slow);
  partnerExpects(a, `commitReply${way}`, slow, edi, ANY);
  commit(a, way, 'Reply');
}

/** The partner waits for us (EDI) or for anybody; the likelier of the two comes first. */
function partnerExpects(a: Assembler, good: string, slow: string, likely: Source, other: Source): void {
  const tcb = a.struct('Tcb');
  a.cmp(partner(tcb.partner), likely);
  a.je(good);
  a.cmp(partner(tcb.partner), other);
  a.jne(slow);
  a.label(good);
}

function commit(a: Assembler, way: Way, kind: Kind): void {
  const tcb = a.struct('Tcb');
  const frame = a.struct('TrapFrame');
  const task = a.struct('TaskState');
  const at = (name: string) => `${name}${kind}${way}`;
  a.hook('__work_ipc');
  a.mov(partner(tcb.partner), edi);
  a.mov(partner(tcb.state), a.constant('STATE_READY'));
  a.mov(me(tcb.partner), edx);
  a.mov(me(tcb.state), a.constant('STATE_WAITING'));
  a.mov(edi, partner(tcb.utcb));
  a.mov(ecx, esi);
  a.and(ecx, TAG_UNTYPED);
  a.jnz(at('copy'));

  a.label(at('copied'));
  a.lea(edx, partner(tcb.sizeof));
  a.mov(mem({ sym: 'tss', disp: task.esp0 }), edx);
  a.mov(mem({ sym: 'currentThread' }), ebp);
  a.hook('__switch_commit');
  a.mov(ecx, partner(tcb.localId));
  a.mov(mem({ sym: 'utcbPointer' }), ecx);
  a.mov(eax, partner(tcb.directory));
  a.cmp(eax, me(tcb.directory));
  a.je(at('sameSpace'));
  a.mov(edx, partner(tcb.ioMap));
  a.mov(mem({ sym: 'tss', disp: task.ioMap }), edx);
  a.mov(cr3, eax);
  a.label(at('sameSpace'));
  a.mov(eax, partner(tcb.partner));
  a.mov(ebx, mem({ base: edi, disp: 4 }));
  if (way === 'Int') {
    a.lea(esp, partner(tcb.frame + frame.eip));
    a.mov(ebp, mem({ base: edi, disp: 8 }));
    a.mov(edi, ecx);
    a.iretd();
  } else {
    a.mov(edx, partner(tcb.frame + frame.eip));
    a.mov(ecx, partner(tcb.frame + frame.esp));
    a.mov(ebp, mem({ base: edi, disp: 8 }));
    a.mov(edi, mem({ sym: 'utcbPointer' }));
    // SYSEXIT restores no flags: the receiver would get the sender's direction flag.
    a.cld();
    a.sti();
    a.sysexit();
  }

  // ECX words from our UTCB to the partner's at EDI; both are seen in the kernel's window.
  a.align(16);
  a.label(at('copy'));
  a.mov(edx, me(tcb.utcb));
  a.cmp(ecx, LONG_COPY);
  a.jae(at('longCopy'));
  a.label(at('nextWord'));
  a.mov(eax, mem({ base: edx, index: ecx, scale: 4 }));
  a.mov(mem({ base: edi, index: ecx, scale: 4 }), eax);
  a.dec(ecx);
  a.jnz(at('nextWord'));
  a.jmp(at('copied'));
  a.label(at('longCopy'));
  a.mov(eax, esi);
  a.lea(esi, mem({ base: edx, disp: 4 }));
  a.add(edi, 4);
  a.cld();
  a.rep();
  a.movsd();
  a.mov(esi, eax);
  a.mov(edi, partner(tcb.utcb));
  a.jmp(at('copied'));
}

export const ipcStubs = defineStubs('ipc', (a) => {
  const tcb = a.struct('Tcb');
  const frame = a.struct('TrapFrame');
  a.align(32);
  a.global('ipcByInterrupt');
  a.lea(ebx, mem({ base: esp, disp: -(tcb.frame + frame.eip) }));
  fastPath(a, 'Int');
  a.align(16);
  a.label('slowInt');
  a.hook('__ipc_slow');
  a.push(0);
  saveRegisters(a);
  a.mov(me(tcb.entry), 0);
  enterCompiled(a);
  a.call('ipc');
  a.jmp('exitKernel');

  // On processors with SYSENTER. Its own gate for INT stays, always by the slow path: its frame is another.
  a.align(32);
  a.global('ipcBySysenter');
  a.mov(esp, mem({ base: esp }));
  a.sub(esp, tcb.sizeof - tcb.frame);
  a.mov(mem({ base: esp, disp: frame.eip }), ebx);
  a.mov(mem({ base: esp, disp: frame.esp }), ebp);
  a.lea(ebx, mem({ base: esp, disp: -tcb.frame }));
  fastPath(a, 'Sysenter');
  a.align(16);
  a.label('slowSysenter');
  a.hook('__ipc_slow');
  const saved = (disp: number) => mem({ base: esp, disp });
  a.mov(saved(frame.eax), eax);
  a.mov(saved(frame.ecx), ecx);
  a.mov(saved(frame.edx), edx);
  a.mov(saved(frame.esi), esi);
  a.mov(saved(frame.cs), a.constant('SELECTOR_USER_CODE'));
  a.mov(saved(frame.ss), a.constant('SELECTOR_USER_DATA'));
  a.mov(saved(frame.eflags), a.constant('USER_FLAGS'));
  a.mov(me(tcb.entry), 1);
  enterCompiled(a);
  // SYSENTER keeps NT, and an IRET of the kernel must not take it for a nested task.
  a.push(2);
  a.popfd();
  a.call('ipc');
  a.jmp('exitKernel');

  a.align(16);
  a.global('ipcByInterruptSlow');
  a.lea(ebx, mem({ base: esp, disp: -(tcb.frame + frame.eip) }));
  a.jmp('slowInt');
});
