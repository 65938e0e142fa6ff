/**
 * Interrupts and exceptions (SDM vol. 3, chapter 6): through an interrupt or trap gate to the same or an inner ring.
 *
 * The order is the manual's: gate, code segment, then for an inner ring the stack from the TSS, then the pushes; nothing
 * of the processor's state changes before all of that has succeeded. An exception on the way makes a double fault where
 * table 6-5 says so, and one on the way to that shuts the processor down.
 *
 *     inner ring: SS, ESP, EFLAGS, CS, EIP, error code       same ring: EFLAGS, CS, EIP, error code
 */
import { IF, NT, RF, TF, VM } from './flags';
import { readFlags } from './flag-control';
import { COUNTER_EXCEPTIONS, COUNTER_INTERRUPTS } from './generated/counters';
import { EVENT_EXCEPTION_SAME, EVENT_EXCEPTION_TO_RING0, EVENT_EXCEPTION_TO_RING1, EVENT_INT_SAME, EVENT_INT_TO_RING0,
  EVENT_INT_TO_RING1, EVENT_INTERRUPT_SAME, EVENT_INTERRUPT_TO_RING0, EVENT_INTERRUPT_TO_RING1 } from './generated/events';
import { CPL, EFLAGS, EIP, ESP, FAULT_CODE, FAULT_VECTOR, IDTR_BASE, IDTR_LIMIT, SEGMENT_BASE, SEGMENT_LIMIT,
  SEGMENT_SELECTOR, SEGMENT_WRITE_END, SS_NUMBER, STACK_MASK } from './generated/state';
import { chargeEvent, count } from './memory/charge';
import { filteredFrameWrite, filteredSystemFrameWrite, readSystem16, readSystem32, readSystem64, write16, write32, writeSystem16, writeSystem32 } from './memory/access';
import { DOUBLE_FAULT, faulted, GP, linear, NP, PF, raise, SS, SS_RECORD, TS, writable } from './operands';
import { changeLevel, enterRow, leaveRow } from './privilege';
import { BIG, checkStack, CODE, CONFORMING, CS_RECORD, descriptorHigh, descriptorLow, dplOf, fillSegment,
  limitOf, loadCode, markAccessed, NOT_SYSTEM, PRESENT, readDescriptor, TR_RECORD, updateFetchEnd } from './segments';

/** What made the processor go through the IDT. */
export const BY_INSTRUCTION: u32 = 0;
export const BY_EXCEPTION: u32 = 1;
export const BY_INTERRUPT: u32 = 2;

/** Types 6, 7 (16 bits), E, F (32 bits); bit 8 tells trap from interrupt gates, bit 11 the size. */
const GATE_TYPE: u32 = 0x1f00;
const TRAP_GATE: u32 = 0x0f00;

/** Vectors that push an error code: 8, 10-14, 17. */
const WITH_CODE: u32 = 0x27d00;
/** Contributory exceptions of table 6-5: 0, 10-13. */
const CONTRIBUTORY: u32 = 0x3c01;

/** INT n, INT3, INTO: `back` is the EIP of the next instruction. False after a fault. */
export function softwareInterrupt(vector: u32, back: u32): bool {
  return deliver(vector, BY_INSTRUCTION, false, 0, back);
}

/** A hardware interrupt; exceptions on the way are handled here. False: the processor shuts down. */
export function hardwareInterrupt(vector: u32): bool {
  count(COUNTER_INTERRUPTS);
  return deliver(vector, BY_INTERRUPT, false, 0, load<u32>(EIP)) || raisePending(0xffffffff);
}

/** Delivers the pending exception, with EIP at the instruction that caused it. False: the processor shuts down. */
export function deliverPending(): bool { return raisePending(0xffffffff); }

/** `first`: the exception during whose delivery the pending one arose, if any. */
function raisePending(first: u32): bool {
  while (true) {
    let vector = load<u32>(FAULT_VECTOR);
    let code = load<u32>(FAULT_CODE);
    store<i32>(FAULT_VECTOR, -1);
    if (first == DOUBLE_FAULT) return false;
    if (first != 0xffffffff && doubles(first, vector)) {
      vector = DOUBLE_FAULT;
      code = 0;
    }
    count(COUNTER_EXCEPTIONS);
    const hasCode = vector < 32 && ((WITH_CODE >> vector) & 1) != 0;
    if (deliver(vector, BY_EXCEPTION, hasCode, code, load<u32>(EIP))) return true;
    first = vector;
  }
}

function doubles(first: u32, second: u32): bool {
  const contributory = ((CONTRIBUTORY >> second) & 1) != 0;
  if (first == PF) return second == PF || contributory;
  return ((CONTRIBUTORY >> first) & 1) != 0 && contributory;
}

