// The smaller hypercalls: traps and callbacks, floating point, console, devices, version, memory.

import { printByte } from '../kernels/lib/console';
import { clts, readCr0, writeCr0 } from '../kernels/lib/x86';
import { TI_IF, TRAP_address, TRAP_cs, TRAP_flags, TRAP_INFO_BYTES, TRAP_vector } from '../kernels/lib/xen/arch';
import * as N from '../kernels/lib/xen/numbers';
import { current, currentDomain, Vcpu } from './domain';
import { unmaskInterrupts } from './events';
import { frameCount } from './frame';
import { guestReadable } from './guest';
import { loadInt80 } from './scheduler';
import { codeSelectorAllowed, fixSelector } from './segments';

const CR0_TS: u32 = 8;
const VECTORS: u32 = 256;
const SYSTEM_CALL: u32 = 0x80;
const XEN_3_0: i32 = 0x30000;
const MAX_CONSOLE: u32 = 4096;
/** A trap gate for ring 3: present, DPL 3, 32 bits. */
const DIRECT_GATE: u32 = 0xef00;

/** `entry=bounced`: no guest gets a direct gate. */
let directGates = true;

export function noDirectGates(): void {
  directGates = false;
}

/** Hypercall 0: struct trap_info up to one with address 0; a null pointer clears all. */
export function setTrapTable(table: usize): i32 {
  const v = current();
  if (table == 0) {
    for (let i: u32 = 0; i < VECTORS * TRAP_INFO_BYTES; i += 4) store<u32>(v.traps + i, 0);
    return installDirectGate(v);
  }
  for (let i: u32 = 0; i < VECTORS; i++, table += TRAP_INFO_BYTES) {
    if (!guestReadable(table, TRAP_INFO_BYTES)) return -N.EFAULT;
    const address = load<u32>(table, TRAP_address);
    if (address == 0) break;
    const to = v.traps + ((<u32>load<u8>(table, TRAP_vector)) << 3);
    store<u8>(to, load<u8>(table, TRAP_vector));
    store<u8>(to, load<u8>(table, TRAP_flags), TRAP_flags);
    store<u16>(to, <u16>fixSelector(load<u16>(table, TRAP_cs)), TRAP_cs);
    store<u32>(to, address, TRAP_address);
  }
  return installDirectGate(v);
}

/**
 * A system call goes straight from ring 3 to ring 1, without the VMM, if the guest's handler wants no events masked (a
 * gate cannot do that) and its selector leads to ring 1.
 */
function installDirectGate(v: Vcpu): i32 {
  const trap = v.traps + SYSTEM_CALL * TRAP_INFO_BYTES;
  const address = load<u32>(trap, TRAP_address);
  const selector = <u32>load<u16>(trap, TRAP_cs);
  v.int80Low = 0;
  v.int80High = 0;
  if (directGates && address != 0 && (load<u8>(trap, TRAP_flags) & TI_IF) == 0 && codeSelectorAllowed(selector)) {
    v.int80Low = (selector << 16) | (address & 0xffff);
    v.int80High = (address & 0xffff0000) | DIRECT_GATE;
  }
  loadInt80(v);
  return 0;
}

/** Hypercall 4. */
export function setCallbacks(eventCs: u32, eventEip: u32, failsafeCs: u32, failsafeEip: u32): i32 {
  const v = current();
  v.eventInfo = (fixSelector(eventCs & 0xffff) << 16) | (TI_IF << 8);
  v.eventEip = eventEip;
  v.failsafeInfo = (fixSelector(failsafeCs & 0xffff) << 16) | (TI_IF << 8);
  v.failsafeEip = failsafeEip;
  return 0;
}

/** Hypercall 5: the next use of the floating-point unit traps, or not. */
export function fpuTaskswitch(set: u32): i32 {
  if (set != 0) writeCr0(readCr0() | CR0_TS);
  else clts();
  return 0;
}

/** Hypercall 18. */
export function consoleIo(command: u32, count: u32, text: usize): i32 {
  if (command != N.CONSOLEIO_write) return -N.ENOSYS;
  if (count > MAX_CONSOLE) return -N.EINVAL;
  if (!guestReadable(text, count)) return -N.EFAULT;
  for (let i: u32 = 0; i < count; i++) printByte(load<u8>(text + i));
  return <i32>count;
}

/** Hypercall 19. */
export function physdevOp(op: usize): i32 {
  const domain = currentDomain();
  if (!guestReadable(op, 12)) return -N.EFAULT;
  switch (load<u32>(op)) {
    case N.PHYSDEVOP_IRQ_UNMASK_NOTIFY:
      unmaskInterrupts(domain);
      return 0;
    case N.PHYSDEVOP_IRQ_STATUS_QUERY: {
      const irq = load<u32>(op, N.PHYSDEV_irq);
      if (irq >= 16 || (domain.irqs & (1 << irq)) == 0) return -N.EINVAL;
      store<u32>(op, N.PHYSDEVOP_IRQ_NEEDS_UNMASK_NOTIFY, N.PHYSDEV_flags);
      return 0;
    }
    case N.PHYSDEVOP_SET_IOPL:
      return domain.privileged != 0 && load<u32>(op, N.PHYSDEV_iopl) <= 3 ? 0 : -N.EPERM;
    default:
      return -N.ENOSYS;
  }
}

/** Hypercall 17. */
export function xenVersion(command: u32): i32 {
  return command == N.XENVER_version ? XEN_3_0 : -N.ENOSYS;
}

/** Hypercall 12: a domain keeps the memory it was built with. */
export function memoryOp(command: u32): i32 {
  switch (command) {
    case N.XENMEM_maximum_ram_page:
      return <i32>frameCount;
    case N.XENMEM_current_reservation:
    case N.XENMEM_maximum_reservation:
      return <i32>currentDomain().frames;
    case N.XENMEM_increase_reservation:
    case N.XENMEM_decrease_reservation:
      return 0;
    default:
      return -N.ENOSYS;
  }
}

/** The slots of the table that hold nothing here. */
export function notImplemented(): i32 {
  return -N.ENOSYS;
}
