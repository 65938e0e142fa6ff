// Events: what the VMM has instead of interrupts. A handler a port; all ports are taken in one sweep over the pending bits,
// and the sweep is repeated while a new event has come.
import { FLAT_RING1_CS } from '../../lib/xen/arch';
import { EVTCHNOP_bind_virq } from '../../lib/xen/events';
import {
  HYPERVISOR_sched_op, HYPERVISOR_set_callbacks, HYPERVISOR_set_trap_table, SCHEDOP_block, VIRQ_TIMER,
} from '../../lib/xen/numbers';
import {
  SHARED_evtchn_mask, SHARED_evtchn_pending, VCPU_pending_sel, VCPU_upcall_mask, VCPU_upcall_pending,
} from '../../lib/xen/sharedInfo';
import { lockAnd32, lockOr32, vload32, vload8, vstore8, xchg32 } from '../../lib/x86';
import { timerTick } from '../../guest/schedule';
import { SHARED_INFO } from './fixmap';
import { bindInterrupt, must } from './hypercalls';
import { addressOf_eventCallback, addressOf_failsafeCallback, addressOf_trapTable, hypercall2, hypercall4 } from './stubs';

const MAX_PORTS: u32 = 32;
/** Function indices by port. */
const handlers: usize = memory.data(32 * 4, 4);

/** Traps and callbacks; events are masked at the start of a domain, and every port is masked until it has a handler. */
export function eventsInit(): void {
  must(hypercall2(HYPERVISOR_set_trap_table, addressOf_trapTable(), 0));
  must(hypercall4(HYPERVISOR_set_callbacks, FLAT_RING1_CS, addressOf_eventCallback(), FLAT_RING1_CS, addressOf_failsafeCallback()));
  for (let i: u32 = 0; i < 128; i += 4) store<u32>(SHARED_INFO + i, ~0, SHARED_evtchn_mask);
}

/** `handler` is a function index, of type () => void. What was pending already is seen at the next sweep. */
export function listen(port: i32, handler: u32): void {
  must(port);
  if (<u32>port >= MAX_PORTS) unreachable();
  store<u32>(handlers + (port << 2), handler);
  lockAnd32(SHARED_INFO + SHARED_evtchn_mask, ~(1 << port));
  if (vload32(SHARED_INFO + SHARED_evtchn_pending) & (1 << port)) {
    lockOr32(SHARED_INFO + VCPU_pending_sel, 1);
    vstore8(SHARED_INFO + VCPU_upcall_pending, 1);
  }
}

export function listenToTimer(): void {
  listen(bindInterrupt(EVTCHNOP_bind_virq, VIRQ_TIMER), timerTick.index);
}

/** From the upcall, events masked. */
export function handleEvents(): void {
  while (vload8(SHARED_INFO + VCPU_upcall_pending)) {
    vstore8(SHARED_INFO + VCPU_upcall_pending, 0);
    if (!xchg32(SHARED_INFO + VCPU_pending_sel, 0)) continue;
    // Ports of this kernel lie in the first word.
    let ports = vload32(SHARED_INFO + SHARED_evtchn_pending) & ~vload32(SHARED_INFO + SHARED_evtchn_mask);
    lockAnd32(SHARED_INFO + SHARED_evtchn_pending, ~ports);
    for (; ports; ports &= ports - 1) call_indirect<void>(load<u32>(handlers + (ctz(ports) << 2)));
  }
}

/** Blocks until an event has been handled: the VMM unmasks events, and the upcall comes on the way back. */
export function idle(): void {
  hypercall2(HYPERVISOR_sched_op, SCHEDOP_block, 0);
  vstore8(SHARED_INFO + VCPU_upcall_mask, 1);
}
