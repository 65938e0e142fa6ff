// Grant tables. A domain writes into an entry of its table who may map which of its frames, and how; whoever maps names
// the domain and the entry. While it is mapped, the entry's reading and writing bits stand and the frame is held by a
// reference (and a use as writable), so it can become neither another's nor a page table. The mapping is an ordinary
// level-1 entry of the mapper, which only unmap_grant_ref takes away (pagetable.ts).

import { Structs } from '../kernels/lib/elements';
import { __work_grant, __work_pte } from '../kernels/lib/hooks';
import { PageEntry, pageEntry } from '../kernels/lib/paging';
import * as G from '../kernels/lib/xen/grants';
import { DOMID_SELF, EFAULT, EINVAL, ENOSYS, EPERM } from '../kernels/lib/xen/numbers';
import { Active, currentDomain, Domain, domainById } from './domain';
import { flushTlb, getFrame, putFrame, TYPE_WRITABLE } from './frame';
import { guestReadable } from './guest';
import { physicalOf } from './heap';
import { directoryEntry, entryAddress, PAGE, PTE_A, PTE_D, PTE_P, PTE_RW, PTE_US, VIRT_START } from './layout';
import { getType, isForeign, putL1Entry, putType } from './pagetable';

/** One page of them. */
export const NR_MAPPINGS: u32 = 512;
const MAX_COUNT: u32 = 512;

/** Hypercall 20. */
export function grantTableOp(command: u32, operations: usize, count: u32): i32 {
  if (count > MAX_COUNT) return -EINVAL;
  switch (command) {
    case G.GNTTABOP_map_grant_ref: {
      const list = changetype<Structs<G.MapGrantRef>>(operations);
      if (!guestReadable(operations, count * offsetof<G.MapGrantRef>())) return -EFAULT;
      for (let i: u32 = 0; i < count; i++) mapOne(list[i]);
      return 0;
    }
    case G.GNTTABOP_unmap_grant_ref: {
      const list = changetype<Structs<G.UnmapGrantRef>>(operations);
      if (!guestReadable(operations, count * offsetof<G.UnmapGrantRef>())) return -EFAULT;
      for (let i: u32 = 0; i < count; i++) unmapOne(list[i]);
      flushTlb();
      return 0;
    }
    case G.GNTTABOP_setup_table:
      if (count != 1 || !guestReadable(operations, offsetof<G.SetupTable>())) return -EFAULT;
      return setupTable(changetype<G.SetupTable>(operations));
    default:
      return -ENOSYS;
  }
}

function setupTable(op: G.SetupTable): i32 {
  const domain = currentDomain();
  const id = <u32>op.dom;
  const frames = op.nrFrames;
  const list = op.frameList;
  if (id != DOMID_SELF && id != domain.id) return -EPERM;
  if (frames > G.NR_GRANT_FRAMES || !guestReadable(changetype<usize>(list), frames << 2)) return -EINVAL;
  const first = physicalOf(changetype<usize>(domain.grants)) / PAGE;
  for (let i: u32 = 0; i < frames; i++) list[i] = first + i;
  op.status = <i16>G.GNTST_okay;
  return 0;
}

/** The VMM's address of the level-1 entry for a linear address of the running domain; 0: there is no table. */
function entryPlace(address: u32): usize {
  if (address >= VIRT_START || (address & (PAGE - 1)) != 0) return 0;
  return directoryEntry(address).present ? entryAddress(address) : 0;
}

function mapOne(op: G.MapGrantRef): void {
  // All of it is read before anything changes, and the result's place is known to be writable.
  const address = <u32>op.hostAddr;
  const flags = op.flags;
  const reference = op.ref;
  const granterId = <u32>op.dom;
  op.status = <i16>G.GNTST_general_error;
  const status = mapGrant(op, address, flags, reference, granterId);
  op.status = <i16>status;
}

