// event_channel_op of Xen 3.0.0 (public/event_channel.h): one structure, { u32 cmd; union at 4 }.
export const EVTCHNOP_bind_interdomain: u32 = 0;
export const EVTCHNOP_bind_virq: u32 = 1;
export const EVTCHNOP_bind_pirq: u32 = 2;
export const EVTCHNOP_close: u32 = 3;
export const EVTCHNOP_send: u32 = 4;
export const EVTCHNOP_status: u32 = 5;
export const EVTCHNOP_alloc_unbound: u32 = 6;
export const EVTCHNOP_bind_ipi: u32 = 7;

export const EVTCHN_cmd: usize = 0;
export const EVTCHN_OP_BYTES: u32 = 28;
// alloc_unbound { u16 dom, remote_dom; out u32 port }
export const UNBOUND_dom: usize = 4;
export const UNBOUND_remote_dom: usize = 6;
export const UNBOUND_port: usize = 8;
// bind_interdomain { u16 remote_dom; u32 remote_port; out u32 local_port }
export const INTERDOMAIN_remote_dom: usize = 4;
export const INTERDOMAIN_remote_port: usize = 8;
export const INTERDOMAIN_local_port: usize = 12;
// bind_virq { u32 virq, vcpu; out u32 port }
export const VIRQ_virq: usize = 4;
export const VIRQ_vcpu: usize = 8;
export const VIRQ_port: usize = 12;
// bind_pirq { u32 pirq, flags; out u32 port }
export const PIRQ_pirq: usize = 4;
export const PIRQ_flags: usize = 8;
export const PIRQ_port: usize = 12;
// send and close { u32 port }
export const SEND_port: usize = 4;
export const CLOSE_port: usize = 4;
// status { u16 dom; u32 port; out u32 status, vcpu; union at 20 }
export const STATUS_dom: usize = 4;
export const STATUS_port: usize = 8;
export const STATUS_status: usize = 12;
export const STATUS_vcpu: usize = 16;
export const STATUS_union: usize = 20;

export const EVTCHNSTAT_closed: u32 = 0;
export const EVTCHNSTAT_unbound: u32 = 1;
export const EVTCHNSTAT_interdomain: u32 = 2;
export const EVTCHNSTAT_pirq: u32 = 3;
export const EVTCHNSTAT_virq: u32 = 4;
