/** The core's exports: what the host calls. Everything else is reached through the shared memory (machine/tables). */
import { CR0, CURRENT_ROW, EFLAGS, FAULT_VECTOR, FETCH_LINE, IDTR_LIMIT, NEXT_DUE, REPEATING, ROW_AFTER_RETURN,
  ROW_AFTER_TRAP, SHADOW, STATE_BYTES, TR_NUMBER } from './generated/state';
import { LEDGER_ROWS, STATE } from './generated/layout';
import { resetDebug } from './debug';
import { dropAllRuns } from './decode-cache';
import { resetFloatingPoint } from './floating-point';
import { emptyAll, emptyTlbs, resetMemory } from './memory/control';
import { translateInForce } from './memory/walk-extended';
import { fillSegment, updateFetchEnd } from './segments';

export { addHook, clearHooks, hookEverything } from './hooks';
export { idle, run } from './run';
export { invalidateCode } from './invalidate';

const PROTECTED: u32 = 0x11;
const FLAT_LOW: u32 = 0x0000ffff;
const FLAT_CODE: u32 = 0x00cf9b00;
const FLAT_DATA: u32 = 0x00cf9300;
/** Selectors that a multiboot loader leaves are undefined; the hidden parts are flat. */
const CODE_SELECTOR: u32 = 0x08;
const DATA_SELECTOR: u32 = 0x10;
const BUSY_TSS: u32 = 0x00008b00;

/** The state in which a multiboot loader hands over: protected mode, flat segments, ring 0, no paging, interrupts off. */
export function reset(): void {
  memory.fill(STATE, 0, STATE_BYTES);
  store<u32>(CR0, PROTECTED);
  store<i32>(FAULT_VECTOR, -1);
  store<i32>(REPEATING, -1);
  store<i32>(FETCH_LINE, -1);
  store<i32>(SHADOW, -1);
  store<i64>(NEXT_DUE, i64.MAX_VALUE);
  store<u32>(CURRENT_ROW, LEDGER_ROWS);
  for (let level: u32 = 0; level < 4; level++) {
    store<u32>(ROW_AFTER_TRAP + (level << 2), LEDGER_ROWS);
    store<u32>(ROW_AFTER_RETURN + (level << 2), LEDGER_ROWS);
  }
  for (let number: u32 = 0; number < 6; number++) {
    if (number == 1) fillSegment(number, CODE_SELECTOR, FLAT_LOW, FLAT_CODE);
    else fillSegment(number, DATA_SELECTOR, FLAT_LOW, FLAT_DATA);
  }
  fillSegment(TR_NUMBER, 0, FLAT_LOW, BUSY_TSS);
  store<u32>(IDTR_LIMIT, 0x3ff);
  store<u32>(EFLAGS, 0);
  resetDebug();
  resetFloatingPoint();
  updateFetchEnd();
}

/** After the host wrote the preset into CONFIG. */
export function configure(): void {
  resetMemory();
  dropAllRuns();
}

/** Measurement states: no guest instruction, no cycle. */
export function flushTlbs(): void { emptyTlbs(); }
export function flushCaches(): void { emptyAll(); }

/** Physical address of a linear one by the page tables in force, or -1. Charges nothing. */
export function translate(linear: u32): i32 { return <i32>translateInForce(linear); }
