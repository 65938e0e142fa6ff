/**
 * Far CALL, JMP and RET (SDM vol. 2 and vol. 3, 5.8): to a code segment; through a call gate of 16 or 32 bits to the same
 * or an inner ring with its parameters; to another task. In real and virtual-8086 mode: to a paragraph.
 */
import { flagsOf, immediate, lengthOf, secondImmediate, WORD_OPERAND } from './entry';
import { readFlags } from './flag-control';
import { EVENT_CALL_GATE_INNER, EVENT_CALL_GATE_SAME, EVENT_FAR_RETURN_OUTER, EVENT_FAR_RETURN_SAME,
  EVENT_FAR_TRANSFER } from './generated/events';
import { CPL, CS_NUMBER, EIP, ESP, SEGMENT_LIMIT, SEGMENT_SELECTOR, SS_NUMBER, STACK_MASK } from './generated/state';
import { commitInnerStack, openInnerStack, pushInner } from './inner-stack';
import { chargeEvent } from './memory/charge';
import { faulted, GP, moveEsp, NP, peek16, peek32, push16, push32, raise, readMAt, SS_RECORD } from './operands';
import { changeLevel, enterRow, leaveRow } from './privilege';
import { checkReturnCode } from './return';
import { checkStack, CODE, CONFORMING, CS_RECORD, descriptorHigh, descriptorLow, dplOf, dropInnerSegments, fillSegment,
  limitOf, loadCode, loadPlain, markAccessed, NOT_SYSTEM, plainSegments, PRESENT, readDescriptor } from './segments';
import { isTss, taskByTransfer, taskByTransferGate } from './task-switch';

const TYPE: u32 = 0x1f00;
/** Types 4 (16 bits) and C (32 bits). */
const CALL_GATE: u32 = 0x0400;
const WIDE_GATE: u32 = 0x0800;
const TASK_GATE: u32 = 0x0500;

export function CALL_Ap(p: usize): void { transfer(p, secondImmediate(p), immediate(p), true); }
export function JMP_Ap(p: usize): void { transfer(p, secondImmediate(p), immediate(p), false); }
export function CALL_Mp(p: usize): void { indirect(p, true); }
export function JMP_Mp(p: usize): void { indirect(p, false); }

// @ts-ignore: decorator
@inline function isWide(p: usize): bool { return (flagsOf(p) & WORD_OPERAND) == 0; }
// @ts-ignore: decorator
@inline function nextEip(p: usize): u32 { return load<u32>(EIP) + lengthOf(p); }

function indirect(p: usize, call: bool): void {
  const size: u32 = isWide(p) ? 4 : 2;
  const offset = readMAt(p, 0, size);
  if (faulted()) return;
  const selector = readMAt(p, size, 2);
  if (!faulted()) transfer(p, selector, offset, call);
}

function transfer(p: usize, selector: u32, offset: u32, call: bool): void {
  if (plainSegments()) {
    toParagraph(p, selector, offset, call);
    return;
  }
  if ((selector & ~3) == 0) {
    raise(GP, 0);
    return;
  }
  if (!readDescriptor(selector, GP, 0)) return;
  const high = descriptorHigh;
  if ((high & (NOT_SYSTEM | CODE)) == (NOT_SYSTEM | CODE)) toCode(p, selector, offset, call);
  else if ((high & TYPE & ~WIDE_GATE) == CALL_GATE) throughGate(p, selector, call);
  else if ((high & TYPE) == TASK_GATE || isTss(high)) toTask(p, selector, call);
  else raise(GP, selector & ~3);
}

function toParagraph(p: usize, selector: u32, offset: u32, call: bool): void {
  if (offset > load<u32>(CS_RECORD, SEGMENT_LIMIT)) {
    raise(GP, 0);
    return;
  }
  if (call && !pushReturnAddress(isWide(p), nextEip(p))) return;
  chargeEvent(EVENT_FAR_TRANSFER);
  loadPlain(CS_NUMBER, selector);
  store<u32>(EIP, offset);
}

