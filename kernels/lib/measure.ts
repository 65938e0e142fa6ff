// The loop nest of a measurement, the same in every program and kernel benchmark:
//
//   operations=... > sizes=... > batches=... > states=name:repetitions,...
//
// `measureInit` reads the lists. The caller writes the loops, so that the measured operation stands in its own code:
//
//   for (let i: u32 = 0; i < stateCount; i++)
//     for (let n = repetitions(i); n; n--) { pollute(i); __region_begin(); operation(); __region_end(); }
import { nextItem, numberAfter, numberAt, option } from './text';

const MAX_ITEMS: u32 = 16;
const LINE: u32 = 32;
const POLLUTION_MAX: u32 = 64 * 1024;

const polluted: usize = memory.data(64 * 1024, 4096);
const counts: usize = memory.data(16 * 4, 4);
const pollutions: usize = memory.data(16 * 4, 4);
const sizes: usize = memory.data(16 * 4, 4);
const batches: usize = memory.data(16 * 4, 4);

export let stateCount: u32 = 0;
export let sizeCount: u32 = 0;
export let batchCount: u32 = 0;

/** Reads `states=`, `sizes=` and `batches=`; a missing list has one item: one repetition, `size`, a batch of 1. */
export function measureInit(text: usize, size: u32): void {
  stateCount = 0;
  let largest: u32 = 0;
  for (let at = option(text, 'states'); at && stateCount < MAX_ITEMS; at = nextItem(at)) {
    const k = load<u8>(at) == 0x70 ? min(numberAfter(at, 0x2d, 0) << 10, POLLUTION_MAX) : 0; // polluted-K
    store<u32>(counts + (stateCount << 2), numberAfter(at, 0x3a, 1));
    store<u32>(pollutions + (stateCount << 2), k);
    largest = max(largest, k);
    stateCount++;
  }
  if (!stateCount) {
    store<u32>(counts, 1);
    store<u32>(pollutions, 0);
    stateCount = 1;
  }
  sizeCount = numbers(text, 'sizes', sizes, size);
  batchCount = numbers(text, 'batches', batches, 1);
  // Written once, so that touching it later faults no page in.
  for (let i: u32 = 0; i < largest; i += LINE) store<u32>(polluted + i, i);
}

function numbers(text: usize, key: string, to: usize, otherwise: u32): u32 {
  let n: u32 = 0;
  for (let at = option(text, key); at && n < MAX_ITEMS; at = nextItem(at)) store<u32>(to + (n++ << 2), numberAt(at));
  if (n) return n;
  store<u32>(to, otherwise);
  return 1;
}

export function repetitions(state: u32): u32 {
  return load<u32>(counts + (state << 2));
}

export function sizeAt(i: u32): u32 {
  return load<u32>(sizes + (i << 2));
}

export function batchAt(i: u32): u32 {
  return load<u32>(batches + (i << 2));
}

/** Repetitions of one round through all states. */
export function repetitionsOfAll(): u32 {
  let n: u32 = 0;
  for (let i: u32 = 0; i < stateCount; i++) n += repetitions(i);
  return n;
}

let sink: u32 = 0;

/** Reads the state's k KiB, one word a line. */
export function pollute(state: u32): void {
  const bytes = load<u32>(pollutions + (state << 2));
  let sum: u32 = 0;
  for (let i: u32 = 0; i < bytes; i += LINE) sum += load<u32>(polluted + i);
  sink = sum;
}
