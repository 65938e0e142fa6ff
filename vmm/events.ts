// Event channels. A port of a domain is closed, waits for a domain (unbound), is tied to a port of another domain, or to
// a physical or virtual interrupt. An event sets the port's pending bit; if the port is not masked, also its word's bit
// in the selector, and then the upcall-pending byte, in this order; that wakes a blocked domain. The upcall itself is
// made on the way back to the guest (stubs/entry.ts).

import { __work_event } from '../kernels/lib/hooks';
import { picMask, picUnmask } from '../kernels/lib/pic';
import * as E from '../kernels/lib/xen/events';
import { DOMID_SELF, EEXIST, EFAULT, EINVAL, ENOSPC, ENOSYS, EPERM, ESRCH, NR_VIRQS } from '../kernels/lib/xen/numbers';
import {
  NR_EVENT_CHANNELS,
  SHARED_evtchn_mask,
  SHARED_evtchn_pending,
  VCPU_pending_sel,
  VCPU_upcall_pending,
} from '../kernels/lib/xen/sharedInfo';
import { currentDomain, Domain, domainById, setVirqPort, virqPort } from './domain';
import { guestReadable } from './guest';
import { wake } from './scheduler';

export const CHANNEL_BYTES: u32 = 16;

@unmanaged
class Channel {
  state: u32;
  /** Unbound: who may bind. Interdomain: the other domain. */
  remote: Domain;
  /** Interdomain: the other's port. Otherwise the number of the interrupt. */
  port: u32;
  unused: u32;
}

function channel(domain: Domain, port: u32): Channel {
  return changetype<Channel>(domain.channels + port * CHANNEL_BYTES);
}

function freePort(domain: Domain): u32 {
  for (let port: u32 = 1; port < NR_EVENT_CHANNELS; port++) {
    if (channel(domain, port).state == E.EVTCHNSTAT_closed) return port;
  }
  return 0;
}

/** The event has happened: port `port` of `domain`. */
export function setPending(domain: Domain, port: u32, byDevice: bool): void {
  __work_event();
  const bit: u32 = 1 << (port & 31);
  const word = domain.sharedInfo + ((port >> 5) << 2);
  const pending = load<u32>(word, SHARED_evtchn_pending);
  if ((pending & bit) != 0) return;
  store<u32>(word, pending | bit, SHARED_evtchn_pending);
  if ((load<u32>(word, SHARED_evtchn_mask) & bit) != 0) return;
  const info = domain.vcpu.info;
  const selector = load<u32>(info, VCPU_pending_sel);
  const selected: u32 = 1 << (port >> 5);
  if ((selector & selected) != 0) return;
  store<u32>(info, selector | selected, VCPU_pending_sel);
  store<u8>(info, 1, VCPU_upcall_pending);
  wake(domain.vcpu, byDevice);
}

/** Ties two fresh ports of two domains together; the port of `a`. Used by the domain builder. */
export function connect(a: Domain, b: Domain): u32 {
  const port = freePort(a);
  const other = freePort(b);
  tie(a, port, b, other);
  tie(b, other, a, port);
  return port;
}

function tie(domain: Domain, port: u32, remote: Domain, remotePort: u32): void {
  const c = channel(domain, port);
  c.state = E.EVTCHNSTAT_interdomain;
  c.remote = remote;
  c.port = remotePort;
}

/** Hypercall 16, but for sending between domains (stubs/send.ts). */
export function eventChannelSlow(op: usize): i32 {
  if (!guestReadable(op, E.EVTCHN_OP_BYTES)) return -EFAULT;
  const command = load<u32>(op, E.EVTCHN_cmd);
  switch (command) {
    case E.EVTCHNOP_send:
      return send(load<u32>(op, E.SEND_port));
    case E.EVTCHNOP_alloc_unbound:
      return allocUnbound(op);
    case E.EVTCHNOP_bind_interdomain:
      return bindInterdomain(op);
    case E.EVTCHNOP_bind_virq:
      return bindVirq(op);
    case E.EVTCHNOP_bind_pirq:
      return bindPirq(op);
    case E.EVTCHNOP_close:
      return close(load<u32>(op, E.CLOSE_port));
    case E.EVTCHNOP_status:
      return status(op);
    default:
      return -ENOSYS;
  }
}

/** To a port that is tied to no domain: what goes to one that waits to be bound is lost. */
function send(port: u32): i32 {
  if (port >= NR_EVENT_CHANNELS) return -EINVAL;
  return channel(currentDomain(), port).state == E.EVTCHNSTAT_unbound ? 0 : -EINVAL;
}

/** A domain may speak for itself; only the privileged one for others. Null when it may not or there is none. */
function subject(id: u32): Domain {
  const self = currentDomain();
  if (id == DOMID_SELF || id == self.id) return self;
  return self.privileged != 0 ? domainById(id) : changetype<Domain>(0);
}

function allocUnbound(op: usize): i32 {
  const domain = subject(load<u16>(op, E.UNBOUND_dom));
  if (changetype<usize>(domain) == 0) return -EPERM;
  const id = <u32>load<u16>(op, E.UNBOUND_remote_dom);
  const remote = id == DOMID_SELF ? currentDomain() : domainById(id);
  if (changetype<usize>(remote) == 0) return -ESRCH;
  const port = freePort(domain);
  if (port == 0) return -ENOSPC;
  store<u32>(op, port, E.UNBOUND_port);
  const c = channel(domain, port);
  c.state = E.EVTCHNSTAT_unbound;
  c.remote = remote;
  return 0;
}

