/**
 * IRET (SDM vol. 2). To the same ring, or to an outer one: then ESP and SS are popped, too, and data segments that the
 * outer ring may not use become null. Returns by NT (task) and to virtual-8086 mode do not exist here: #GP(0).
 */
import { flagsOf, WORD_OPERAND } from './entry';
import { loadableFlags, writeFlags } from './flag-control';
import { NT, RF, VM } from './flags';
import { EVENT_IRET_OUTER, EVENT_IRET_SAME } from './generated/events';
import { CPL, EFLAGS, EIP, ESP, SS_NUMBER, STACK_MASK } from './generated/state';
import { chargeEvent } from './memory/charge';
import { faulted, GP, moveEsp, NP, peek16, peek32, peekFrame, raise } from './operands';
import { changeLevel, enterRow } from './privilege';
import { checkStack, CODE, CONFORMING, descriptorHigh, descriptorLow, dplOf, dropInnerSegments, fillSegment, limitOf,
  loadCode, markAccessed, NOT_SYSTEM, PRESENT, readDescriptor } from './segments';

/** A return must not go inwards; the descriptor of `selector` is left in descriptorLow and -High. */
export function checkReturnCode(selector: u32): bool {
  if ((selector & ~3) == 0) return raise(GP, 0);
  const rpl = selector & 3;
  if (rpl < load<u32>(CPL)) return raise(GP, selector & ~3);
  if (!readDescriptor(selector, GP, 0)) return false;
  const high = descriptorHigh;
  if ((high & (NOT_SYSTEM | CODE)) != (NOT_SYSTEM | CODE)) return raise(GP, selector & ~3);
  const dpl = dplOf(high);
  if ((high & CONFORMING) != 0 ? dpl > rpl : dpl != rpl) return raise(GP, selector & ~3);
  return (high & PRESENT) != 0 ? markAccessed() : raise(NP, selector & ~3);
}

function peek(wide: bool, index: u32): u32 {
  return wide ? peek32(index << 2) : peek16(index << 1);
}

export function IRET(p: usize): void {
  const wide = (flagsOf(p) & WORD_OPERAND) == 0;
  if ((load<u32>(EFLAGS) & NT) != 0) {
    raise(GP, 0);
    return;
  }
  let eip: u32;
  let selector: u32;
  let flags: u32;
  const frame = wide ? peekFrame(0, 12) : 0;
  if (frame != 0) {
    eip = load<u32>(frame);
    selector = load<u16>(frame, 4);
    flags = load<u32>(frame, 8);
  } else {
    eip = peek(wide, 0);
    if (faulted()) return;
    selector = peek(wide, 1) & 0xffff;
    if (faulted()) return;
    flags = peek(wide, 2);
    if (faulted()) return;
  }
  const cpl = load<u32>(CPL);
  if (wide && cpl == 0 && (flags & VM) != 0) {
    raise(GP, 0);
    return;
  }
  if (!checkReturnCode(selector)) return;
  const low = descriptorLow;
  const high = descriptorHigh;
  if (eip > limitOf(low, high)) {
    raise(GP, 0);
    return;
  }
  const level = selector & 3;
  if (level == cpl) {
    chargeEvent(EVENT_IRET_SAME);
    moveEsp(wide ? 12 : 6);
  } else {
    let esp: u32;
    let stackSelector: u32;
    const outer = wide ? peekFrame(12, 8) : 0;
    if (outer != 0) {
      esp = load<u32>(outer);
      stackSelector = load<u16>(outer, 4);
    } else {
      esp = peek(wide, 3);
      if (faulted()) return;
      stackSelector = peek(wide, 4) & 0xffff;
      if (faulted()) return;
    }
    if (!checkStack(stackSelector, level, GP, 0)) return;
    chargeEvent(EVENT_IRET_OUTER);
    fillSegment(SS_NUMBER, stackSelector, descriptorLow, descriptorHigh);
    const mask = load<u32>(STACK_MASK);
    store<u32>(ESP, (load<u32>(ESP) & ~mask) | (esp & mask));
  }
  // What may be loaded depends on the privilege level before the return.
  const mask = loadableFlags() | RF;
  writeFlags(flags, wide ? mask : mask & 0xffff);
  loadCode(selector, level, low, high);
  store<u32>(EIP, eip);
  if (level != cpl) {
    dropInnerSegments(level);
    enterRow(level);
    changeLevel(level, EVENT_IRET_OUTER);
  }
}
