// Domain 0's half of the split network driver: maps the page of each packet (one hypercall for all that are waiting), hands
// it to the e1000, and when the device has sent it unmaps it and answers.
import {
  E1000,
  E1000_IDENTIFICATION,
  E1000_REGISTERS,
  e1000Acknowledge,
  e1000Completed,
  e1000Init,
  e1000Queue,
  e1000Room,
  e1000Start,
} from '../../lib/e1000';
import { Elements, Structs } from '../../lib/elements';
import {
  COMMAND_MASTER,
  COMMAND_MEMORY,
  PCI_BAR0,
  PCI_COMMAND,
  PCI_INTERRUPT,
  pciFind,
  pciRead,
  pciWrite,
} from '../../lib/pci';
import { EVTCHNOP_bind_pirq } from '../../lib/xen/events';
import * as G from '../../lib/xen/grants';
import { HYPERVISOR_physdev_op, PHYSDEVOP_IRQ_UNMASK_NOTIFY, PhysdevOp } from '../../lib/xen/numbers';
import * as R from '../../lib/xen/rings';
import { listen } from './events';
import { mapRegisters, PACKET_WINDOWS, REMOTE_RING } from './fixmap';
import { fillMap, grantOperation, mapGranted } from './grants';
import { bindInterdomain, bindInterrupt, must, send } from './hypercalls';
import { machineOf } from './memory';
import {
  DEVICE_port,
  DEVICE_references,
  DEVICE_state,
  DOMAIN_U,
  STATE_CLOSED,
  STATE_CONNECTED,
  STORE_VIF,
  setStoreWord,
  storeWord,
} from './store';
import { hypercall2 } from './stubs';

const BATCH: u32 = 16;
/** Packets that may be mapped at a time: each has a window, whose number is also where its id and handle are kept. */
const WINDOWS: u32 = 64;
const FRAME_MIN: u32 = 14;
const FRAME_MAX: u32 = 1514;

const nic: E1000 = changetype<E1000>(memory.data(16, 4));
const deviceRing: usize = memory.data(64 * 16, 4096);
const maps = changetype<Structs<G.MapGrantRef>>(memory.data(16 * 32, 8));
const unmaps = changetype<Structs<G.UnmapGrantRef>>(memory.data(16 * 24, 8));
const handles = changetype<Elements<u32>>(memory.data(64 * 4, 4));
const identifiers = changetype<Elements<u32>>(memory.data(64 * 4, 4));
const unmask = changetype<PhysdevOp>(memory.data(12, 4));
/** A stack of windows in no use; the windows of the batch in hand; those of the packets the device has, in order. */
const freeWindows = changetype<Elements<u32>>(memory.data(64 * 4, 4));
const batch = changetype<Elements<u32>>(memory.data(16 * 4, 4));
const flight = changetype<Elements<u32>>(memory.data(64 * 4, 4));

let present: bool = false;
let port: u32 = 0;
let free: u32 = 0;
/** Requests taken, packets given to the device, packets it has sent, responses written, responses shown. */
let consumed: u32 = 0;
let queued: u32 = 0;
let sent: u32 = 0;
let responded: u32 = 0;
let shown: u32 = 0;

/** Finds and readies the device. */
export function netbackInit(): void {
  const device = pciFind(E1000_IDENTIFICATION);
  if (device == 32) return;
  pciWrite(device, PCI_COMMAND, pciRead(device, PCI_COMMAND) | COMMAND_MEMORY | COMMAND_MASTER);
  const line = pciRead(device, PCI_INTERRUPT) & 0xff;
  e1000Init(nic, mapRegisters(pciRead(device, PCI_BAR0) & ~15, E1000_REGISTERS), deviceRing, machineOf(deviceRing));
  for (; free < WINDOWS; free++) freeWindows[free] = free;
  unmask.cmd = PHYSDEVOP_IRQ_UNMASK_NOTIFY;
  listen(bindInterrupt(EVTCHNOP_bind_pirq, line), deviceInterrupt.index);
  present = true;
}

