/**
 * String instructions (SDM vol. 2: CMPS, INS, LODS, MOVS, OUTS, REP, SCAS, STOS).
 *
 * An iteration commits its registers when its accesses have succeeded, so that a fault, an interrupt or a due device
 * leaves a REP instruction where it can go on. Interrupts and devices are looked at once a chunk.
 *
 * Upward REP MOVS and REP STOS go by whole granules. The first write to a granule goes through the model, after which
 * the rest are free if L1D holds the line, or repeat what the first did if it does not. A source granule must be one
 * that the filter answers for: reading it again changes nothing (memory/filter.ts). Where a segment limit or a
 * misalignment is near, or operands overlap, iterations go one by one. Registers, memory, counters and cycles are the
 * same.
 */
import { advance, flagsOf, issue, operation, REPEAT, REPEAT_NOT, segment, uncount, WORD_ADDRESS,
  WORD_OPERAND } from './entry';
import { DF, IF, setAdd, SUB, zero } from './flags';
import { CONFIG_ISSUE_PRICES } from './generated/config';
import { EVENT_PORT_IN, EVENT_PORT_OUT } from './generated/events';
import { ISSUE_STRING_COMPARE, ISSUE_STRING_MOVE, ISSUE_STRING_START, ISSUE_STRING_STORE } from './generated/issue';
import { CYCLE, EAX, ECX, EDI, EDX, EFLAGS, EIP, ESI, INTERRUPT_LINE, NEXT_DUE, REPEATING, RUN_LIMIT, SEGMENT_READ_END,
  SEGMENT_WRITE_END, STOP_REQUEST } from './generated/state';
import { RAM_BASE } from './generated/layout';
import { portRead, portWrite } from './host';
import { DEVICE, FAULTED, filteredRead, filteredWrite, holdsGranule, locateStore, passStores, probeWrite, read16, read32,
  read8, touchForStore, touchNextStore, touchSameStore, write16, write32, write8 } from './memory/access';
import { passedCycles } from './memory/cache';
import { bufferWrites } from './memory/write-buffer';
import { chargeEvent } from './memory/charge';
import { ES_RECORD, faulted, linear, readable, writable } from './operands';
import { portAllowed } from './port';
import { CS_RECORD } from './segments';

/** Iterations between two looks at interrupts and devices, whether they go one by one or not. */
const CHUNK: u32 = 128;
/** Bytes that a chunk can take. */
const ROOM: u32 = CHUNK * 4;

function sizeOf(p: usize): u32 {
  if (operation(p) == 0) return 1;
  return (flagsOf(p) & WORD_OPERAND) != 0 ? 2 : 4;
}

function readSized(la: u32, size: u32): u32 {
  return size == 4 ? read32(la) : size == 2 ? read16(la) : read8(la);
}

function writeSized(la: u32, value: u32, size: u32): void {
  if (size == 4) write32(la, value);
  else if (size == 2) write16(la, value);
  else write8(la, value);
}

/** An index or count register as the address size sees it. */
// @ts-ignore: decorator
@inline function index(p: usize, register: usize): u32 {
  return (flagsOf(p) & WORD_ADDRESS) != 0 ? <u32>load<u16>(register) : load<u32>(register);
}

// @ts-ignore: decorator
@inline function setIndex(p: usize, register: usize, value: u32): void {
  if ((flagsOf(p) & WORD_ADDRESS) != 0) store<u16>(register, value);
  else store<u32>(register, value);
}

// @ts-ignore: decorator
@inline function step(size: u32): u32 {
  return (load<u32>(EFLAGS) & DF) != 0 ? 0 - size : size;
}

// @ts-ignore: decorator
@inline function issueClass(number: u32): u32 { return load<u32>(CONFIG_ISSUE_PRICES + (number << 2)); }

/** Must a REP instruction give way to an interrupt, a device or the limit? */
function mustPause(): bool {
  const cycle = load<i64>(CYCLE);
  if (cycle >= load<i64>(NEXT_DUE) || cycle >= load<i64>(RUN_LIMIT) || load<u32>(STOP_REQUEST) != 0) return true;
  return load<u32>(INTERRUPT_LINE) != 0 && (load<u32>(EFLAGS) & IF) != 0;
}

