/*
 * The write buffer: as many entries as the processor has, drained one after the other, each in the time that its target
 * takes. A write waits only when every entry is in use. Time is the DRAIN clock (charge.ts). Reads overtake writes.
 */
import { CAUSE_ISSUE, CAUSE_WRITE_BUFFER } from '../generated/causes';
import { CONFIG_DRAIN_L2, CONFIG_DRAIN_MEMORY, CONFIG_WRITE_BUFFER_DEPTH } from '../generated/config';
import { COUNTER_BUFFER_STALLS, COUNTER_BUFFERED_WRITES } from '../generated/counters';
import { CLOCK_DRAIN, CLOCK_DRAINED, CLOCK_WRITE_SLOT, WRITE_BUFFER } from '../generated/layout';
import { TICKS_PER_CYCLE } from '../generated/issue';
import { ISSUE_TICKS } from '../generated/state';
import { charge, count, countMany, stall } from './charge';

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

/**
 * `n` times a write that takes `cycles` to drain and `ticks` of issue time after it: what bufferWrite and issue (entry.ts)
 * would do in turn, with the clocks in locals.
 *
 * Once as many writes in a row have waited as the buffer has entries, the entries end `cycles` apart. If issue is the
 * faster, every further write waits for exactly one drain, so the rest is a multiplication.
 */
export function bufferWrites(n: u32, cycles: u32, ticks: u32): void {
  const depth = load<u32>(CONFIG_WRITE_BUFFER_DEPTH);
  const start = load<i64>(CLOCK_DRAIN);
  const ticksBefore = load<u32>(ISSUE_TICKS);
  const steady = (ticks + TICKS_PER_CYCLE - 1) / TICKS_PER_CYCLE < cycles;
  let now = start;
  let drained = load<i64>(CLOCK_DRAINED);
  let slot = load<u32>(CLOCK_WRITE_SLOT);
  let stalls: u32 = 0;
  let streak: u32 = 0;
  let total = ticksBefore;
  let i: u32 = 0;
  while (i < n && !(steady && streak == depth)) {
    const entry = WRITE_BUFFER + (slot << 3);
    const free = load<i64>(entry);
    if (free > now) {
      stalls++;
      streak++;
      now = free;
    } else streak = 0;
    drained = (drained > now ? drained : now) + <i64>cycles;
    store<i64>(entry, drained);
    slot = slot + 1 == depth ? 0 : slot + 1;
    now += <i64>((total + ticks) / TICKS_PER_CYCLE - total / TICKS_PER_CYCLE);
    total += ticks;
    i++;
  }
  const left = n - i;
  if (left != 0) {
    stalls += left;
    drained += <i64>cycles * left;
    total += ticks * left;
    now = drained - <i64>(cycles * depth) + <i64>(total / TICKS_PER_CYCLE - (total - ticks) / TICKS_PER_CYCLE);
    slot = (slot + left) % depth;
    for (let back: u32 = 0; back < depth; back++) {
      store<i64>(WRITE_BUFFER + (((slot + depth - 1 - back) % depth) << 3), drained - <i64>(cycles * back));
    }
  }
  const issued = total / TICKS_PER_CYCLE;
  store<i64>(CLOCK_DRAIN, now);
  store<i64>(CLOCK_DRAINED, drained);
  store<u32>(CLOCK_WRITE_SLOT, slot);
  store<u32>(ISSUE_TICKS, total % TICKS_PER_CYCLE);
  charge(CAUSE_ISSUE, issued);
  charge(CAUSE_WRITE_BUFFER, <u32>(now - start) - issued);
  countMany(COUNTER_BUFFERED_WRITES, n);
  countMany(COUNTER_BUFFER_STALLS, stalls);
}
