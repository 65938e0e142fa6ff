// Shared rings of Xen 3.0.0 (public/io/ring.h) and the transmit ring of network devices (public/io/netif.h).
//
// A ring is one page: { u32 req_prod, req_event, rsp_prod, rsp_event; u8 pad[48]; entries }. Producers and consumers
// count without wrapping; an index is taken modulo the number of entries. Whoever consumes says by the event field at
// which producer value it wants to be notified next; a producer that passes it notifies.
export const RING_req_prod: usize = 0;
export const RING_req_event: usize = 4;
export const RING_rsp_prod: usize = 8;
export const RING_rsp_event: usize = 12;
export const RING_entries: usize = 64;

// Request: { u32 gref; u16 offset, flags, id, size }; response, in the same slot: { u16 id; i16 status }.
export const NETIF_TX_BYTES: u32 = 12;
export const NETIF_TX_RING_SIZE: u32 = 256;
export const TX_gref: usize = 0;
export const TX_offset: usize = 4;
export const TX_flags: usize = 6;
export const TX_id: usize = 8;
export const TX_size: usize = 10;
export const TXRSP_id: usize = 0;
export const TXRSP_status: usize = 2;
export const NETIF_RSP_OKAY: i32 = 0;
export const NETIF_RSP_ERROR: i32 = -1;
