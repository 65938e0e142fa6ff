// write and writev: text in message registers, frames through the buffer that the driver server shares.
import { type Assembler, eax, ebp, ebx, ecx, edi, edx, esi, esp, mem } from '../../toolchain/assembler/index.js';
import { PACKET_BUFFER } from './layout.js';
import {
  ACCEPTOR,
  ATTACHED,
  type Call,
  EBADF,
  EINVAL,
  EIO,
  type Label,
  label,
  mr,
  OWN,
  own,
  SAVED,
  stack,
  TAG_ERROR,
  utcb,
} from './program-frame.js';

const PACKET_FD = 5;
const TEXT_CHUNK = 240;
const FRAMES = 16;
const FRAME_SHIFT = 11;
const LABEL_ATTACH = 1;

/** write(EBX fd, ECX buffer, EDX length), but for packets. Pushed on top: done, rest, position. */
export function writeText(a: Assembler, at: Label, call: Call): void {
  a.align(16);
  a.label(at('write'));
  a.cmp(ebx, PACKET_FD);
  a.je(at('writePacket'));
  a.push(ecx);
  a.push(edx);
  a.push(0);
  a.label(at('nextChunk'));
  utcb(a);
  a.mov(ecx, stack(4));
  a.cmp(ecx, TEXT_CHUNK);
  a.jbe(at('lastChunk'));
  a.mov(ecx, TEXT_CHUNK);
  a.label(at('lastChunk'));
  a.mov(eax, stack(12 + SAVED.ebx));
  a.mov(mr(1), eax);
  a.mov(mr(2), ecx);
  a.mov(esi, stack(8));
  a.add(stack(8), ecx);
  a.sub(stack(4), ecx);
  a.add(stack(0), ecx);
  a.lea(eax, mem({ base: ecx, disp: 3 }));
  a.shr(eax, 2);
  a.add(edi, 12);
  a.cld();
  a.rep();
  a.movsb();
  a.lea(esi, mem({ base: eax, disp: 2 }));
  a.or(esi, label(4));
  utcb(a);
  a.mov(eax, own(OWN.service));
  call('textLanding');
  a.mov(eax, -EIO);
  a.test(esi, TAG_ERROR);
  a.jnz(at('textDone'));
  a.mov(eax, ebx);
  a.test(eax, eax);
  a.js(at('textDone'));
  a.cmp(stack(4), 0);
  a.jne(at('nextChunk'));
  a.mov(eax, stack(0));
  a.label(at('textDone'));
  a.add(esp, 12);
  a.jmp(at('out'));
}
/** writev(EBX fd 5, ECX iovec, EDX count), and write(5, ECX, EDX) as one frame. The lengths are MR2 and up. */
export function writePackets(a: Assembler, at: Label, call: Call): void {
  a.label(at('writePacket'));
  // An iovec of one on the stack, and as much below it as writev reserves.
  a.push(0);
  a.push(0);
  a.push(edx);
  a.push(ecx);
  a.mov(ecx, esp);
  a.mov(edx, 1);
  a.jmp(at('packets'));

  a.align(16);
  a.label(at('writev'));
  a.cmp(ebx, PACKET_FD);
  a.jne(at('badFile'));
  a.sub(esp, 16);
  a.label(at('packets'));
  utcb(a);
  a.cmp(mem({ base: edi, disp: ATTACHED }), 0);
  a.je(at('attach'));
  a.label(at('attached'));
  a.mov(eax, -EINVAL);
  a.cmp(edx, FRAMES);
  a.ja(at('packetsDone'));
  a.mov(mr(1), edx);
  a.cld();
  a.xor(ebp, ebp);
  a.mov(ebx, ecx);
  a.label(at('nextFrame'));
  a.cmp(ebp, edx);
  a.je(at('allFrames'));
  a.mov(ecx, mem({ base: ebx, index: ebp, scale: 8, disp: 4 }));
  a.cmp(ecx, 1 << FRAME_SHIFT);
  a.ja(at('packetsDone'));
  utcb(a);
  a.mov(mem({ base: edi, index: ebp, scale: 4, disp: 8 }), ecx);
  a.mov(esi, mem({ base: ebx, index: ebp, scale: 8 }));
  a.mov(edi, ebp);
  a.shl(edi, FRAME_SHIFT);
  a.add(edi, PACKET_BUFFER);
  a.push(ecx);
  a.shr(ecx, 2);
  a.rep();
  a.movsd();
  a.pop(ecx);
  a.and(ecx, 3);
  a.rep();
  a.movsb();
  a.inc(ebp);
  a.jmp(at('nextFrame'));
  a.label(at('allFrames'));
  utcb(a);
  a.lea(esi, mem({ base: edx, disp: 1 }));
  a.or(esi, label(146));
  a.mov(eax, own(OWN.driver));
  call('packetLanding');
  a.mov(eax, -EIO);
  a.test(esi, TAG_ERROR);
  a.jnz(at('packetsDone'));
  a.mov(eax, ebx);
  a.label(at('packetsDone'));
  a.add(esp, 16);
  a.jmp(at('out'));
  a.label(at('badFile'));
  a.mov(eax, -EBADF);
  a.jmp(at('out'));

  // The driver server maps its transmit buffer into our window, once. ECX and EDX survive on the stack.
  a.label(at('attach'));
  a.push(ecx);
  a.push(edx);
  a.mov(mem({ base: edi, disp: ACCEPTOR }), PACKET_BUFFER | (15 << 4));
  a.mov(esi, label(LABEL_ATTACH));
  a.mov(eax, own(OWN.driver));
  call('attachLanding');
  a.mov(mem({ base: edi, disp: ACCEPTOR }), 0);
  a.pop(edx);
  a.pop(ecx);
  a.mov(eax, -EIO);
  a.test(esi, TAG_ERROR);
  a.jnz(at('packetsDone'));
  a.inc(mem({ base: edi, disp: ATTACHED }));
  a.jmp(at('attached'));
}
