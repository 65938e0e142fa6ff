// The page behind the kernel interface page: how programs (workloads/, the same binaries on every system) enter. It
// turns the convention of docs/contracts.md, "System calls and programs", into IPC:
//
//   most calls            one IPC to the service server: label = number, MR1-3 = EBX, ECX, EDX; result = MR1
//   91 192 503 504        the same to the pager (MR4 = ESI)
//   write (4)             text in message registers, 240 bytes at a time
//   write, writev on fd 5 frames are copied to a buffer shared with the driver server, then one IPC for the batch
//   ask, answer (500 501) straight to the partner: up to 63 words in message registers (label 500), more through a
//                         buffer shared by both (label 501, MR1 = length)
//
// Which thread is whose is in the page at PERSONALITY, which the pager fills; the thread copies it (OWN). Every routine
// is written twice, for INT and for SYSENTER; the kernel interface page links to the one that the processor has.
//
// On the stack while inside, from ESP: EDI ESI EDX ECX EBP EBX, return address.
import {
  Assembler,
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
  mem8,
} from '../../toolchain/assembler/index.js';
import { trap, type UserAddress, writeKip } from './kip.js';
import { KIP, PACKET_BUFFER, PERSONAL, PERSONALITY, SHARED_BUFFER } from './offsets.js';

type Way = 'Int' | 'Sysenter';

/** Per call number: words for the service server; with TO_PAGER for the pager; or one of the others. */
const TO_PAGER = 0x40;
const SPECIAL = 0x80;
const ASK = 0x81;
const ANSWER = 0x82;
const WRITE = 0x83;
const WRITEV = 0x84;
const UNKNOWN = 0xff;
const NUMBERS = 512;
const CALLS: Record<number, number> = {
  1: 1,
  3: 3,
  4: WRITE,
  20: 0,
  42: 1,
  64: 0,
  91: TO_PAGER | 2,
  146: WRITEV,
  158: 0,
  192: TO_PAGER | 4,
  500: ASK,
  501: ANSWER,
  503: TO_PAGER | 2,
  504: TO_PAGER | 1,
};

const SAVED = { edi: 0, esi: 4, edx: 8, ecx: 12, ebp: 16, ebx: 20 };
const EIO = 5;
const EINVAL = 22;
const ENOSYS = 38;
const EBADF = 9;
const PACKET_FD = 5;
const TEXT_CHUNK = 240;
const MR_BYTES = 63 * 4;
const MAX_MESSAGE = 4096;
const FRAMES = 16;
const FRAME_SHIFT = 11;

/** From the UTCB's address: thread words 0 (last asker) and 1 (packet buffer mapped), handler, pager, acceptor. */
const ASKER = -16;
const ATTACHED = -20;
const HANDLER = -44;
const PAGER = -48;
const ACCEPTOR = -64;

const TAG_ERROR = 0x8000;
const label = (n: number) => n << 16;
const LABEL_ATTACH = 1;
const LABEL_REGISTERS = 500;
const LABEL_BUFFER = 501;
/** Set in LABEL_BUFFER, clear in LABEL_REGISTERS. */
const TAG_BY_BUFFER = label(1);

const utcb = (a: Assembler) => a.mov(edi, mem({ seg: gs, disp: 0 }));
/**
 * The 16 words below buffer register 32, which X.2 does not use: here the thread keeps whom it calls, so that a call
 * touches no page but its UTCB's and its stack's.
 */
const OWN = { service: -256, partner: -252, driver: -248 };
const own = (word: number) => mem({ base: edi, disp: word });
const personal = (word: number) => mem({ disp: PERSONALITY + word });
const stack = (disp: number) => mem({ base: esp, disp });
const mr = (n: number) => mem({ base: edi, disp: n * 4 });

