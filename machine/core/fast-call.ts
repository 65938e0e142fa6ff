/**
 * SYSENTER and SYSEXIT (SDM vol. 2): flat segments made of MSR 174h, no memory access at all. SYSCALL and SYSRET (AMD64
 * APM vol. 3, legacy mode): the same of MSR C0000081h, the return address in ECX, ESP left alone.
 */
import { lengthOf } from './entry';
import { EVENT_SYSCALL, EVENT_SYSENTER, EVENT_SYSEXIT, EVENT_SYSRET } from './generated/events';
import { CPL, CS_NUMBER, ECX, EDX, EFER, EFLAGS, EIP, ESP, SS_NUMBER, STAR_EIP, STAR_SELECTORS, SYSENTER_CS, SYSENTER_EIP,
  SYSENTER_ESP } from './generated/state';
import { IF, VM } from './flags';
import { chargeEvent } from './memory/charge';
import { GP, raise, UNDEFINED } from './operands';
import { changeLevel, enterRow } from './privilege';
import { fillSegment, protectedMode, updateFetchEnd } from './segments';

/** Flat 4 GiB, present, accessed: execute/read code and read/write data; the DPL goes to bits 13-14. */
const FLAT_LOW: u32 = 0x0000ffff;
const FLAT_CODE: u32 = 0x00cf9b00;
const FLAT_DATA: u32 = 0x00cf9300;
const RING_3: u32 = 3 << 13;
const SYSCALL_ENABLE: u32 = 1;

export function SYSENTER(p: usize): void {
  const selector = load<u32>(SYSENTER_CS) & 0xfffc;
  if (selector == 0 || !protectedMode()) {
    raise(GP, 0);
    return;
  }
  enterRow(0);
  chargeEvent(EVENT_SYSENTER);
  store<u32>(EFLAGS, load<u32>(EFLAGS) & ~(IF | VM));
  fillSegment(CS_NUMBER, selector, FLAT_LOW, FLAT_CODE);
  fillSegment(SS_NUMBER, selector + 8, FLAT_LOW, FLAT_DATA);
  store<u32>(ESP, load<u32>(SYSENTER_ESP));
  store<u32>(EIP, load<u32>(SYSENTER_EIP));
  updateFetchEnd();
  changeLevel(0, EVENT_SYSENTER);
}

export function SYSEXIT(p: usize): void {
  const selector = load<u32>(SYSENTER_CS) & 0xfffc;
  if (selector == 0 || load<u32>(CPL) != 0 || !protectedMode()) {
    raise(GP, 0);
    return;
  }
  chargeEvent(EVENT_SYSEXIT);
  fillSegment(CS_NUMBER, (selector + 16) | 3, FLAT_LOW, FLAT_CODE | RING_3);
  fillSegment(SS_NUMBER, (selector + 24) | 3, FLAT_LOW, FLAT_DATA | RING_3);
  store<u32>(ESP, load<u32>(ECX));
  store<u32>(EIP, load<u32>(EDX));
  enterRow(3);
  changeLevel(3, EVENT_SYSEXIT);
}

export function SYSCALL(p: usize): void {
  if ((load<u32>(EFER) & SYSCALL_ENABLE) == 0 || !protectedMode()) {
    raise(UNDEFINED, 0);
    return;
  }
  const selector = load<u32>(STAR_SELECTORS) & 0xfffc;
  enterRow(0);
  chargeEvent(EVENT_SYSCALL);
  store<u32>(ECX, load<u32>(EIP) + lengthOf(p));
  store<u32>(EFLAGS, load<u32>(EFLAGS) & ~(IF | VM));
  fillSegment(CS_NUMBER, selector, FLAT_LOW, FLAT_CODE);
  fillSegment(SS_NUMBER, selector + 8, FLAT_LOW, FLAT_DATA);
  store<u32>(EIP, load<u32>(STAR_EIP));
  updateFetchEnd();
  changeLevel(0, EVENT_SYSCALL);
}

/** CS and SS get RPL 3 whatever the MSR says. */
export function SYSRET(p: usize): void {
  if ((load<u32>(EFER) & SYSCALL_ENABLE) == 0 || !protectedMode()) {
    raise(UNDEFINED, 0);
    return;
  }
  if (load<u32>(CPL) != 0) {
    raise(GP, 0);
    return;
  }
  const selector = (load<u32>(STAR_SELECTORS) >> 16) & 0xfffc;
  chargeEvent(EVENT_SYSRET);
  store<u32>(EFLAGS, load<u32>(EFLAGS) | IF);
  fillSegment(CS_NUMBER, selector | 3, FLAT_LOW, FLAT_CODE | RING_3);
  fillSegment(SS_NUMBER, (selector + 8) | 3, FLAT_LOW, FLAT_DATA | RING_3);
  store<u32>(EIP, load<u32>(ECX));
  updateFetchEnd();
  enterRow(3);
  changeLevel(3, EVENT_SYSRET);
}