function deliver(vector: u32, kind: u32, hasCode: bool, code: u32, back: u32): bool {
  const external: u32 = kind == BY_INSTRUCTION ? 0 : 1;
  const gateCode = (vector << 3) | 2 | external;
  if ((vector << 3) + 7 > load<u32>(IDTR_LIMIT)) return raise(GP, gateCode);
  const gate = load<u32>(IDTR_BASE) + (vector << 3);
  const words = readSystem64(gate);
  if (faulted()) return false;
  const low = <u32>words;
  const high = <u32>(words >> 32);
  const type = high & GATE_TYPE;
  const wide = (type & 0x0800) != 0;
  if ((type | 0x0900) != TRAP_GATE) return raise(GP, gateCode);
  if (kind == BY_INSTRUCTION && dplOf(high) < load<u32>(CPL)) return raise(GP, gateCode);
  if ((high & PRESENT) == 0) return raise(NP, gateCode);

  const selector = low >> 16;
  if ((selector & ~3) == 0) return raise(GP, external);
  if (!readDescriptor(selector, GP, external)) return false;
  const cpl = load<u32>(CPL);
  const dpl = dplOf(descriptorHigh);
  const selectorCode = (selector & ~3) | external;
  if ((descriptorHigh & (NOT_SYSTEM | CODE)) != (NOT_SYSTEM | CODE) || dpl > cpl) return raise(GP, selectorCode);
  if ((descriptorHigh & PRESENT) == 0) return raise(NP, selectorCode);
  if (!markAccessed()) return false;
  const codeLow = descriptorLow;
  const codeHigh = descriptorHigh;
  const target = wide ? (low & 0xffff) | (high & 0xffff0000) : low & 0xffff;
  const level = (codeHigh & CONFORMING) != 0 ? cpl : dpl;

  const row = enterRow(level);
  const delivered = level < cpl
    ? toInner(level, external, wide, hasCode, code, back, target, codeLow, codeHigh)
    : toSame(wide, hasCode, code, back, target, codeLow, codeHigh, external);
  if (!delivered) {
    leaveRow(row);
    return false;
  }
  const reason = priceOf(kind, level, cpl);
  chargeEvent(reason);
  loadCode(selector, level, codeLow, codeHigh);
  store<u32>(EIP, target);
  const cleared = TF | NT | RF | VM | ((type & 0x0100) == 0 ? IF : 0);
  store<u32>(EFLAGS, load<u32>(EFLAGS) & ~cleared);
  updateFetchEnd();
  changeLevel(level, reason);
  return true;
}

function priceOf(kind: u32, level: u32, cpl: u32): u32 {
  if (level == cpl) {
    return kind == BY_INSTRUCTION ? EVENT_INT_SAME : kind == BY_EXCEPTION ? EVENT_EXCEPTION_SAME : EVENT_INTERRUPT_SAME;
  }
  if (level == 0) {
    return kind == BY_INSTRUCTION
      ? EVENT_INT_TO_RING0
      : kind == BY_EXCEPTION ? EVENT_EXCEPTION_TO_RING0 : EVENT_INTERRUPT_TO_RING0;
  }
  return kind == BY_INSTRUCTION
    ? EVENT_INT_TO_RING1
    : kind == BY_EXCEPTION ? EVENT_EXCEPTION_TO_RING1 : EVENT_INTERRUPT_TO_RING1;
}

/** The inner stack's pointer and selector, from the TSS (SDM vol. 3, 7.2.1). */
export let innerEsp: u32 = 0;
export let innerSelector: u32 = 0;

export function readInnerStack(level: u32, external: u32): bool {
  const wide = (load<u32>(TR_RECORD, 16) & 0x0800) != 0;
  const size: u32 = wide ? 8 : 4;
  const offset: u32 = (wide ? 4 : 2) + level * size;
  const code = (load<u32>(TR_RECORD, SEGMENT_SELECTOR) & ~3) | external;
  if (offset + size - 1 > load<u32>(TR_RECORD, SEGMENT_LIMIT)) return raise(TS, code);
  const address = load<u32>(TR_RECORD, SEGMENT_BASE) + offset;
  innerEsp = wide ? readSystem32(address) : readSystem16(address);
  if (faulted()) return false;
  innerSelector = readSystem16(address + (size >> 1));
  return !faulted() && checkStack(innerSelector, level, TS, external);
}

/** The new stack: base, top, mask and room, for pushes with supervisor rights. */
let stackBase: u32 = 0;
let stackTop: u32 = 0;
let stackMask: u32 = 0;

