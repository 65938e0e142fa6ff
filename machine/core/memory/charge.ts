/*
 * Where cycles go. Each charge adds to the cycle counter and, apart from it, to one cause of the ledger row in use, so
 * that the host can check the sum. A priced event also counts itself.
 *
 * The write buffer drains against a clock of its own that counts issue and memory stalls only. With it, the price of a
 * gate or a walk can change without any other counter moving: nothing in the memory model reads the cycle counter.
 */
import { CAUSE_ISSUE, CAUSE_WRITE_BUFFER } from '../generated/causes';
import { CONFIG_EVENT_PRICES } from '../generated/config';
import { CLOCK_DRAIN, CLOCK_DRAINED, EVENT_COUNTS } from '../generated/layout';
import { CURRENT_ROW, CYCLE } from '../generated/state';

/** Adds `cycles` to the cycle counter and to column `cause` of the row in use. */
// @ts-ignore: decorator
@inline export function charge(cause: u32, cycles: u32): void {
  store<i64>(CYCLE, load<i64>(CYCLE) + <i64>cycles);
  const cell = load<u32>(CURRENT_ROW) + (cause << 3);
  store<i64>(cell, load<i64>(cell) + <i64>cycles);
}

/** A charge during which the write buffer drains. */
// @ts-ignore: decorator
@inline export function stall(cause: u32, cycles: u32): void {
  charge(cause, cycles);
  store<i64>(CLOCK_DRAIN, load<i64>(CLOCK_DRAIN) + <i64>cycles);
}

/** Issue time of instructions, in cycles. */
export function chargeIssue(cycles: u32): void {
  stall(CAUSE_ISSUE, cycles);
}

/** Charges the preset's price of event `event` (tables/events.ts) and counts it. */
export function chargeEvent(event: u32): void {
  const count = EVENT_COUNTS + (event << 3);
  store<u64>(count, load<u64>(count) + 1);
  const price = load<u32>(CONFIG_EVENT_PRICES + (event << 2));
  if (<i32>price < 0) drainWrites();
  charge((price >> 24) & 0x7f, price & 0xffffff);
}

/** The same for an event that does not serialise, whose price the caller charges together with more of its cause. */
// @ts-ignore: decorator
@inline export function countEvent(event: u32): u32 {
  const count = EVENT_COUNTS + (event << 3);
  store<u64>(count, load<u64>(count) + 1);
  return priceOf(event);
}

/** The preset's price of an event. */
// @ts-ignore: decorator
@inline export function priceOf(event: u32): u32 { return load<u32>(CONFIG_EVENT_PRICES + (event << 2)) & 0xffffff; }

/** Serialising events wait until every write has left the buffer. */
export function drainWrites(): void {
  const left = load<i64>(CLOCK_DRAINED) - load<i64>(CLOCK_DRAIN);
  if (left > 0) stall(CAUSE_WRITE_BUFFER, <u32>left);
}

/** Adds one to the counter at `address` (generated/counters.ts). */
// @ts-ignore: decorator
@inline export function count(address: u32): void {
  store<u64>(address, load<u64>(address) + 1);
}

// @ts-ignore: decorator
@inline export function countMany(address: u32, n: u32): void {
  store<u64>(address, load<u64>(address) + n);
}
