// Hypercalls of Xen 3.0.0 by `int 0x82` (public/xen.h): the number in EAX, arguments in EBX, ECX, EDX, ESI, EDI, the
// result in EAX. Everything in this folder is that release's public interface, and is shared by the VMM and by the
// guests written for it; a name that a later release added says so.
import { Elements } from '../elements';

export const HYPERCALL_VECTOR: u32 = 0x82;

export const HYPERVISOR_set_trap_table: u32 = 0;
export const HYPERVISOR_mmu_update: u32 = 1;
export const HYPERVISOR_set_gdt: u32 = 2;
export const HYPERVISOR_stack_switch: u32 = 3;
export const HYPERVISOR_set_callbacks: u32 = 4;
export const HYPERVISOR_fpu_taskswitch: u32 = 5;
export const HYPERVISOR_sched_op: u32 = 6;
export const HYPERVISOR_update_descriptor: u32 = 10;
export const HYPERVISOR_memory_op: u32 = 12;
export const HYPERVISOR_multicall: u32 = 13;
export const HYPERVISOR_update_va_mapping: u32 = 14;
export const HYPERVISOR_event_channel_op: u32 = 16;
export const HYPERVISOR_xen_version: u32 = 17;
export const HYPERVISOR_console_io: u32 = 18;
export const HYPERVISOR_physdev_op: u32 = 19;
export const HYPERVISOR_grant_table_op: u32 = 20;
export const HYPERVISOR_mmuext_op: u32 = 26;

/** struct multicall_entry. */
@unmanaged
@size(32)
export class MulticallEntry {
  op: u32;
  result: i32;
  @elements(6) args: Elements<u32>;
}

// Domain identifiers.
export const DOMID_FIRST_RESERVED: u32 = 0x7ff0;
export const DOMID_SELF: u32 = 0x7ff0;

// Virtual interrupts.
export const VIRQ_TIMER: u32 = 0;
export const NR_VIRQS: u32 = 7;

// Errors, as the negative of these in EAX (the numbers of Linux i386).
export const EPERM: i32 = 1;
export const ESRCH: i32 = 3;
export const ENOMEM: i32 = 12;
export const EFAULT: i32 = 14;
export const EBUSY: i32 = 16;
export const EEXIST: i32 = 17;
export const EINVAL: i32 = 22;
export const ENOSPC: i32 = 28;
export const ENOSYS: i32 = 38;

// sched_op (public/sched.h).
export const SCHEDOP_yield: u32 = 0;
export const SCHEDOP_block: u32 = 1;
export const SCHEDOP_shutdown: u32 = 2;
export const SHUTDOWN_poweroff: u32 = 0;
export const SHUTDOWN_reboot: u32 = 1;
export const SHUTDOWN_suspend: u32 = 2;
export const SHUTDOWN_crash: u32 = 3;

// console_io.
export const CONSOLEIO_write: u32 = 0;

// xen_version (public/version.h).
export const XENVER_version: u32 = 0;

// physdev_op (public/physdev.h).
export const PHYSDEVOP_IRQ_UNMASK_NOTIFY: u32 = 4;
export const PHYSDEVOP_IRQ_STATUS_QUERY: u32 = 5;
export const PHYSDEVOP_SET_IOPL: u32 = 6;

/** struct physdev_op, as far as these go. */
@unmanaged
@size(12)
export class PhysdevOp {
  cmd: u32;
  irq: u32;
  /** Out. */
  flags: u32;

  /** In the place of irq. */
  get iopl(): u32 {
    return this.irq;
  }
}
export const PHYSDEVOP_IRQ_NEEDS_UNMASK_NOTIFY: u32 = 1;

// memory_op (public/memory.h).
export const XENMEM_increase_reservation: u32 = 0;
export const XENMEM_decrease_reservation: u32 = 1;
export const XENMEM_maximum_ram_page: u32 = 2;
export const XENMEM_current_reservation: u32 = 3;
export const XENMEM_maximum_reservation: u32 = 4;