/** Opens the stack whose descriptor `checkStack` found; `bytes` must fit, else #SS with its selector. */
export function openInnerStack(bytes: u32, external: u32): bool {
  const high = descriptorHigh;
  const limit = limitOf(descriptorLow, high);
  stackBase = (descriptorLow >> 16) | ((high & 0xff) << 16) | (high & 0xff000000);
  stackMask = (high & BIG) != 0 ? 0xffffffff : 0xffff;
  stackTop = innerEsp & stackMask;
  const first = (stackTop - bytes) & stackMask;
  const last = (stackTop - 1) & stackMask;
  const down = (high & CONFORMING) != 0;
  const fits = down ? first > limit && last <= stackMask && last >= first : last <= limit && first <= last;
  return fits ? true : raise(SS, (innerSelector & ~3) | external);
}

export function pushInner(wide: bool, value: u32): bool {
  stackTop = (stackTop - (wide ? 4 : 2)) & stackMask;
  if (wide) writeSystem32(stackBase + stackTop, value);
  else writeSystem16(stackBase + stackTop, value);
  return !faulted();
}

/** The inner stack becomes the current one. */
export function commitInnerStack(low: u32, high: u32): void {
  fillSegment(SS_NUMBER, innerSelector, low, high);
  store<u32>(ESP, (innerEsp & ~stackMask) | stackTop);
}

function toInner(
  level: u32, external: u32, wide: bool, hasCode: bool, code: u32, back: u32, target: u32, codeLow: u32, codeHigh: u32,
): bool {
  if (!readInnerStack(level, external)) return false;
  const stackLow = descriptorLow;
  const stackHigh = descriptorHigh;
  if (!openInnerStack((hasCode ? 6 : 5) << (wide ? 2 : 1), external)) return false;
  if (target > limitOf(codeLow, codeHigh)) return raise(GP, external);
  const bytes: u32 = hasCode ? 24 : 20;
  const frame = wide ? filteredSystemFrameWrite(stackBase + stackTop - bytes, bytes) : 0;
  if (frame != 0) {
    stackTop -= bytes;
    const at = fillFrame(frame, hasCode, code, back);
    store<u32>(at, load<u32>(ESP));
    store<u32>(at, load<u32>(SS_RECORD, SEGMENT_SELECTOR), 4);
    commitInnerStack(stackLow, stackHigh);
    return true;
  }
  if (!pushInner(wide, load<u32>(SS_RECORD, SEGMENT_SELECTOR))) return false;
  if (!pushInner(wide, load<u32>(ESP))) return false;
  if (!pushInner(wide, readFlags())) return false;
  if (!pushInner(wide, load<u32>(CS_RECORD, SEGMENT_SELECTOR))) return false;
  if (!pushInner(wide, back)) return false;
  if (hasCode && !pushInner(wide, code)) return false;
  commitInnerStack(stackLow, stackHigh);
  return true;
}

/** Error code, EIP, CS and EFLAGS from host address `at` upwards; returns what follows. */
function fillFrame(at: u32, hasCode: bool, code: u32, back: u32): u32 {
  if (hasCode) {
    store<u32>(at, code);
    at += 4;
  }
  store<u32>(at, back);
  store<u32>(at, load<u32>(CS_RECORD, SEGMENT_SELECTOR), 4);
  store<u32>(at, readFlags(), 8);
  return at + 12;
}

function toSame(
  wide: bool, hasCode: bool, code: u32, back: u32, target: u32, codeLow: u32, codeHigh: u32, external: u32,
): bool {
  if (target > limitOf(codeLow, codeHigh)) return raise(GP, external);
  const mask = load<u32>(STACK_MASK);
  const esp = load<u32>(ESP);
  const bytes: u32 = hasCode ? 16 : 12;
  const bottom = (esp & mask) - bytes;
  if (wide && (esp & mask) >= bytes && bottom + bytes - 4 < load<u32>(SS_RECORD, SEGMENT_WRITE_END)) {
    const frame = filteredFrameWrite(linear(SS_RECORD, bottom), bytes);
    if (frame != 0) {
      fillFrame(frame, hasCode, code, back);
      store<u32>(ESP, (esp & ~mask) | bottom);
      return true;
    }
  }
  let top = pushSame(esp & mask, wide, readFlags(), external);
  if (faulted()) return false;
  top = pushSame(top, wide, load<u32>(CS_RECORD, SEGMENT_SELECTOR), external);
  if (faulted()) return false;
  top = pushSame(top, wide, back, external);
  if (faulted()) return false;
  if (hasCode) {
    top = pushSame(top, wide, code, external);
    if (faulted()) return false;
  }
  store<u32>(ESP, (esp & ~mask) | top);
  return true;
}

function pushSame(top: u32, wide: bool, value: u32, external: u32): u32 {
  const size: u32 = wide ? 4 : 2;
  const offset = (top - size) & load<u32>(STACK_MASK);
  if (!writable(SS_RECORD, offset, size)) {
    raise(SS, external);
    return 0;
  }
  const address = linear(SS_RECORD, offset);
  // The ring stays, and so do its rights: a handler in ring 3 has a stack of ring 3.
  if (wide) write32(address, value);
  else write16(address, value);
  return offset;
}
