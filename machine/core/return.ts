/**
 * IRET (SDM vol. 2). To the same ring, or to an outer one: then ESP and SS are popped, too, and data segments that the
 * outer ring may not use become null. To virtual-8086 mode: all six segments are popped. With NT set: to the task that
 * the current one is linked to. Non-maskable interrupts are let in again in any case.
 */
import { setResume } from './debug';
import { flagsOf, lengthOf, WORD_OPERAND } from './entry';
import { loadableFlags, readFlags, writeFlags } from './flag-control';
import { IOPL, NT, RF, VM } from './flags';
import { EVENT_IRET_OUTER, EVENT_IRET_SAME } from './generated/events';
import { CPL, CS_NUMBER, DS_NUMBER, EFLAGS, EIP, ES_NUMBER, ESP, FS_NUMBER, GS_NUMBER, NMI_BLOCKED, SEGMENT_LIMIT, SS_NUMBER,
  STACK_MASK } from './generated/state';
import { chargeEvent } from './memory/charge';
import { faulted, GP, moveEsp, NP, peek16, peek32, peekFrame, raise } from './operands';
import { changeLevel, enterRow } from './privilege';
import { checkStack, CODE, CONFORMING, CS_RECORD, descriptorHigh, descriptorLow, dplOf, dropInnerSegments, fillSegment,
  limitOf, loadCode, loadPlain, markAccessed, NOT_SYSTEM, PRESENT, protectedMode, readDescriptor } from './segments';
import { taskByReturn } from './task-switch';

/** A return must not go inwards; the descriptor of `selector` is left in descriptorLow and -High. */
// @ts-ignore: decorator
@inline export function checkReturnCode(selector: u32): bool {
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
  const eflags = load<u32>(EFLAGS);
  const virtual = (eflags & VM) != 0;
  if (virtual && (eflags & IOPL) != IOPL) {
    raise(GP, 0);
    return;
  }
  store<u32>(NMI_BLOCKED, 0);
  const wide = (flagsOf(p) & WORD_OPERAND) == 0;
  if ((eflags & NT) != 0 && !virtual && protectedMode()) {
    taskByReturn(load<u32>(EIP) + lengthOf(p), readFlags());
    return;
  }
  let eip: u32;
  let selector: u32;
  let flags: u32;
  // Mostly ESP and SS, which only a return to an outer ring reads, can be had by the way.
  const whole = wide ? peekFrame(0, 20) : 0;
  const frame = whole != 0 || !wide ? whole : peekFrame(0, 12);
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
  if (virtual || !protectedMode()) returnPlain(eip, selector, flags, wide, virtual);
  else if (wide && load<u32>(CPL) == 0 && (flags & VM) != 0) returnToVirtual(eip, selector, flags);
  else returnToProtected(eip, selector, flags, wide, whole);
}

/** `whole`: host address of all five words, or 0. */
function returnToProtected(eip: u32, selector: u32, flags: u32, wide: bool, whole: u32): void {
  if (!checkReturnCode(selector)) return;
  const low = descriptorLow;
  const high = descriptorHigh;
  const level = selector & 3;
  const outer = level != load<u32>(CPL);
  let esp: u32 = 0;
  let stackSelector: u32 = 0;
  if (outer) {
    if (whole != 0) {
      esp = load<u32>(whole, 12);
      stackSelector = load<u16>(whole, 16);
    } else {
      esp = peek(wide, 3);
      if (faulted()) return;
      stackSelector = peek(wide, 4) & 0xffff;
      if (faulted()) return;
    }
    if (!checkStack(stackSelector, level, GP, 0)) return;
  }
  if (eip > limitOf(low, high)) {
    raise(GP, 0);
    return;
  }
  if (outer) {
    chargeEvent(EVENT_IRET_OUTER);
    fillSegment(SS_NUMBER, stackSelector, descriptorLow, descriptorHigh);
    const mask = load<u32>(STACK_MASK);
    store<u32>(ESP, (load<u32>(ESP) & ~mask) | (esp & mask));
  } else {
    chargeEvent(EVENT_IRET_SAME);
    moveEsp(wide ? 12 : 6);
  }
  // What may be loaded depends on the privilege level before the return.
  const mask = loadableFlags();
  writeFlags(flags, wide ? mask : mask & 0xffff);
  setResume(wide && (flags & RF) != 0);
  loadCode(selector, level, low, high);
  store<u32>(EIP, eip);
  if (!outer) return;
  dropInnerSegments(level);
  enterRow(level);
  changeLevel(level, EVENT_IRET_OUTER);
}

/** EIP, CS, EFLAGS, ESP, SS, ES, DS, FS, GS (SDM vol. 3, 20.2.5). */
function returnToVirtual(eip: u32, selector: u32, flags: u32): void {
  for (let i: u32 = 3; i < 9; i++) {
    peek32(i << 2);
    if (faulted()) return;
  }
  const esp = peek32(12);
  const ss = peek32(16) & 0xffff;
  const es = peek32(20) & 0xffff;
  const ds = peek32(24) & 0xffff;
  const fs = peek32(28) & 0xffff;
  const gs = peek32(32) & 0xffff;
  chargeEvent(EVENT_IRET_OUTER);
  writeFlags(flags, loadableFlags() | VM);
  setResume((flags & RF) != 0);
  loadPlain(CS_NUMBER, selector);
  loadPlain(SS_NUMBER, ss);
  loadPlain(ES_NUMBER, es);
  loadPlain(DS_NUMBER, ds);
  loadPlain(FS_NUMBER, fs);
  loadPlain(GS_NUMBER, gs);
  store<u32>(ESP, esp);
  store<u32>(EIP, eip & 0xffff);
  enterRow(3);
  changeLevel(3, EVENT_IRET_OUTER);
}

/** In real mode, and in virtual-8086 mode at IOPL 3. */
function returnPlain(eip: u32, selector: u32, flags: u32, wide: bool, virtual: bool): void {
  if (eip > load<u32>(CS_RECORD, SEGMENT_LIMIT)) {
    raise(GP, 0);
    return;
  }
  chargeEvent(EVENT_IRET_SAME);
  moveEsp(wide ? 12 : 6);
  const mask = virtual ? loadableFlags() & ~IOPL : loadableFlags();
  writeFlags(flags, wide ? mask : mask & 0xffff);
  setResume(wide && (flags & RF) != 0);
  loadPlain(CS_NUMBER, selector);
  store<u32>(EIP, eip);
}
