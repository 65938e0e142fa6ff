/**
 * Hardware task switch (SDM vol. 3, chapter 7): by JMP or CALL to a TSS or a task gate, by an interrupt or exception
 * through a task gate, by IRET with NT set.
 *
 *     32 bits:   0 link   4.. ESP0 SS0 ..   1C CR3   20 EIP   24 EFLAGS   28 EAX .. EDI   48 ES CS SS DS FS GS   60 LDT
 *               64 T, I/O map base                                       (104 bytes)
 *     16 bits:   0 link   2.. SP0 SS0 ..    0E IP    10 FLAGS   12 AX .. DI   22 ES CS SS DS   2A LDT   (44 bytes)
 *
 * All that can be checked before anything changes is checked in the old task: descriptor, limit, both segments in memory.
 * From the load of TR on the new task is there, and what is wrong with its segments (#TS, #NP, #SS) is reported with its
 * EIP, before its first instruction (7.3, steps 11 to 13).
 */
import { debugTaskSwitch, setResume } from './debug';
import { countInstructions } from './entry';
import { ARITHMETIC, NT, RF, setExplicit, VM } from './flags';
import { COUNTER_ADDRESS_SPACE } from './generated/counters';
import { EVENT_TASK_SWITCH } from './generated/events';
import { CPL, CR0, CR3, CS_NUMBER, EAX, EFLAGS, EIP, ES_NUMBER, ESP, GS_NUMBER, HALTED, LDTR_NUMBER, SEGMENT_ATTRIBUTES,
  SEGMENT_BASE, SEGMENT_LIMIT, SEGMENT_SELECTOR, SS_NUMBER, STACK_MASK, TR_NUMBER } from './generated/state';
import { WIDE_TSS } from './inner-stack';
import { chargeEvent, count } from './memory/charge';
import { flushTlb } from './memory/control';
import { probeSystemWrite, readSystem16, readSystem32, readSystem8, write16, write32, writeSystem16,
  writeSystem32 } from './memory/access';
import { loadDirectoryPointers } from './memory/directory-pointers';
import { faulted, GP, linear, NP, raise, SS, SS_RECORD, TS, writable } from './operands';
import { changeLevel, enterRow } from './privilege';
import { ACCESSIBLE, baseOf, CODE, CONFORMING, CS_RECORD, descriptorHigh, descriptorLow, dplOf, fillSegment, limitOf,
  loadPlain, markAccessed, NOT_SYSTEM, nullSegment, PRESENT, readDescriptor, recordOf, setBusy, TR_RECORD,
  updateFetchEnd } from './segments';

const BY_JUMP: u32 = 0;
const BY_CALL: u32 = 1;
const BY_RETURN: u32 = 2;

const TASK_SWITCHED: u32 = 0x08;
const PG: u32 = 0x80000000;
/** S and the type without the bits for busy and 32 bits: a TSS. */
const TSS_TYPE: u32 = 0x1500;
const TSS: u32 = 0x0100;
const BUSY: u32 = 0x0200;
const WIDE_LIMIT: u32 = 103;
const NARROW_LIMIT: u32 = 43;
const TRAP_WORD: u32 = 100;
/** All flags but bits that are always 0 or 1, and RF, which is kept apart. */
const EFLAGS_KNOWN: u32 = 0x00267fd5;

/** Does the upper word of a descriptor name a TSS, busy or not? */
export function isTss(high: u32): bool { return (high & TSS_TYPE) == TSS; }

/**
 * JMP or CALL to the TSS of `selector`, whose descriptor was read last and whose privilege was checked. `back`: EIP of
 * the next instruction, `flags`: EFLAGS as they are to be saved.
 */
export function taskByTransfer(selector: u32, call: bool, back: u32, flags: u32): bool {
  if ((descriptorHigh & BUSY) != 0) return raise(GP, selector & ~3);
  return enterTask(selector, call ? BY_CALL : BY_JUMP, back, flags, 0);
}

