// Grant tables: who may map what, what is held while it is mapped, and that all of it is given back. The page tables of the
// mapper are seen where the VMM sees those of the running domain: here in the test's own memory.
import { Elements, Structs } from '../../../kernels/lib/elements';
import * as G from '../../../kernels/lib/xen/grants';
import { Active, Domain, Mapping, setCurrent, setDomain, Vcpu } from '../../../vmm/domain';
import { frameInfo, setFrameCount, TYPE_WRITABLE, unused } from '../../../vmm/frame';
import { grantTableOp } from '../../../vmm/grants';
import { entryAddress, LINEAR_DIRECTORY, PTE_P, PTE_RW } from '../../../vmm/layout';
import { begin, equal, holds, result } from './check';

const FRAME: u32 = 0x320;
/** A linear address of the mapper with a page table. */
const HERE: u32 = 0x00400000;
const HOST_MAP: u32 = G.GNTMAP_host_map;
const READ_ONLY: u32 = G.GNTMAP_host_map | G.GNTMAP_readonly;

const granter = changetype<Domain>(memory.data(128, 4));
const mapper = changetype<Domain>(memory.data(128, 4));
const vcpu = changetype<Vcpu>(memory.data(256, 4));
const entries: usize = memory.data(4 * 4096, 4096);
const active: usize = memory.data(4 * 8192, 4096);
const mappings: usize = memory.data(4096, 4096);
const map = changetype<G.MapGrantRef>(memory.data(32, 8));
const unmap = changetype<G.UnmapGrantRef>(memory.data(24, 8));

function start(): void {
  begin();
  setFrameCount(0x600);
  granter.id = 0;
  granter.grants = changetype<Structs<G.GrantEntry>>(entries);
  granter.active = changetype<Structs<Active>>(active);
  mapper.id = 1;
  mapper.mappings = changetype<Structs<Mapping>>(mappings);
  setDomain(0, granter);
  setDomain(1, mapper);
  vcpu.domain = mapper;
  setCurrent(vcpu);
  changetype<Elements<u32>>(<usize>LINEAR_DIRECTORY)[HERE >> 22] = PTE_P;
  for (let n: u32 = 0; n < 4; n++) {
    const info = frameInfo(FRAME + n);
    info.owner = <u32>changetype<usize>(granter);
    info.references = 1;
    info.use = unused(0);
    offer(5 + n, 1, FRAME + n, G.GTF_permit_access);
  }
}

function offer(reference: u32, domain: u32, frame: u32, flags: u32): void {
  const entry = granter.grants[reference];
  entry.domid = <u16>domain;
  entry.frame = frame;
  entry.flags = <u16>flags;
}

function tryMap(reference: u32, page: u32, flags: u32, from: u32 = 0): i32 {
  map.hostAddr = HERE + (page << 12);
  map.flags = flags;
  map.ref = reference;
  map.dom = <u16>from;
  equal(grantTableOp(G.GNTTABOP_map_grant_ref, changetype<usize>(map), 1), 0);
  return map.status;
}

function tryUnmap(page: u32, handle: u32): i32 {
  unmap.hostAddr = HERE + (page << 12);
  unmap.handle = handle;
  equal(grantTableOp(G.GNTTABOP_unmap_grant_ref, changetype<usize>(unmap), 1), 0);
  return unmap.status;
}

function entryAt(page: u32): u32 {
  return load<u32>(entryAddress(HERE + (page << 12)));
}

export function aMappingHoldsTheFrame(): u32 {
  start();
  equal(tryMap(5, 0, HOST_MAP), G.GNTST_okay);
  const writable = map.handle;
  equal(<u32>map.devBusAddr, FRAME << 12);
  equal(entryAt(0) & ~0xfff, FRAME << 12);
  equal(entryAt(0) & (PTE_P | PTE_RW), PTE_P | PTE_RW);
  equal(frameInfo(FRAME).references, 2);
  equal(frameInfo(FRAME).use.type, TYPE_WRITABLE);
  equal(frameInfo(FRAME).use.uses, 1);
  equal(granter.grants[5].flags, G.GTF_permit_access | G.GTF_reading | G.GTF_writing);
  equal(tryMap(5, 1, READ_ONLY), G.GNTST_okay);
  const readable = map.handle;
  holds(readable != writable && !(entryAt(1) & PTE_RW));
  equal(frameInfo(FRAME).references, 3);
  // The writable one does not go away by the read-only one's handle, nor by an address where it is not.
  equal(tryUnmap(0, readable), G.GNTST_bad_virt_addr);
  equal(tryUnmap(2, writable), G.GNTST_bad_virt_addr);
  equal(tryUnmap(0, writable), G.GNTST_okay);
  equal(granter.grants[5].flags, G.GTF_permit_access | G.GTF_reading);
  equal(frameInfo(FRAME).use.uses, 0);
  equal(tryUnmap(0, writable), G.GNTST_bad_handle);
  equal(tryUnmap(1, readable), G.GNTST_okay);
  equal(granter.grants[5].flags, G.GTF_permit_access);
  equal(frameInfo(FRAME).references, 1);
  equal(entryAt(0) | entryAt(1), 0);
  return result();
}

export function nothingIsMappedThatWasNotGranted(): u32 {
  start();
  offer(5, 1, FRAME, G.GTF_invalid);
  equal(tryMap(5, 0, HOST_MAP), G.GNTST_bad_gntref);
  offer(5, 0, FRAME, G.GTF_permit_access);
  equal(tryMap(5, 0, HOST_MAP), G.GNTST_bad_gntref);
  offer(5, 1, FRAME, G.GTF_permit_access | G.GTF_readonly);
  equal(tryMap(5, 0, HOST_MAP), G.GNTST_bad_gntref);
  offer(5, 1, FRAME - 1, G.GTF_permit_access);
  equal(tryMap(5, 0, HOST_MAP), G.GNTST_bad_gntref);
  offer(5, 1, FRAME, G.GTF_permit_access);
  equal(tryMap(5, 0, HOST_MAP, 9), G.GNTST_bad_domain);
  equal(tryMap(G.NR_GRANT_ENTRIES, 0, HOST_MAP), G.GNTST_bad_gntref);
  equal(tryMap(5, 0x400, HOST_MAP), G.GNTST_bad_virt_addr);
  equal(tryMap(5, 0, 0), G.GNTST_general_error);
  equal(tryUnmap(0, 511), G.GNTST_bad_handle);
  equal(tryUnmap(0, 512), G.GNTST_bad_handle);
  equal(frameInfo(FRAME).references, 1);
  equal(entryAt(0), 0);
  return result();
}

export function aMappedEntryKeepsItsFrame(): u32 {
  start();
  equal(tryMap(6, 0, READ_ONLY), G.GNTST_okay);
  const handle = map.handle;
  // The granter writes another frame into its entry: who maps it again gets the one that is held.
  offer(6, 1, FRAME + 2, G.GTF_permit_access | G.GTF_reading);
  equal(tryMap(6, 1, READ_ONLY), G.GNTST_okay);
  equal(entryAt(1) & ~0xfff, (FRAME + 1) << 12);
  // Over a foreign mapping nothing can be mapped.
  equal(tryMap(7, 1, READ_ONLY), G.GNTST_bad_virt_addr);
  equal(frameInfo(FRAME + 1).references, 3);
  equal(tryUnmap(0, handle), G.GNTST_okay);
  equal(tryUnmap(1, handle + 1), G.GNTST_okay);
  equal(frameInfo(FRAME + 1).references, 1);
  equal(frameInfo(FRAME + 2).references, 1);
  return result();
}