function mapGrant(op: G.MapGrantRef, address: u32, flags: u32, reference: u32, granterId: u32): i32 {
  const self = currentDomain();
  const granter = domainById(granterId);
  if (changetype<usize>(granter) == 0) return G.GNTST_bad_domain;
  if ((flags & ~G.GNTMAP_readonly) != G.GNTMAP_host_map) return G.GNTST_general_error;
  if (reference >= G.NR_GRANT_ENTRIES) return G.GNTST_bad_gntref;
  const place = entryPlace(address);
  if (place == 0) return G.GNTST_bad_virt_addr;
  const owner = <u32>changetype<usize>(self);
  const old = load<PageEntry>(place);
  if (isForeign(old, owner)) return G.GNTST_bad_virt_addr;
  const handle = freeMapping(self);
  if (handle == NR_MAPPINGS) return G.GNTST_general_error;

  const readOnly = (flags & G.GNTMAP_readonly) != 0;
  const active = granter.active[reference];
  const status = activate(granter, reference, active, self.id, readOnly);
  if (status != G.GNTST_okay) return status;

  const mapping = self.mappings[handle];
  mapping.entry = reference + 1;
  mapping.granter = <u16>granterId;
  mapping.readOnly = readOnly;
  __work_pte();
  __work_grant();
  store<u32>(place, (active.frame << 12) | PTE_P | PTE_US | PTE_A | PTE_D | (readOnly ? 0 : PTE_RW));
  putL1Entry(old, owner);
  op.handle = handle;
  op.devBusAddr = (<u64>active.frame) << 12;
  return G.GNTST_okay;
}

/** One more mapping of the entry: checks what the granter wrote there, and holds the frame. */
function activate(granter: Domain, reference: u32, active: Active, mapper: u32, readOnly: bool): i32 {
  const owner = <u32>changetype<usize>(granter);
  const entry = granter.grants[reference];
  const granted = <u32>entry.flags;
  const used = active.readers | active.writers;
  if ((granted & G.GTF_type_mask) != G.GTF_permit_access || entry.domid != mapper) return G.GNTST_bad_gntref;
  if (!readOnly && (granted & G.GTF_readonly) != 0) return G.GNTST_bad_gntref;
  if (used != 0 && active.mapper != mapper) return G.GNTST_bad_gntref;
  const frame = used != 0 ? active.frame : entry.frame;
  if (!getFrame(frame, owner)) return G.GNTST_bad_gntref;
  if (!readOnly && !getType(frame, TYPE_WRITABLE)) {
    putFrame(frame);
    return G.GNTST_bad_gntref;
  }
  active.frame = frame;
  active.mapper = mapper;
  if (readOnly) active.readers++;
  else active.writers++;
  entry.flags = <u16>(granted | G.GTF_reading | (readOnly ? 0 : G.GTF_writing));
  return G.GNTST_okay;
}

function freeMapping(domain: Domain): u32 {
  for (let handle: u32 = 0; handle < NR_MAPPINGS; handle++) {
    if (domain.mappings[handle].entry == 0) return handle;
  }
  return NR_MAPPINGS;
}

function unmapOne(op: G.UnmapGrantRef): void {
  const address = <u32>op.hostAddr;
  const handle = op.handle;
  op.status = <i16>G.GNTST_general_error;
  op.status = <i16>unmapGrant(address, handle);
}

function unmapGrant(address: u32, handle: u32): i32 {
  const self = currentDomain();
  const mapping = self.mappings[handle];
  if (handle >= NR_MAPPINGS || mapping.entry == 0) return G.GNTST_bad_handle;
  const reference = mapping.entry - 1;
  const readOnly = mapping.readOnly;
  const granter = domainById(mapping.granter);
  const active = granter.active[reference];
  const place = entryPlace(address);
  const entry = place == 0 ? pageEntry(0) : load<PageEntry>(place);
  if (entry.frame != active.frame || !isForeign(entry, <u32>changetype<usize>(self))) return G.GNTST_bad_virt_addr;
  // Of two mappings of one frame the writable one must not go away by the read-only one's handle, or the use as writable
  // would end while the entry stands.
  if (entry.writable == readOnly) return G.GNTST_bad_virt_addr;
  __work_pte();
  store<u32>(place, 0);
  mapping.entry = 0;
  const granted = granter.grants[reference];
  let standing = <u32>granted.flags;
  if (readOnly) active.readers--;
  else {
    active.writers--;
    putType(active.frame);
    if (active.writers == 0) standing &= ~G.GTF_writing;
  }
  putFrame(active.frame);
  if ((active.readers | active.writers) == 0) standing &= ~G.GTF_reading;
  granted.flags = <u16>standing;
  return G.GNTST_okay;
}
