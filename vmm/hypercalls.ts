// The hypercalls, in the order of their numbers (public/xen.h of Xen 3.0.0), each with as many arguments as it has. The entry
// stub calls through this table.
import { Structs } from '../kernels/lib/elements';
import { EFAULT, EINVAL, HYPERVISOR_multicall, MulticallEntry } from '../kernels/lib/xen/numbers';
import {
  consoleIo,
  fpuTaskswitch,
  memoryOp,
  notImplemented,
  physdevOp,
  setCallbacks,
  setTrapTable,
  xenVersion,
} from './control';
import { setGdt, updateDescriptor } from './descriptors';
import { grantTableOp } from './grants';
import { guestReadable } from './guest';
import { mmuextOp, mmuUpdate, updateVaMapping } from './mmu';
import { schedOp, stackSwitch } from './scheduler';
import { eventChannelOp } from './stubs';

export const HYPERCALLS = functions<(a: u32, b: u32, c: u32, d: u32, e: u32) => i32>(
  setTrapTable, // 0
  mmuUpdate, // 1
  setGdt, // 2
  stackSwitch, // 3
  setCallbacks, // 4
  fpuTaskswitch, // 5
  schedOp, // 6
  notImplemented, // 7 dom0_op
  notImplemented, // 8 set_debugreg
  notImplemented, // 9 get_debugreg
  updateDescriptor, // 10
  notImplemented, // 11 not assigned
  memoryOp, // 12
  multicall, // 13
  updateVaMapping, // 14
  notImplemented, // 15 set_timer_op
  eventChannelOp, // 16
  xenVersion, // 17
  consoleIo, // 18
  physdevOp, // 19
  grantTableOp, // 20
  notImplemented, // 21 vm_assist
  notImplemented, // 22 update_va_mapping_otherdomain
  notImplemented, // 23 switch_vm86
  notImplemented, // 24 vcpu_op
  notImplemented, // 25 set_segment_base (64 bits)
  mmuextOp, // 26
  notImplemented, // 27 acm_op
  notImplemented, // 28 to 31 not assigned
  notImplemented,
  notImplemented,
  notImplemented,
);
staticAssert(HYPERCALLS.length == 32, 'the entry stub takes a number modulo 32');

const MAX_CALLS: u32 = 64;

/** Hypercall 13: hypercalls in a row, done in order. */
export function multicall(calls: Structs<MulticallEntry>, count: u32): i32 {
  if (count > MAX_CALLS) return -EINVAL;
  if (!guestReadable(changetype<usize>(calls), count * offsetof<MulticallEntry>())) return -EFAULT;
  for (let i: u32 = 0; i < count; i++) {
    const call = calls[i];
    const args = call.args;
    const number = call.op & (HYPERCALLS.length - 1);
    call.result =
      number == HYPERVISOR_multicall ? -EINVAL : HYPERCALLS[number](args[0], args[1], args[2], args[3], args[4]);
  }
  return 0;
}
