// Does the kernel keep to L4 X.2? One line a check. Run with `threads=2`: the second thread sends every message back.
import { newline, print } from '../../kernels/lib/console';
import {
  ANY,
  AT_ONCE,
  errorCode,
  KIP,
  l4Init,
  mr,
  myself,
  NEVER,
  NIL,
  setMr,
  TAG_ERROR,
  tag,
  UTCB_AREA_BASE,
  UTCB_BYTES,
} from '../servers/l4';
import { PERSONALITY, Personality } from '../servers/personality';
import { ipc, systemClock, threadSwitch, utcb } from '../servers/stubs';
import { finish, programInit } from './program';
import { kernelInterface } from './stubs';

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
