// Does the kernel keep to L4 X.2? One line a check. Run with `threads=2`: the second thread sends every message back.
import { newline, print } from '../../kernels/lib/console';
import {
  ALL_RIGHTS,
  ANY,
  AT_ONCE,
  COMPLETE,
  errorCode,
  fpage,
  KIP,
  l4Init,
  mr,
  myself,
  NEVER,
  NIL,
  PAGE,
  PAGE_SHIFT,
  READ,
  setMr,
  TAG_ERROR,
  tag,
  UTCB_AREA_BASE,
  UTCB_BYTES,
  WRITE,
} from '../servers/l4';
import { PERSONALITY, Personality } from '../servers/personality';
import { ipc, systemClock, threadSwitch, unmap, utcb } from '../servers/stubs';
import { catchFault, finish, programInit } from './program';
import { addressOf_attemptRefused, attemptRead, attemptWrite, kernelInterface } from './stubs';

/** "L4", 230, "K". */
const MAGIC: u32 = 0x4be6344c;
const API_X2: u32 = 0x84;
/** A UTCB's address lies 256 bytes behind its place. */
const LOCAL_OFFSET: u32 = 256;
/** Timeout, receive phase. */
const RECEIVE_TIMEOUT: u32 = 3;
/** 20 ms: 625 * 2^5 us. */
const TWENTY_MILLISECONDS: u32 = (5 << 10) | 625;
const WORDS: u32 = 63;

/** Where nothing is but what the checks map. */
const ALIAS: u32 = 0x60000000;
const MAP: u32 = 0x8;
const GRANT: u32 = 0xa;
const FLUSH: u32 = 0x40;
const STATUS: u32 = 7;
const pages: usize = memory.data(2 * 4096, 4096);

let failures: u32 = 0;

export function main(stack: usize): void {
  const partner = changetype<Personality>(<usize>PERSONALITY).partner;
  if (myself() == partner) return echo();
  programInit(stack);
  l4Init();
  const found = kernelInterface();
  check('kernel-interface', found == KIP && load<u32>(found) == MAGIC && load<u32>(found + 4) >> 24 == API_X2);
  check('utcb', (utcb() & 63) == 0 && utcb() == UTCB_AREA_BASE + LOCAL_OFFSET);
  ipc(NIL, ANY, AT_ONCE);
  check('timeout-zero', (mr(0) & TAG_ERROR) != 0 && errorCode() == RECEIVE_TIMEOUT);
  checkPeriod();
  checkWords(partner);
  checkLocalId(partner);
  checkMapping(partner);
  checkGrant(partner);
  threadSwitch(NIL);
  threadSwitch(partner);
  check('thread-switch', true);
  print('l4-checks failures=');
  print(failures ? 'some' : 'none');
  newline();
  finish(failures ? 1 : 0);
}

function check(name: string, good: bool): void {
  print('l4-checks ');
  print(name);
  print(good ? ' ok' : ' FAILED');
  if (!good) failures++;
  newline();
}

function echo(): void {
  // It takes whatever is mapped to it, at the address that the sender says.
  store<u32>(utcb() - 64, COMPLETE);
  let to = NIL;
  for (;;) to = ipc(to, ANY, NEVER);
}

/** With the timer on a period ends, and the clock has gone on by then. */
function checkPeriod(): void {
  const before = systemClock();
  ipc(NIL, ANY, TWENTY_MILLISECONDS);
  const after = systemClock();
  check('timeout-period', (mr(0) & TAG_ERROR) != 0 && errorCode() == RECEIVE_TIMEOUT && after - before >= 20000);
}

/** Every length of message comes back as it went, the tag's label with it. */
function checkWords(partner: u32): void {
  let good = true;
  for (let n: u32 = 0; n <= WORDS; n++) {
    for (let i: u32 = 1; i <= n; i++) setMr(i, i * 0x01010101 + n);
    setMr(0, tag(n + 1, n, 0));
    const from = ipc(partner, partner, NEVER);
    good = good && from == partner && mr(0) == tag(n + 1, n, 0);
    for (let i: u32 = 1; i <= n; i++) good = good && mr(i) == i * 0x01010101 + n;
  }
  check('words', good);
}

/** A local id names the same thread; the answer tells the global one. */
function checkLocalId(partner: u32): void {
  const local = UTCB_AREA_BASE + UTCB_BYTES + LOCAL_OFFSET;
  setMr(0, tag(7, 0, 0));
  const from = ipc(local, local, NEVER);
  check('local-id', from == partner && mr(0) == tag(7, 0, 0));
}

/** Sends one item for `page` with `rights`; it appears at ALIAS, in the same space. */
function sendItem(partner: u32, type: u32, page: usize, rights: u32): void {
  setMr(0, tag(1, 0, 2));
  setMr(1, ALIAS | type);
  setMr(2, fpage(page, PAGE_SHIFT, rights));
  ipc(partner, partner, NEVER);
}

function canRead(): bool {
  catchFault(addressOf_attemptRefused());
  return attemptRead(ALIAS) == 0;
}

function canWrite(value: u32): bool {
  catchFault(addressOf_attemptRefused());
  return attemptWrite(ALIAS, value) == 0;
}

/** Rights come with the item, can be extended by another, and taken back by whoever gave them. */
function checkMapping(partner: u32): void {
  store<u32>(pages, 1);
  sendItem(partner, MAP, pages, READ);
  check('map', canRead() && load<u32>(ALIAS) == 1 && !canWrite(2));
  sendItem(partner, MAP, pages, ALL_RIGHTS);
  check('map-more', canWrite(3) && load<u32>(pages) == 3);
  const used = unmap(0, fpage(pages, PAGE_SHIFT, 0)) & STATUS;
  const again = unmap(0, fpage(pages, PAGE_SHIFT, 0)) & STATUS;
  check('status', used == (READ | WRITE) && again == 0);
  unmap(0, fpage(pages, PAGE_SHIFT, WRITE));
  const readOnly = canRead() && !canWrite(4);
  unmap(0, fpage(pages, PAGE_SHIFT, ALL_RIGHTS));
  check('unmap', readOnly && !canRead() && load<u32>(pages) == 3);
}

/** What is granted is gone from where it was; the pager, whose frame it is, can map it there again. */
function checkGrant(partner: u32): void {
  const page = pages + PAGE;
  store<u32>(page, 5);
  sendItem(partner, GRANT, page, ALL_RIGHTS);
  const moved = canWrite(6) && load<u32>(ALIAS) == 6;
  // Nothing came of the place it left: unmapping there takes nothing away.
  unmap(0, fpage(page, PAGE_SHIFT, ALL_RIGHTS));
  check('grant', moved && canRead() && load<u32>(page) == 6);
  unmap(FLUSH, fpage(ALIAS, PAGE_SHIFT, ALL_RIGHTS));
  check('flush', !canRead() && load<u32>(page) == 6);
}
