// `bench=hostile`: a guest kernel that tries, one after the other, what the VMM must refuse. Each attempt prints `refused
// NAME` or `ALLOWED NAME`. The last one asks for a system-call gate into ring 0, and then uses it: the VMM must neither
// install the gate nor survive in ring 0 with it, but stop this domain.
//
// `limits=off` leaves out what only segment limits refuse: for machines that do not check them.

import { clearPage } from '../../lib/bytes';
import { newline, print } from '../../lib/console';
import { Descriptor } from '../../lib/descriptors';
import { Structs } from '../../lib/elements';
import { allocateFrame } from '../../lib/frames';
import { __region_begin, __region_end } from '../../lib/hooks';
import { PAGE_ACCESSED, PAGE_PRESENT, PAGE_WRITE } from '../../lib/paging';
import { option } from '../../lib/text';
import { TrapInfo } from '../../lib/xen/arch';
import * as E from '../../lib/xen/events';
import * as G from '../../lib/xen/grants';
import * as M from '../../lib/xen/mmu';
import * as N from '../../lib/xen/numbers';
import { commandLine, startInfo } from './boot';
import { REMOTE_RING, SHARED_INFO } from './fixmap';
import { fillMap, grant, grantOperation, newReference } from './grants';
import { bindInterdomain, bindInterrupt, mmuext, send, updateEntry, updateVaMapping } from './hypercalls';
import { KERNEL_BASE, machineFrame, machineOf, setReadOnly } from './memory';
import { addressOf_copyFailedShort, copyFromUser, copyToUser, hypercall2, hypercall4, systemCall } from './stubs';

const VMM_MEMORY: u32 = 0xff100000;
const VMM_FRAME: u32 = 0x100;
const PRESENT_WRITABLE: u32 = PAGE_PRESENT | PAGE_WRITE | PAGE_ACCESSED;
const RING0_CODE_LOW: u32 = 0x0000ffff;
const RING0_CODE_HIGH: u32 = 0x00cf9b00;
const RING1_ALL_MEMORY_HIGH: u32 = 0x00cfb300;

const block: usize = memory.data(64, 8);
let allowed: u32 = 0;

function result(name: string, refused: bool): void {
  if (refused) print('refused ');
  else {
    print('ALLOWED ');
    allowed++;
  }
  print(name);
  newline();
}

/** A page of this kernel's own that it may spoil. */
function ownPage(): u32 {
  const page = KERNEL_BASE + allocateFrame();
  clearPage(page);
  return page;
}

/** The last frame before this domain's memory is domain 0's. */
function foreignFrame(): u32 {
  return machineFrame(0) - 1;
}

export function hostileKernel(): void {
  __region_begin();
  const page = ownPage();
  result(
    'foreign-frame',
    updateVaMapping(page, (foreignFrame() << 12) | PRESENT_WRITABLE, M.UVMF_INVLPG) < 0 &&
      updateVaMapping(page, (foreignFrame() << 12) | PAGE_PRESENT, M.UVMF_INVLPG) < 0,
  );
  result(
    'vmm-frame',
    updateVaMapping(page, (VMM_FRAME << 12) | PRESENT_WRITABLE, M.UVMF_INVLPG) < 0 &&
      updateEntry(VMM_FRAME << 12, 0) < 0,
  );
  result('device-frame', updateVaMapping(page, 0xfee00000 | PRESENT_WRITABLE, M.UVMF_INVLPG) < 0);
  const directory = startInfo().ptBase;
  result('writable-page-table', updateVaMapping(directory, machineOf(directory) | PRESENT_WRITABLE, M.UVMF_INVLPG) < 0);
  result('vmm-slot', updateEntry(machineOf(directory) + 0xffc, machineOf(page) | PRESENT_WRITABLE) < 0);
  forgedTables();
  staleTranslation();
  descriptors();
  limits();
  forgedGrants();
  forgedPorts();
  badPointers();
  print(allowed ? 'hostile ALLOWED\n' : 'hostile all refused\n');
  ring0Gate();
}

/** A table with an entry for a foreign frame; a table that is still writable. */
function forgedTables(): void {
  const table = ownPage();
  store<u32>(table, (foreignFrame() << 12) | PRESENT_WRITABLE);
  setReadOnly(table);
  const forged = mmuext(M.MMUEXT_PIN_L1_TABLE, machineOf(table) >> 12) < 0;
  const writable = mmuext(M.MMUEXT_PIN_L2_TABLE, machineOf(ownPage()) >> 12) < 0;
  const foreign = mmuext(M.MMUEXT_NEW_BASEPTR, foreignFrame()) < 0;
  result('forged-page-table', forged && writable && foreign);
}