function bindInterdomain(op: usize): i32 {
  const self = currentDomain();
  const id = <u32>load<u16>(op, E.INTERDOMAIN_remote_dom);
  const remote = id == DOMID_SELF ? self : domainById(id);
  if (changetype<usize>(remote) == 0) return -ESRCH;
  const remotePort = load<u32>(op, E.INTERDOMAIN_remote_port);
  if (remotePort >= NR_EVENT_CHANNELS) return -EINVAL;
  const c = channel(remote, remotePort);
  if (c.state != E.EVTCHNSTAT_unbound || c.remote != self) return -EINVAL;
  const port = freePort(self);
  if (port == 0) return -ENOSPC;
  store<u32>(op, port, E.INTERDOMAIN_local_port);
  tie(self, port, remote, remotePort);
  tie(remote, remotePort, self, port);
  // What was sent to the unbound port was lost: the binder looks for itself.
  setPending(self, port, false);
  return 0;
}

function bindVirq(op: usize): i32 {
  const self = currentDomain();
  const virq = load<u32>(op, E.VIRQ_virq);
  if (virq >= NR_VIRQS || load<u32>(op, E.VIRQ_vcpu) != 0) return -EINVAL;
  if (virqPort(self.vcpu, virq) != 0) return -EEXIST;
  const port = freePort(self);
  if (port == 0) return -ENOSPC;
  store<u32>(op, port, E.VIRQ_port);
  channel(self, port).state = E.EVTCHNSTAT_virq;
  channel(self, port).port = virq;
  setVirqPort(self.vcpu, virq, port);
  return 0;
}

/** Which domain and port hears each interrupt line. */
const irqDomains = memory.data(16 * 4, 4);
const irqPorts = memory.data(16 * 4, 4);
const TIMER_LINE: u32 = 0;
const CASCADE_LINE: u32 = 2;

function bindPirq(op: usize): i32 {
  const self = currentDomain();
  const irq = load<u32>(op, E.PIRQ_pirq);
  if (self.privileged == 0) return -EPERM;
  if (irq >= 16 || irq == TIMER_LINE || irq == CASCADE_LINE) return -EINVAL;
  if (load<u32>(irqDomains + (irq << 2)) != 0) return -EEXIST;
  const port = freePort(self);
  if (port == 0) return -ENOSPC;
  store<u32>(op, port, E.PIRQ_port);
  channel(self, port).state = E.EVTCHNSTAT_pirq;
  channel(self, port).port = irq;
  store<usize>(irqDomains + (irq << 2), changetype<usize>(self));
  store<u32>(irqPorts + (irq << 2), port);
  self.irqs |= 1 << irq;
  picUnmask(irq);
  return 0;
}

/** A device interrupt for a guest: the line stays masked until the guest has dealt with it and says so. */
export function deviceInterrupt(irq: u32): void {
  picMask(irq);
  const domain = changetype<Domain>(load<usize>(irqDomains + (irq << 2)));
  if (changetype<usize>(domain) == 0) return;
  domain.maskedIrqs |= 1 << irq;
  setPending(domain, load<u32>(irqPorts + (irq << 2)), true);
}

/** PHYSDEVOP_IRQ_UNMASK_NOTIFY: the guest has dealt with its interrupts. */
export function unmaskInterrupts(domain: Domain): void {
  let left = domain.maskedIrqs;
  domain.maskedIrqs = 0;
  for (; left != 0; left &= left - 1) picUnmask(ctz(left));
}

function close(port: u32): i32 {
  const self = currentDomain();
  if (port == 0 || port >= NR_EVENT_CHANNELS) return -EINVAL;
  const c = channel(self, port);
  switch (c.state) {
    case E.EVTCHNSTAT_closed:
      return -EINVAL;
    case E.EVTCHNSTAT_interdomain: {
      const other = channel(c.remote, c.port);
      other.state = E.EVTCHNSTAT_unbound;
      other.remote = self;
      break;
    }
    case E.EVTCHNSTAT_virq:
      setVirqPort(self.vcpu, c.port, 0);
      break;
    case E.EVTCHNSTAT_pirq:
      picMask(c.port);
      self.irqs &= ~(1 << c.port);
      store<u32>(irqDomains + (c.port << 2), 0);
      break;
  }
  c.state = E.EVTCHNSTAT_closed;
  return 0;
}

function status(op: usize): i32 {
  const domain = subject(load<u16>(op, E.STATUS_dom));
  const port = load<u32>(op, E.STATUS_port);
  if (changetype<usize>(domain) == 0) return -EPERM;
  if (port >= NR_EVENT_CHANNELS) return -EINVAL;
  const c = channel(domain, port);
  store<u32>(op, c.state, E.STATUS_status);
  store<u32>(op, 0, E.STATUS_vcpu);
  if (c.state == E.EVTCHNSTAT_unbound || c.state == E.EVTCHNSTAT_interdomain) {
    store<u16>(op, <u16>c.remote.id, E.STATUS_union);
    store<u32>(op, c.port, E.STATUS_union + 4);
  } else store<u32>(op, c.port, E.STATUS_union);
  return 0;
}