/** The same through a task gate that names TSS `selector`; the gate was checked. */
export function taskByTransferGate(selector: u32, call: bool, back: u32, flags: u32): bool {
  return findTss(selector, 0) && enterTask(selector, call ? BY_CALL : BY_JUMP, back, flags, 0);
}

/** An interrupt or exception through a task gate. */
export function taskByGate(selector: u32, back: u32, flags: u32, external: u32): bool {
  return findTss(selector, external) && enterTask(selector, BY_CALL, back, flags, external);
}

/** IRET with NT set: to the task that the current TSS is linked to. */
export function taskByReturn(back: u32, flags: u32): bool {
  const selector = readSystem16(load<u32>(TR_RECORD, SEGMENT_BASE));
  if (faulted()) return false;
  const code = selector & ~3;
  if (code == 0 || (selector & 4) != 0) return raise(TS, code);
  if (!readDescriptor(selector, TS, 0)) return false;
  if (!isTss(descriptorHigh) || (descriptorHigh & BUSY) == 0) return raise(TS, code);
  return enterTask(selector, BY_RETURN, back, flags & ~NT, 0);
}

/** An available TSS in the GDT. */
function findTss(selector: u32, external: u32): bool {
  const code = (selector & ~3) | external;
  if ((selector & ~3) == 0 || (selector & 4) != 0) return raise(GP, code);
  if (!readDescriptor(selector, GP, external)) return false;
  return isTss(descriptorHigh) && (descriptorHigh & BUSY) == 0 ? true : raise(GP, code);
}

/** May the bytes from `base` to `base + limit` be read (written) by the processor itself? */
function inMemory(base: u32, limit: u32, write: bool): bool {
  if (!byteInMemory(base, write)) return false;
  return ((base ^ (base + limit)) & ~0xfff) == 0 || byteInMemory(base + limit, write);
}

function byteInMemory(la: u32, write: bool): bool {
  if (write) return probeSystemWrite(la, 1) != -1;
  readSystem8(la);
  return !faulted();
}

/** The descriptor of `selector` was read last. */
function enterTask(selector: u32, by: u32, back: u32, flags: u32, external: u32): bool {
  const low = descriptorLow;
  const high = descriptorHigh;
  const wide = (high & WIDE_TSS) != 0;
  const code = (selector & ~3) | external;
  if ((high & PRESENT) == 0) return raise(NP, code);
  const limit: u32 = wide ? WIDE_LIMIT : NARROW_LIMIT;
  if (limitOf(low, high) < limit) return raise(TS, code);
  const oldWide = (load<u32>(TR_RECORD, SEGMENT_ATTRIBUTES) & WIDE_TSS) != 0;
  const old = load<u32>(TR_RECORD, SEGMENT_BASE);
  const oldSelector = load<u32>(TR_RECORD, SEGMENT_SELECTOR);
  const oldLimit: u32 = oldWide ? WIDE_LIMIT : NARROW_LIMIT;
  if (load<u32>(TR_RECORD, SEGMENT_LIMIT) < oldLimit) return raise(TS, (oldSelector & ~3) | external);
  const base = baseOf(low, high);
  if (!inMemory(old, oldLimit, true) || !inMemory(base, limit, by == BY_CALL)) return false;
  if (by != BY_RETURN && !setBusy(selector, true)) return false;
  if (by != BY_CALL && !setBusy(oldSelector, false)) return false;

  saveTask(old, oldWide, back, flags);
  if (by == BY_CALL) writeSystem16(base, oldSelector);
  chargeEvent(EVENT_TASK_SWITCH);
  fillSegment(TR_NUMBER, selector, low, high | BUSY);
  store<u32>(CR0, load<u32>(CR0) | TASK_SWITCHED);
  return loadTask(base, wide, by, external);
}