const CONTINUE: u32 = 0;
const FINISHED: u32 = 1;
const FAULT: u32 = 2;
/** `bulk` reports a fault by it. */
const FAULT_IN_BULK: u32 = 0xffffffff;

/** What the repeated forms share: `kind` chooses the iteration, `price` is its issue class. */
function repeat(p: usize, kind: u32, price: u32): void {
  const flags = flagsOf(p);
  if ((flags & (REPEAT | REPEAT_NOT)) == 0) {
    if (iterate(p, kind) == FAULT) return;
    issue(issueClass(price));
    advance(p);
    return;
  }
  // One that gave way and goes on has paid for its start.
  if (load<u32>(REPEATING) != linear(CS_RECORD, load<u32>(EIP))) issue(issueClass(ISSUE_STRING_START));
  store<u32>(REPEATING, 0xffffffff);
  const ticks = issueClass(price);
  while (true) {
    if (index(p, ECX) == 0) break;
    let outcome = CONTINUE;
    for (let i: u32 = 0; i < CHUNK; ) {
      const done = bulk(p, kind, ticks, CHUNK - i);
      if (done == FAULT_IN_BULK) return;
      if (done != 0) {
        i += done;
        if (load<u32>(ECX) == 0) outcome = FINISHED;
      } else {
        outcome = iterate(p, kind);
        if (outcome == FAULT) return;
        issue(ticks);
        const left = index(p, ECX) - 1;
        setIndex(p, ECX, left);
        if (left == 0) outcome = FINISHED;
        else if (kind >= COMPARES && zero() != ((flags & REPEAT) != 0)) outcome = FINISHED;
        i++;
      }
      if (outcome == FINISHED) break;
    }
    if (outcome == FINISHED) break;
    if (index(p, ECX) != 0 && mustPause()) {
      // EIP stays here; the instruction has not retired, and its hook is not to be called again.
      uncount();
      store<u32>(REPEATING, linear(CS_RECORD, load<u32>(EIP)));
      return;
    }
  }
  advance(p);
}

const MOVE: u32 = 0;
const STORE: u32 = 1;
const LOAD: u32 = 2;
const INPUT: u32 = 3;
const OUTPUT: u32 = 4;
const COMPARES: u32 = 5;
const COMPARE: u32 = 5;
const SCAN: u32 = 6;

function iterate(p: usize, kind: u32): u32 {
  if (kind == MOVE) return moveOne(p);
  if (kind == STORE) return storeOne(p);
  if (kind == LOAD) return loadOne(p);
  if (kind == COMPARE) return compareOne(p);
  if (kind == SCAN) return scanOne(p);
  return kind == INPUT ? inputOne(p) : outputOne(p);
}

function source(p: usize, size: u32): u32 {
  const s = segment(p);
  const offset = index(p, ESI);
  return readable(s, offset, size) ? readSized(linear(s, offset), size) : 0;
}

function destination(p: usize, size: u32, value: u32): bool {
  const offset = index(p, EDI);
  if (!writable(ES_RECORD, offset, size)) return false;
  writeSized(linear(ES_RECORD, offset), value, size);
  return !faulted();
}

function moveOne(p: usize): u32 {
  const size = sizeOf(p);
  const value = source(p, size);
  if (faulted() || !destination(p, size, value)) return FAULT;
  setIndex(p, ESI, load<u32>(ESI) + step(size));
  setIndex(p, EDI, load<u32>(EDI) + step(size));
  return CONTINUE;
}

function storeOne(p: usize): u32 {
  const size = sizeOf(p);
  if (!destination(p, size, load<u32>(EAX))) return FAULT;
  setIndex(p, EDI, load<u32>(EDI) + step(size));
  return CONTINUE;
}

function loadOne(p: usize): u32 {
  const size = sizeOf(p);
  const value = source(p, size);
  if (faulted()) return FAULT;
  if (size == 4) store<u32>(EAX, value);
  else if (size == 2) store<u16>(EAX, value);
  else store<u8>(EAX, value);
  setIndex(p, ESI, load<u32>(ESI) + step(size));
  return CONTINUE;
}

