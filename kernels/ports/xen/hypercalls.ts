// Hypercalls in the form the port uses them. Arguments in memory lie in one static block per call: kernel code is never
// interrupted by code that makes the same call.
import * as E from '../../lib/xen/events';
import * as M from '../../lib/xen/mmu';
import * as N from '../../lib/xen/numbers';
import { hypercall2, hypercall4 } from './stubs';

const eventOp: usize = memory.data(28, 4);
const updates: usize = memory.data(16, 8);
const extended: usize = memory.data(12, 4);

/** The VMM refused what this kernel has a right to: it cannot go on. */
export function must(result: i32): void {
  if (result < 0) unreachable();
}

export function updateVaMapping(linear: u32, entry: u32, flags: u32): i32 {
  return hypercall4(N.HYPERVISOR_update_va_mapping, linear, entry, 0, flags);
}

/** Writes the page-table entry at machine address `pointer`. */
export function updateEntry(pointer: u32, entry: u32): i32 {
  store<u32>(updates, pointer | M.MMU_NORMAL_PT_UPDATE);
  store<u32>(updates, 0, 4);
  store<u32>(updates, entry, 8);
  store<u32>(updates, 0, 12);
  return hypercall4(N.HYPERVISOR_mmu_update, <u32>updates, 1, 0, N.DOMID_SELF);
}

/** One operation of mmuext_op. */
export function mmuext(command: u32, argument: u32): i32 {
  store<u32>(extended, command);
  store<u32>(extended, argument, M.MMUEXT_arg1);
  return hypercall4(N.HYPERVISOR_mmuext_op, <u32>extended, 1, 0, N.DOMID_SELF);
}

/** Sends an event through the port. */
export function send(port: u32): i32 {
  store<u32>(eventOp, E.EVTCHNOP_send);
  store<u32>(eventOp, port, E.SEND_port);
  return hypercall2(N.HYPERVISOR_event_channel_op, <u32>eventOp, 0);
}

/** A port that domain `remote` may bind; negative: none. */
export function allocUnbound(remote: u32): i32 {
  store<u32>(eventOp, E.EVTCHNOP_alloc_unbound);
  store<u16>(eventOp, <u16>N.DOMID_SELF, E.UNBOUND_dom);
  store<u16>(eventOp, <u16>remote, E.UNBOUND_remote_dom);
  const result = hypercall2(N.HYPERVISOR_event_channel_op, <u32>eventOp, 0);
  return result < 0 ? result : load<u32>(eventOp, E.UNBOUND_port);
}

export function bindInterdomain(remote: u32, remotePort: u32): i32 {
  store<u32>(eventOp, E.EVTCHNOP_bind_interdomain);
  store<u16>(eventOp, <u16>remote, E.INTERDOMAIN_remote_dom);
  store<u32>(eventOp, remotePort, E.INTERDOMAIN_remote_port);
  const result = hypercall2(N.HYPERVISOR_event_channel_op, <u32>eventOp, 0);
  return result < 0 ? result : load<u32>(eventOp, E.INTERDOMAIN_local_port);
}

/** EVTCHNOP_bind_virq and EVTCHNOP_bind_pirq have the same form. */
export function bindInterrupt(operation: u32, line: u32): i32 {
  store<u32>(eventOp, operation);
  store<u32>(eventOp, line, E.VIRQ_virq);
  store<u32>(eventOp, 0, E.VIRQ_vcpu);
  const result = hypercall2(N.HYPERVISOR_event_channel_op, <u32>eventOp, 0);
  return result < 0 ? result : load<u32>(eventOp, E.VIRQ_port);
}
