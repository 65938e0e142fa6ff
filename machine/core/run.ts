/**
 * The run loop. Between runs (decode.ts says where they end), in this order: the limit and due devices, a stop asked for
 * by the host, an interrupt, a halted processor; then the next run is fetched, decoded if need be, and executed.
 */
import { beginSingle } from './debug';
import { goesOn, RETIRED, retireBefore, retireRun, uncount } from './entry';
import { debugTrap, deliverPending, hardwareInterrupt, nonMaskableInterrupt } from './exception';
import { findRun, findSingle } from './find-run';
import { IF } from './flags';
import { CAUSE_IDLE } from './generated/causes';
import { COUNTER_INSTRUCTIONS } from './generated/counters';
import { execute } from './generated/dispatch';
import { EVENT_HALT_WAKE } from './generated/events';
import { CURRENT_ROW, CYCLE, DEBUG_PENDING, EFLAGS, EIP, FETCH_END, FETCH_LINE, HALTED, INTERRUPT_LINE, NEXT_DUE,
  NMI_BLOCKED, NMI_LINE, RUN_LIMIT, SEGMENT_BASE, SEGMENT_LIMIT, SHADOW, STOP_REQUEST } from './generated/state';
import { STOP_DUE, STOP_HALTED, STOP_LIMIT, STOP_REQUESTED, STOP_TRIPLE_FAULT } from './generated/stop';
import { acknowledge } from './host';
import { chargeEvent } from './memory/charge';
import { fetch } from './memory/fetch';
import { faulted, GP, raise } from './operands';
import { CS_RECORD } from './segments';

/** `attend` found no reason to stop. */
const GO_ON: u32 = 0xffffffff;

/** Runs until the cycle reaches `limit` or something needs the host (tables/stop.ts). */
export function run(limit: i64): u32 {
  store<i64>(RUN_LIMIT, limit);
  while (true) {
    const cycle = load<i64>(CYCLE);
    if (cycle >= load<i64>(NEXT_DUE)) return STOP_DUE;
    if (cycle >= limit) return STOP_LIMIT;
    // The interrupt line and a stop request; the halted state and the NMI line.
    if ((load<u64>(INTERRUPT_LINE) | load<u64>(HALTED)) != 0) {
      const stop = attend();
      if (stop != GO_ON) return stop;
    }
    const p = next();
    const last = p != 0 ? execute(p) : RETIRED;
    if (!faulted()) {
      if (last != RETIRED) retireRun(last);
    } else {
      if (last != RETIRED) retireBefore(last);
      else if (p != 0) uncount();
      if (!deliverPending()) return STOP_TRIPLE_FAULT;
    }
    if (load<u32>(DEBUG_PENDING) != 0 && !debugTrap()) return STOP_TRIPLE_FAULT;
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

/** Near the limit of CS, single-stepping, or with breakpoints: one instruction. */
function nextSingle(eip: u32, la: u32): usize {
  if (!beginSingle(la, goesOn(la))) return 0;
  const limit = load<u32>(CS_RECORD, SEGMENT_LIMIT);
  if (eip > limit) {
    raise(GP, 0);
    return 0;
  }
  if ((la & ~31) != load<u32>(FETCH_LINE) && fetch(la) < 0) return 0;
  const left = limit - eip;
  return findSingle(la, left >= 64 ? 64 : left + 1);
}

/** Stops, interrupts and the halted state; GO_ON when the next run can execute. */
function attend(): u32 {
  if (load<u32>(STOP_REQUEST) != 0) {
    store<u32>(STOP_REQUEST, 0);
    return STOP_REQUESTED;
  }
  const open = load<u32>(SHADOW) != load<u32>(COUNTER_INSTRUCTIONS);
  if (open && load<u32>(NMI_LINE) != 0 && load<u32>(NMI_BLOCKED) == 0) {
    wake();
    store<u32>(NMI_LINE, 0);
    return interrupted(nonMaskableInterrupt());
  }
  if (open && load<u32>(INTERRUPT_LINE) != 0 && (load<u32>(EFLAGS) & IF) != 0) {
    wake();
    return interrupted(hardwareInterrupt(acknowledge()));
  }
  return load<u32>(HALTED) != 0 ? STOP_HALTED : GO_ON;
}

function wake(): void {
  if (load<u32>(HALTED) == 0) return;
  store<u32>(HALTED, 0);
  chargeEvent(EVENT_HALT_WAKE);
}

/** An interrupt can have entered a task with its T bit set. */
function interrupted(alive: bool): u32 {
  if (alive && load<u32>(DEBUG_PENDING) != 0) alive = debugTrap();
  return alive ? GO_ON : STOP_TRIPLE_FAULT;
}

/** While halted: time passes up to `until`. */
export function idle(until: i64): void {
  const cycle = load<i64>(CYCLE);
  if (load<u32>(HALTED) == 0 || until <= cycle) return;
  store<i64>(CYCLE, until);
  const cell = load<u32>(CURRENT_ROW) + (CAUSE_IDLE << 3);
  store<i64>(cell, load<i64>(cell) + until - cycle);
}
