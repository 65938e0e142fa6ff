/**
 * Interrupts and exceptions (SDM vol. 3, chapter 6): through an interrupt or trap gate to the same or an inner ring,
 * through a task gate, or in real mode through the vector table.
 *
 * The order is the manual's: gate, code segment, then for an inner ring the stack from the TSS, then the pushes; nothing
 * of the processor's state changes before all of that has succeeded. An exception on the way makes a double fault where
 * table 6-5 says so, and one on the way to that shuts the processor down.
 *
 *     inner ring: SS, ESP, EFLAGS, CS, EIP, error code       same ring: EFLAGS, CS, EIP, error code
 *     from virtual-8086 mode: GS, FS, DS, ES before all that
 */
import { debugDelivered, resumed, takeTrap } from './debug';
import { goesOn } from './entry';
import { AC, IF, NT, RF, TF, VM } from './flags';
import { readFlags } from './flag-control';
import { COUNTER_EXCEPTIONS, COUNTER_INTERRUPTS } from './generated/counters';
import { EVENT_EXCEPTION_SAME, EVENT_EXCEPTION_TO_RING0, EVENT_EXCEPTION_TO_RING1, EVENT_INT_SAME, EVENT_INT_TO_RING0,
  EVENT_INT_TO_RING1, EVENT_INTERRUPT_SAME, EVENT_INTERRUPT_TO_RING0, EVENT_INTERRUPT_TO_RING1 } from './generated/events';
import { CPL, CS_NUMBER, DS_NUMBER, EFLAGS, EIP, ESP, ES_NUMBER, FAULT_CODE, FAULT_VECTOR, FS_NUMBER, GS_NUMBER,
  HALTED, IDTR_BASE, IDTR_LIMIT, NMI_BLOCKED, OBSERVE_EXCEPTIONS, SEGMENT_SELECTOR, SEGMENT_WRITE_END,
  STACK_MASK } from './generated/state';
import { exception } from './host';
import { commitInnerStack, openInnerStack, pushInner, pushInnerFrame } from './inner-stack';
import { chargeEvent, count } from './memory/charge';
import { readSystem16, readSystem64, write16, write32 } from './memory/access';
import { filteredFrameWrite } from './memory/frames';
import { DB, DOUBLE_FAULT, faulted, GP, linear, NP, PF, push16, raise, SS, SS_RECORD, writable } from './operands';
import { changeLevel, enterRow, leaveRow } from './privilege';
import { CODE, CONFORMING, CS_RECORD, descriptorHigh, descriptorLow, dplOf, limitOf, loadCode, loadPlain, markAccessed,
  NOT_SYSTEM, nullSegment, PRESENT, protectedMode, readDescriptor, recordOf, updateFetchEnd } from './segments';
import { pushTaskCode, taskByGate } from './task-switch';

/** What made the processor go through the IDT. */
const BY_INSTRUCTION: u32 = 0;
const BY_EXCEPTION: u32 = 1;
const BY_INTERRUPT: u32 = 2;

/** Types 6, 7 (16 bits), E, F (32 bits); bit 8 tells trap from interrupt gates, bit 11 the size. Type 5 is a task gate. */
const GATE_TYPE: u32 = 0x1f00;
const TRAP_GATE: u32 = 0x0f00;
const TASK_GATE: u32 = 0x0500;

/** Vectors that push an error code: 8, 10-14, 17. */
const WITH_CODE: u32 = 0x27d00;
/** Contributory exceptions of table 6-5: 0, 10-13. */
const CONTRIBUTORY: u32 = 0x3c01;
const NMI: u32 = 2;

/** INT n, INT3, INTO: `back` is the EIP of the next instruction. False after a fault. */
export function softwareInterrupt(vector: u32, back: u32): bool {
  return deliver(vector, BY_INSTRUCTION, false, 0, back, readFlags());
}

/** A hardware interrupt; exceptions on the way are handled here. False: the processor shuts down. */
export function hardwareInterrupt(vector: u32): bool {
  count(COUNTER_INTERRUPTS);
  // RF covers a REP instruction that gave way, and one that is about to begin under it (SDM vol. 3, 17.3.1.1).
  const flags = goesOn(linear(CS_RECORD, load<u32>(EIP))) || resumed() ? readFlags() | RF : readFlags();
  return deliver(vector, BY_INTERRUPT, false, 0, load<u32>(EIP), flags) || deliverPending();
}

/** Further ones are held back until an IRET (SDM vol. 3, 6.7.1). */
export function nonMaskableInterrupt(): bool {
  store<u32>(NMI_BLOCKED, 1);
  return hardwareInterrupt(NMI);
}

/** INT1: like an exception, its gate is not checked for privilege. False after a fault. */
export function debugInterrupt(back: u32): bool {
  return deliver(DB, BY_EXCEPTION, false, 0, back, readFlags());
}

/**
 * Delivers the pending exception, with EIP at the instruction that caused it (or behind it, for a trap). False: the
 * processor shuts down.
 */
