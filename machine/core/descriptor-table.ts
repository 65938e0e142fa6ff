/** Descriptor tables and questions about descriptors (SDM vol. 2: ARPL, LAR, LGDT, LIDT, LLDT, LSL, LTR, S…, VERR, VERW). */
import { advance, dst, flagsOf, isMemory, segment, src, WORD_OPERAND } from './entry';
import { arithmeticFlags, setExplicit, ZF } from './flags';
import { EVENT_LOAD_LOCAL_TABLE, EVENT_LOAD_TABLE_REGISTER, EVENT_QUERY_DESCRIPTOR } from './generated/events';
import { CPL, FAULT_VECTOR, GDTR_BASE, GDTR_LIMIT, IDTR_BASE, IDTR_LIMIT, LDTR_NUMBER, SEGMENT_SELECTOR,
  TR_NUMBER } from './generated/state';
import { chargeEvent } from './memory/charge';
import { effectiveAddress, faulted, GP, linear, NP, PF, raise, readM16, readMAt, UNDEFINED, writable, writeM16 } from './operands';
import { write16, write32 } from './memory/access';
import { ACCESSIBLE, CODE, CONFORMING, descriptorHigh, descriptorLow, dplOf, fillSegment, LDTR_RECORD, limitOf,
  NOT_SYSTEM, nullSegment, plainSegments, PRESENT, readDescriptor, setBusy, TR_RECORD } from './segments';

function privileged(): bool {
  return load<u32>(CPL) == 0 ? true : raise(GP, 0);
}

/** Instructions about selectors do not exist where selectors are paragraphs. */
function recognised(): bool { return !plainSegments() ? true : raise(UNDEFINED, 0); }

function selectorOperand(p: usize): u32 {
  return isMemory(p) ? readM16(p) : <u32>load<u16>(dst(p));
}

// ---- GDTR, IDTR: limit word, then base

function loadTable(p: usize, base: usize, limit: usize): void {
  if (!privileged()) return;
  const newLimit = readMAt(p, 0, 2);
  if (faulted()) return;
  const newBase = readMAt(p, 2, 4);
  if (faulted()) return;
  store<u32>(limit, newLimit);
  store<u32>(base, (flagsOf(p) & WORD_OPERAND) != 0 ? newBase & 0xffffff : newBase);
  chargeEvent(EVENT_LOAD_TABLE_REGISTER);
  advance(p);
}

function storeTable(p: usize, base: usize, limit: usize): void {
  const s = segment(p);
  const offset = effectiveAddress(p);
  if (!writable(s, offset, 2) || !writable(s, offset + 2, 4)) return;
  write16(linear(s, offset), load<u32>(limit));
  if (faulted()) return;
  write32(linear(s, offset + 2), load<u32>(base));
  if (!faulted()) advance(p);
}

export function LGDT(p: usize): void { loadTable(p, GDTR_BASE, GDTR_LIMIT); }
export function LIDT(p: usize): void { loadTable(p, IDTR_BASE, IDTR_LIMIT); }
export function SGDT(p: usize): void { storeTable(p, GDTR_BASE, GDTR_LIMIT); }
export function SIDT(p: usize): void { storeTable(p, IDTR_BASE, IDTR_LIMIT); }

// ---- LDTR, TR

function storeSelector(p: usize, record: usize): void {
  if (!recognised()) return;
  const selector = load<u32>(record, SEGMENT_SELECTOR);
  if (isMemory(p)) {
    if (!writeM16(p, selector)) return;
  } else if ((flagsOf(p) & WORD_OPERAND) != 0) store<u16>(dst(p), selector);
  else store<u32>(dst(p), selector);
  advance(p);
}

export function SLDT(p: usize): void { storeSelector(p, LDTR_RECORD); }
export function STR(p: usize): void { storeSelector(p, TR_RECORD); }

export function LLDT(p: usize): void {
  if (!recognised() || !privileged()) return;
  const selector = selectorOperand(p);
  if (faulted()) return;
  if ((selector & ~3) == 0) nullSegment(LDTR_NUMBER, selector);
  else {
    if ((selector & 4) != 0) {
      raise(GP, selector & ~3);
      return;
    }
    if (!readDescriptor(selector, GP, 0)) return;
    if ((descriptorHigh & 0x1f00) != 0x0200) {
      raise(GP, selector & ~3);
      return;
    }
    if ((descriptorHigh & PRESENT) == 0) {
      raise(NP, selector & ~3);
      return;
    }
    fillSegment(LDTR_NUMBER, selector, descriptorLow, descriptorHigh);
  }
  chargeEvent(EVENT_LOAD_LOCAL_TABLE);
  advance(p);
}

