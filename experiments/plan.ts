/**
 * A plan says which repetitions one boot makes, in order. One boot measures all of them: operations, sizes, batches and
 * temperatures, nested in that order.
 *
 * Temperatures. *first*: the first repetition of its kind, with whatever it allocates. *warm*: repetitions after at
 * least 50 others. *tlb-cold*: TLBs (and trace cache) emptied before each. *polluted-k*: the program touches k KiB
 * before each. *all-cold*: TLBs, caches and predictors emptied before each. The first repetitions of a polluted state
 * still start from what the state before it left behind, so two are discarded.
 */
import type { RegionStep } from '../machine/ledger/region.js';
import type { State } from './schema.js';

export interface PlannedState {
  state: State;
  discard: number;
  keep: number;
}

export interface Plan {
  operations: string[];
  /** Bytes; `[0]` where an operation has no size. */
  sizes: number[];
  batches: number[];
  states: PlannedState[];
}

/** One run of repetitions with the same factors. */
export interface RegionGroup extends PlannedState {
  operation: string;
  size: number;
  batch: number;
}

export const allStates: PlannedState[] = [
  { state: 'first', discard: 0, keep: 1 },
  { state: 'warm', discard: 50, keep: 20 },
  { state: 'tlb-cold', discard: 0, keep: 11 },
  { state: 'polluted-4', discard: 2, keep: 11 },
  { state: 'polluted-16', discard: 2, keep: 11 },
  { state: 'polluted-64', discard: 2, keep: 11 },
  { state: 'all-cold', discard: 0, keep: 11 },
];

export function regionGroups(plan: Plan): RegionGroup[] {
  return plan.operations.flatMap((operation) =>
    plan.sizes.flatMap((size) =>
      plan.batches.flatMap((batch) => plan.states.map((state) => ({ operation, size, batch, ...state }))),
    ),
  );
}

/** The plan as the keys a measured program understands; a list of one default value is left out. */
export function planArguments(plan: Plan): string {
  const words: string[] = [];
  if (plan.operations.length > 1) words.push(`operations=${plan.operations.join(',')}`);
  if (plan.sizes.length > 1 || plan.sizes[0] !== 0) words.push(`sizes=${plan.sizes.join(',')}`);
  if (plan.batches.length > 1 || plan.batches[0] !== 1) words.push(`batches=${plan.batches.join(',')}`);
  words.push(`states=${plan.states.map(({ state, discard, keep }) => `${state}:${discard + keep}`).join(',')}`);
  return words.join(' ');
}

/** The plan as the machine's meter wants it: a step to discard where there is one, then the step to keep. */
export function regionSteps(plan: Plan): (RegionStep & { keep: boolean })[] {
  return regionGroups(plan).flatMap((group) => {
    const empty = group.state === 'tlb-cold' ? 'tlb' : group.state === 'all-cold' ? 'all' : 'nothing';
    const step = (n: number, keep: boolean) => ({ n, empty, keep }) as const;
    return group.discard > 0 ? [step(group.discard, false), step(group.keep, true)] : [step(group.keep, true)];
  });
}