/** By a TSS descriptor or a task gate: DPL against CPL and RPL, then presence. */
function toTask(p: usize, selector: u32, call: bool): void {
  const high = descriptorHigh;
  if (dplOf(high) < load<u32>(CPL) || dplOf(high) < (selector & 3)) raise(GP, selector & ~3);
  else if ((high & TYPE) != TASK_GATE) {
    if ((selector & 4) != 0) raise(GP, selector & ~3);
    else taskByTransfer(selector, call, nextEip(p), readFlags());
  } else if ((high & PRESENT) == 0) raise(NP, selector & ~3);
  else taskByTransferGate(descriptorLow >> 16, call, nextEip(p), readFlags());
}

function toCode(p: usize, selector: u32, offset: u32, call: bool): void {
  const cpl = load<u32>(CPL);
  const dpl = dplOf(descriptorHigh);
  const conforming = (descriptorHigh & CONFORMING) != 0;
  if (conforming ? dpl > cpl : (selector & 3) > cpl || dpl != cpl) {
    raise(GP, selector & ~3);
    return;
  }
  if ((descriptorHigh & PRESENT) == 0) {
    raise(NP, selector & ~3);
    return;
  }
  if (!markAccessed()) return;
  const low = descriptorLow;
  const high = descriptorHigh;
  if (!prepare(call, isWide(p), nextEip(p), offset, low, high)) return;
  chargeEvent(EVENT_FAR_TRANSFER);
  loadCode(selector, cpl, low, high);
  store<u32>(EIP, offset);
}

/** Before a transfer in the same ring is certain: the return address of a call is pushed, then the limit is checked. */
function prepare(call: bool, wide: bool, back: u32, offset: u32, low: u32, high: u32): bool {
  const esp = load<u32>(ESP);
  if (call && !pushReturnAddress(wide, back)) return false;
  if (offset <= limitOf(low, high)) return true;
  store<u32>(ESP, esp);
  return raise(GP, 0);
}

/** CS, then EIP; both or neither. */
function pushReturnAddress(wide: bool, back: u32): bool {
  const esp = load<u32>(ESP);
  const selector = load<u32>(CS_RECORD, SEGMENT_SELECTOR);
  if (!(wide ? push32(selector) : push16(selector))) return false;
  if (wide ? push32(back) : push16(back)) return true;
  store<u32>(ESP, esp);
  return false;
}

function throughGate(p: usize, gate: u32, call: bool): void {
  const cpl = load<u32>(CPL);
  const gateHigh = descriptorHigh;
  const wide = (gateHigh & WIDE_GATE) != 0;
  const offset = wide ? (descriptorLow & 0xffff) | (gateHigh & 0xffff0000) : descriptorLow & 0xffff;
  const selector = descriptorLow >> 16;
  const parameters = gateHigh & 31;
  if (dplOf(gateHigh) < cpl || dplOf(gateHigh) < (gate & 3)) {
    raise(GP, gate & ~3);
    return;
  }
  if ((gateHigh & PRESENT) == 0) {
    raise(NP, gate & ~3);
    return;
  }
  if ((selector & ~3) == 0) {
    raise(GP, 0);
    return;
  }
  if (!readDescriptor(selector, GP, 0)) return;
  const dpl = dplOf(descriptorHigh);
  const conforming = (descriptorHigh & CONFORMING) != 0;
  const inward = call && !conforming && dpl < cpl;
  const wrongLevel = conforming || call ? dpl > cpl : dpl != cpl;
  if ((descriptorHigh & (NOT_SYSTEM | CODE)) != (NOT_SYSTEM | CODE) || wrongLevel) {
    raise(GP, selector & ~3);
    return;
  }
  if ((descriptorHigh & PRESENT) == 0) {
    raise(NP, selector & ~3);
    return;
  }
  if (!markAccessed()) return;
  const low = descriptorLow;
  const high = descriptorHigh;
  if (!inward) {
    if (!prepare(call, wide, nextEip(p), offset, low, high)) return;
    chargeEvent(EVENT_CALL_GATE_SAME);
    loadCode(selector, cpl, low, high);
    store<u32>(EIP, offset);
    return;
  }
  const row = enterRow(dpl);
  if (!pushFrame(wide, nextEip(p), dpl, parameters, offset, limitOf(low, high))) {
    leaveRow(row);
    return;
  }
  chargeEvent(EVENT_CALL_GATE_INNER);
  loadCode(selector, dpl, low, high);
  store<u32>(EIP, offset);
  changeLevel(dpl, EVENT_CALL_GATE_INNER);
}