function saveTask(tss: u32, wide: bool, eip: u32, flags: u32): void {
  if (wide) {
    writeSystem32(tss + 0x20, eip);
    writeSystem32(tss + 0x24, flags);
    for (let i: u32 = 0; i < 8; i++) writeSystem32(tss + 0x28 + (i << 2), load<u32>(EAX + (i << 2)));
    for (let i: u32 = 0; i < 6; i++) writeSystem16(tss + 0x48 + (i << 2), load<u32>(recordOf(i), SEGMENT_SELECTOR));
    return;
  }
  writeSystem16(tss + 0x0e, eip);
  writeSystem16(tss + 0x10, flags);
  for (let i: u32 = 0; i < 8; i++) writeSystem16(tss + 0x12 + (i << 1), load<u32>(EAX + (i << 2)));
  for (let i: u32 = 0; i < 4; i++) writeSystem16(tss + 0x22 + (i << 1), load<u32>(recordOf(i), SEGMENT_SELECTOR));
}

/** Selectors of the new task by segment number. */
const SELECTORS: usize = memory.data(24, 4);

/** The new task's registers, all of them before any segment is looked at; then the segments. */
function loadTask(tss: u32, wide: bool, by: u32, external: u32): bool {
  const directory = wide ? readSystem32(tss + 0x1c) : 0;
  const eip = wide ? readSystem32(tss + 0x20) : readSystem16(tss + 0x0e);
  let flags = wide ? readSystem32(tss + 0x24) : readSystem16(tss + 0x10);
  for (let i: u32 = 0; i < 8; i++) {
    const value = wide ? readSystem32(tss + 0x28 + (i << 2)) : 0xffff0000 | readSystem16(tss + 0x12 + (i << 1));
    store<u32>(EAX + (i << 2), value);
  }
  const segments: u32 = wide ? 6 : 4;
  for (let i: u32 = 0; i < 6; i++) {
    const selector = i >= segments ? 0 : readSystem16(wide ? tss + 0x48 + (i << 2) : tss + 0x22 + (i << 1));
    store<u32>(SELECTORS + (i << 2), selector);
    nullSegment(i, selector);
  }
  const local = readSystem16(wide ? tss + 0x60 : tss + 0x2a);
  nullSegment(LDTR_NUMBER, local);
  const trap = wide && (readSystem16(tss + TRAP_WORD) & 1) != 0;
  if (by == BY_CALL) flags |= NT;
  setExplicit(flags & ARITHMETIC);
  store<u32>(EFLAGS, flags & EFLAGS_KNOWN & ~ARITHMETIC);
  setResume((flags & RF) != 0);
  store<u32>(EIP, eip);
  store<u32>(HALTED, 0);
  debugTaskSwitch(false);
  if (wide && (load<u32>(CR0) & PG) != 0) {
    if (!loadDirectoryPointers(directory)) return failed(external);
    if (directory != load<u32>(CR3)) count(COUNTER_ADDRESS_SPACE);
    store<u32>(CR3, directory);
    flushTlb(false);
  }
  const level: u32 = (flags & VM) != 0 ? 3 : load<u32>(SELECTORS + (CS_NUMBER << 2)) & 3;
  enterRow(level);
  changeLevel(level, EVENT_TASK_SWITCH);
  if (!loadSegments(local, external)) return failed(external);
  updateFetchEnd();
  if (eip > load<u32>(CS_RECORD, SEGMENT_LIMIT)) {
    raise(GP, external);
    return failed(external);
  }
  debugTaskSwitch(trap);
  return true;
}

/** The switch took place, whatever is wrong with the new task: so did an instruction that asked for it. */
function failed(external: u32): bool {
  if (external == 0) countInstructions(1);
  return false;
}

function loadSegments(local: u32, external: u32): bool {
  if (!loadLocalTable(local, external)) return false;
  if ((load<u32>(EFLAGS) & VM) != 0) {
    for (let i: u32 = ES_NUMBER; i <= GS_NUMBER; i++) loadPlain(i, load<u32>(SELECTORS + (i << 2)));
    return true;
  }
  if (!loadTaskCode(external)) return false;
  if (!loadTaskStack(external)) return false;
  for (let i: u32 = ES_NUMBER; i <= GS_NUMBER; i++) {
    if (i != CS_NUMBER && i != SS_NUMBER && !loadTaskData(i, external)) return false;
  }
  return true;
}

