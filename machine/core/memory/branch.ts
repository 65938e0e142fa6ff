/*
 * Branch prediction: a target buffer (BTB) of the processor's geometry with two-bit counters and the last target, and a
 * return stack where there is one. The two-level histories of P6 and NetBurst are not modelled (CAVEATS.md).
 *
 *     entry:  0 address of the branch    4 last target    8 state: 0-1 counter, 2 referenced, 3 valid
 */
import { CAUSE_BRANCH } from '../generated/causes';
import {
  CONFIG_BTB_MISS, CONFIG_BTB_SETS, CONFIG_BTB_WAYS, CONFIG_MISPREDICT, CONFIG_RETURN_STACK_DEPTH,
  CONFIG_STATIC_BACKWARD,
} from '../generated/config';
import { COUNTER_BRANCHES, COUNTER_MISPREDICTIONS } from '../generated/counters';
import { BTB, BTB_HANDS, BTB_HINT, CLOCK_RETURN_TOP, RETURN_STACK } from '../generated/layout';
import { charge, count } from './charge';

const ENTRY_BYTES: u32 = 16;
const STRONGLY_TAKEN: u32 = 3;
const COUNTER: u32 = 3;
const REFERENCED: u32 = 4;
const VALID: u32 = 8;
const STEADY: u32 = VALID | REFERENCED;

/** What is known of a branch without the BTB. */
const CONDITIONAL: u32 = 0;
const DIRECT: u32 = 1;
const INDIRECT: u32 = 2;

/** A conditional branch at `site` that goes to `target` if `taken`. */
export function branch(site: u32, target: u32, taken: bool): void {
  count(COUNTER_BRANCHES);
  const entry = load<u32>(hintOf(site));
  if (entry != 0 && load<u32>(entry) == site) {
    const state = load<u32>(entry, 8);
    if (taken ? state == (STEADY | STRONGLY_TAKEN) && load<u32>(entry, 4) == target : state == STEADY) return;
  }
  resolve(site, target, taken, CONDITIONAL);
}

/** A direct jump or call. */
export function jump(site: u32, target: u32): void {
  always(site, target, DIRECT);
}

/** An indirect jump or call. */
export function jumpIndirect(site: u32, target: u32): void {
  always(site, target, INDIRECT);
}

/** A call, besides its jump: the return stack learns where it will return to. */
export function pushReturn(address: u32): void {
  const depth = load<u32>(CONFIG_RETURN_STACK_DEPTH);
  if (depth == 0) return;
  const top = (load<u32>(CLOCK_RETURN_TOP) + 1) & (depth - 1);
  store<u32>(CLOCK_RETURN_TOP, top);
  store<u32>(RETURN_STACK + (top << 2), address);
}

/** A near return at `site`: by the return stack, or like any indirect jump where there is none. */
export function returnBranch(site: u32, target: u32): void {
  const depth = load<u32>(CONFIG_RETURN_STACK_DEPTH);
  if (depth == 0) {
    jumpIndirect(site, target);
    return;
  }
  count(COUNTER_BRANCHES);
  const top = load<u32>(CLOCK_RETURN_TOP);
  store<u32>(CLOCK_RETURN_TOP, (top - 1) & (depth - 1));
  if (load<u32>(RETURN_STACK + (top << 2)) != target) mispredict();
}

function always(site: u32, target: u32, kind: u32): void {
  count(COUNTER_BRANCHES);
  const entry = load<u32>(hintOf(site));
  if (
    entry != 0 && load<u32>(entry) == site && load<u32>(entry, 8) == (STEADY | STRONGLY_TAKEN) &&
    load<u32>(entry, 4) == target
  ) return;
  resolve(site, target, true, kind);
}

function hintOf(site: u32): u32 {
  return BTB_HINT + (((site ^ (site >> 10)) & 1023) << 2);
}

function resolve(site: u32, target: u32, taken: bool, kind: u32): void {
  const entry = find(site);
  if (entry == 0) {
    surprise(site, target, taken, kind);
    if (taken && load<u32>(CONFIG_BTB_WAYS) != 0) learn(site, target);
    return;
  }
  const state = load<u32>(entry, 8);
  let counter = state & COUNTER;
  const predicted = counter >= 2;
  if (predicted != taken || (taken && load<u32>(entry, 4) != target)) mispredict();
  if (taken) {
    store<u32>(entry, target, 4);
    if (counter < STRONGLY_TAKEN) counter++;
  } else if (counter > 0) {
    counter--;
  }
  store<u32>(entry, VALID | REFERENCED | counter, 8);
}

/** The BTB knows nothing: the branch is predicted by its form. */
function surprise(site: u32, target: u32, taken: bool, kind: u32): void {
  if (kind == INDIRECT) {
    mispredict();
    return;
  }
  const decoded = load<u32>(CONFIG_STATIC_BACKWARD) != 0;
  const predicted = decoded && (kind == DIRECT || target < site);
  if (predicted != taken) mispredict();
  else if (taken) charge(CAUSE_BRANCH, load<u32>(CONFIG_BTB_MISS));
}

function mispredict(): void {
  count(COUNTER_MISPREDICTIONS);
  charge(CAUSE_BRANCH, load<u32>(CONFIG_MISPREDICT));
}

function find(site: u32): u32 {
  const ways = load<u32>(CONFIG_BTB_WAYS);
  let entry = BTB + setOf(site) * ways * ENTRY_BYTES;
  for (let way: u32 = 0; way < ways; way++, entry += ENTRY_BYTES) {
    if (load<u32>(entry, 8) != 0 && load<u32>(entry) == site) {
      store<u32>(hintOf(site), entry);
      return entry;
    }
  }
  return 0;
}

function learn(site: u32, target: u32): void {
  const entry = victim(site);
  store<u32>(entry, site);
  store<u32>(entry, target, 4);
  store<u32>(entry, VALID | REFERENCED | STRONGLY_TAKEN, 8);
  store<u32>(hintOf(site), entry);
}

/** Clock replacement, as in the caches. */
function victim(site: u32): u32 {
  const ways = load<u32>(CONFIG_BTB_WAYS);
  const set = setOf(site);
  const first = BTB + set * ways * ENTRY_BYTES;
  for (let way: u32 = 0; way < ways; way++) {
    if (load<u32>(first + way * ENTRY_BYTES, 8) == 0) return first + way * ENTRY_BYTES;
  }
  let hand: u32 = load<u16>(BTB_HANDS + (set << 1));
  let entry = first + hand * ENTRY_BYTES;
  while ((load<u32>(entry, 8) & REFERENCED) != 0) {
    store<u32>(entry, load<u32>(entry, 8) & ~REFERENCED, 8);
    hand = hand + 1 == ways ? 0 : hand + 1;
    entry = first + hand * ENTRY_BYTES;
  }
  store<u16>(BTB_HANDS + (set << 1), hand + 1 == ways ? 0 : hand + 1);
  return entry;
}

function setOf(site: u32): u32 {
  return (site >> 2) & (load<u32>(CONFIG_BTB_SETS) - 1);
}

/** Forgets all branches. */
export function emptyBranches(): void {
  memory.fill(BTB, 0, load<u32>(CONFIG_BTB_SETS) * load<u32>(CONFIG_BTB_WAYS) * ENTRY_BYTES);
  memory.fill(BTB_HANDS, 0, load<u32>(CONFIG_BTB_SETS) << 1);
  memory.fill(BTB_HINT, 0, 4096);
  memory.fill(RETURN_STACK, 0, 128);
  store<u32>(CLOCK_RETURN_TOP, 0);
}
