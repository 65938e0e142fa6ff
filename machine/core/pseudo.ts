/** Pseudo-instructions: entries of a run that stand before or behind instructions (decode.ts). */
import { countInstructions, goesOn, issue, startEip } from './entry';
import { EVENT_LOCK } from './generated/events';
import { TICKS_PER_CYCLE } from './generated/issue';
import { CYCLE, EIP, ISSUE_TICKS, SCRATCH_ADDRESS } from './generated/state';
import { listed } from './hooks';
import { hook } from './host';
import { chargeEvent } from './memory/charge';
import { effectiveAddress } from './operands';

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
  if (goesOn(la)) return;
  const ticks: u32 = load<u16>(p, 20);
  const count: u32 = load<u8>(p, 24);
  if (!listed(la)) return look(la, ticks);
  issue(ticks);
  countInstructions(count);
  hook(la);
  // The end of the run charges and counts these again.
  store<u32>(ISSUE_TICKS, load<u32>(ISSUE_TICKS) - ticks);
  countInstructions(-<i32>count);
}

/** For a profiler: charges nothing, and sets the cycle to that of this instruction for as long as the host looks. */
function look(la: u32, ticks: u32): void {
  const cycle = load<i64>(CYCLE);
  // Negative behind a hook of the run's own, which has charged ahead.
  const pending = max<i32>(<i32>(load<u32>(ISSUE_TICKS) + ticks), 0);
  store<i64>(CYCLE, cycle + <i64>(<u32>pending / TICKS_PER_CYCLE));
  hook(la);
  store<i64>(CYCLE, cycle);
}