function loadLocalTable(selector: u32, external: u32): bool {
  const code = (selector & ~3) | external;
  if ((selector & ~3) == 0) return true;
  if ((selector & 4) != 0) return raise(TS, code);
  if (!readDescriptor(selector, TS, external)) return false;
  if ((descriptorHigh & 0x1f00) != 0x0200 || (descriptorHigh & PRESENT) == 0) return raise(TS, code);
  fillSegment(LDTR_NUMBER, selector, descriptorLow, descriptorHigh);
  return true;
}

function loadTaskCode(external: u32): bool {
  const selector = load<u32>(SELECTORS + (CS_NUMBER << 2));
  const code = (selector & ~3) | external;
  if ((selector & ~3) == 0) return raise(TS, code);
  if (!readDescriptor(selector, TS, external)) return false;
  const high = descriptorHigh;
  if ((high & (NOT_SYSTEM | CODE)) != (NOT_SYSTEM | CODE)) return raise(TS, code);
  const rpl = selector & 3;
  if ((high & CONFORMING) != 0 ? dplOf(high) > rpl : dplOf(high) != rpl) return raise(TS, code);
  if ((high & PRESENT) == 0) return raise(NP, code);
  if (!markAccessed()) return false;
  fillSegment(CS_NUMBER, selector, descriptorLow, descriptorHigh);
  return true;
}

function loadTaskStack(external: u32): bool {
  const selector = load<u32>(SELECTORS + (SS_NUMBER << 2));
  const code = (selector & ~3) | external;
  if ((selector & ~3) == 0) return raise(TS, code);
  if (!readDescriptor(selector, TS, external)) return false;
  const high = descriptorHigh;
  const cpl = load<u32>(CPL);
  if ((high & (NOT_SYSTEM | CODE | ACCESSIBLE)) != (NOT_SYSTEM | ACCESSIBLE)) return raise(TS, code);
  if (dplOf(high) != cpl || (selector & 3) != cpl) return raise(TS, code);
  if ((high & PRESENT) == 0) return raise(SS, code);
  if (!markAccessed()) return false;
  fillSegment(SS_NUMBER, selector, descriptorLow, descriptorHigh);
  return true;
}

function loadTaskData(number: u32, external: u32): bool {
  const selector = load<u32>(SELECTORS + (number << 2));
  const code = (selector & ~3) | external;
  if ((selector & ~3) == 0) return true;
  if (!readDescriptor(selector, TS, external)) return false;
  const high = descriptorHigh;
  const runs = (high & CODE) != 0;
  if ((high & NOT_SYSTEM) == 0 || (runs && (high & ACCESSIBLE) == 0)) return raise(TS, code);
  const open = runs && (high & CONFORMING) != 0;
  const dpl = dplOf(high);
  if (!open && (dpl < (selector & 3) || dpl < load<u32>(CPL))) return raise(TS, code);
  if ((high & PRESENT) == 0) return raise(NP, code);
  if (!markAccessed()) return false;
  fillSegment(number, selector, descriptorLow, descriptorHigh);
  return true;
}

/** The error code of an exception that entered a task goes on that task's stack. */
export function pushTaskCode(code: u32, external: u32): bool {
  const wide = (load<u32>(TR_RECORD, SEGMENT_ATTRIBUTES) & WIDE_TSS) != 0;
  const size: u32 = wide ? 4 : 2;
  const mask = load<u32>(STACK_MASK);
  const esp = load<u32>(ESP);
  const offset = (esp - size) & mask;
  if (!writable(SS_RECORD, offset, size)) return raise(SS, external);
  if (wide) write32(linear(SS_RECORD, offset), code);
  else write16(linear(SS_RECORD, offset), code);
  if (faulted()) return false;
  store<u32>(ESP, (esp & ~mask) | offset);
  return true;
}