// @ts-ignore: decorator
@inline function setCompared(a: u32, b: u32, size: u32): void {
  const shift = 32 - (size << 3);
  setAdd((shift << 8) | SUB, a << shift, (a - b) << shift);
}

function compareOne(p: usize): u32 {
  const size = sizeOf(p);
  const a = source(p, size);
  if (faulted()) return FAULT;
  const offset = index(p, EDI);
  if (!readable(ES_RECORD, offset, size)) return FAULT;
  const b = readSized(linear(ES_RECORD, offset), size);
  if (faulted()) return FAULT;
  setCompared(a, b, size);
  setIndex(p, ESI, load<u32>(ESI) + step(size));
  setIndex(p, EDI, load<u32>(EDI) + step(size));
  return CONTINUE;
}

function scanOne(p: usize): u32 {
  const size = sizeOf(p);
  const offset = index(p, EDI);
  if (!readable(ES_RECORD, offset, size)) return FAULT;
  const b = readSized(linear(ES_RECORD, offset), size);
  if (faulted()) return FAULT;
  setCompared(load<u32>(EAX), b, size);
  setIndex(p, EDI, load<u32>(EDI) + step(size));
  return CONTINUE;
}

/** The destination is checked before the port is read: a device must not lose what it gave. */
function inputOne(p: usize): u32 {
  const size = sizeOf(p);
  const port: u32 = load<u16>(EDX);
  const offset = index(p, EDI);
  if (!portAllowed(port, size) || !writable(ES_RECORD, offset, size)) return FAULT;
  if (probeWrite(linear(ES_RECORD, offset), size) == -1) return FAULT;
  chargeEvent(EVENT_PORT_IN);
  writeSized(linear(ES_RECORD, offset), portRead(port, size), size);
  setIndex(p, EDI, load<u32>(EDI) + step(size));
  return CONTINUE;
}

function outputOne(p: usize): u32 {
  const size = sizeOf(p);
  const port: u32 = load<u16>(EDX);
  if (!portAllowed(port, size)) return FAULT;
  const value = source(p, size);
  if (faulted()) return FAULT;
  chargeEvent(EVENT_PORT_OUT);
  portWrite(port, size, value);
  setIndex(p, ESI, load<u32>(ESI) + step(size));
  return CONTINUE;
}

// ---- whole granules

/**
 * Does as many iterations of MOVS or STOS, `most` at most, as stay in the granules that the filter answers for; returns
 * their number, 0 where a single iteration must go first.
 */
function bulk(p: usize, kind: u32, ticks: u32, most: u32): u32 {
  if (kind > STORE || (flagsOf(p) & WORD_ADDRESS) != 0 || (load<u32>(EFLAGS) & DF) != 0) return 0;
  const size = sizeOf(p);
  const edi = load<u32>(EDI);
  const target = linear(ES_RECORD, edi);
  if ((target & (size - 1)) != 0 || edi + ROOM >= load<u32>(ES_RECORD, SEGMENT_WRITE_END) || edi + ROOM < edi) return 0;
  if (kind == STORE) return storeGranules(target, size, most, ticks);
  return moveGranule(p, target, size, most, ticks);
}

/** MOVS, `most` iterations at most, to the end of the granule of source or destination. */
function moveGranule(p: usize, target: u32, size: u32, most: u32, ticks: u32): u32 {
  const s = segment(p);
  const esi = load<u32>(ESI);
  const origin = linear(s, esi);
  if ((origin & (size - 1)) != 0 || esi + ROOM >= load<u32>(s, SEGMENT_READ_END) || esi + ROOM < esi) return 0;
  const from = filteredRead(origin);
  if (from == 0) return 0;
  const room = min(32 - (target & 31), 32 - (origin & 31));
  let n: u32 = min(min(room / size, load<u32>(ECX)), most);
  let to = filteredWrite(target);
  let again = false;
  if (to == 0) {
    const host = touchForStore(target);
    if (host == FAULTED) return FAULT_IN_BULK;
    if (host == DEVICE) return 0;
    to = <u32>host;
    again = !holdsGranule;
    // The write may have cost the source its place, and operands that overlap repeat a pattern.
    if (filteredRead(origin) != from || overlaps(from, to, n * size)) n = 1;
  } else if (overlaps(from, to, n * size)) return 0;
  const bytes = n * size;
  copy(to, from, bytes);
  if (again) {
    issue(ticks);
    touchSameStore(n - 1, ticks);
  } else issue(n * ticks);
  store<u32>(ESI, esi + bytes);
  store<u32>(EDI, load<u32>(EDI) + bytes);
  store<u32>(ECX, load<u32>(ECX) - n);
  return n;
}