export function deliverPending(): bool {
  let first: u32 = 0xffffffff;
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
    // RF keeps an instruction breakpoint from being reported twice; #DB itself leaves that to its handler.
    const flags = vector == DB ? readFlags() : readFlags() | RF;
    if (deliver(vector, BY_EXCEPTION, hasCode, code, load<u32>(EIP), flags)) return true;
    first = vector;
  }
}

/** Traps of the instruction that has just ended. False: the processor shuts down. */
export function debugTrap(): bool { return !takeTrap() || deliverPending(); }

function doubles(first: u32, second: u32): bool {
  const contributory = ((CONTRIBUTORY >> second) & 1) != 0;
  if (first == PF) return second == PF || contributory;
  return ((CONTRIBUTORY >> first) & 1) != 0 && contributory;
}

function deliver(vector: u32, kind: u32, hasCode: bool, code: u32, back: u32, flags: u32): bool {
  if (load<u32>(OBSERVE_EXCEPTIONS) != 0) exception(vector, kind, code, back);
  if (!protectedMode()) return deliverReal(vector, kind, back, flags);
  const external: u32 = kind == BY_INSTRUCTION ? 0 : 1;
  const gateCode = (vector << 3) | 2 | external;
  if ((vector << 3) + 7 > load<u32>(IDTR_LIMIT)) return raise(GP, gateCode);
  const words = readSystem64(load<u32>(IDTR_BASE) + (vector << 3));
  if (faulted()) return false;
  const low = <u32>words;
  const high = <u32>(words >> 32);
  const type = high & GATE_TYPE;
  if ((type | 0x0900) != TRAP_GATE && type != TASK_GATE) return raise(GP, gateCode);
  if (kind == BY_INSTRUCTION && dplOf(high) < load<u32>(CPL)) return raise(GP, gateCode);
  if ((high & PRESENT) == 0) return raise(NP, gateCode);
  if (type != TASK_GATE) return throughGate(vector, kind, hasCode, code, back, flags, low, high);
  if (!taskByGate(low >> 16, back, flags, external)) return false;
  delivered(vector);
  return !hasCode || pushTaskCode(code, external);
}

function throughGate(
  vector: u32, kind: u32, hasCode: bool, code: u32, back: u32, flags: u32, low: u32, high: u32,
): bool {
  const external: u32 = kind == BY_INSTRUCTION ? 0 : 1;
  const wide = (high & 0x0800) != 0;
  const masks = (high & 0x0100) == 0;
  const target = wide ? (low & 0xffff) | (high & 0xffff0000) : low & 0xffff;
  const selector = low >> 16;
  if ((selector & ~3) == 0) return raise(GP, external);
  if (!readDescriptor(selector, GP, external)) return false;
  const cpl = load<u32>(CPL);
  const dpl = dplOf(descriptorHigh);
  const selectorCode = (selector & ~3) | external;
  if ((descriptorHigh & (NOT_SYSTEM | CODE)) != (NOT_SYSTEM | CODE) || dpl > cpl) return raise(GP, selectorCode);
  if ((descriptorHigh & PRESENT) == 0) return raise(NP, selectorCode);
  const level = (descriptorHigh & CONFORMING) != 0 ? cpl : dpl;
  // From virtual-8086 mode everything goes to ring 0.
  const virtual = (load<u32>(EFLAGS) & VM) != 0;
  if (virtual && level != 0) return raise(GP, selectorCode);
  if (!markAccessed()) return false;
  const codeLow = descriptorLow;
  const codeHigh = descriptorHigh;

  const row = enterRow(level);
  const pushed = level < cpl
    ? toInner(level, external, wide, virtual, hasCode, code, back, flags, target, codeLow, codeHigh)
    : toSame(wide, hasCode, code, back, flags, target, codeLow, codeHigh, external);
  if (!pushed) {
    leaveRow(row);
    return false;
  }
  if (level < cpl) commitInnerStack();
  const reason = priceOf(kind, level, cpl);
  chargeEvent(reason);
  const cleared = TF | NT | VM | (masks ? IF : 0);
  store<u32>(EFLAGS, load<u32>(EFLAGS) & ~cleared);
  loadCode(selector, level, codeLow, codeHigh);
  store<u32>(EIP, target);
  if (virtual) dropVirtualSegments();
  delivered(vector);
  changeLevel(level, reason);
  return true;
}

