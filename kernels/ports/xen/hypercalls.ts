// Hypercalls in the form the port uses them. Arguments in memory lie in one static block per call: kernel code is never
// interrupted by code that makes the same call.
import * as E from '../../lib/xen/events';
import * as M from '../../lib/xen/mmu';
import * as N from '../../lib/xen/numbers';
import { hypercall2, hypercall4 } from './stubs';

const eventOp = changetype<E.EventOp>(memory.data(28, 4));
const update = changetype<M.MmuUpdate>(memory.data(16, 8));
const extended = changetype<M.MmuextOp>(memory.data(12, 4));

/** The VMM refused what this kernel has a right to: it cannot go on. */
export function must(result: i32): void {
  if (result < 0) unreachable();
}

export function updateVaMapping(linear: u32, entry: u32, flags: u32): i32 {
  return hypercall4(N.HYPERVISOR_update_va_mapping, linear, entry, 0, flags);
}

/** Writes the page-table entry at machine address `pointer`. */
export function updateEntry(pointer: u32, entry: u32): i32 {
  update.ptr = pointer | M.MMU_NORMAL_PT_UPDATE;
  update.ptrHigh = 0;
  update.val = entry;
  update.valHigh = 0;
  return hypercall4(N.HYPERVISOR_mmu_update, <u32>changetype<usize>(update), 1, 0, N.DOMID_SELF);
}

/** One operation of mmuext_op. */
export function mmuext(command: u32, argument: u32): i32 {
  extended.cmd = command;
  extended.arg1 = argument;
  return hypercall4(N.HYPERVISOR_mmuext_op, <u32>changetype<usize>(extended), 1, 0, N.DOMID_SELF);
}

/** One operation of event_channel_op, as `op` says. */
export function eventChannelOp(op: E.EventOp): i32 {
  return hypercall2(N.HYPERVISOR_event_channel_op, <u32>changetype<usize>(op), 0);
}

/** Sends an event through the port. */
export function send(port: u32): i32 {
  eventOp.cmd = E.EVTCHNOP_send;
  eventOp.port = port;
  return eventChannelOp(eventOp);
}

/** A port that domain `remote` may bind; negative: none. */
export function allocUnbound(remote: u32): i32 {
  const args = eventOp.allocUnbound;
  eventOp.cmd = E.EVTCHNOP_alloc_unbound;
  args.dom = <u16>N.DOMID_SELF;
  args.remoteDom = <u16>remote;
  const result = eventChannelOp(eventOp);
  return result < 0 ? result : args.port;
}

export function bindInterdomain(remote: u32, remotePort: u32): i32 {
  const args = eventOp.bindInterdomain;
  eventOp.cmd = E.EVTCHNOP_bind_interdomain;
  args.remoteDom = <u16>remote;
  args.remotePort = remotePort;
  const result = eventChannelOp(eventOp);
  return result < 0 ? result : args.localPort;
}

/** EVTCHNOP_bind_virq and EVTCHNOP_bind_pirq have the same form. */
export function bindInterrupt(operation: u32, line: u32): i32 {
  const args = eventOp.bindInterrupt;
  eventOp.cmd = operation;
  args.line = line;
  args.vcpu = 0;
  const result = eventChannelOp(eventOp);
  return result < 0 ? result : args.port;
}
