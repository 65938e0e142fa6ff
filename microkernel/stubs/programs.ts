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
  mem,
  mem8,
} from '../../toolchain/assembler/index.js';
import { trap, type UserAddress, writeKip } from './kip.js';
import { KIP, PERSONAL } from './layout.js';
import {
  type Call,
  EINVAL,
  EIO,
  ENOSYS,
  HANDLER,
  type Label,
  mr,
  OWN,
  own,
  PAGER,
  personal,
  SAVED,
  stack,
  TAG_ERROR,
  utcb,
  type Way,
} from './program-frame.js';
import { writeAskAndAnswer } from './program-message.js';
import { writePackets, writeText } from './program-write.js';

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

function writeEntry(a: Assembler, way: Way, user: UserAddress): void {
  const at: Label = (name) => `${name}${way}`;
  const call: Call = (landing) => {
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

  writeAskAndAnswer(a, way, user, at, call);
  writeText(a, at, call);
  writePackets(a, at, call);
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
