// ask and answer (500, 501): a message goes straight to the partner, up to 63 words of it in message registers (label
// 500), more through the buffer that both share (label 501, MR1 = length).
import { type Assembler, eax, ebp, ebx, ecx, edi, edx, esi, esp, mem, mem8 } from '../../toolchain/assembler/index.js';
import { trap } from './kip.js';
import { SHARED_BUFFER } from './layout.js';
import {
  ASKER,
  type Call,
  type Label,
  label,
  mr,
  OWN,
  own,
  SAVED,
  stack,
  TAG_ERROR,
  type UserAddress,
  utcb,
  type Way,
} from './program-frame.js';

const MR_BYTES = 63 * 4;
const MAX_MESSAGE = 4096;
const LABEL_REGISTERS = 500;
const LABEL_BUFFER = 501;
/** Set in LABEL_BUFFER, clear in LABEL_REGISTERS. */
const TAG_BY_BUFFER = label(1);

/** Labels `ask` and `answer` of the way; they end at `out`, `invalid` or `failed`. */
export function writeAskAndAnswer(a: Assembler, way: Way, user: UserAddress, at: Label, call: Call): void {
  // ask(EBX buffer, ECX length)
  a.align(16);
  a.label(at('ask'));
  writeMessage(a, at('ask'), at('invalid'));
  a.mov(eax, own(OWN.partner));
  call('askLanding');
  a.label(at('received'));
  a.test(esi, TAG_ERROR);
  a.jnz(at('failed'));
  readMessage(a, at);

  // answer(EBX buffer, ECX length; bit 31: do not wait)
  a.align(16);
  a.label(at('answer'));
  a.xor(eax, eax);
  a.and(ecx, 0x7fffffff);
  a.jz(at('wait'));
  writeMessage(a, at('answer'), at('invalid'));
  a.mov(eax, mem({ base: edi, disp: ASKER }));
  a.label(at('wait'));
  utcb(a);
  a.xor(edx, edx);
  a.test(mem8({ base: esp, disp: SAVED.ecx + 3 }), 0x80);
  a.jnz(at('replyOnly'));
  a.dec(edx);
  a.label(at('replyOnly'));
  a.xor(ecx, ecx);
  trap(a, way, at('answerLanding'), user);
  a.test(mem8({ base: esp, disp: SAVED.ecx + 3 }), 0x80);
  a.jnz(at('replied'));
  a.mov(mem({ base: edi, disp: ASKER }), eax);
  a.jmp(at('received'));
  a.label(at('replied'));
  a.xor(eax, eax);
  a.test(esi, TAG_ERROR);
  a.jnz(at('failed'));
  a.jmp(at('out'));
}

/** The bytes at EBX, ECX of them, become a message: tag in ESI, UTCB in EDI. EAX stays. */
function writeMessage(a: Assembler, prefix: string, invalid: string): void {
  utcb(a);
  a.mov(esi, ebx);
  a.cld();
  a.cmp(ecx, MR_BYTES);
  a.ja(`${prefix}Long`);
  a.add(edi, 4);
  a.shr(ecx, 2);
  a.mov(ebp, ecx);
  a.rep();
  a.movsd();
  a.mov(esi, ebp);
  a.or(esi, label(LABEL_REGISTERS));
  a.jmp(`${prefix}Written`);
  a.label(`${prefix}Long`);
  a.cmp(ecx, MAX_MESSAGE);
  a.ja(invalid);
  a.mov(mr(1), ecx);
  a.mov(edi, SHARED_BUFFER);
  a.shr(ecx, 2);
  a.rep();
  a.movsd();
  a.mov(esi, label(LABEL_BUFFER) | 1);
  a.label(`${prefix}Written`);
  utcb(a);
}
/** The message received (ESI tag, EBX MR1, EBP MR2, EDI UTCB) goes to the caller's buffer; result: its length. */
function readMessage(a: Assembler, at: Label): void {
  a.cld();
  a.test(esi, TAG_BY_BUFFER);
  a.jnz(at('readLong'));
  a.mov(mr(1), ebx);
  a.mov(mr(2), ebp);
  a.and(esi, 63);
  a.mov(ecx, esi);
  a.lea(eax, mem({ index: esi, scale: 4 }));
  a.lea(esi, mr(1));
  a.mov(edi, stack(SAVED.ebx));
  a.rep();
  a.movsd();
  a.jmp(at('out'));
  a.label(at('readLong'));
  a.mov(eax, ebx);
  a.mov(ecx, ebx);
  a.cmp(ecx, MAX_MESSAGE);
  a.ja(at('failed'));
  a.mov(esi, SHARED_BUFFER);
  a.mov(edi, stack(SAVED.ebx));
  a.shr(ecx, 2);
  a.rep();
  a.movsd();
  a.jmp(at('out'));
}
