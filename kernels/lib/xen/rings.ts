// Shared rings of Xen 3.0.0 (public/io/ring.h) and the transmit ring of network devices (public/io/netif.h).
//
// Producers and consumers count without wrapping, each for itself; an index is taken modulo the number of entries. A
// response takes the slot of a request that has been consumed. What one side writes it shows by the producer's field; the
// other says by the event field at which value it wants to be notified next, and whoever passes that notifies.

@unmanaged
@size(64)
export class SharedRing {
  @volatile reqProd: u32;
  @volatile reqEvent: u32;
  @volatile rspProd: u32;
  @volatile rspEvent: u32;
  private pad0: u64;
  private pad1: u64;
  private pad2: u64;
  private pad3: u64;
  private pad4: u64;
  private pad5: u64;
}

/** Does showing entries up to `now`, after those up to `before`, pass the value at which the other side wants to know? */
export function mustNotify(before: u32, now: u32, event: u32): bool {
  return now - event < now - before;
}

/** Before anything is in the ring, both sides want to know of its first entry. */
export function ringInit(ring: SharedRing): void {
  ring.reqEvent = 1;
  ring.rspEvent = 1;
}

/** Shows requests up to `produced`; true: the other side wants to be notified. */
export function showRequests(ring: SharedRing, produced: u32): bool {
  const before = ring.reqProd;
  ring.reqProd = produced;
  return mustNotify(before, produced, ring.reqEvent);
}

/** The same of responses, where `before` had been shown. */
export function showResponses(ring: SharedRing, before: u32, produced: u32): bool {
  ring.rspProd = produced;
  return mustNotify(before, produced, ring.rspEvent);
}

/** Asks to be told of request `consumed` + 1; false: it is there already, so look again. */
export function awaitRequests(ring: SharedRing, consumed: u32): bool {
  ring.reqEvent = consumed + 1;
  return consumed == ring.reqProd;
}

/** Asks to be told of the response that is `ahead` behind what was consumed; false: another is there already. */
export function awaitResponses(ring: SharedRing, consumed: u32, ahead: u32): bool {
  ring.rspEvent = consumed + ahead;
  return consumed == ring.rspProd;
}

/** A slot of the transmit ring: what the frontend asks. */
@unmanaged
@size(12)
export class TransmitRequest {
  @volatile gref: u32;
  @volatile offset: u16;
  @volatile flags: u16;
  @volatile id: u16;
  @volatile size: u16;
}

/** The same slot, when the backend has answered. */
@unmanaged
export class TransmitResponse {
  @volatile id: u16;
  @volatile status: i16;
}
export const NETIF_TX_RING_SIZE: u32 = 256;
export const NETIF_RSP_OKAY: i16 = 0;
export const NETIF_RSP_ERROR: i16 = -1;

/** The slot of the request with this number. */
export function transmitRequest(ring: SharedRing, number: u32): TransmitRequest {
  const first = changetype<usize>(ring) + offsetof<SharedRing>();
  return changetype<TransmitRequest>(first + (number & (NETIF_TX_RING_SIZE - 1)) * offsetof<TransmitRequest>());
}

/** The slot of the response with this number. */
export function transmitResponse(ring: SharedRing, number: u32): TransmitResponse {
  return changetype<TransmitResponse>(transmitRequest(ring, number));
}
