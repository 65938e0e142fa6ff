// Shared rings: who must be notified, where entries lie, and that no side ever sleeps while something waits for it, in any
// order of steps and past the end of the counters.
import { random, seedRandom } from '../../../kernels/lib/random';
import {
  awaitRequests,
  awaitResponses,
  mustNotify,
  NETIF_TX_RING_SIZE,
  ringInit,
  SharedRing,
  showRequests,
  showResponses,
  transmitRequest,
  transmitResponse,
} from '../../../kernels/lib/xen/rings';
import { begin, equal, holds, result } from './check';

const page: usize = memory.data(4096, 4096);
const ring = changetype<SharedRing>(page);

export function notificationsAreForWhoAsked(): u32 {
  begin();
  holds(mustNotify(0, 1, 1));
  holds(!mustNotify(0, 1, 2));
  holds(mustNotify(0, 5, 3));
  holds(!mustNotify(3, 5, 3));
  holds(mustNotify(0xfffffffe, 1, 0));
  holds(!mustNotify(0xfffffffe, 1, 2));
  holds(!mustNotify(7, 7, 7));
  return result();
}

export function slotsLieBehindTheHeaderAndWrap(): u32 {
  begin();
  const first = changetype<usize>(transmitRequest(ring, 0));
  equal(first - page, 64);
  equal(changetype<usize>(transmitRequest(ring, 1)) - first, 12);
  equal(changetype<usize>(transmitRequest(ring, NETIF_TX_RING_SIZE)) - first, 0);
  equal(changetype<usize>(transmitRequest(ring, 0xffffffff)) - first, 255 * 12);
  holds(first + NETIF_TX_RING_SIZE * 12 <= page + 4096);
  transmitRequest(ring, 5).id = 77;
  transmitResponse(ring, 5).id = 99;
  equal(transmitRequest(ring, 5).gref & 0xffff, 99);
  return result();
}

const STEPS: u32 = 4000;
/** Counters of the two sides; how far the frontend let its requests be seen, and the backend its responses. */
let produced: u32 = 0;
let consumed: u32 = 0;
let responded: u32 = 0;
let shown: u32 = 0;
let taken: u32 = 0;

/** A number of the sequence is the id of its request, and of the response in the same slot. */
function backend(): bool {
  do {
    while (consumed != ring.reqProd) {
      equal(transmitRequest(ring, consumed).id, consumed & 0xffff);
      transmitResponse(ring, consumed).id = <u16>consumed;
      consumed++;
    }
  } while (!awaitRequests(ring, consumed));
  responded = consumed;
  const notify = showResponses(ring, shown, responded);
  shown = responded;
  return notify;
}

function frontend(ahead: u32): void {
  do {
    while (taken != ring.rspProd) {
      equal(transmitResponse(ring, taken).id, taken & 0xffff);
      taken++;
    }
  } while (!awaitResponses(ring, taken, ahead));
}

export function nobodySleepsWhileSomethingWaits(): u32 {
  begin();
  seedRandom(5);
  const start: u32 = 0xfffff000;
  ringInit(ring);
  produced = start;
  consumed = start;
  responded = start;
  shown = start;
  taken = start;
  ring.reqProd = start;
  ring.rspProd = start;
  ring.reqEvent = start + 1;
  ring.rspEvent = start + 1;
  let backendRings = false;
  let frontendRings = false;
  for (let step: u32 = 0; step < STEPS; step++) {
    const what = random() & 3;
    if (what < 2) {
      const room = NETIF_TX_RING_SIZE - (produced - taken);
      const count = min((random() & 7) + 1, room);
      for (let i: u32 = 0; i < count; i++, produced++) transmitRequest(ring, produced).id = <u16>produced;
      if (showRequests(ring, produced)) backendRings = true;
    } else if (what == 2 && backendRings) {
      backendRings = false;
      if (backend()) frontendRings = true;
    } else if (what == 3 && frontendRings) {
      frontendRings = false;
      frontend(1);
    }
    holds(backendRings || consumed == produced);
    holds(frontendRings || taken == responded);
    holds(produced - taken <= NETIF_TX_RING_SIZE);
  }
  if (backendRings && backend()) frontend(1);
  equal(taken, produced);
  holds(produced < start);
  return result();
}
