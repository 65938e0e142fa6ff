// The guest's half of the split network driver, transmit only: a page for each buffer, granted read-only to domain 0 while
// its packet is under way; requests and responses in one shared ring (kernels/lib/xen/rings.ts).

import { clearPage } from '../../lib/bytes';
import { Elements } from '../../lib/elements';
import { allocateFrame } from '../../lib/frames';
import { GTF_readonly } from '../../lib/xen/grants';
import * as R from '../../lib/xen/rings';
import { packetsDone } from '../guest/stubs';
import { listen } from './events';
import { endGrant, grant, newReference } from './grants';
import { allocUnbound, send } from './hypercalls';
import { KERNEL_BASE, machineOf } from './memory';
import { connectDevice, DEVICE_port, DEVICE_references, DOMAIN_0, STORE_VIF, setStoreWord } from './store';

export const BUFFERS: u32 = 16;
const buffers = changetype<Elements<u32>>(memory.data(16 * 4, 4));
const references = changetype<Elements<u32>>(memory.data(16 * 4, 4));

let ring: R.SharedRing = changetype<R.SharedRing>(0);
let port: u32 = 0;
let connected: bool = false;
/** Requests written but not yet shown to the backend; responses taken. */
let produced: u32 = 0;
let consumed: u32 = 0;

export function netfrontInit(): void {
  const page = KERNEL_BASE + allocateFrame();
  clearPage(page);
  ring = changetype<R.SharedRing>(<usize>page);
  R.ringInit(ring);
  const ringReference = newReference();
  grant(ringReference, DOMAIN_0, machineOf(page), 0);
  for (let i: u32 = 0; i < BUFFERS; i++) {
    buffers[i] = KERNEL_BASE + allocateFrame();
    references[i] = newReference();
  }
  port = allocUnbound(DOMAIN_0);
  listen(port, responses.index);
  setStoreWord(STORE_VIF + DEVICE_port, port);
  setStoreWord(STORE_VIF + DEVICE_references, ringReference);
  connected = connectDevice(STORE_VIF);
}

export function netfrontBuffers(): u32 {
  return connected ? BUFFERS : 0;
}

export function netfrontBuffer(i: u32): usize {
  return buffers[i];
}

export function netfrontQueue(i: u32, length: u32): void {
  const reference = references[i];
  grant(reference, DOMAIN_0, machineOf(netfrontBuffer(i)), GTF_readonly);
  const request = R.transmitRequest(ring, produced++);
  request.gref = reference;
  request.offset = 0;
  request.flags = 0;
  request.id = <u16>i;
  request.size = <u16>length;
}

/** Shows the requests to the backend, and notifies it if it has asked to be at one of them. */
export function netfrontStart(): void {
  if (R.showRequests(ring, produced)) send(port);
}

function responses(): void {
  if (!connected) return;
  let done: u32 = 0;
  do {
    const end = ring.rspProd;
    for (; consumed != end; consumed++, done++) {
      if (!endGrant(references[R.transmitResponse(ring, consumed).id])) unreachable();
    }
    // To be told when half of what is still under way is done.
  } while (!R.awaitResponses(ring, consumed, ((produced - consumed) >> 1) + 1));
  if (done) packetsDone(done);
}
