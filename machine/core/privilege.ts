/** Changes of the privilege level, and what hangs on them: rights in memory, the ledger row, the count, the observer. */
import { COUNTER_PRIVILEGE } from './generated/counters';
import { CPL, CURRENT_ROW, OBSERVE_CROSSINGS, ROW_AFTER_RETURN, ROW_AFTER_TRAP } from './generated/state';
import { componentStale, cplChanged } from './host';
import { count } from './memory/charge';
import { setRights } from './memory/control';

/** Charges go to the row of privilege level `cpl` from here on. Returns the row that was in use. */
// @ts-ignore: decorator
@inline export function enterRow(cpl: u32): u32 {
  const before = load<u32>(CURRENT_ROW);
  const current = load<u32>(CPL);
  if (cpl != current) {
    const rows = (cpl < current ? ROW_AFTER_TRAP : ROW_AFTER_RETURN) + (cpl << 2);
    if (load<u32>(rows) == 0) componentStale(cpl);
    store<u32>(CURRENT_ROW, load<u32>(rows));
  }
  return before;
}

// @ts-ignore: decorator
@inline export function leaveRow(before: u32): void { store<u32>(CURRENT_ROW, before); }

/** The privilege level becomes `cpl`, by event `reason`; the row was entered by the caller. */
// @ts-ignore: decorator
@inline export function changeLevel(cpl: u32, reason: u32): void {
  if (cpl == load<u32>(CPL)) return;
  store<u32>(CPL, cpl);
  setRights(cpl == 3);
  count(COUNTER_PRIVILEGE);
  if (load<u32>(OBSERVE_CROSSINGS) != 0) cplChanged(reason);
}
