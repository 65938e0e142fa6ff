// Event channels. A port of a domain is closed, waits for a domain (unbound), is tied to a port of another domain, or to
// a physical or virtual interrupt. An event sets the port's pending bit; if the port is not masked, also its word's bit
// in the selector, and then the upcall-pending byte, in this order; that wakes a blocked domain. The upcall itself is
// made on the way back to the guest (stubs/entry.ts).

import { Structs } from '../kernels/lib/elements';
import { __work_event } from '../kernels/lib/hooks';
import { picMask, picUnmask } from '../kernels/lib/pic';
import * as E from '../kernels/lib/xen/events';
import { DOMID_SELF, EEXIST, EFAULT, EINVAL, ENOSPC, ENOSYS, EPERM, ESRCH, NR_VIRQS } from '../kernels/lib/xen/numbers';
import { NR_EVENT_CHANNELS, SharedInfo } from '../kernels/lib/xen/sharedInfo';
import { Channel, currentDomain, Domain, domainById, virqPort } from './domain';
import { guestReadable } from './guest';
import { wake } from './scheduler';

function freePort(domain: Domain): u32 {
  for (let port: u32 = 1; port < NR_EVENT_CHANNELS; port++) {
    if (domain.channels[port].state == E.EVTCHNSTAT_closed) return port;
  }
  return 0;
}

/** The event has happened: port `port` of `domain`. */
export function setPending(domain: Domain, port: u32, byDevice: bool): void {
  __work_event();
  const bit: u32 = 1 << (port & 31);
  // Both rows of bits from the port's word on.
  const shared = changetype<SharedInfo>(changetype<usize>(domain.sharedInfo) + ((port >> 5) << 2));
  const pending = shared.evtchnPending[0];
  if ((pending & bit) != 0) return;
  shared.evtchnPending[0] = pending | bit;
  if ((shared.evtchnMask[0] & bit) != 0) return;
  const info = domain.vcpu.info;
  const selector = info.pendingSelector.value;
  const selected: u32 = 1 << (port >> 5);
  if ((selector & selected) != 0) return;
  info.pendingSelector.value = selector | selected;
  info.upcallPending = 1;
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
  const c = domain.channels[port];
  c.state = E.EVTCHNSTAT_interdomain;
  c.remote = remote;
  c.port = remotePort;
}

/** Hypercall 16, but for sending between domains (stubs/send.ts). */
export function eventChannelSlow(op: E.EventOp): i32 {
  if (!guestReadable(changetype<usize>(op), offsetof<E.EventOp>())) return -EFAULT;
  switch (op.cmd) {
    case E.EVTCHNOP_send:
      return send(op.port);
    case E.EVTCHNOP_alloc_unbound:
      return allocUnbound(op.allocUnbound);
    case E.EVTCHNOP_bind_interdomain:
      return bindInterdomain(op.bindInterdomain);
    case E.EVTCHNOP_bind_virq:
      return bindVirq(op.bindInterrupt);
    case E.EVTCHNOP_bind_pirq:
      return bindPirq(op.bindInterrupt);
    case E.EVTCHNOP_close:
      return close(op.port);
    case E.EVTCHNOP_status:
      return status(op.status);
    default:
      return -ENOSYS;
  }
}

/** To a port that is tied to no domain: what goes to one that waits to be bound is lost. */
function send(port: u32): i32 {
  if (port >= NR_EVENT_CHANNELS) return -EINVAL;
  return currentDomain().channels[port].state == E.EVTCHNSTAT_unbound ? 0 : -EINVAL;
}

/** A domain may speak for itself; only the privileged one for others. Null when it may not or there is none. */
function subject(id: u32): Domain {
  const self = currentDomain();
  if (id == DOMID_SELF || id == self.id) return self;
  return self.privileged != 0 ? domainById(id) : changetype<Domain>(0);
}

function allocUnbound(op: E.AllocUnbound): i32 {
  const domain = subject(op.dom);
  if (changetype<usize>(domain) == 0) return -EPERM;
  const id = <u32>op.remoteDom;
  const remote = id == DOMID_SELF ? currentDomain() : domainById(id);
  if (changetype<usize>(remote) == 0) return -ESRCH;
  const port = freePort(domain);
  if (port == 0) return -ENOSPC;
  op.port = port;
  const c = domain.channels[port];
  c.state = E.EVTCHNSTAT_unbound;
  c.remote = remote;
  return 0;
}