/** A page becomes a table while the TLB still holds a writable translation of it, which nobody asked to be flushed. */
function staleTranslation(): void {
  const table = ownPage();
  const readOnly = updateVaMapping(table, (machineOf(table) & ~0xfff) | PAGE_PRESENT | PAGE_ACCESSED, M.UVMF_NONE) == 0;
  const pinned = mmuext(M.MMUEXT_PIN_L1_TABLE, machineOf(table) >> 12) == 0;
  store<u32>(block, (foreignFrame() << 12) | PRESENT_WRITABLE);
  result('stale-translation', readOnly && pinned && copyToUser(table, block, 4) < 0);
}

/** Ring 0 code, and a ring 1 segment over all memory, by set_gdt and by update_descriptor. */
function descriptors(): void {
  const table = ownPage();
  const descriptors = changetype<Structs<Descriptor>>(<usize>table);
  descriptors[1].low = RING0_CODE_LOW;
  descriptors[1].high = RING0_CODE_HIGH;
  setReadOnly(table);
  store<u32>(block, machineOf(table) >> 12);
  const ring0 = hypercall2(N.HYPERVISOR_set_gdt, <u32>block, 512) < 0;
  const target = machineOf(ownPage()) + 8;
  const all = hypercall4(N.HYPERVISOR_update_descriptor, target, 0, RING0_CODE_LOW, RING1_ALL_MEMORY_HIGH) < 0;
  result('descriptors', ring0 && all);
}

function limits(): void {
  if (option(commandLine(), 'limits')) return;
  result('segment-limit', copyFromUser(block, VMM_MEMORY, 4) < 0 && copyToUser(VMM_MEMORY, block, 4) < 0);
}

/** An entry nobody granted; an entry of our own that offers a frame of domain 0's; a handle nobody gave out. */
function forgedGrants(): void {
  const notGranted = mapStatus(0, 7) != G.GNTST_okay;
  const reference = newReference();
  grant(reference, 1, foreignFrame() << 12, 0);
  const notOurs = mapStatus(1, reference) != G.GNTST_okay;
  const noEntry = mapStatus(0, 0x7fffffff) != G.GNTST_okay;
  const unmap = changetype<G.UnmapGrantRef>(block);
  unmap.hostAddr = REMOTE_RING;
  unmap.handle = 99999;
  grantOperation(G.GNTTABOP_unmap_grant_ref, block, 1);
  result('forged-grants', notGranted && notOurs && noEntry && unmap.status != G.GNTST_okay);
}

function mapStatus(domain: u32, reference: u32): i32 {
  const map = changetype<G.MapGrantRef>(block);
  fillMap(map, REMOTE_RING, domain, reference, G.GNTMAP_host_map);
  grantOperation(G.GNTTABOP_map_grant_ref, block, 1);
  return map.status;
}

function forgedPorts(): void {
  const closed = send(9) < 0;
  const none = send(0xffffffff) < 0;
  const notOffered = bindInterdomain(0, 3) < 0;
  const hardware = bindInterrupt(E.EVTCHNOP_bind_pirq, 11) < 0;
  result('forged-ports', closed && none && notOffered && hardware);
}

/** Into the VMM, around the end of memory, where nothing is mapped, and where this kernel may not write itself. */
function badPointers(): void {
  const vmm = hypercall4(N.HYPERVISOR_console_io, N.CONSOLEIO_write, 16, VMM_MEMORY, 0) == -N.EFAULT;
  const wrapped = hypercall4(N.HYPERVISOR_mmu_update, 0xfffffff8, 2, 0, N.DOMID_SELF) == -N.EFAULT;
  const unmapped = hypercall2(N.HYPERVISOR_event_channel_op, 0x1000, 0) == -N.EFAULT;
  const table = startInfo().ptBase;
  const readOnly = hypercall4(N.HYPERVISOR_mmu_update, SHARED_INFO, 0, table, N.DOMID_SELF) == -N.EFAULT;
  result('bad-pointers', vmm && wrapped && unmapped && readOnly);
}

function ring0Gate(): void {
  const traps = changetype<Structs<TrapInfo>>(block);
  traps[0].vector = 0x80;
  traps[0].flags = 3;
  traps[0].cs = 0xe008;
  traps[0].address = addressOf_copyFailedShort();
  traps[1].address = 0;
  hypercall2(N.HYPERVISOR_set_trap_table, <u32>block, 0);
  print('using a gate into ring 0\n');
  __region_end();
  systemCall();
  print('ALLOWED ring0-gate\n');
}
