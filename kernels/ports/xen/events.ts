// Events: what the VMM has instead of interrupts. A handler a port; the sweep over what is pending is in stubs/events.ts.

import { lockAnd32 } from '../../lib/x86';
import { FLAT_RING1_CS } from '../../lib/xen/arch';
import { EVTCHNOP_bind_virq } from '../../lib/xen/events';
import {
  HYPERVISOR_sched_op,
  HYPERVISOR_set_callbacks,
  HYPERVISOR_set_trap_table,
  SCHEDOP_block,
  VIRQ_TIMER,
} from '../../lib/xen/numbers';
import { NR_EVENT_CHANNELS } from '../../lib/xen/sharedInfo';
import { addressOf_timerTick } from '../guest/stubs';
import { sharedInfo } from './fixmap';
import { bindInterrupt, must } from './hypercalls';
import {
  addressOf___function_table,
  addressOf_eventCallback,
  addressOf_eventHandlers,
  addressOf_failsafeCallback,
  addressOf_trapTable,
  hypercall2,
  hypercall4,
} from './stubs';

const MAX_PORTS: u32 = 32;

/** Traps and callbacks; events are masked at the start of a domain, and every port is masked until it has a handler. */
export function eventsInit(): void {
  must(hypercall2(HYPERVISOR_set_trap_table, addressOf_trapTable(), 0));
  must(
    hypercall4(
      HYPERVISOR_set_callbacks,
      FLAT_RING1_CS,
      addressOf_eventCallback(),
      FLAT_RING1_CS,
      addressOf_failsafeCallback(),
    ),
  );
  const mask = sharedInfo().evtchnMask;
  for (let i: u32 = 0; i < NR_EVENT_CHANNELS / 32; i++) mask[i] = ~0;
}

/** `handler` is a function index, of type () => void. What was pending already is seen at the next sweep. */
export function listen(port: i32, handler: u32): void {
  listenAt(port, load<u32>(addressOf___function_table() + (handler << 2)));
}

/** The same with the handler's address. */
function listenAt(port: i32, code: u32): void {
  must(port);
  if (<u32>port >= MAX_PORTS) unreachable();
  store<u32>(addressOf_eventHandlers() + (port << 2), code);
  const shared = sharedInfo();
  lockAnd32(changetype<usize>(shared.evtchnMask), ~(1 << port));
  if (shared.evtchnPending[0] & (1 << port)) {
    shared.vcpu.pendingSelector.or(1);
    shared.vcpu.upcallPending = 1;
  }
}

export function listenToTimer(): void {
  listenAt(bindInterrupt(EVTCHNOP_bind_virq, VIRQ_TIMER), addressOf_timerTick());
}

/** Blocks until an event has been handled: the VMM unmasks events, and the upcall comes on the way back. */
export function idle(): void {
  hypercall2(HYPERVISOR_sched_op, SCHEDOP_block, 0);
  sharedInfo().vcpu.upcallMask = 1;
}
