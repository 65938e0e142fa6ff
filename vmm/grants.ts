// Grant tables. A domain writes into an entry of its table who may map which of its frames, and how; whoever maps names
// the domain and the entry. While it is mapped, the entry's reading and writing bits stand and the frame is held by a
// reference (and a use as writable), so it can become neither another's nor a page table. The mapping is an ordinary
// level-1 entry of the mapper, which only unmap_grant_ref takes away (pagetable.ts).
//
//   active entry (of the granter)    { readers, writers, frame, mapper's id }
//   mapping (of the mapper)          { 0 or 1 + entry number, granter's id | 0x10000 when read-only }; index = handle

import { __work_grant, __work_pte } from '../kernels/lib/hooks';
import * as G from '../kernels/lib/xen/grants';
import { DOMID_SELF, EFAULT, EINVAL, ENOSYS, EPERM } from '../kernels/lib/xen/numbers';
import { currentDomain, Domain, domainById } from './domain';
import { flushTlb, getFrame, putFrame, TYPE_WRITABLE } from './frame';
import { guestReadable } from './guest';
import {
  DIRECT_MAP,
  LINEAR_DIRECTORY,
  LINEAR_TABLES,
  PAGE,
  PTE_A,
  PTE_D,
  PTE_P,
  PTE_RW,
  PTE_US,
  VIRT_START,
} from './layout';
import { getType, isForeign, putL1Entry, putType } from './pagetable';

export const ACTIVE_BYTES: u32 = 16;
export const MAPPING_BYTES: u32 = 8;
export const NR_MAPPINGS: u32 = 512;
const MAX_COUNT: u32 = 512;
const READ_ONLY: u32 = 0x10000;

@unmanaged
class Active {
  readers: u32;
  writers: u32;
  frame: u32;
  mapper: u32;
}

/** Hypercall 20. */
export function grantTableOp(command: u32, operations: usize, count: u32): i32 {
  if (count > MAX_COUNT) return -EINVAL;
  switch (command) {
    case G.GNTTABOP_map_grant_ref:
      if (!guestReadable(operations, count * G.MAP_BYTES)) return -EFAULT;
      for (let i: u32 = 0; i < count; i++) mapOne(operations + i * G.MAP_BYTES);
      return 0;
    case G.GNTTABOP_unmap_grant_ref:
      if (!guestReadable(operations, count * G.UNMAP_BYTES)) return -EFAULT;
      for (let i: u32 = 0; i < count; i++) unmapOne(operations + i * G.UNMAP_BYTES);
      flushTlb();
      return 0;
    case G.GNTTABOP_setup_table:
      return count == 1 && guestReadable(operations, G.SETUP_BYTES) ? setupTable(operations) : -EFAULT;
    default:
      return -ENOSYS;
  }
}

function setupTable(op: usize): i32 {
  const domain = currentDomain();
  const id = <u32>load<u16>(op, G.SETUP_dom);
  const frames = load<u32>(op, G.SETUP_nr_frames);
  const list = load<u32>(op, G.SETUP_frame_list);
  if (id != DOMID_SELF && id != domain.id) return -EPERM;
  if (frames > G.NR_GRANT_FRAMES || !guestReadable(list, frames << 2)) return -EINVAL;
  const first = (<u32>domain.grants - DIRECT_MAP) / PAGE;
  for (let i: u32 = 0; i < frames; i++) store<u32>(list + (i << 2), first + i);
  store<u16>(op, <u16>G.GNTST_okay, G.SETUP_status);
  return 0;
}

/** The VMM's address of the level-1 entry for a linear address of the running domain; 0: there is no table. */
function entryPlace(address: u32): usize {
  if (address >= VIRT_START || (address & (PAGE - 1)) != 0) return 0;
  if ((load<u32>(LINEAR_DIRECTORY + ((address >> 22) << 2)) & PTE_P) == 0) return 0;
  return LINEAR_TABLES + ((address >> 12) << 2);
}

function mapOne(op: usize): void {
  // All of it is read before anything changes, and the result's place is known to be writable.
  const address = load<u32>(op, G.MAP_host_addr);
  const flags = load<u32>(op, G.MAP_flags);
  const reference = load<u32>(op, G.MAP_ref);
  const granterId = <u32>load<u16>(op, G.MAP_dom);
  store<u16>(op, <u16>G.GNTST_general_error, G.MAP_status);
  const status = mapGrant(op, address, flags, reference, granterId);
  store<u16>(op, <u16>status, G.MAP_status);
}