function writeEntry(a: Assembler, way: Way, user: UserAddress): void {
  const at = (name: string) => `${name}${way}`;
  /** One call of the thread in EAX: ESI is the tag. */
  const call = (landing: string) => {
    a.mov(edx, eax);
    a.xor(ecx, ecx);
    trap(a, way, at(landing), user);
  };

  a.align(32);
  a.global(at('programEntry'));
  a.hook('__stub_enter');
  for (const r of [ebx, ebp, ecx, edx, esi, edi]) a.push(r);
  a.cmp(eax, NUMBERS);
  a.jae(at('unknown'));
  a.movzx(esi, mem8({ base: eax, disp: user('calls') }));
  a.cmp(esi, TO_PAGER);
  a.jae(at('other'));
  utcb(a);
  a.shl(eax, 16);
  a.mov(mr(1), ebx);
  a.mov(mr(2), ecx);
  a.mov(mr(3), edx);
  a.or(esi, eax);
  a.mov(eax, own(OWN.service));
  a.label(at('send'));
  call('sendLanding');
  a.test(esi, TAG_ERROR);
  a.jnz(at('failed'));
  a.mov(eax, ebx);
  a.label(at('out'));
  for (const r of [edi, esi, edx, ecx, ebp, ebx]) a.pop(r);
  a.hook('__stub_leave');
  a.ret();

  a.label(at('failed'));
  a.mov(eax, -EIO);
  a.jmp(at('out'));
  a.label(at('invalid'));
  a.mov(eax, -EINVAL);
  a.jmp(at('out'));
  a.label(at('unknown'));
  a.mov(eax, -ENOSYS);
  a.jmp(at('out'));

  a.label(at('other'));
  a.cmp(esi, SPECIAL);
  a.jae(at('special'));
  utcb(a);
  a.shl(eax, 16);
  a.mov(mr(1), ebx);
  a.mov(mr(2), ecx);
  a.mov(mr(3), edx);
  a.mov(edx, stack(SAVED.esi));
  a.mov(mr(4), edx);
  a.and(esi, TO_PAGER - 1);
  a.or(esi, eax);
  a.mov(eax, mem({ base: edi, disp: PAGER }));
  a.jmp(at('send'));

  a.label(at('special'));
  a.cmp(esi, ASK);
  a.je(at('ask'));
  a.cmp(esi, ANSWER);
  a.je(at('answer'));
  a.cmp(esi, WRITE);
  a.je(at('write'));
  a.cmp(esi, WRITEV);
  a.je(at('writev'));
  a.jmp(at('unknown'));

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

  writeText(a, at, call);
  writePackets(a, at, call);
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
function readMessage(a: Assembler, at: (name: string) => string): void {
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

/** write(EBX fd, ECX buffer, EDX length), but for packets. Pushed on top: done, rest, position. */
function writeText(a: Assembler, at: (name: string) => string, call: (landing: string) => void): void {
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
function writePackets(a: Assembler, at: (name: string) => string, call: (landing: string) => void): void {
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

/** First and second life of a program: where the pager's start message sends it, and where a caught fault goes. */
function writeStart(a: Assembler): void {
  a.align(16);
  a.global('programStart');
  a.hook('__stub_enter');
  utcb(a);
  for (const word of ['service', 'partner', 'driver'] as const) {
    a.mov(eax, personal(PERSONAL[word]));
    a.mov(own(OWN[word]), eax);
  }
  a.mov(eax, mem({ base: edi, disp: PAGER }));
  a.mov(mem({ base: edi, disp: HANDLER }), eax);
  a.hook('__stub_leave');
  a.jmpIndirect(personal(PERSONAL.entry));
  a.align(16);
  a.global('programResume');
  a.hook('__stub_enter');
  a.mov(eax, personal(PERSONAL.vector));
  a.hook('__stub_leave');
  a.jmpIndirect(personal(PERSONAL.handler));
}

function writePages(a: Assembler, user: UserAddress): void {
  a.align(4096);
  writeKip(a, user);
  a.hook('__stub_page_bffff000');
  for (const way of ['Int', 'Sysenter'] as const) writeEntry(a, way, user);
  writeStart(a);
  a.align(16);
  a.label('calls');
  for (let n = 0; n < NUMBERS; n++) a.db(CALLS[n] ?? UNKNOWN);
  a.align(4096);
  a.global('userPagesEnd');
}

/** Where user level sees the labels: a first pass finds their offsets, which no address changes. */
function userAddresses(): UserAddress {
  const pass = new Assembler('user-pages');
  writePages(pass, () => KIP);
  const { labels } = pass.finish().sections[0].code;
  const offsets = new Map(labels.map(({ name, offset }) => [name, offset]));
  const start = offsets.get('kip') as number;
  return (name) => KIP + (offsets.get(name) as number) - start;
}

export const userPageStubs = defineStubs('user-pages', (a) => writePages(a, userAddresses()));
