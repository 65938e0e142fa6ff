/**
 * Far CALL, JMP and RET (SDM vol. 2 and vol. 3, 5.8): to a code segment, or through a 32-bit call gate to the same or an
 * inner ring with its parameters. Task gates and TSS descriptors are refused with #GP: no hardware task switch here.
 */
import { flagsOf, immediate, lengthOf, secondImmediate, WORD_OPERAND } from './entry';
import { commitInnerStack, openInnerStack, pushInner, readInnerStack } from './exception';
import { EVENT_CALL_GATE_INNER, EVENT_CALL_GATE_SAME, EVENT_FAR_RETURN_OUTER, EVENT_FAR_RETURN_SAME,
  EVENT_FAR_TRANSFER } from './generated/events';
import { CPL, EIP, ESP, SEGMENT_SELECTOR, SS_NUMBER, STACK_MASK } from './generated/state';
import { chargeEvent } from './memory/charge';
import { faulted, GP, moveEsp, NP, peek16, peek32, push16, push32, raise, readMAt, SS_RECORD } from './operands';
import { changeLevel, enterRow, leaveRow } from './privilege';
import { checkReturnCode } from './return';
import { checkStack, CODE, CONFORMING, CS_RECORD, descriptorHigh, descriptorLow, dplOf, dropInnerSegments, fillSegment,
  limitOf, loadCode, markAccessed, NOT_SYSTEM, PRESENT, readDescriptor } from './segments';

const TYPE: u32 = 0x1f00;
const CALL_GATE: u32 = 0x0c00;

export function CALL_Ap(p: usize): void { transfer(p, secondImmediate(p), immediate(p), true); }
export function JMP_Ap(p: usize): void { transfer(p, secondImmediate(p), immediate(p), false); }
export function CALL_Mp(p: usize): void { indirect(p, true); }
export function JMP_Mp(p: usize): void { indirect(p, false); }

function indirect(p: usize, call: bool): void {
  const size: u32 = (flagsOf(p) & WORD_OPERAND) != 0 ? 2 : 4;
  const offset = readMAt(p, 0, size);
  if (faulted()) return;
  const selector = readMAt(p, size, 2);
  if (!faulted()) transfer(p, selector, offset, call);
}

function transfer(p: usize, selector: u32, offset: u32, call: bool): void {
  if ((selector & ~3) == 0) {
    raise(GP, 0);
    return;
  }
  if (!readDescriptor(selector, GP, 0)) return;
  const high = descriptorHigh;
  if ((high & TYPE) == CALL_GATE) throughGate(p, selector, call);
  else if ((high & (NOT_SYSTEM | CODE)) == (NOT_SYSTEM | CODE)) toCode(p, selector, offset, call);
  else raise(GP, selector & ~3);
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
  if (offset > limitOf(low, high)) {
    raise(GP, 0);
    return;
  }
  if (call && !pushReturnAddress(p)) return;
  chargeEvent(EVENT_FAR_TRANSFER);
  loadCode(selector, cpl, low, high);
  store<u32>(EIP, offset);
}

/** CS, then EIP; both or neither. */
function pushReturnAddress(p: usize): bool {
  const esp = load<u32>(ESP);
  const back = load<u32>(EIP) + lengthOf(p);
  const selector = load<u32>(CS_RECORD, SEGMENT_SELECTOR);
  const word = (flagsOf(p) & WORD_OPERAND) != 0;
  if (!(word ? push16(selector) : push32(selector))) return false;
  if (word ? push16(back) : push32(back)) return true;
  store<u32>(ESP, esp);
  return false;
}

function throughGate(p: usize, gate: u32, call: bool): void {
  const cpl = load<u32>(CPL);
  const gateHigh = descriptorHigh;
  const offset = (descriptorLow & 0xffff) | (gateHigh & 0xffff0000);
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
  if (offset > limitOf(low, high)) {
    raise(GP, 0);
    return;
  }
  if (!inward) {
    if (call && !pushReturnAddress(p)) return;
    chargeEvent(EVENT_CALL_GATE_SAME);
    loadCode(selector, cpl, low, high);
    store<u32>(EIP, offset);
    return;
  }
  const row = enterRow(dpl);
  if (!pushInnerFrame(p, dpl, parameters)) {
    leaveRow(row);
    return;
  }
  chargeEvent(EVENT_CALL_GATE_INNER);
  loadCode(selector, dpl, low, high);
  store<u32>(EIP, offset);
  changeLevel(dpl, EVENT_CALL_GATE_INNER);
}

/** SS, ESP, the parameters copied from the outer stack, CS, EIP. */
function pushInnerFrame(p: usize, level: u32, parameters: u32): bool {
  if (!readInnerStack(level, 0)) return false;
  const low = descriptorLow;
  const high = descriptorHigh;
  if (!openInnerStack((4 + parameters) << 2, 0)) return false;
  if (!pushInner(true, load<u32>(SS_RECORD, SEGMENT_SELECTOR))) return false;
  if (!pushInner(true, load<u32>(ESP))) return false;
  for (let i = parameters; i > 0; i--) {
    const value = peek32((i - 1) << 2);
    if (faulted() || !pushInner(true, value)) return false;
  }
  if (!pushInner(true, load<u32>(CS_RECORD, SEGMENT_SELECTOR))) return false;
  if (!pushInner(true, load<u32>(EIP) + lengthOf(p))) return false;
  commitInnerStack(low, high);
  return true;
}

export function RETF(p: usize): void { farReturn(p, 0); }
export function RETF_Iw(p: usize): void { farReturn(p, immediate(p)); }

function farReturn(p: usize, released: u32): void {
  const wide = (flagsOf(p) & WORD_OPERAND) == 0;
  const size: u32 = wide ? 4 : 2;
  const eip = peek(wide, 0);
  if (faulted()) return;
  const selector = peek(wide, size) & 0xffff;
  if (faulted() || !checkReturnCode(selector)) return;
  const low = descriptorLow;
  const high = descriptorHigh;
  if (eip > limitOf(low, high)) {
    raise(GP, 0);
    return;
  }
  const level = selector & 3;
  if (level == load<u32>(CPL)) {
    chargeEvent(EVENT_FAR_RETURN_SAME);
    moveEsp(2 * size + released);
    loadCode(selector, level, low, high);
    store<u32>(EIP, eip);
    return;
  }
  const esp = peek(wide, 2 * size + released);
  if (faulted()) return;
  const stackSelector = peek(wide, 3 * size + released) & 0xffff;
  if (faulted() || !checkStack(stackSelector, level, GP, 0)) return;
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

function peek(wide: bool, depth: u32): u32 {
  return wide ? peek32(depth) : peek16(depth);
}