export function LTR(p: usize): void {
  if (!recognised() || !privileged()) return;
  const selector = selectorOperand(p);
  if (faulted()) return;
  if ((selector & ~3) == 0 || (selector & 4) != 0) {
    raise(GP, selector & ~3);
    return;
  }
  if (!readDescriptor(selector, GP, 0)) return;
  // An available 16- or 32-bit TSS: types 1 and 9.
  if ((descriptorHigh & 0x1700) != 0x0100) {
    raise(GP, selector & ~3);
    return;
  }
  if ((descriptorHigh & PRESENT) == 0) {
    raise(NP, selector & ~3);
    return;
  }
  if (!setBusy(selector, true)) return;
  fillSegment(TR_NUMBER, selector, descriptorLow, descriptorHigh | 0x200);
  chargeEvent(EVENT_LOAD_LOCAL_TABLE);
  advance(p);
}

// ---- questions: ZF says whether the answer is valid; only a page fault can arise

/** Reads the descriptor and checks what all four questions ask; `visible` by privilege. */
function question(selector: u32): bool {
  if ((selector & ~3) == 0) return false;
  if (readDescriptor(selector, GP, 0)) return true;
  // A selector outside its table is an answer, not a fault.
  if (load<u32>(FAULT_VECTOR) != PF) store<i32>(FAULT_VECTOR, -1);
  return false;
}

function visible(selector: u32): bool {
  const high = descriptorHigh;
  if ((high & (NOT_SYSTEM | CODE | CONFORMING)) == (NOT_SYSTEM | CODE | CONFORMING)) return true;
  const dpl = dplOf(high);
  return dpl >= load<u32>(CPL) && dpl >= (selector & 3);
}

function answer(p: usize, valid: bool): void {
  if (faulted()) return;
  setExplicit((arithmeticFlags() & ~ZF) | (valid ? ZF : 0));
  chargeEvent(EVENT_QUERY_DESCRIPTOR);
  advance(p);
}

/** System descriptors that LAR knows: TSS, LDT, call and task gates; LSL: those with a limit. */
const LAR_TYPES: u32 = 0x1a3e;
const LSL_TYPES: u32 = 0x0a0e;

function known(types: u32): bool {
  return (descriptorHigh & NOT_SYSTEM) != 0 || ((types >> ((descriptorHigh >> 8) & 15)) & 1) != 0;
}

function questionSelector(p: usize): u32 {
  return isMemory(p) ? readM16(p) : <u32>load<u16>(src(p));
}

export function LAR(p: usize): void {
  if (!recognised()) return;
  const selector = questionSelector(p);
  if (faulted()) return;
  const valid = question(selector) && known(LAR_TYPES) && visible(selector);
  if (valid) storeAnswer(p, descriptorHigh & 0x00f0ff00);
  answer(p, valid);
}

export function LSL(p: usize): void {
  if (!recognised()) return;
  const selector = questionSelector(p);
  if (faulted()) return;
  const valid = question(selector) && known(LSL_TYPES) && visible(selector);
  if (valid) storeAnswer(p, limitOf(descriptorLow, descriptorHigh));
  answer(p, valid);
}

function storeAnswer(p: usize, value: u32): void {
  if ((flagsOf(p) & WORD_OPERAND) != 0) store<u16>(dst(p), value);
  else store<u32>(dst(p), value);
}

export function VERR(p: usize): void {
  if (!recognised()) return;
  const selector = selectorOperand(p);
  if (faulted()) return;
  const found = question(selector) && (descriptorHigh & NOT_SYSTEM) != 0;
  const readable = (descriptorHigh & CODE) == 0 || (descriptorHigh & ACCESSIBLE) != 0;
  answer(p, found && readable && visible(selector));
}

export function VERW(p: usize): void {
  if (!recognised()) return;
  const selector = selectorOperand(p);
  if (faulted()) return;
  const found = question(selector) && (descriptorHigh & (NOT_SYSTEM | CODE | ACCESSIBLE)) == (NOT_SYSTEM | ACCESSIBLE);
  answer(p, found && visible(selector));
}

/** The destination is only written when it changes: one that may not be written faults then and no sooner. */
export function ARPL(p: usize): void {
  if (!recognised()) return;
  const rpl: u32 = load<u16>(src(p)) & 3;
  const selector: u32 = isMemory(p) ? readM16(p) : load<u16>(dst(p));
  if (faulted()) return;
  const raised = (selector & 3) < rpl;
  const adjusted = (selector & ~3) | rpl;
  if (raised && isMemory(p)) {
    if (!writeM16(p, adjusted)) return;
  } else if (raised) {
    store<u16>(dst(p), adjusted);
  }
  setExplicit((arithmeticFlags() & ~ZF) | (raised ? ZF : 0));
  advance(p);
}
