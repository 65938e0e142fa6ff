// What the entry stubs hand on: exceptions of the VMM itself, privileged instructions of guests, interrupts.
//
// The VMM may fault in three places only. (1) At an address of the guest, in a hypercall: the guest passed a bad pointer,
// the hypercall ends with -EFAULT. (2) While it writes a bounce frame: the guest has no usable kernel stack. (3) While
// it returns to the guest: the guest's selectors lead nowhere. In (2) and (3) the domain is stopped. Anything else is an
// error of the VMM's own.

import { picEnd } from '../kernels/lib/pic';
import { inb, inl, inw, outb, outl, outw } from '../kernels/lib/x86';
import { UserRegs } from '../kernels/lib/xen/arch';
import { SHUTDOWN_crash } from '../kernels/lib/xen/numbers';
import { currentDomain } from './domain';
import { deviceInterrupt } from './events';
import { guestReadable } from './guest';
import { VIRT_START } from './layout';
import { crashMessage, panic } from './power';
import { stopCurrent } from './scheduler';
import { addressOf_bounceBegin, addressOf_bounceEnd, addressOf_restoreBegin, addressOf_restoreEnd } from './stubs';
import { tick } from './time';

const PAGE_FAULT: u32 = 14;
const TIMER_LINE: u32 = 0;

/** A hypercall is to end with -EFAULT; or the domain has been stopped. */
const END_HYPERCALL: u32 = 0;
const DOMAIN_STOPPED: u32 = 1;

export function crashGuest(what: string, value: u32): void {
  crashMessage(currentDomain(), what, value);
  stopCurrent(SHUTDOWN_crash);
}

/** No usable stack or handler for a bounce: called by the bounce stub. */
export function bounceRefused(address: u32): void {
  crashGuest('no stack or handler for a trap,', address);
}

/** An exception at CPL 0. */
export function vmmFault(frame: UserRegs, address: u32): u32 {
  const vector = <u32>frame.entryVector;
  const eip = frame.eip;
  if (eip >= addressOf_bounceBegin() && eip < addressOf_bounceEnd() && vector == PAGE_FAULT) {
    crashGuest('no stack for a trap,', address);
    return DOMAIN_STOPPED;
  }
  if (eip >= addressOf_restoreBegin() && eip < addressOf_restoreEnd()) {
    crashGuest('bad selector,', frame.errorCode);
    return DOMAIN_STOPPED;
  }
  if (vector == PAGE_FAULT && address < VIRT_START) return END_HYPERCALL;
  panic('exception', (vector << 24) | (eip & 0xffffff));
  return DOMAIN_STOPPED;
}

/** A hardware interrupt, line 0-15. */
export function interrupt(line: u32): void {
  if (line == TIMER_LINE) {
    picEnd(line);
    tick();
    return;
  }
  deviceInterrupt(line);
  picEnd(line);
}

/**
 * A general-protection fault of a guest that was no `int n`: IN and OUT of the privileged domain are carried out, if the
 * port is not one of the VMM's own devices. 1: done; 0: the guest's own affair.
 */
export function emulate(frame: UserRegs): u32 {
  if (currentDomain().privileged == 0 || (frame.cs & 3) != 1) return 0;
  let eip: usize = frame.eip;
  if (!guestReadable(eip, 3)) return 0;
  const word = load<u8>(eip) == 0x66;
  if (word) eip++;
  const opcode = <u32>load<u8>(eip++);
  let port: u32 = 0;
  if ((opcode & 0xfc) == 0xe4) port = load<u8>(eip++);
  else if ((opcode & 0xfc) == 0xec) port = frame.edx & 0xffff;
  else return 0;
  const bytes: u32 = (opcode & 1) == 0 ? 1 : word ? 2 : 4;
  if (!portAllowed(port, bytes)) return 0;
  const eax = frame.eax;
  if ((opcode & 2) != 0) {
    if (bytes == 1) outb(port, eax & 0xff);
    else if (bytes == 2) outw(port, eax & 0xffff);
    else outl(port, eax);
  } else if (bytes == 1) store<u8>(changetype<usize>(frame), <u8>inb(port), offsetof<UserRegs>('eax'));
  else if (bytes == 2) store<u16>(changetype<usize>(frame), <u16>inw(port), offsetof<UserRegs>('eax'));
  else frame.eax = inl(port);
  frame.eip = <u32>eip;
  return 1;
}

/** PCI configuration, and what firmware assigns to PCI devices. */
function portAllowed(port: u32, bytes: u32): bool {
  return (port >= 0xcf8 && port + bytes <= 0xd00) || (port >= 0x1000 && port + bytes <= 0x10000);
}
