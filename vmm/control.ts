// The smaller hypercalls: traps and callbacks, floating point, console, devices, version, memory.

import { printByte } from '../kernels/lib/console';
import { Structs } from '../kernels/lib/elements';
import { clts, readCr0, repStosd, writeCr0 } from '../kernels/lib/x86';
import { TI_IF, TrapInfo } from '../kernels/lib/xen/arch';
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
export function setTrapTable(table: Structs<TrapInfo>): i32 {
  const v = current();
  if (changetype<usize>(table) == 0) {
    repStosd(changetype<usize>(v.traps), 0, (VECTORS * offsetof<TrapInfo>()) >> 2);
    return installDirectGate(v);
  }
  for (let i: u32 = 0; i < VECTORS; i++) {
    const from = table[i];
    if (!guestReadable(changetype<usize>(from), offsetof<TrapInfo>())) return -N.EFAULT;
    const address = from.address;
    if (address == 0) break;
    const vector = from.vector;
    const to = v.traps[vector];
    to.vector = vector;
    to.flags = from.flags;
    to.cs = <u16>fixSelector(from.cs);
    to.address = address;
  }
  return installDirectGate(v);
}

/**
 * A system call goes straight from ring 3 to ring 1, without the VMM, if the guest's handler wants no events masked (a
 * gate cannot do that) and its selector leads to ring 1.
 */
function installDirectGate(v: Vcpu): i32 {
  const trap = v.traps[SYSTEM_CALL];
  const address = trap.address;
  const selector = <u32>trap.cs;
  v.int80.low = 0;
  v.int80.high = 0;
  if (directGates && address != 0 && (trap.flags & TI_IF) == 0 && codeSelectorAllowed(selector)) {
    v.int80.low = (selector << 16) | (address & 0xffff);
    v.int80.high = (address & 0xffff0000) | DIRECT_GATE;
  }
  loadInt80(v);
  return 0;
}

/** Hypercall 4. */
export function setCallbacks(eventCs: u32, eventEip: u32, failsafeCs: u32, failsafeEip: u32): i32 {
  setCallback(current().event, eventCs, eventEip);
  setCallback(current().failsafe, failsafeCs, failsafeEip);
  return 0;
}

function setCallback(callback: TrapInfo, cs: u32, eip: u32): void {
  callback.flags = <u8>TI_IF;
  callback.cs = <u16>fixSelector(cs & 0xffff);
  callback.address = eip;
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
export function physdevOp(op: N.PhysdevOp): i32 {
  const domain = currentDomain();
  if (!guestReadable(changetype<usize>(op), offsetof<N.PhysdevOp>())) return -N.EFAULT;
  switch (op.cmd) {
    case N.PHYSDEVOP_IRQ_UNMASK_NOTIFY:
      unmaskInterrupts(domain);
      return 0;
    case N.PHYSDEVOP_IRQ_STATUS_QUERY: {
      const irq = op.irq;
      if (irq >= 16 || (domain.irqs & (1 << irq)) == 0) return -N.EINVAL;
      op.flags = N.PHYSDEVOP_IRQ_NEEDS_UNMASK_NOTIFY;
      return 0;
    }
    case N.PHYSDEVOP_SET_IOPL:
      return domain.privileged != 0 && op.iopl <= 3 ? 0 : -N.EPERM;
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