function mapGrant(op: usize, address: u32, flags: u32, reference: u32, granterId: u32): i32 {
  const self = currentDomain();
  const granter = domainById(granterId);
  if (changetype<usize>(granter) == 0) return G.GNTST_bad_domain;
  if ((flags & ~G.GNTMAP_readonly) != G.GNTMAP_host_map) return G.GNTST_general_error;
  if (reference >= G.NR_GRANT_ENTRIES) return G.GNTST_bad_gntref;
  const place = entryPlace(address);
  if (place == 0) return G.GNTST_bad_virt_addr;
  const owner = <u32>changetype<usize>(self);
  const old = load<u32>(place);
  if (isForeign(old, owner)) return G.GNTST_bad_virt_addr;
  const handle = freeMapping(self);
  if (handle == NR_MAPPINGS) return G.GNTST_general_error;

  const readOnly = (flags & G.GNTMAP_readonly) != 0;
  const active = changetype<Active>(granter.active + reference * ACTIVE_BYTES);
  const status = activate(granter, reference, active, self.id, readOnly);
  if (status != G.GNTST_okay) return status;

  const mapping = self.mappings + handle * MAPPING_BYTES;
  store<u32>(mapping, reference + 1);
  store<u32>(mapping, granterId | (readOnly ? READ_ONLY : 0), 4);
  __work_pte();
  __work_grant();
  store<u32>(place, (active.frame << 12) | PTE_P | PTE_US | PTE_A | PTE_D | (readOnly ? 0 : PTE_RW));
  putL1Entry(old, owner);
  store<u32>(op, handle, G.MAP_handle);
  store<u64>(op, (<u64>active.frame) << 12, G.MAP_dev_bus_addr);
  return G.GNTST_okay;
}

/** One more mapping of the entry: checks what the granter wrote there, and holds the frame. */
function activate(granter: Domain, reference: u32, active: Active, mapper: u32, readOnly: bool): i32 {
  const owner = <u32>changetype<usize>(granter);
  const entry = granter.grants + reference * G.GRANT_ENTRY_BYTES;
  const granted = <u32>load<u16>(entry, G.GRANT_flags);
  const used = active.readers | active.writers;
  if ((granted & G.GTF_type_mask) != G.GTF_permit_access || load<u16>(entry, G.GRANT_domid) != mapper) {
    return G.GNTST_bad_gntref;
  }
  if (!readOnly && (granted & G.GTF_readonly) != 0) return G.GNTST_bad_gntref;
  if (used != 0 && active.mapper != mapper) return G.GNTST_bad_gntref;
  const frame = used != 0 ? active.frame : load<u32>(entry, G.GRANT_frame);
  if (!getFrame(frame, owner)) return G.GNTST_bad_gntref;
  if (!readOnly && !getType(frame, TYPE_WRITABLE)) {
    putFrame(frame);
    return G.GNTST_bad_gntref;
  }
  active.frame = frame;
  active.mapper = mapper;
  if (readOnly) active.readers++;
  else active.writers++;
  store<u16>(entry, <u16>(granted | G.GTF_reading | (readOnly ? 0 : G.GTF_writing)), G.GRANT_flags);
  return G.GNTST_okay;
}

function freeMapping(domain: Domain): u32 {
  for (let handle: u32 = 0; handle < NR_MAPPINGS; handle++) {
    if (load<u32>(domain.mappings + handle * MAPPING_BYTES) == 0) return handle;
  }
  return NR_MAPPINGS;
}

function unmapOne(op: usize): void {
  const address = load<u32>(op, G.UNMAP_host_addr);
  const handle = load<u32>(op, G.UNMAP_handle);
  store<u16>(op, <u16>G.GNTST_general_error, G.UNMAP_status);
  store<u16>(op, <u16>unmapGrant(address, handle), G.UNMAP_status);
}

function unmapGrant(address: u32, handle: u32): i32 {
  const self = currentDomain();
  const mapping = self.mappings + handle * MAPPING_BYTES;
  if (handle >= NR_MAPPINGS || load<u32>(mapping) == 0) return G.GNTST_bad_handle;
  const reference = load<u32>(mapping) - 1;
  const readOnly = (load<u32>(mapping, 4) & READ_ONLY) != 0;
  const granter = domainById(load<u32>(mapping, 4) & 0xffff);
  const active = changetype<Active>(granter.active + reference * ACTIVE_BYTES);
  const place = entryPlace(address);
  const entry = place == 0 ? 0 : load<u32>(place);
  if (entry >> 12 != active.frame || !isForeign(entry, <u32>changetype<usize>(self))) return G.GNTST_bad_virt_addr;
  // Of two mappings of one frame the writable one must not go away by the read-only one's handle, or the use as writable
  // would end while the entry stands.
  if (((entry & PTE_RW) == 0) != readOnly) return G.GNTST_bad_virt_addr;
  __work_pte();
  store<u32>(place, 0);
  store<u32>(mapping, 0);
  let standing = <u32>load<u16>(granter.grants + reference * G.GRANT_ENTRY_BYTES, G.GRANT_flags);
  if (readOnly) active.readers--;
  else {
    active.writers--;
    putType(active.frame);
    if (active.writers == 0) standing &= ~G.GTF_writing;
  }
  putFrame(active.frame);
  if ((active.readers | active.writers) == 0) standing &= ~G.GTF_reading;
  store<u16>(granter.grants + reference * G.GRANT_ENTRY_BYTES, <u16>standing, G.GRANT_flags);
  return G.GNTST_okay;
}
