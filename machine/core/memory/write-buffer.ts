/*
 * The write buffer: as many entries as the processor has, drained one after the other, each in the time that its target
 * takes. A write waits only when every entry is in use. Time is the DRAIN clock (charge.ts). Reads overtake writes.
 */
import { CAUSE_WRITE_BUFFER } from '../generated/causes';
import { CONFIG_DRAIN_L2, CONFIG_DRAIN_MEMORY, CONFIG_WRITE_BUFFER_DEPTH } from '../generated/config';
import { COUNTER_BUFFER_STALLS, COUNTER_BUFFERED_WRITES } from '../generated/counters';
import { CLOCK_DRAIN, CLOCK_DRAINED, CLOCK_WRITE_SLOT, WRITE_BUFFER } from '../generated/layout';
import { count, stall } from './charge';

export function drainIntoL2(): u32 {
  return load<u32>(CONFIG_DRAIN_L2);
}

export function drainIntoMemory(): u32 {
  return load<u32>(CONFIG_DRAIN_MEMORY);
}

/** Queues a write that takes `cycles` to drain. */
export function bufferWrite(cycles: u32): void {
  count(COUNTER_BUFFERED_WRITES);
  const slot = load<u32>(CLOCK_WRITE_SLOT);
  const entry = WRITE_BUFFER + (slot << 3);
  const busy = load<i64>(entry) - load<i64>(CLOCK_DRAIN);
  if (busy > 0) {
    count(COUNTER_BUFFER_STALLS);
    stall(CAUSE_WRITE_BUFFER, <u32>busy);
  }
  const now = load<i64>(CLOCK_DRAIN);
  const last = load<i64>(CLOCK_DRAINED);
  const end = (last > now ? last : now) + <i64>cycles;
  store<i64>(entry, end);
  store<i64>(CLOCK_DRAINED, end);
  store<u32>(CLOCK_WRITE_SLOT, slot + 1 == load<u32>(CONFIG_WRITE_BUFFER_DEPTH) ? 0 : slot + 1);
}