/** SS, ESP, the parameters copied from the outer stack, CS, EIP, in words of the gate's size. */
function pushFrame(wide: bool, back: u32, level: u32, parameters: u32, offset: u32, limit: u32): bool {
  const shift: u32 = wide ? 2 : 1;
  if (!openInnerStack(level, (4 + parameters) << shift, 0)) return false;
  if (offset > limit) return raise(GP, 0);
  if (!pushInner(wide, load<u32>(SS_RECORD, SEGMENT_SELECTOR))) return false;
  if (!pushInner(wide, load<u32>(ESP))) return false;
  for (let i = parameters; i > 0; i--) {
    const value = peek(wide, (i - 1) << shift);
    if (faulted() || !pushInner(wide, value)) return false;
  }
  if (!pushInner(wide, load<u32>(CS_RECORD, SEGMENT_SELECTOR))) return false;
  if (!pushInner(wide, back)) return false;
  commitInnerStack();
  return true;
}

export function RETF(p: usize): void { farReturn(p, 0); }
export function RETF_Iw(p: usize): void { farReturn(p, immediate(p)); }

function farReturn(p: usize, released: u32): void {
  const wide = isWide(p);
  const size: u32 = wide ? 4 : 2;
  const eip = peek(wide, 0);
  if (faulted()) return;
  const selector = peek(wide, size) & 0xffff;
  if (faulted()) return;
  if (plainSegments()) {
    returnToParagraph(eip, selector, 2 * size + released);
    return;
  }
  if (!checkReturnCode(selector)) return;
  const low = descriptorLow;
  const high = descriptorHigh;
  const level = selector & 3;
  const outer = level != load<u32>(CPL);
  let esp: u32 = 0;
  let stackSelector: u32 = 0;
  if (outer) {
    esp = peek(wide, 2 * size + released);
    if (faulted()) return;
    stackSelector = peek(wide, 3 * size + released) & 0xffff;
    if (faulted() || !checkStack(stackSelector, level, GP, 0)) return;
  }
  if (eip > limitOf(low, high)) {
    raise(GP, 0);
    return;
  }
  if (!outer) {
    chargeEvent(EVENT_FAR_RETURN_SAME);
    moveEsp(2 * size + released);
    loadCode(selector, level, low, high);
    store<u32>(EIP, eip);
    return;
  }
  chargeEvent(EVENT_FAR_RETURN_OUTER);
  fillSegment(SS_NUMBER, stackSelector, descriptorLow, descriptorHigh);
  const mask = load<u32>(STACK_MASK);
  store<u32>(ESP, (load<u32>(ESP) & ~mask) | ((esp + released) & mask));
  loadCode(selector, level, low, high);
  store<u32>(EIP, eip);
  dropInnerSegments(level);
  enterRow(level);
  changeLevel(level, EVENT_FAR_RETURN_OUTER);
}

function returnToParagraph(eip: u32, selector: u32, bytes: u32): void {
  if (eip > load<u32>(CS_RECORD, SEGMENT_LIMIT)) {
    raise(GP, 0);
    return;
  }
  chargeEvent(EVENT_FAR_RETURN_SAME);
  moveEsp(bytes);
  loadPlain(CS_NUMBER, selector);
  store<u32>(EIP, eip);
}

function peek(wide: bool, depth: u32): u32 {
  return wide ? peek32(depth) : peek16(depth);
}
