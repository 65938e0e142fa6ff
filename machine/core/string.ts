/**
 * String instructions (SDM vol. 2: CMPS, INS, LODS, MOVS, OUTS, REP, SCAS, STOS).
 *
 * An iteration commits its registers when its accesses have succeeded, so that a fault, an interrupt or a due device
 * leaves a REP instruction where it can go on. Interrupts and devices are looked at once a chunk, and so is the code
 * itself: an instruction that may have overwritten itself, or would be fetched otherwise than before, is fetched again,
 * as it would be after an interrupt. So nobody can tell where a run was cut.
 * REP MOVS and REP STOS go by whole granules where nothing can go wrong (string-bulk.ts).
 */
import { advance, flagsOf, goesOn, issue, operation, REPEAT, REPEAT_NOT, segment, uncount, WORD_ADDRESS,
  WORD_OPERAND } from './entry';
import { DF, IF, setAdd, SUB, zero } from './flags';
import { CONFIG_ISSUE_PRICES, CONFIG_UNIFIED_CACHE, CONFIG_UNIFIED_TLB } from './generated/config';
import { EVENT_PORT_IN, EVENT_PORT_OUT } from './generated/events';
import {
  ISSUE_STRING_COMPARE, ISSUE_STRING_MOVE, ISSUE_STRING_START, ISSUE_STRING_STORE, ISSUE_STRING_STORE_START,
} from './generated/issue';
import { CR3, CYCLE, DEBUG_PENDING, EAX, ECX, EDI, EDX, EFLAGS, EIP, ESI, FETCH_END, FETCH_HOST, FETCH_LINE, INTERRUPT_LINE,
  NEXT_DUE, NMI_LINE, REPEATING, REPEATING_SPACE, RUN_LIMIT, STOP_REQUEST } from './generated/state';
import { RAM_BASE } from './generated/layout';
import { portRead, portWrite } from './host';
import { probeWrite, read16, read32, read8, write16, write32, write8 } from './memory/access';
import { chargeEvent } from './memory/charge';
import { isCode } from './memory/granules';
import { ES_RECORD, faulted, linear, readable, writable } from './operands';
import { portAllowed } from './port';
import { CS_RECORD } from './segments';
import { bulk, CHUNK, FAULT_IN_BULK, LONG, longest } from './string-bulk';

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

/** Must a REP instruction give way to an interrupt, a device or the limit, now or within so many cycles? */
function mustPause(within: i64): bool {
  const cycle = load<i64>(CYCLE) + within;
  if (cycle >= load<i64>(NEXT_DUE) || cycle >= load<i64>(RUN_LIMIT) || load<u32>(STOP_REQUEST) != 0) return true;
  if (load<u32>(DEBUG_PENDING) != 0 || load<u32>(NMI_LINE) != 0) return true;
  return load<u32>(INTERRUPT_LINE) != 0 && (load<u32>(EFLAGS) & IF) != 0;
}

/**
 * Is the instruction at linear address `la` the one that was fetched last, in one granule, and as it was decoded? Else it
 * is fetched and decoded anew before it goes on (SDM vol. 3, 8.1.3 lets code that changes itself take effect here).
 */
function stillFetched(la: u32): bool {
  return (la & ~31) == load<u32>(FETCH_LINE) && isCode(load<u32>(FETCH_HOST) - RAM_BASE);
}

/** May one look at the code stand for several? Not where data and code share what a fetch goes through. */
function fetchesApart(la: u32): bool {
  return (load<u32>(CONFIG_UNIFIED_CACHE) | load<u32>(CONFIG_UNIFIED_TLB)) == 0 && stillFetched(la);
}

const CONTINUE: u32 = 0;
const FINISHED: u32 = 1;
const FAULT: u32 = 2;

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
  const la = linear(CS_RECORD, load<u32>(EIP));
  if (!goesOn(la)) {
    issue(issueClass(kind == STORE ? ISSUE_STRING_STORE_START : ISSUE_STRING_START));
  }
  store<u32>(REPEATING, 0xffffffff);
  store<u32>(REPEATING_SPACE, 0);
  const ticks = issueClass(price);
  const size = sizeOf(p);
  // While instructions go one by one, iterations do too: each can end in a debug trap.
  const chunk: u32 = load<u32>(FETCH_END) == 0 ? 1 : CHUNK;
  const long = kind == STORE && chunk == CHUNK && fetchesApart(la);
  while (true) {
    if (index(p, ECX) == 0) break;
    let outcome = CONTINUE;
    // Where no look can find anything, stores go on past it.
    let most = long && index(p, ECX) > CHUNK && !mustPause(longest(ticks)) ? LONG : chunk;
    for (let i: u32 = 0; i < most; ) {
      const done = kind <= STORE ? bulk(p, kind == MOVE, size, ticks, most - i) : 0;
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
      // A single step may have been a device's, or dear; many at once may have ended before this instruction: a look.
      most = min(most, (i + CHUNK - 1) & ~(CHUNK - 1));
    }
    if (outcome == FINISHED) break;
    if (index(p, ECX) != 0 && (!stillFetched(la) || mustPause(0))) {
      // EIP stays here; the instruction has not retired, and its hook is not to be called again.
      uncount();
      store<u32>(REPEATING, la);
      store<u32>(REPEATING_SPACE, load<u32>(CR3));
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

export function MOVS(p: usize): void { repeat(p, MOVE, ISSUE_STRING_MOVE); }
export function STOS(p: usize): void { repeat(p, STORE, ISSUE_STRING_STORE); }
export function LODS(p: usize): void { repeat(p, LOAD, ISSUE_STRING_MOVE); }
export function CMPS(p: usize): void { repeat(p, COMPARE, ISSUE_STRING_COMPARE); }
export function SCAS(p: usize): void { repeat(p, SCAN, ISSUE_STRING_COMPARE); }
export function INS(p: usize): void { repeat(p, INPUT, ISSUE_STRING_MOVE); }
export function OUTS(p: usize): void { repeat(p, OUTPUT, ISSUE_STRING_MOVE); }