/** The guest asks for its network device to be connected. */
export function netbackConnect(): void {
  port = 0;
  if (present && mapGranted(REMOTE_RING, DOMAIN_U, storeWord(STORE_VIF + DEVICE_references))) {
    const bound = bindInterdomain(DOMAIN_U, storeWord(STORE_VIF + DEVICE_port));
    if (bound > 0) {
      port = bound;
      listen(port, requests.index);
    }
  }
  setStoreWord(STORE_VIF + DEVICE_state, port ? STATE_CONNECTED : STATE_CLOSED);
}

function requests(): void {
  const ring = remoteRing();
  do {
    const end = ring.reqProd;
    while (consumed != end) {
      const room = min(min(end - consumed, BATCH), min(e1000Room(nic), free));
      if (!room) return; // deviceInterrupt comes back here
      transmit(room);
    }
  } while (!R.awaitRequests(ring, consumed));
}

function remoteRing(): R.SharedRing {
  return changetype<R.SharedRing>(<usize>REMOTE_RING);
}

function windowAddress(window: u32): u32 {
  return PACKET_WINDOWS + (window << 12);
}

/** The next `count` requests. What the guest wrote is read once, and checked: it may change under way. */
function transmit(count: u32): void {
  for (let i: u32 = 0; i < count; i++) {
    const window = freeWindows[--free];
    batch[i] = window;
    const reference = R.transmitRequest(remoteRing(), consumed + i).gref;
    fillMap(maps[i], windowAddress(window), DOMAIN_U, reference, G.GNTMAP_host_map | G.GNTMAP_readonly);
  }
  must(grantOperation(G.GNTTABOP_map_grant_ref, changetype<usize>(maps), count));
  let refused = false;
  for (let i: u32 = 0; i < count; i++) {
    if (!queue(R.transmitRequest(remoteRing(), consumed++), maps[i], batch[i])) refused = true;
  }
  e1000Start(nic);
  if (refused) notify();
}

/** One packet to the device; false: refused, and answered. */
function queue(request: R.TransmitRequest, map: G.MapGrantRef, window: u32): bool {
  const offset = <u32>request.offset;
  const size = <u32>request.size;
  const identifier = <u32>request.id;
  const mapped = map.status == G.GNTST_okay;
  handles[window] = map.handle;
  if (mapped && size >= FRAME_MIN && size <= FRAME_MAX && offset + size <= 4096) {
    identifiers[window] = identifier;
    flight[queued++ & (WINDOWS - 1)] = window;
    e1000Queue(nic, <u32>map.devBusAddr + offset, size);
    return true;
  }
  if (mapped) {
    fillUnmap(0, window);
    must(grantOperation(G.GNTTABOP_unmap_grant_ref, changetype<usize>(unmaps), 1));
  }
  freeWindows[free++] = window;
  respond(identifier, R.NETIF_RSP_ERROR);
  return false;
}

function fillUnmap(i: u32, window: u32): void {
  const unmap = unmaps[i];
  unmap.hostAddr = windowAddress(window);
  unmap.devBusAddr = 0;
  unmap.handle = handles[window];
}

function respond(identifier: u32, status: i16): void {
  const response = R.transmitResponse(remoteRing(), responded++);
  response.id = <u16>identifier;
  response.status = status;
}

/** Shows the responses, and notifies the guest if it has asked to be at one of them. */
function notify(): void {
  if (R.showResponses(remoteRing(), shown, responded)) send(port);
  shown = responded;
}

/** The device has sent packets: their pages are unmapped, a batch by one hypercall, and answered. */
function deviceInterrupt(): void {
  if (e1000Acknowledge(nic)) {
    for (let left = e1000Completed(nic); left; ) {
      const count = min(left, BATCH);
      for (let i: u32 = 0; i < count; i++) {
        const window = flight[sent++ & (WINDOWS - 1)];
        fillUnmap(i, window);
        respond(identifiers[window], R.NETIF_RSP_OKAY);
        freeWindows[free++] = window;
      }
      must(grantOperation(G.GNTTABOP_unmap_grant_ref, changetype<usize>(unmaps), count));
      left -= count;
    }
    notify();
    if (port) requests();
  }
  hypercall2(HYPERVISOR_physdev_op, <u32>changetype<usize>(unmask), 0);
}
