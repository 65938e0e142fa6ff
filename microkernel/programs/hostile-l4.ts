// Attempts at the microkernel, at servers and at another program (`victim`, this one's partner): each prints
// "refused NAME" or "ALLOWED NAME". "segments=no" leaves out what rests on null selectors, which some emulators do not
// check.
import { ENOSYS } from '../../kernels/lib/callnumbers';
import { newline, print } from '../../kernels/lib/console';
import { FEATURE_SEP, processorFeatures } from '../../kernels/lib/processor';
import { option, wordIs } from '../../kernels/lib/text';
import {
  ALL_RIGHTS,
  AT_ONCE,
  COMPLETE,
  errorCode,
  fpage,
  globalId,
  KIP,
  LABEL_SIGMA0,
  l4Init,
  mr,
  NEVER,
  NIL,
  ROOT,
  SIGMA0,
  setAcceptor,
  setMapItem,
  setMr,
  TAG_ERROR,
  tag,
  UTCB_AREA_BASE,
} from '../servers/l4';
import { PERSONALITY, Personality } from '../servers/personality';
import { PAGER_INIT, POOL_BASE } from '../servers/protocol';
import { exchangeRegisters, ipc, spaceControl, threadControl, unmap, utcb } from '../servers/stubs';
import { HOSTILE_DONE } from './hostile';
import { catchFault, finish, programInit } from './program';
import {
  addressOf_attemptRefused,
  attemptJump,
  attemptPort,
  attemptPrivileged,
  attemptRead,
  attemptWrite,
  plantFlags,
  plantSegments,
  plantStep,
} from './stubs';

const KERNEL: usize = 0xf0100000;
const NOWHERE: u32 = 0x70000000;
/** Error code 2 (no partner), send phase. */
const NO_PARTNER: u32 = 4;
const NO_PRIVILEGE: u32 = 1;
const INVALID_THREAD: u32 = 2;
const SET_IP: u32 = 0x10;
const POWER_PORT: u32 = 0xf4;
const FLUSH: u32 = 0x40;

let allowed: u32 = 0;
let victim: u32 = NIL;
let pager: u32 = NIL;

export function main(stack: usize): void {
  const text = programInit(stack);
  l4Init();
  const personality = changetype<Personality>(<usize>PERSONALITY);
  victim = personality.partner;
  pager = personality.pager;
  // The victim answers once its memory is filled.
  setMr(0, 0);
  ipc(victim, victim, NEVER);
  print('hostile begins');
  newline();
  kernelAddresses();
  const segments = option(text, 'segments');
  processor(!segments || !wordIs(segments, 'no'));
  identifiers();
  messages();
  mappings();
  control();
  print('hostile ends');
  newline();
  setMr(0, tag(HOSTILE_DONE, 0, 0));
  ipc(victim, NIL, NEVER);
  finish(allowed ? 1 : 0);
}

function result(name: string, refused: bool): void {
  print(refused ? 'refused ' : 'ALLOWED ');
  if (!refused) allowed++;
  print(name);
  newline();
}

function armed(): void {
  catchFault(addressOf_attemptRefused());
}

function kernelAddresses(): void {
  armed();
  result('kernel-read', attemptRead(KERNEL) != 0);
  armed();
  result('kernel-write', attemptWrite(KERNEL, 0x90909090) != 0);
  armed();
  result('kernel-jump', attemptJump(KERNEL) != 0);
  armed();
  const page = attemptWrite(KIP + 0xe0, 0);
  armed();
  result('kip-write', page != 0 && attemptWrite(KIP + 0x1000, 0) != 0);
}

function processor(segments: bool): void {
  armed();
  result('io-port', attemptPort(POWER_PORT) != 0);
  armed();
  result('privileged-instruction', attemptPrivileged() != 0);
  // What the victim must not inherit, and the kernel not stumble over; the victim looks at its memory in the end.
  if (segments) {
    plantSegments(victim);
    result('planted-segments', utcb() == UTCB_AREA_BASE + 0x100);
  }
  plantFlags(victim);
  if (processorFeatures() & FEATURE_SEP) plantStep();
  result('planted-flags', true);
}

/** Is there nobody to send to by this id? */
function partnerless(id: u32): bool {
  setMr(0, 0);
  ipc(id, NIL, AT_ONCE);
  return (mr(0) & TAG_ERROR) != 0 && errorCode() == NO_PARTNER;
}

