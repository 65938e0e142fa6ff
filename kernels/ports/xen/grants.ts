// This domain's grant table: who may map which of its pages; and mapping pages of others. Entry 1 is the store page's.

import { Elements } from '../../lib/elements';
import * as G from '../../lib/xen/grants';
import { DOMID_SELF, HYPERVISOR_grant_table_op } from '../../lib/xen/numbers';
import { grantTable, mapGrantTable } from './fixmap';
import { must } from './hypercalls';
import { hypercall4 } from './stubs';

const frames = changetype<Elements<u32>>(memory.data(16, 4));
const setup = changetype<G.SetupTable>(memory.data(16, 8));
const single = changetype<G.MapGrantRef>(memory.data(32, 8));
let next: u32 = G.GRANT_REF_STORE + 1;

export function grantsInit(): void {
  setup.dom = <u16>DOMID_SELF;
  setup.nrFrames = G.NR_GRANT_FRAMES;
  setup.frameList = frames;
  must(grantOperation(G.GNTTABOP_setup_table, changetype<usize>(setup), 1));
  for (let i: u32 = 0; i < G.NR_GRANT_FRAMES; i++) mapGrantTable(i, frames[i] << 12);
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
  const entry = grantTable()[reference];
  entry.frame = machine >> 12;
  entry.domid = <u16>domain;
  entry.flags = <u16>(G.GTF_permit_access | flags);
}

/** Takes it back; false: it is still mapped. */
export function endGrant(reference: u32): bool {
  const entry = grantTable()[reference];
  if (entry.flags & (G.GTF_reading | G.GTF_writing)) return false;
  entry.flags = <u16>G.GTF_invalid;
  return true;
}

export function fillMap(map: G.MapGrantRef, linear: u32, domain: u32, reference: u32, flags: u32): void {
  map.hostAddr = linear;
  map.flags = flags;
  map.ref = reference;
  map.dom = <u16>domain;
}

/** Maps one page of another domain, writable, for good; false: the VMM refuses. */
export function mapGranted(linear: u32, domain: u32, reference: u32): bool {
  fillMap(single, linear, domain, reference, G.GNTMAP_host_map);
  must(grantOperation(G.GNTTABOP_map_grant_ref, changetype<usize>(single), 1));
  return single.status == G.GNTST_okay;
}
