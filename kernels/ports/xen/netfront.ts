// The guest's half of the split network driver, transmit only: a page for each buffer, granted read-only to domain 0 while
// its packet is under way; requests and responses in one shared ring (kernels/lib/xen/rings.ts).

import { clearPage } from '../../lib/bytes';
import { allocateFrame } from '../../lib/frames';
import { vload16, vload32, vstore32 } from '../../lib/x86';
import { GTF_readonly } from '../../lib/xen/grants';
import * as R from '../../lib/xen/rings';
import { packetsDone } from '../guest/stubs';
import { listen } from './events';
import { endGrant, grant, newReference } from './grants';
import { allocUnbound, send } from './hypercalls';
import { KERNEL_BASE, machineOf } from './memory';
import { connectDevice, DEVICE_port, DEVICE_references, DOMAIN_0, STORE_VIF, setStoreWord } from './store';

export const BUFFERS: u32 = 16;
const buffers: usize = memory.data(16 * 4, 4);
const references: usize = memory.data(16 * 4, 4);

let ring: usize = 0;
let port: u32 = 0;
let connected: bool = false;
/** Requests written but not yet shown to the backend; responses taken. */
let produced: u32 = 0;
let consumed: u32 = 0;

export function netfrontInit(): void {
  ring = KERNEL_BASE + allocateFrame();
  clearPage(ring);
  vstore32(ring + R.RING_req_event, 1);
  vstore32(ring + R.RING_rsp_event, 1);
  const ringReference = newReference();
  grant(ringReference, DOMAIN_0, machineOf(ring), 0);
  for (let i: u32 = 0; i < BUFFERS; i++) {
    store<u32>(buffers + (i << 2), KERNEL_BASE + allocateFrame());
    store<u32>(references + (i << 2), newReference());
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
  return load<u32>(buffers + (i << 2));
}

export function netfrontQueue(i: u32, length: u32): void {
  const reference = load<u32>(references + (i << 2));
  grant(reference, DOMAIN_0, machineOf(netfrontBuffer(i)), GTF_readonly);
  const request = ring + R.RING_entries + (produced & (R.NETIF_TX_RING_SIZE - 1)) * R.NETIF_TX_BYTES;
  store<u32>(request, reference, R.TX_gref);
  store<u16>(request, 0, R.TX_offset);
  store<u16>(request, 0, R.TX_flags);
  store<u16>(request, <u16>i, R.TX_id);
  store<u16>(request, <u16>length, R.TX_size);
  produced++;
}

/** Shows the requests to the backend, and notifies it if it has asked to be at one of them. */
export function netfrontStart(): void {
  const shown = vload32(ring + R.RING_req_prod);
  vstore32(ring + R.RING_req_prod, produced);
  if (produced - vload32(ring + R.RING_req_event) < produced - shown) send(port);
}

function responses(): void {
  if (!connected) return;
  let done: u32 = 0;
  for (;;) {
    const end = vload32(ring + R.RING_rsp_prod);
    for (; consumed != end; consumed++, done++) {
      const response = ring + R.RING_entries + (consumed & (R.NETIF_TX_RING_SIZE - 1)) * R.NETIF_TX_BYTES;
      if (!endGrant(load<u32>(references + (vload16(response + R.TXRSP_id) << 2)))) unreachable();
    }
    // To be told when half of what is still under way is done; then look again, for what came in between.
    vstore32(ring + R.RING_rsp_event, consumed + ((produced - consumed) >> 1) + 1);
    if (consumed == vload32(ring + R.RING_rsp_prod)) break;
  }
  if (done) packetsDone(done);
}