/** Would a step read what an earlier one wrote? */
function overlaps(from: u32, to: u32, bytes: u32): bool {
  return from < to && from + bytes > to;
}

/**
 * STOS, `most` iterations at most, up to the end of the page. The first iteration in a granule goes through the model,
 * and the others are free if the line is in L1D after it; the filter learns nothing of a page that is only cleared.
 * Writes that go past L1D wait in the write buffer together, those of one kind that follow each other.
 */
function storeGranules(target: u32, size: u32, most: u32, ticks: u32): u32 {
  const host = locateStore(target);
  if (host == FAULTED) return FAULT_IN_BULK;
  if (host == DEVICE) return 0;
  let to = <u32>host;
  const left = min(min(load<u32>(ECX), most), (0x1000 - (target & 0xfff)) / size);
  let waiting: u32 = 0;
  let kind: u32 = 0;
  for (let done: u32 = 0; done < left; ) {
    const bytes = (left - done) * size;
    const whole = (to & 31) == 0 && bytes >= 32;
    let n = whole ? 32 / size : min((32 - (to & 31)) / size, left - done);
    const passed = passStores(to - RAM_BASE, whole ? bytes >> 5 : 1, n);
    if (waiting != 0 && (passed == 0 || passedCycles != kind)) {
      bufferWrites(waiting, kind, ticks);
      waiting = 0;
    }
    if (passed != 0) {
      kind = passedCycles;
      n *= passed;
      waiting += n;
    } else {
      touchNextStore(to - RAM_BASE);
      issue(n * ticks);
    }
    done += n;
    to += n * size;
  }
  if (waiting != 0) bufferWrites(waiting, kind, ticks);
  fill(<u32>host, left * size, size);
  store<u32>(EDI, load<u32>(EDI) + left * size);
  store<u32>(ECX, load<u32>(ECX) - left);
  return left;
}

/** Upwards; no source byte is one that an earlier step has written. */
function copy(to: u32, from: u32, bytes: u32): void {
  const end = to + bytes;
  for (; to + 8 <= end; to += 8, from += 8) store<u64>(to, load<u64>(from));
  for (; to < end; to++, from++) store<u8>(to, load<u8>(from));
}

/** The accumulator's low `size` bytes, over and over; `bytes` is a multiple of `size`. */
function fill(to: u32, bytes: u32, size: u32): void {
  let pattern = load<u32>(EAX);
  if (size == 1) pattern = (pattern & 0xff) * 0x01010101;
  else if (size == 2) pattern = (pattern & 0xffff) * 0x00010001;
  if (pattern == (pattern & 0xff) * 0x01010101) {
    memory.fill(to, <u8>pattern, bytes);
    return;
  }
  const end = to + bytes;
  for (; to + 4 <= end; to += 4) store<u32>(to, pattern);
  for (; to < end; to++, pattern >>= 8) store<u8>(to, pattern);
}

export function MOVS(p: usize): void { repeat(p, MOVE, ISSUE_STRING_MOVE); }
export function STOS(p: usize): void { repeat(p, STORE, ISSUE_STRING_STORE); }
export function LODS(p: usize): void { repeat(p, LOAD, ISSUE_STRING_MOVE); }
export function CMPS(p: usize): void { repeat(p, COMPARE, ISSUE_STRING_COMPARE); }
export function SCAS(p: usize): void { repeat(p, SCAN, ISSUE_STRING_COMPARE); }
export function INS(p: usize): void { repeat(p, INPUT, ISSUE_STRING_MOVE); }
export function OUTS(p: usize): void { repeat(p, OUTPUT, ISSUE_STRING_MOVE); }
