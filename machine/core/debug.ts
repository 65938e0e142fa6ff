/**
 * Debug registers, breakpoints, single step (SDM vol. 3, chapter 17).
 *
 *     DR0-3  linear addresses     DR6  why: 0-3 B0-B3, 13 BD, 14 BS, 15 BT
 *     DR7    bits 2n, 2n+1: breakpoint n enabled (local, global)   13 GD
 *            bits 16+4n: 0 code, 1 data writes, 2 I/O (with CR4.DE), 3 data; bits 18+4n: length less one
 *
 * While DR7 enables anything, BREAKPOINTS is not 0: instructions go one by one (as under EFLAGS.TF) and every data access
 * takes the long way round, where it is compared. Else nothing here is ever asked.
 *
 * Code breakpoints and GD are faults, reported before the instruction; data and I/O breakpoints, single step and the T
 * bit of a TSS are traps, collected in DEBUG_PENDING and reported after it. A load of SS holds traps back until one more
 * instruction has retired. EFLAGS.RF is kept as the count of instructions at which it was set: it lasts for one.
 */
import { advance, dst, srcNumber } from './entry';
import { TF } from './flags';
import { COUNTER_INSTRUCTIONS } from './generated/counters';
import { EVENT_DEBUG_REGISTER } from './generated/events';
import { BREAKPOINTS, CPL, CR4, DEBUG_PENDING, DR, EFLAGS, RESUME_MARK, STACK_SHADOW } from './generated/state';
import { chargeEvent } from './memory/charge';
import { emptyFilters } from './memory/filter';
import { matches } from './memory/watch';
import { DB, GP, raise, UNDEFINED } from './operands';
import { updateFetchEnd } from './segments';

const DR6: usize = DR + 24;
const DR7: usize = DR + 28;
const DR6_FIXED: u32 = 0xffff0ff0;
const DR6_WRITABLE: u32 = 0x0000e00f;
const DR7_FIXED: u32 = 0x00000400;
const DR7_WRITABLE: u32 = 0xffff23ff;
const HITS: u32 = 0x0000000f;
const GENERAL_DETECT: u32 = 0x00002000;
const ACCESS_DETECTED: u32 = 0x00002000;
const SINGLE_STEP: u32 = 0x00004000;
const TASK_SWITCHED: u32 = 0x00008000;
const LOCAL_ENABLES: u32 = 0x00000155;
const CR4_DE: u32 = 0x08;

/** Kinds of DR7. */
const ON_CODE: u32 = 0;
const ON_PORT: u32 = 2;
const CODE_ENABLED: u32 = 0x00f;

export function resetDebug(): void {
  store<u32>(DR6, DR6_FIXED);
  store<u32>(DR7, DR7_FIXED);
  store<i32>(STACK_SHADOW, -1);
  store<i32>(RESUME_MARK, -1);
}

// @ts-ignore: decorator
@inline function kindOf(n: u32): u32 { return (load<u32>(DR7) >> (16 + (n << 2))) & 3; }
// @ts-ignore: decorator
@inline function enabled(n: u32): bool { return ((load<u32>(DR7) >> (n << 1)) & 3) != 0; }

/** After DR7, an address or CR4.DE has changed. */
export function updateBreakpoints(): void {
  let all: u32 = 0;
  for (let n: u32 = 0; n < 4; n++) {
    if (!enabled(n)) continue;
    const kind = kindOf(n);
    if (kind == ON_CODE) all |= 1 << n;
    else if (kind != ON_PORT) all |= 0x10 << n;
    else if ((load<u32>(CR4) & CR4_DE) != 0) all |= 0x100 << n;
  }
  if (all != load<u32>(BREAKPOINTS)) emptyFilters();
  store<u32>(BREAKPOINTS, all);
  updateFetchEnd();
}

/** EFLAGS.RF as of the instruction that is about to begin. */
export function resumed(): bool { return load<u32>(RESUME_MARK) == load<u32>(COUNTER_INSTRUCTIONS); }

