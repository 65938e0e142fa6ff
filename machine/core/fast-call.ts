/** SYSENTER and SYSEXIT (SDM vol. 2): flat segments made of MSR 174h, no memory access at all. */
import { EVENT_SYSENTER, EVENT_SYSEXIT } from './generated/events';
import { CPL, CS_NUMBER, ECX, EDX, EFLAGS, EIP, ESP, SS_NUMBER, SYSENTER_CS, SYSENTER_EIP, SYSENTER_ESP } from './generated/state';
import { IF, RF, VM } from './flags';
import { chargeEvent } from './memory/charge';
import { GP, raise } from './operands';
import { changeLevel, enterRow } from './privilege';
import { fillSegment, updateFetchEnd } from './segments';

/** Flat 4 GiB, present, accessed: execute/read code and read/write data; the DPL goes to bits 13-14. */
const FLAT_LOW: u32 = 0x0000ffff;
const FLAT_CODE: u32 = 0x00cf9b00;
const FLAT_DATA: u32 = 0x00cf9300;

export function SYSENTER(p: usize): void {
  const selector = load<u32>(SYSENTER_CS) & 0xfffc;
  if (selector == 0) {
    raise(GP, 0);
    return;
  }
  enterRow(0);
  chargeEvent(EVENT_SYSENTER);
  store<u32>(EFLAGS, load<u32>(EFLAGS) & ~(IF | VM | RF));
  fillSegment(CS_NUMBER, selector, FLAT_LOW, FLAT_CODE);
  fillSegment(SS_NUMBER, selector + 8, FLAT_LOW, FLAT_DATA);
  store<u32>(ESP, load<u32>(SYSENTER_ESP));
  store<u32>(EIP, load<u32>(SYSENTER_EIP));
  updateFetchEnd();
  changeLevel(0, EVENT_SYSENTER);
}

export function SYSEXIT(p: usize): void {
  const selector = load<u32>(SYSENTER_CS) & 0xfffc;
  if (selector == 0 || load<u32>(CPL) != 0) {
    raise(GP, 0);
    return;
  }
  chargeEvent(EVENT_SYSEXIT);
  const ring3: u32 = 3 << 13;
  fillSegment(CS_NUMBER, (selector + 16) | 3, FLAT_LOW, FLAT_CODE | ring3);
  fillSegment(SS_NUMBER, (selector + 24) | 3, FLAT_LOW, FLAT_DATA | ring3);
  store<u32>(ESP, load<u32>(ECX));
  store<u32>(EIP, load<u32>(EDX));
  enterRow(3);
  changeLevel(3, EVENT_SYSEXIT);
}
