// event_channel_op of Xen 3.0.0 (public/event_channel.h).
import { Elements } from '../elements';

export const EVTCHNOP_bind_interdomain: u32 = 0;
export const EVTCHNOP_bind_virq: u32 = 1;
export const EVTCHNOP_bind_pirq: u32 = 2;
export const EVTCHNOP_close: u32 = 3;
export const EVTCHNOP_send: u32 = 4;
export const EVTCHNOP_status: u32 = 5;
export const EVTCHNOP_alloc_unbound: u32 = 6;
export const EVTCHNOP_bind_ipi: u32 = 7;

/** struct evtchn_op: the operation, and its arguments as one of the structures below. */
@unmanaged
@size(28)
export class EventOp {
  cmd: u32;
  @embedded allocUnbound: AllocUnbound;
  @elements(4) private rest: Elements<u32>;

  get bindInterdomain(): BindInterdomain {
    return changetype<BindInterdomain>(this.allocUnbound);
  }
  get bindInterrupt(): BindInterrupt {
    return changetype<BindInterrupt>(this.allocUnbound);
  }
  /** Of send and close, too. */
  get status(): PortStatus {
    return changetype<PortStatus>(this.allocUnbound);
  }
  get port(): u32 {
    return changetype<OnePort>(this.allocUnbound).port;
  }
  set port(port: u32) {
    changetype<OnePort>(this.allocUnbound).port = port;
  }
}

@unmanaged
export class AllocUnbound {
  dom: u16;
  remoteDom: u16;
  /** Out. */
  port: u32;
}

@unmanaged
export class BindInterdomain {
  remoteDom: u16;
  remotePort: u32;
  /** Out. */
  localPort: u32;
}

/** bind_virq and bind_pirq. */
@unmanaged
export class BindInterrupt {
  /** virq or pirq. */
  line: u32;
  /** virq: the virtual processor; pirq: flags. */
  vcpu: u32;
  /** Out. */
  port: u32;
}

/** send and close. */
@unmanaged
class OnePort {
  port: u32;
}

@unmanaged
export class PortStatus {
  dom: u16;
  port: u32;
  /** Out, from here on. */
  status: u32;
  vcpu: u32;
  /** Unbound and interdomain: the domain, and there its port. Else the number of the interrupt. */
  peer: u32;
  peerPort: u32;
}

export const EVTCHNSTAT_closed: u32 = 0;
export const EVTCHNSTAT_unbound: u32 = 1;
export const EVTCHNSTAT_interdomain: u32 = 2;
export const EVTCHNSTAT_pirq: u32 = 3;
export const EVTCHNSTAT_virq: u32 = 4;