/** What every delivery does: traps of the old context are forgotten, the processor runs. */
function delivered(vector: u32): void {
  if (load<u32>(HALTED) != 0) store<u32>(HALTED, 0);
  debugDelivered(vector == DB);
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

function pushSelector(wide: bool, number: u32): bool {
  return pushInner(wide, load<u32>(recordOf(number), SEGMENT_SELECTOR));
}

/** Opens the inner stack and pushes; the caller commits it. */
function toInner(
  level: u32, external: u32, wide: bool, virtual: bool, hasCode: bool, code: u32, back: u32, flags: u32, target: u32,
  codeLow: u32, codeHigh: u32,
): bool {
  const words: u32 = 5 + u32(hasCode) + (virtual ? 4 : 0);
  if (!openInnerStack(level, words << (wide ? 2 : 1), external)) return false;
  if (target > limitOf(codeLow, codeHigh)) return raise(GP, external);
  const frame = wide && !virtual ? pushInnerFrame(words << 2) : 0;
  if (frame != 0) {
    const at = fillFrame(frame, hasCode, code, back, flags);
    store<u32>(at, load<u32>(ESP));
    store<u32>(at, load<u32>(SS_RECORD, SEGMENT_SELECTOR), 4);
    return true;
  }
  if (virtual) {
    if (!pushSelector(wide, GS_NUMBER) || !pushSelector(wide, FS_NUMBER)) return false;
    if (!pushSelector(wide, DS_NUMBER) || !pushSelector(wide, ES_NUMBER)) return false;
  }
  if (!pushInner(wide, load<u32>(SS_RECORD, SEGMENT_SELECTOR))) return false;
  if (!pushInner(wide, load<u32>(ESP))) return false;
  if (!pushInner(wide, flags)) return false;
  if (!pushInner(wide, load<u32>(CS_RECORD, SEGMENT_SELECTOR))) return false;
  if (!pushInner(wide, back)) return false;
  return !hasCode || pushInner(wide, code);
}

/** Error code, EIP, CS and EFLAGS from host address `at` upwards; returns what follows. */
function fillFrame(at: u32, hasCode: bool, code: u32, back: u32, flags: u32): u32 {
  if (hasCode) {
    store<u32>(at, code);
    at += 4;
  }
  store<u32>(at, back);
  store<u32>(at, load<u32>(CS_RECORD, SEGMENT_SELECTOR), 4);
  store<u32>(at, flags, 8);
  return at + 12;
}

/** Selectors of virtual-8086 mode mean nothing in ring 0. */
function dropVirtualSegments(): void {
  nullSegment(ES_NUMBER, 0);
  nullSegment(DS_NUMBER, 0);
  nullSegment(FS_NUMBER, 0);
  nullSegment(GS_NUMBER, 0);
}

/** Room for all of it comes before the offset in the gate (SDM vol. 2, INT n). */
function toSame(
  wide: bool, hasCode: bool, code: u32, back: u32, flags: u32, target: u32, codeLow: u32, codeHigh: u32, external: u32,
): bool {
  const mask = load<u32>(STACK_MASK);
  const esp = load<u32>(ESP);
  const words: u32 = 3 + u32(hasCode);
  const bytes = words << (wide ? 2 : 1);
  const bottom = (esp & mask) - bytes;
  if (wide && (esp & mask) >= bytes && bottom + bytes - 4 < load<u32>(SS_RECORD, SEGMENT_WRITE_END)) {
    if (target > limitOf(codeLow, codeHigh)) return raise(GP, external);
    const frame = filteredFrameWrite(linear(SS_RECORD, bottom), bytes);
    if (frame != 0) {
      fillFrame(frame, hasCode, code, back, flags);
      store<u32>(ESP, (esp & ~mask) | bottom);
      return true;
    }
  }
  const width: u32 = wide ? 4 : 2;
  for (let i: u32 = 1; i <= words; i++) {
    if (!writable(SS_RECORD, (esp - i * width) & mask, width)) return raise(SS, external);
  }
  if (target > limitOf(codeLow, codeHigh)) return raise(GP, external);
  if (!pushSame(esp, 1, wide, flags)) return false;
  if (!pushSame(esp, 2, wide, load<u32>(CS_RECORD, SEGMENT_SELECTOR))) return false;
  if (!pushSame(esp, 3, wide, back)) return false;
  if (hasCode && !pushSame(esp, 4, wide, code)) return false;
  store<u32>(ESP, (esp & ~mask) | ((esp - bytes) & mask));
  return true;
}

/** Word number `index` below `esp`. The ring stays, and so do its rights: a handler in ring 3 has a stack of ring 3. */
function pushSame(esp: u32, index: u32, wide: bool, value: u32): bool {
  const address = linear(SS_RECORD, (esp - index * (wide ? 4 : 2)) & load<u32>(STACK_MASK));
  if (wide) write32(address, value);
  else write16(address, value);
  return !faulted();
}

/** Real mode (SDM vol. 3, 20.1.4): four bytes a vector, no error codes. */
function deliverReal(vector: u32, kind: u32, back: u32, flags: u32): bool {
  if ((vector << 2) + 3 > load<u32>(IDTR_LIMIT)) return raise(GP, 0);
  const entry = load<u32>(IDTR_BASE) + (vector << 2);
  const target = readSystem16(entry);
  if (faulted()) return false;
  const selector = readSystem16(entry + 2);
  if (faulted()) return false;
  const esp = load<u32>(ESP);
  if (!push16(flags) || !push16(load<u32>(CS_RECORD, SEGMENT_SELECTOR)) || !push16(back)) {
    store<u32>(ESP, esp);
    return false;
  }
  chargeEvent(priceOf(kind, 0, 0));
  store<u32>(EFLAGS, load<u32>(EFLAGS) & ~(TF | IF | AC));
  loadPlain(CS_NUMBER, selector);
  store<u32>(EIP, target);
  delivered(vector);
  updateFetchEnd();
  return true;
}