/** EFLAGS.RF becomes 1 for the next instruction, or 0. */
export function setResume(flag: bool): void {
  store<u32>(RESUME_MARK, flag ? load<u32>(COUNTER_INSTRUCTIONS) : load<u32>(COUNTER_INSTRUCTIONS) - 1);
}

/** A load of SS has retired last: traps wait, and a breakpoint on this instruction is passed over (17.3.1.1). */
function behindStackLoad(): bool { return load<u32>(STACK_SHADOW) == load<u32>(COUNTER_INSTRUCTIONS); }

/**
 * Before an instruction that goes alone, not fetched yet; `again`: it gave way and goes on. False: its breakpoint is
 * reported.
 */
export function beginSingle(la: u32, again: bool): bool {
  const group = load<u32>(BREAKPOINTS) & CODE_ENABLED;
  if (group != 0 && !again && !resumed() && !behindStackLoad()) {
    const found = matches(group, la, 1, true);
    if (found != 0) {
      store<u32>(DR6, (load<u32>(DR6) & ~HITS) | found);
      return raise(DB, 0);
    }
  }
  if ((load<u32>(EFLAGS) & TF) != 0) store<u32>(DEBUG_PENDING, load<u32>(DEBUG_PENDING) | SINGLE_STEP);
  return true;
}

/** Moves what DEBUG_PENDING holds to DR6 and reports #DB; false while a load of SS holds it back. */
export function takeTrap(): bool {
  if (behindStackLoad()) return false;
  const pending = load<u32>(DEBUG_PENDING);
  store<u32>(DEBUG_PENDING, 0);
  store<u32>(DR6, (load<u32>(DR6) & ~HITS) | pending);
  raise(DB, 0);
  return true;
}

/** After an exception or interrupt was delivered: traps of the instruction that it interrupts are forgotten. */
export function debugDelivered(debug: bool): void {
  store<u32>(DEBUG_PENDING, load<u32>(DEBUG_PENDING) & TASK_SWITCHED);
  if (debug) store<u32>(DR7, load<u32>(DR7) & ~GENERAL_DETECT);
}

/** A task switch ends local breakpoints; `trap` is the T bit of the new TSS. */
export function debugTaskSwitch(trap: bool): void {
  store<u32>(DR7, load<u32>(DR7) & ~LOCAL_ENABLES);
  store<u32>(DEBUG_PENDING, trap ? TASK_SWITCHED : 0);
  updateBreakpoints();
}

// ---- MOV to and from debug registers

/** The register that number `n` means: DR4 and DR5 are DR6 and DR7 unless CR4.DE is set. 8 = none. */
function register(n: u32): u32 {
  if (n != 4 && n != 5) return n;
  return (load<u32>(CR4) & CR4_DE) != 0 ? 8 : n + 2;
}

/** What both directions check. */
function accessible(n: u32): bool {
  if (n == 8) return raise(UNDEFINED, 0);
  if (load<u32>(CPL) != 0) return raise(GP, 0);
  if ((load<u32>(DR7) & GENERAL_DETECT) == 0) return true;
  store<u32>(DR6, load<u32>(DR6) | ACCESS_DETECTED);
  return raise(DB, 0);
}

export function MOV_RD(p: usize): void {
  const n = register(srcNumber(p));
  if (!accessible(n)) return;
  store<u32>(dst(p), load<u32>(<usize>DR + (n << 2)));
  chargeEvent(EVENT_DEBUG_REGISTER);
  advance(p);
}

export function MOV_DR(p: usize): void {
  const n = register(srcNumber(p));
  if (!accessible(n)) return;
  let value = load<u32>(dst(p));
  if (n == 6) value = (value & DR6_WRITABLE) | DR6_FIXED;
  else if (n == 7) value = (value & DR7_WRITABLE) | DR7_FIXED;
  store<u32>(<usize>DR + (n << 2), value);
  chargeEvent(EVENT_DEBUG_REGISTER);
  if (n != 6) updateBreakpoints();
  advance(p);
}