function bindInterdomain(op: E.BindInterdomain): i32 {
  const self = currentDomain();
  const id = <u32>op.remoteDom;
  const remote = id == DOMID_SELF ? self : domainById(id);
  if (changetype<usize>(remote) == 0) return -ESRCH;
  const remotePort = op.remotePort;
  if (remotePort >= NR_EVENT_CHANNELS) return -EINVAL;
  const c = remote.channels[remotePort];
  if (c.state != E.EVTCHNSTAT_unbound || c.remote != self) return -EINVAL;
  const port = freePort(self);
  if (port == 0) return -ENOSPC;
  op.localPort = port;
  tie(self, port, remote, remotePort);
  tie(remote, remotePort, self, port);
  // What was sent to the unbound port was lost: the binder looks for itself.
  setPending(self, port, false);
  return 0;
}

function bindVirq(op: E.BindInterrupt): i32 {
  const self = currentDomain();
  const virq = op.line;
  if (virq >= NR_VIRQS || op.vcpu != 0) return -EINVAL;
  if (virqPort(self.vcpu, virq) != 0) return -EEXIST;
  const port = freePort(self);
  if (port == 0) return -ENOSPC;
  op.port = port;
  self.channels[port].state = E.EVTCHNSTAT_virq;
  self.channels[port].port = virq;
  self.vcpu.virqPorts[virq] = port;
  return 0;
}

/** Which domain and port hears an interrupt line. */
@unmanaged
class Listener {
  domain: Domain;
  port: u32;
}
const listeners = changetype<Structs<Listener>>(memory.data(16 * 8, 4));
const TIMER_LINE: u32 = 0;
const CASCADE_LINE: u32 = 2;

function bindPirq(op: E.BindInterrupt): i32 {
  const self = currentDomain();
  const irq = op.line;
  if (self.privileged == 0) return -EPERM;
  if (irq >= 16 || irq == TIMER_LINE || irq == CASCADE_LINE) return -EINVAL;
  const listener = listeners[irq];
  if (changetype<usize>(listener.domain) != 0) return -EEXIST;
  const port = freePort(self);
  if (port == 0) return -ENOSPC;
  op.port = port;
  self.channels[port].state = E.EVTCHNSTAT_pirq;
  self.channels[port].port = irq;
  listener.domain = self;
  listener.port = port;
  self.irqs |= 1 << irq;
  picUnmask(irq);
  return 0;
}

/** A device interrupt for a guest: the line stays masked until the guest has dealt with it and says so. */
export function deviceInterrupt(irq: u32): void {
  picMask(irq);
  const listener = listeners[irq];
  const domain = listener.domain;
  if (changetype<usize>(domain) == 0) return;
  domain.maskedIrqs |= 1 << irq;
  setPending(domain, listener.port, true);
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
  const c = self.channels[port];
  switch (c.state) {
    case E.EVTCHNSTAT_closed:
      return -EINVAL;
    case E.EVTCHNSTAT_interdomain: {
      const other = c.remote.channels[c.port];
      other.state = E.EVTCHNSTAT_unbound;
      other.remote = self;
      break;
    }
    case E.EVTCHNSTAT_virq:
      self.vcpu.virqPorts[c.port] = 0;
      break;
    case E.EVTCHNSTAT_pirq:
      picMask(c.port);
      self.irqs &= ~(1 << c.port);
      listeners[c.port].domain = changetype<Domain>(0);
      break;
  }
  c.state = E.EVTCHNSTAT_closed;
  return 0;
}

function status(op: E.PortStatus): i32 {
  const domain = subject(op.dom);
  const port = op.port;
  if (changetype<usize>(domain) == 0) return -EPERM;
  if (port >= NR_EVENT_CHANNELS) return -EINVAL;
  const c = domain.channels[port];
  op.status = c.state;
  op.vcpu = 0;
  if (c.state == E.EVTCHNSTAT_unbound || c.state == E.EVTCHNSTAT_interdomain) {
    op.peer = c.remote.id;
    op.peerPort = c.port;
  } else op.peer = c.port;
  return 0;
}