function identifiers(): void {
  // No such thread; an old version of one; a number beyond the table; an interrupt that is not ours; a kernel thread.
  let refused = partnerless(globalId(200));
  refused = partnerless(victim + 1) && refused;
  refused = partnerless(globalId(1 << 17)) && refused;
  refused = partnerless(globalId(11)) && refused;
  refused = partnerless(globalId(16)) && refused;
  result('bad-thread-ids', refused);
  // The pager takes orders from the root task; what our UTCB says of us must not matter.
  const own = load<u32>(utcb() - 60);
  store<u32>(utcb() - 60, ROOT);
  setMr(0, tag(PAGER_INIT, 3, 0));
  ipc(pager, pager, NEVER);
  store<u32>(utcb() - 60, own);
  result('forged-sender', mr(1) == <u32>-ENOSYS);
  // UTCBs of others: none is mapped here.
  armed();
  const read = attemptRead(UTCB_AREA_BASE + 0x1000);
  armed();
  result('foreign-utcb', read != 0 && attemptWrite(UTCB_AREA_BASE + 0x2000, 1) != 0);
}

function messages(): void {
  // More words than there are registers, and a string item, to a partner that waits.
  setMr(0, tag(1, 60, 10));
  ipc(victim, NIL, AT_ONCE);
  const long = mr(0) & TAG_ERROR;
  setMr(0, tag(1, 0, 2));
  setMr(1, 1000 << 10);
  setMr(2, KERNEL);
  ipc(victim, NIL, AT_ONCE);
  result('oversize-message', long != 0 && (mr(0) & TAG_ERROR) != 0);
}

/** Sends one map item to the victim, which takes none, and gets its empty answer. */
function offer(sendBase: u32, page: u32): void {
  setMr(0, tag(1, 0, 2));
  setMapItem(1, sendBase, page);
  ipc(victim, victim, NEVER);
}

function mappings(): void {
  // sigma0 gives memory to the root task only.
  setAcceptor(COMPLETE);
  setMr(0, tag(LABEL_SIGMA0, 2, 0));
  setMr(1, fpage(POOL_BASE, 12, ALL_RIGHTS));
  setMr(2, 0);
  ipc(SIGMA0, SIGMA0, NEVER);
  setAcceptor(0);
  armed();
  result('sigma0-memory', attemptRead(POOL_BASE) != 0);
  // What we do not have cannot be mapped, nor can kernel memory, nor our UTCB or the kernel interface page.
  offer(NOWHERE, fpage(NOWHERE, 12, ALL_RIGHTS));
  offer(NOWHERE, fpage(KERNEL & 0xffc00000, 22, ALL_RIGHTS));
  offer(NOWHERE, fpage(UTCB_AREA_BASE, 12, ALL_RIGHTS));
  offer(NOWHERE, fpage(KIP, 12, ALL_RIGHTS));
  result('map-not-owned', (mr(0) & TAG_ERROR) == 0);
  // Sizes that do not exist, wild bases, ports.
  for (let s: u32 = 0; s < 64; s++) offer(0xfffffc00, 0xfffffc00 | (s << 4) | ALL_RIGHTS);
  result('bad-fpages', (mr(0) & TAG_ERROR) == 0);
  // Unmapping reaches what came from us: nothing of the pager's pool, nothing of the victim.
  unmap(FLUSH, fpage(POOL_BASE, 22, ALL_RIGHTS));
  unmap(0, COMPLETE | ALL_RIGHTS);
  unmap(0, fpage(KERNEL & 0xffc00000, 22, ALL_RIGHTS));
  result('unmap-others', true);
}

function control(): void {
  const id = globalId(100);
  const created = threadControl(id, id, ROOT, NIL, 0xffffffff);
  result('thread-control', created == 0 && errorCode() == NO_PRIVILEGE);
  const killed = threadControl(victim, NIL, NIL, NIL, 0xffffffff);
  result('thread-delete', killed == 0 && errorCode() == NO_PRIVILEGE);
  const changed = spaceControl(victim, fpage(KIP, 13, 0), fpage(UTCB_AREA_BASE, 12, 0));
  result('space-control', changed == 0 && errorCode() == NO_PRIVILEGE);
  const redirected = exchangeRegisters(victim, SET_IP, 0, NOWHERE);
  result('exchange-registers', redirected == 0 && errorCode() == INVALID_THREAD);
}
