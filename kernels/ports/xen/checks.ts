// `bench=interface`: hypercalls that the guest kernel has no other use for, each tried once. Prints `interface NAME ok` or
// `interface NAME FAILED`.
import { clearPage } from '../../lib/bytes';
import { newline, print } from '../../lib/console';
import { Descriptor } from '../../lib/descriptors';
import { Structs } from '../../lib/elements';
import { allocateFrame } from '../../lib/frames';
import { PAGE_ACCESSED, PAGE_PRESENT, PAGE_WRITE } from '../../lib/paging';
import { vload32 } from '../../lib/x86';
import { MACHINE_TO_PHYS } from '../../lib/xen/arch';
import * as E from '../../lib/xen/events';
import * as M from '../../lib/xen/mmu';
import * as N from '../../lib/xen/numbers';
import { endFrame } from './boot';
import { REMOTE_RING, sharedInfo } from './fixmap';
import { allocUnbound, bindInterdomain, eventChannelOp, mmuext, send, updateVaMapping } from './hypercalls';
import { KERNEL_BASE, machineFrame, machineOf, setReadOnly } from './memory';
import { copyToUser, hypercall2, hypercall4 } from './stubs';

const WRITABLE: u32 = PAGE_PRESENT | PAGE_WRITE | PAGE_ACCESSED;
/** A ring 1 data segment that ends below the VMM. */
const DATA_LOW: u32 = 0x0000bfff;
const DATA_HIGH: u32 = 0x00cfb300;

const block: usize = memory.data(64, 8);
let failures: u32 = 0;

function check(name: string, holds: bool): void {
  print('interface ');
  print(name);
  if (holds) print(' ok');
  else {
    print(' FAILED');
    failures++;
  }
  newline();
}

function ownPage(): u32 {
  const page = KERNEL_BASE + allocateFrame();
  clearPage(page);
  return page;
}

function canWrite(page: u32): bool {
  return updateVaMapping(page, (machineOf(page) & ~0xfff) | WRITABLE, M.UVMF_INVLPG) == 0;
}

/** False: some check failed. */
export function interfaceChecks(): bool {
  check('version', hypercall2(N.HYPERVISOR_xen_version, N.XENVER_version, 0) == 0x30000);
  check('not-implemented', hypercall2(7, 0, 0) == -N.ENOSYS && hypercall2(31, 0, 0) == -N.ENOSYS);
  check('reservation', hypercall2(N.HYPERVISOR_memory_op, N.XENMEM_current_reservation, 0) == endFrame() >> 12);
  check('multicall', multicall());
  check('mapping', mapping());
  check('machine-to-physical', machineToPhysical());
  check('read-only', readOnly());
  check('pin', pin());
  check('gdt', gdt());
  check('descriptor', descriptor());
  check('events', events());
  check('yield', hypercall2(N.HYPERVISOR_sched_op, N.SCHEDOP_yield, 0) == 0);
  check(
    'fpu',
    hypercall2(N.HYPERVISOR_fpu_taskswitch, 1, 0) == 0 && hypercall2(N.HYPERVISOR_fpu_taskswitch, 0, 0) == 0,
  );
  return failures == 0;
}

function multicall(): bool {
  const calls = changetype<Structs<N.MulticallEntry>>(block);
  calls[0].op = N.HYPERVISOR_xen_version;
  calls[0].args[0] = N.XENVER_version;
  calls[1].op = N.HYPERVISOR_multicall;
  const result = hypercall2(N.HYPERVISOR_multicall, <u32>block, 2);
  return result == 0 && calls[0].result == 0x30000 && calls[1].result == -N.EINVAL;
}

/** The same page at two addresses. */
function mapping(): bool {
  const page = ownPage();
  store<u32>(page, 0x12345678);
  if (updateVaMapping(REMOTE_RING, machineOf(page) | WRITABLE, M.UVMF_INVLPG) < 0) return false;
  const seen = vload32(REMOTE_RING) == 0x12345678;
  return updateVaMapping(REMOTE_RING, 0, M.UVMF_INVLPG) == 0 && seen;
}

function machineToPhysical(): bool {
  const frame = allocateFrame();
  const machine = machineFrame(frame);
  const before = vload32(MACHINE_TO_PHYS + (machine << 2)) == frame >> 12;
  const update = changetype<M.MmuUpdate>(block);
  update.ptr = (machine << 12) | M.MMU_MACHPHYS_UPDATE;
  update.ptrHigh = 0;
  update.val = 77;
  update.valHigh = 0;
  if (hypercall4(N.HYPERVISOR_mmu_update, <u32>block, 1, <u32>block + 32, N.DOMID_SELF) < 0) return false;
  return before && load<u32>(block, 32) == 1 && vload32(MACHINE_TO_PHYS + (machine << 2)) == 77;
}

function readOnly(): bool {
  const page = ownPage();
  setReadOnly(page);
  const refused = copyToUser(page, block, 4) == -N.EFAULT;
  return canWrite(page) && copyToUser(page, block, 4) == 0 && refused;
}

/** A pinned table cannot be made writable; one that is no longer pinned can. */
function pin(): bool {
  const table = ownPage();
  const frame = machineOf(table) >> 12;
  setReadOnly(table);
  if (mmuext(M.MMUEXT_PIN_L1_TABLE, frame) < 0 || canWrite(table)) return false;
  const twice = mmuext(M.MMUEXT_PIN_L1_TABLE, frame) < 0;
  return (
    mmuext(M.MMUEXT_UNPIN_TABLE, frame) == 0 && mmuext(M.MMUEXT_UNPIN_TABLE, frame) < 0 && canWrite(table) && twice
  );
}

/** The same for a page of descriptors. */
function gdt(): bool {
  const table = ownPage();
  const descriptors = changetype<Structs<Descriptor>>(<usize>table);
  descriptors[1].low = DATA_LOW;
  descriptors[1].high = DATA_HIGH;
  setReadOnly(table);
  store<u32>(block, machineOf(table) >> 12);
  if (hypercall2(N.HYPERVISOR_set_gdt, <u32>block, 512) < 0 || canWrite(table)) return false;
  return hypercall2(N.HYPERVISOR_set_gdt, <u32>block, 0) == 0 && canWrite(table);
}

function descriptor(): bool {
  const page = ownPage();
  const made = hypercall4(N.HYPERVISOR_update_descriptor, machineOf(page) + 16, 0, DATA_LOW, DATA_HIGH) == 0;
  return made && vload32(page + 16) == DATA_LOW && vload32(page + 20) == DATA_HIGH;
}

/** From a port to another of this domain, both masked: the bit is set, and nothing else happens. */
function events(): bool {
  const receiver = allocUnbound(1);
  const sender = bindInterdomain(1, receiver);
  if (receiver <= 0 || sender <= 0 || send(sender) != 0) return false;
  const pending = (sharedInfo().evtchnPending[0] >> receiver) & 1;
  const connected = status(sender) == E.EVTCHNSTAT_interdomain;
  const closed = close(sender) == 0 && status(sender) == E.EVTCHNSTAT_closed;
  return pending == 1 && connected && closed && status(receiver) == E.EVTCHNSTAT_unbound && close(receiver) == 0;
}

function status(port: u32): u32 {
  const op = changetype<E.EventOp>(block);
  op.cmd = E.EVTCHNOP_status;
  op.status.dom = <u16>N.DOMID_SELF;
  op.status.port = port;
  eventChannelOp(op);
  return op.status.status;
}

function close(port: u32): i32 {
  const op = changetype<E.EventOp>(block);
  op.cmd = E.EVTCHNOP_close;
  op.port = port;
  return eventChannelOp(op);
}
