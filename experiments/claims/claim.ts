/**
 * A claim of the debate as data, and how it is judged. The criterion stands here before any run. Basis tags say how
 * well the wording is known: A the paper's abstract, S a published summary or review, P another primary text, M general
 * knowledge. A claim with basis S or M is *attributed*, never quoted. `proposed` marks a threshold that is in neither
 * paper but was set here.
 */
import type { View } from '../view.js';

export type Basis = 'A' | 'S' | 'P' | 'M';

/** When a measured value confirms the claim. */
export type Criterion = { above: number } | { below: number } | { between: [number, number] } | { equals: number };

export interface Test {
  id: string;
  /** What the number is, for the table. */
  quantity: string;
  /** Counts need no prices: they have no corners, and no cause is weak for them. */
  unit: 'ratio of cycles' | 'ratio of counts' | 'count';
  criterion: Criterion;
  /** The threshold is in neither paper. */
  proposed: boolean;
  /** Holds (or not) by how the systems are built, not by what anything costs. */
  structural: boolean;
  /** The value on one processor and seed, at given prices; undefined where a cell is missing or has no number. */
  measure(view: View): number | undefined;
}

/** How the tests of a claim make one verdict. */
export type Combination =
  /** Every test must hold. */
  | 'all'
  /** Each test is the claim under another definition; if they disagree, the verdict depends on the definition. */
  | 'definitions';

export interface Claim {
  id: string;
  title: string;
  from: string;
  basis: Basis[];
  test: string;
  criterion: string;
  structural: boolean;
  /** Judged when there is something to judge by. */
  tests?: Test[];
  combine?: Combination;
  /** Not judged: why. */
  missing?: string;
  /** No machine model can test it. */
  untestable?: string;
  /** Said beside the verdict. */
  notes?: string[];
  /** Judged in part only: what the table shows, and what it lacks. */
  partial?: string;
}

export function holds(criterion: Criterion, value: number): boolean {
  if ('above' in criterion) return value > criterion.above;
  if ('below' in criterion) return value < criterion.below;
  if ('equals' in criterion) return value === criterion.equals;
  return value >= criterion.between[0] && value <= criterion.between[1];
}

/** The values at which the criterion changes its mind. */
export function thresholds(criterion: Criterion): number[] {
  if ('above' in criterion) return [criterion.above];
  if ('below' in criterion) return [criterion.below];
  if ('equals' in criterion) return [criterion.equals];
  return criterion.between;
}

export function criterionText(criterion: Criterion): string {
  if ('above' in criterion) return `> ${criterion.above}`;
  if ('below' in criterion) return `< ${criterion.below}`;
  if ('equals' in criterion) return `= ${criterion.equals}`;
  return `in ${criterion.between[0]} to ${criterion.between[1]}`;
}
