// The hypercalls that change address spaces: mmu_update, mmuext_op, update_va_mapping. Each speaks of the running domain
// only (DOMID_SELF). The rules of what may be mapped are in pagetable.ts.

import { Structs } from '../kernels/lib/elements';
import { __work_pte } from '../kernels/lib/hooks';
import { invlpg } from '../kernels/lib/x86';
import * as M from '../kernels/lib/xen/mmu';
import { DOMID_SELF, EFAULT, EINVAL, ENOSYS, ESRCH } from '../kernels/lib/xen/numbers';
import { current, currentDomain } from './domain';
import { flushTlb, frameInfo, getFrame, loadDirectory, putFrame, TYPE_L1, TYPE_L2, TYPE_WRITABLE } from './frame';
import { guestReadable } from './guest';
import { directoryEntry, entryAddress, machineToPhys, VIRT_START } from './layout';
import { mapFrame, unmapFrame } from './mapcache';
import { getType, pin, putType, setL1Entry, setL2Entry, unpin } from './pagetable';

const MAX_BATCH: u32 = 2048;

/** Hypercall 1: `count` updates by machine address. Stops at the first that is refused; *done = how many were made. */
export function mmuUpdate(updates: Structs<M.MmuUpdate>, count: u32, done: usize, foreign: u32): i32 {
  if (foreign != DOMID_SELF) return -ESRCH;
  if (count > MAX_BATCH) return -EINVAL;
  if (!guestReadable(changetype<usize>(updates), count * offsetof<M.MmuUpdate>())) return -EFAULT;
  if (done != 0 && !guestReadable(done, 4)) return -EFAULT;
  const owner = <u32>changetype<usize>(currentDomain());
  let made: u32 = 0;
  while (made < count) {
    const update = updates[made];
    if ((update.ptrHigh | update.valHigh) != 0) break;
    if (!updateOne(update.ptr, update.val, owner)) break;
    made++;
  }
  if (done != 0) store<u32>(done, made);
  return made == count ? 0 : -EINVAL;
}

function updateOne(pointer: u32, value: u32, owner: u32): bool {
  const frame = pointer >> 12;
  const offset = pointer & 0xffc;
  if (!getFrame(frame, owner)) return false;
  let made: bool = false;
  if ((pointer & 3) == M.MMU_NORMAL_PT_UPDATE) made = updateTable(frame, offset, value, owner);
  else if ((pointer & 3) == M.MMU_MACHPHYS_UPDATE) {
    machineToPhys(frame, value);
    made = true;
  }
  putFrame(frame);
  return made;
}

/** A frame that is no table at present is written as the ordinary memory it is. */
function updateTable(frame: u32, offset: u32, value: u32, owner: u32): bool {
  const type = frameInfo(frame).use.type;
  const use = type == TYPE_L1 || type == TYPE_L2 ? type : TYPE_WRITABLE;
  if (!getType(frame, use)) return false;
  const table = mapFrame(frame);
  let made: bool = true;
  if (use == TYPE_L1) made = setL1Entry(table + offset, value, owner);
  else if (use == TYPE_L2) made = setL2Entry(table + offset, offset >> 2, value, owner);
  else {
    __work_pte();
    store<u32>(table + offset, value);
  }
  unmapFrame(table);
  putType(frame);
  return made;
}

/** Hypercall 14: the level-1 entry of a linear address in the current space. */
export function updateVaMapping(address: u32, entry: u32, entryHigh: u32, flags: u32): i32 {
  if (address >= VIRT_START || entryHigh != 0) return -EINVAL;
  if (!directoryEntry(address).present) return -EINVAL;
  const owner = <u32>changetype<usize>(currentDomain());
  if (!setL1Entry(entryAddress(address), entry, owner)) return -EINVAL;
  const flush = flags & M.UVMF_FLUSHTYPE_MASK;
  if (flush == M.UVMF_INVLPG) invlpg(address);
  else if (flush == M.UVMF_TLB_FLUSH) flushTlb();
  return 0;
}

/** Hypercall 26. Stops at the first operation that is refused; *done = how many were made. */
export function mmuextOp(operations: Structs<M.MmuextOp>, count: u32, done: usize, foreign: u32): i32 {
  if (foreign != DOMID_SELF) return -ESRCH;
  if (count > MAX_BATCH) return -EINVAL;
  if (!guestReadable(changetype<usize>(operations), count * offsetof<M.MmuextOp>())) return -EFAULT;
  if (done != 0 && !guestReadable(done, 4)) return -EFAULT;
  let result: i32 = 0;
  let made: u32 = 0;
  while (made < count) {
    const op = operations[made];
    result = extended(op.cmd, op.arg1);
    if (result != 0) break;
    made++;
  }
  if (done != 0) store<u32>(done, made);
  return result;
}

function extended(command: u32, argument: u32): i32 {
  const owner = <u32>changetype<usize>(currentDomain());
  switch (command) {
    case M.MMUEXT_NEW_BASEPTR:
      return newDirectory(argument, owner);
    case M.MMUEXT_PIN_L1_TABLE:
      return pin(argument, TYPE_L1, owner) == 0 ? 0 : -EINVAL;
    case M.MMUEXT_PIN_L2_TABLE:
      return pin(argument, TYPE_L2, owner) == 0 ? 0 : -EINVAL;
    case M.MMUEXT_UNPIN_TABLE:
      return unpin(argument, owner) ? 0 : -EINVAL;
    case M.MMUEXT_TLB_FLUSH_LOCAL:
    case M.MMUEXT_TLB_FLUSH_ALL:
      flushTlb();
      return 0;
    case M.MMUEXT_INVLPG_LOCAL:
    case M.MMUEXT_INVLPG_ALL:
      if (argument < VIRT_START) invlpg(argument);
      return 0;
    default:
      return -ENOSYS;
  }
}

/** Another page directory for the running domain; it holds a use of it for as long as it is loaded. */
function newDirectory(frame: u32, owner: u32): i32 {
  const v = current();
  const old = v.cr3 >> 12;
  if (frame == old) {
    flushTlb();
    return 0;
  }
  if (!getFrame(frame, owner)) return -EINVAL;
  if (!getType(frame, TYPE_L2)) {
    putFrame(frame);
    return -EINVAL;
  }
  v.cr3 = frame << 12;
  loadDirectory(v.cr3);
  putType(old);
  putFrame(old);
  return 0;
}
