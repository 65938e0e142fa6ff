// This domain's grant table: who may map which of its pages; and mapping pages of others. Entry 1 is the store page's.

import { vload16, vstore16, vstore32 } from '../../lib/x86';
import * as G from '../../lib/xen/grants';
import { DOMID_SELF, HYPERVISOR_grant_table_op } from '../../lib/xen/numbers';
import { GRANT_TABLE, mapMachine } from './fixmap';
import { must } from './hypercalls';
import { hypercall4 } from './stubs';

const frames: usize = memory.data(16, 4);
const operation: usize = memory.data(32, 8);
let next: u32 = G.GRANT_REF_STORE + 1;

export function grantsInit(): void {
  store<u16>(operation, <u16>DOMID_SELF, G.SETUP_dom);
  store<u32>(operation, G.NR_GRANT_FRAMES, G.SETUP_nr_frames);
  store<u32>(operation, <u32>frames, G.SETUP_frame_list);
  must(grantOperation(G.GNTTABOP_setup_table, operation, 1));
  for (let i: u32 = 0; i < G.NR_GRANT_FRAMES; i++)
    mapMachine(<u32>GRANT_TABLE + (i << 12), load<u32>(frames + (i << 2)) << 12);
}

export function grantOperation(command: u32, operations: usize, count: u32): i32 {
  return hypercall4(HYPERVISOR_grant_table_op, command, <u32>operations, count, 0);
}

/** A reference that is this port's for good. */
export function newReference(): u32 {
  return next++;
}

/** Lets `domain` map the page at machine address `machine` by `reference`. The flags come last: they make it valid. */
export function grant(reference: u32, domain: u32, machine: u32, flags: u32): void {
  const entry = GRANT_TABLE + reference * G.GRANT_ENTRY_BYTES;
  vstore32(entry + G.GRANT_frame, machine >> 12);
  vstore16(entry + G.GRANT_domid, domain);
  vstore16(entry + G.GRANT_flags, G.GTF_permit_access | flags);
}

/** Takes it back; false: it is still mapped. */
export function endGrant(reference: u32): bool {
  const entry = GRANT_TABLE + reference * G.GRANT_ENTRY_BYTES;
  if (vload16(entry + G.GRANT_flags) & (G.GTF_reading | G.GTF_writing)) return false;
  vstore16(entry + G.GRANT_flags, G.GTF_invalid);
  return true;
}

export function fillMap(at: usize, linear: u32, domain: u32, reference: u32, flags: u32): void {
  store<u32>(at, linear, G.MAP_host_addr);
  store<u32>(at, 0, G.MAP_host_addr + 4);
  store<u32>(at, flags, G.MAP_flags);
  store<u32>(at, reference, G.MAP_ref);
  store<u16>(at, <u16>domain, G.MAP_dom);
}

/** Maps one page of another domain, writable, for good; false: the VMM refuses. */
export function mapGranted(linear: u32, domain: u32, reference: u32): bool {
  fillMap(operation, linear, domain, reference, G.GNTMAP_host_map);
  must(grantOperation(G.GNTTABOP_map_grant_ref, operation, 1));
  return load<i16>(operation, G.MAP_status) == G.GNTST_okay;
}
