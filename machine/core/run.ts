/**
 * The run loop. Between runs (decode.ts says where they end), in this order: the limit and due devices, a stop asked for
 * by the host, an interrupt, a halted processor; then the next run is fetched, decoded if need be, and executed.
 */
import { findRun, findSingle } from './decode-cache';
import { countInstructions, issue, RETIRED, retireBefore, retireRun, startEip, uncount } from './entry';
import { deliverPending, hardwareInterrupt } from './exception';
import { IF, TF } from './flags';
import { CAUSE_IDLE } from './generated/causes';
import { COUNTER_INSTRUCTIONS } from './generated/counters';
import { execute } from './generated/dispatch';
import { EVENT_HALT_WAKE, EVENT_LOCK } from './generated/events';
import { CURRENT_ROW, CYCLE, DR, EFLAGS, EIP, FETCH_END, FETCH_LINE, HALTED, INTERRUPT_LINE, ISSUE_TICKS, NEXT_DUE,
  REPEATING, RUN_LIMIT, SCRATCH_ADDRESS, SEGMENT_BASE, SEGMENT_LIMIT, SHADOW, STOP_REQUEST } from './generated/state';
import { STOP_DUE, STOP_HALTED, STOP_LIMIT, STOP_REQUESTED, STOP_TRIPLE_FAULT } from './generated/stop';
import { acknowledge, hook } from './host';
import { chargeEvent } from './memory/charge';
import { fetch } from './memory/fetch';
import { DB, effectiveAddress, faulted, GP, raise } from './operands';
import { CS_RECORD } from './segments';

/** DR6: a single step was the reason of #DB. */
const SINGLE_STEP: u32 = 0x4000;
const DR6: usize = DR + 24;

/** `attend` found no reason to stop. */
const GO_ON: u32 = 0xffffffff;

/** Runs until the cycle reaches `limit` or something needs the host (tables/stop.ts). */
export function run(limit: i64): u32 {
  store<i64>(RUN_LIMIT, limit);
  while (true) {
    const cycle = load<i64>(CYCLE);
    if (cycle >= load<i64>(NEXT_DUE)) return STOP_DUE;
    if (cycle >= limit) return STOP_LIMIT;
    if ((load<u32>(INTERRUPT_LINE) | load<u32>(HALTED) | load<u32>(STOP_REQUEST)) != 0) {
      const stop = attend();
      if (stop != GO_ON) return stop;
    }
    const p = next();
    const last = p != 0 ? execute(p) : RETIRED;
    if (!faulted()) {
      if (last != RETIRED) retireRun(last);
      if (stepping && !stepped()) return STOP_TRIPLE_FAULT;
    } else {
      stepping = false;
      if (last != RETIRED) retireBefore(last);
      else if (p != 0) uncount();
      if (!deliverPending()) return STOP_TRIPLE_FAULT;
    }
  }
}

/** The next run, or 0 with a fault reported. */
// @ts-ignore: decorator
@inline function next(): usize {
  const eip = load<u32>(EIP);
  const la = load<u32>(CS_RECORD, SEGMENT_BASE) + eip;
  if (eip >= load<u32>(FETCH_END)) return nextSingle(eip, la);
  if ((la & ~31) != load<u32>(FETCH_LINE) && fetch(la) < 0) return 0;
  return findRun(la);
}

/** Near the limit of CS, or single-stepping: one instruction. */
function nextSingle(eip: u32, la: u32): usize {
  const limit = load<u32>(CS_RECORD, SEGMENT_LIMIT);
  if (eip > limit) {
    raise(GP, 0);
    return 0;
  }
  if ((la & ~31) != load<u32>(FETCH_LINE) && fetch(la) < 0) return 0;
  const left = limit - eip;
  stepping = (load<u32>(EFLAGS) & TF) != 0;
  return findSingle(la, left >= 64 ? 64 : left + 1);
}

/** The instruction in progress began with TF set. */
let stepping: bool = false;

/** #DB after it, unless it entered the IDT itself (which clears TF). False: the processor shuts down. */
function stepped(): bool {
  stepping = false;
  if ((load<u32>(EFLAGS) & TF) == 0) return true;
  store<u32>(DR6, load<u32>(DR6) | SINGLE_STEP);
  raise(DB, 0);
  return deliverPending();
}

/** Stops, interrupts and the halted state; GO_ON when the next run can execute. */
function attend(): u32 {
  if (load<u32>(STOP_REQUEST) != 0) {
    store<u32>(STOP_REQUEST, 0);
    return STOP_REQUESTED;
  }
  const open = (load<u32>(EFLAGS) & IF) != 0 && load<u32>(SHADOW) != load<u32>(COUNTER_INSTRUCTIONS);
  if (load<u32>(INTERRUPT_LINE) != 0 && open) {
    if (load<u32>(HALTED) != 0) {
      store<u32>(HALTED, 0);
      chargeEvent(EVENT_HALT_WAKE);
    }
    return hardwareInterrupt(acknowledge()) ? GO_ON : STOP_TRIPLE_FAULT;
  }
  return load<u32>(HALTED) != 0 ? STOP_HALTED : GO_ON;
}

/** While halted: time passes up to `until`. */
export function idle(until: i64): void {
  const cycle = load<i64>(CYCLE);
  if (load<u32>(HALTED) == 0 || until <= cycle) return;
  store<i64>(CYCLE, until);
  const cell = load<u32>(CURRENT_ROW) + (CAUSE_IDLE << 3);
  store<i64>(cell, load<i64>(cell) + until - cycle);
}

// ---- pseudo-instructions of a run

/** The run is over: EIP goes to what follows it. */
// @ts-ignore: decorator
@inline export function END(p: usize): bool {
  store<u32>(EIP, startEip(p));
  return true;
}

/** The address of an instruction with 16-bit addressing. */
export function EA16(p: usize): void { store<u32>(SCRATCH_ADDRESS, effectiveAddress(p) & 0xffff); }

export function LOCK(p: usize): void { chargeEvent(EVENT_LOCK); }

/**
 * Calls the host. It sees the cycle and the ledger as of this instruction: what the run has issued is charged first. A
 * REP instruction that goes on after an interrupt is not announced again.
 */
export function HOOK(p: usize): void {
  const la = load<u32>(p, 8);
  if (load<u32>(REPEATING) == la) return;
  const ticks: u32 = load<u16>(p, 20);
  const count: u32 = load<u8>(p, 24);
  issue(ticks);
  countInstructions(count);
  hook(la);
  // The end of the run charges and counts these again.
  store<u32>(ISSUE_TICKS, load<u32>(ISSUE_TICKS) - ticks);
  countInstructions(-<i32>count);
}
