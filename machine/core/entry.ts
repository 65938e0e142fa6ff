/**
 * A decoded instruction: 32 bytes in a run, written by decode.ts, read by the handlers. Registers are byte offsets from
 * EAX, so that AH is 1 and BH is 13; segments are byte offsets from SEGMENTS.
 *
 *      0 handler u16 | 2 dst u8 | 3 src u8 | 4 base u8 | 5 index u8 | 6 scale u8 | 7 segment u8
 *      8 displacement i32 | 12 immediate i32
 *     16 start u8, 17 next u8: offsets of this and the next instruction from the run's EIP
 *     18 operation u8 | 19 flags u8
 *     20 before u16, 22 after u16: issue ticks of the run without and with this instruction
 *     24 countBefore u8, 25 countAfter u8: instructions likewise | 26 second immediate u16 | 28 spare
 *
 * EIP stays at the run's first instruction while a run executes; `retire` and the run loop move it.
 */
import { chargeIssue } from './memory/charge';
import { COUNTER_INSTRUCTIONS } from './generated/counters';
import { TICKS_PER_CYCLE } from './generated/issue';
import { CR3, EAX, EIP, ISSUE_TICKS, REPEATING, REPEATING_SPACE, SEGMENTS } from './generated/state';

export const ENTRY_BYTES: usize = 32;

/** Flags of an entry: prefixes that the handler itself must know. */
export const WORD_OPERAND: u32 = 1;
export const WORD_ADDRESS: u32 = 2;
export const REPEAT: u32 = 4;
export const REPEAT_NOT: u32 = 8;
/** The shift count is in CL. */
export const COUNT_IN_CL: u32 = 16;

/** The E operand is in memory. */
export const MEMORY_OPERAND: u32 = 32;

/** What a complex handler leaves behind: nothing more to retire. */
export const RETIRED: usize = memory.data(32, 8);

// @ts-ignore: decorator
@inline export function dst(p: usize): usize { return <usize>EAX + load<u8>(p, 2); }
// @ts-ignore: decorator
@inline export function src(p: usize): usize { return <usize>EAX + load<u8>(p, 3); }
// @ts-ignore: decorator
@inline export function srcNumber(p: usize): u32 { return load<u8>(p, 3); }
// @ts-ignore: decorator
@inline export function segment(p: usize): usize { return <usize>SEGMENTS + load<u8>(p, 7); }
// @ts-ignore: decorator
@inline export function immediate(p: usize): i32 { return load<i32>(p, 12); }
// @ts-ignore: decorator
@inline export function secondImmediate(p: usize): u32 { return load<u16>(p, 26); }
// @ts-ignore: decorator
@inline export function operation(p: usize): u32 { return load<u8>(p, 18); }
// @ts-ignore: decorator
@inline export function flagsOf(p: usize): u32 { return load<u8>(p, 19); }

// @ts-ignore: decorator
@inline export function isMemory(p: usize): bool { return (flagsOf(p) & MEMORY_OPERAND) != 0; }

/** EIP of the instruction after this one, inside a run. */
// @ts-ignore: decorator
@inline export function nextEip(p: usize): u32 { return load<u32>(EIP) + load<u8>(p, 17); }

/** EIP of this instruction, inside a run. */
// @ts-ignore: decorator
@inline export function startEip(p: usize): u32 { return load<u32>(EIP) + load<u8>(p, 16); }

/** Bytes of the instruction. */
// @ts-ignore: decorator
@inline export function lengthOf(p: usize): u32 { return <u32>load<u8>(p, 17) - load<u8>(p, 16); }

/** Moves EIP past a complex instruction (EIP is at it). */
// @ts-ignore: decorator
@inline export function advance(p: usize): void { store<u32>(EIP, load<u32>(EIP) + lengthOf(p)); }

/** Charges issue time; what is less than a cycle waits for the next time. */
// @ts-ignore: decorator
@inline export function issue(ticks: u32): void {
  const total = load<u32>(ISSUE_TICKS) + ticks;
  store<u32>(ISSUE_TICKS, total % TICKS_PER_CYCLE);
  chargeIssue(total / TICKS_PER_CYCLE);
}

// @ts-ignore: decorator
@inline export function countInstructions(n: i32): void {
  store<i64>(COUNTER_INSTRUCTIONS, load<i64>(COUNTER_INSTRUCTIONS) + n);
}

/** Is the instruction at linear address `la` a REP instruction that gave way, and goes on? */
// @ts-ignore: decorator
@inline export function goesOn(la: u32): bool {
  return load<u32>(REPEATING) == la && load<u32>(REPEATING_SPACE) == load<u32>(CR3);
}

/** The instruction counted last has not retired after all: it faulted, or will go on later. */
export function uncount(): void {
  store<u64>(COUNTER_INSTRUCTIONS, load<u64>(COUNTER_INSTRUCTIONS) - 1);
}

/** Charges and counts the run up to and with this entry, and brings EIP to it. */
export function retire(p: usize): void {
  issue(load<u16>(p, 22));
  countInstructions(load<u8>(p, 25));
  store<u32>(EIP, startEip(p));
}

/** Brings EIP to an instruction that faulted; it issued nothing. */
export function retireBefore(p: usize): void {
  issue(load<u16>(p, 20));
  countInstructions(load<u8>(p, 24));
  store<u32>(EIP, startEip(p));
}

/** After a run that ended as it should: EIP is set already. */
// @ts-ignore: decorator
@inline export function retireRun(p: usize): void {
  issue(load<u16>(p, 22));
  countInstructions(load<u8>(p, 25));
}
