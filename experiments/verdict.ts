/**
 * Verdicts. A claim's tests are evaluated on every processor and seed, at nominal prices and at the low and high corner
 * of each derived or assumed (class C or D) event price that the cells rest on.
 *
 * - *supported* / *refuted*: the criterion holds (or fails) everywhere: all processors, all seeds, all corners.
 * - *depends on X*: it holds in some of them; X names what decides, and the threshold where there is one.
 * - *not testable here*, *not yet*, *no data*: nothing was judged, and why.
 *
 * Corners are exact for event prices, because cycles are linear in them while counters stay (view.ts). Constants that
 * act through the memory model are judged by runs of their own, all of them at one end together (corners.ts).
 */
import { events } from '../machine/tables/events.js';
import { type Claim, criterionText, holds, type Test, thresholds } from './claims/claim.js';
import { levers } from './corners.js';
import type { Cell, ConstantRange, PriceSet } from './schema.js';
import { rowsOf, View } from './view.js';

export type VerdictStatus = 'supported' | 'refuted' | 'depends' | 'not-testable' | 'not-yet' | 'no-data';

export interface SeedValue {
  seed: number;
  value: number;
  holds: boolean;
}

export interface Corner {
  constant: string;
  class: string;
  nominal: number;
  low: { price: number; value: number; holds: boolean };
  high: { price: number; value: number; holds: boolean };
  /** The constant's value at which the criterion changes its mind; undefined where none does between 0 and 8 x high. */
  flipsAt?: number;
}

/** All weakly modelled constants that are derived or assumed at one end together. */
export interface WeakEnd {
  prices: PriceSet;
  value: number;
  holds: boolean;
}

/** One test on one processor. */
export interface Finding {
  test: string;
  quantity: string;
  criterion: string;
  proposed: boolean;
  structural: boolean;
  processor: string;
  /** Every cell it rests on is of a system that ran on this processor. */
  historical: boolean;
  seeds: SeedValue[];
  min: number;
  median: number;
  max: number;
  holds: boolean;
  corners: Corner[];
  weakEnds: WeakEnd[];
  /** Share of weakly modelled causes in the cycles of the cells it rests on, 0 to 1; counts rest on none. */
  weakShare?: number;
  unequalWork: string[];
}

export interface Verdict {
  claim: string;
  status: VerdictStatus;
  /** For `depends`: on what, with the threshold. */
  dependsOn: string[];
  reason?: string;
  partial?: string;
  notes: string[];
  findings: Finding[];
}

export interface JudgeInput {
  cells: readonly Cell[];
  constants: Readonly<Record<string, readonly ConstantRange[]>>;
  /** Ids of causes that are weakly modelled. */
  weakCauses: ReadonlySet<string>;
}

export function judge(claim: Claim, input: JudgeInput): Verdict {
  const verdict: Verdict = {
    claim: claim.id,
    status: 'no-data',
    dependsOn: [],
    notes: [...(claim.notes ?? [])],
    findings: [],
  };
  if (claim.untestable !== undefined) return { ...verdict, status: 'not-testable', reason: claim.untestable };
  if (claim.partial !== undefined) verdict.partial = claim.partial;
  if (claim.tests === undefined) return { ...verdict, status: 'not-yet', reason: claim.missing };
  const processors = distinct(input.cells.map((cell) => cell.processor));
  const findings = claim.tests.flatMap((test) =>
    processors.flatMap((processor) => findingOf(test, processor, input) ?? []),
  );
  if (findings.length < claim.tests.length) {
    return { ...verdict, findings, reason: 'the cells it needs were not run, or have no number' };
  }
  return { ...verdict, ...combine(claim, findings), findings, notes: [...verdict.notes, ...remarks(findings)] };
}

function findingOf(test: Test, processor: string, input: JudgeInput): Finding | undefined {
  const all = input.cells.filter((cell) => cell.processor === processor);
  const here = all.filter((cell) => cell.factors.prices === 'nominal');
  const used = new Set<Cell>();
  const seeds: SeedValue[] = [];
  for (const seed of distinct(here.map((cell) => cell.factors.seed))) {
    const view = new View(here.filter((cell) => cell.factors.seed === seed));
    const value = test.measure(view);
    if (value === undefined) continue;
    seeds.push({ seed, value, holds: holds(test.criterion, value) });
    for (const cell of view.used) used.add(cell);
  }
  if (seeds.length === 0) return undefined;
  const values = seeds.map(({ value }) => value).sort((a, b) => a - b);
  const median = values[Math.ceil(values.length / 2) - 1];
  const middle = seeds.find(({ value }) => value === median)!;
  const cells = here.filter((cell) => cell.factors.seed === middle.seed);
  return {
    test: test.id,
    quantity: test.quantity,
    criterion: criterionText(test.criterion),
    proposed: test.proposed,
    structural: test.structural,
    processor,
    historical: [...used].every((cell) => cell.historical),
    seeds,
    min: values[0],
    median,
    max: values[values.length - 1],
    holds: holds(test.criterion, median),
    corners: test.unit === 'ratio of cycles' ? cornersOf(test, cells, input.constants[processor] ?? [], used) : [],
    weakEnds: test.unit === 'ratio of cycles' ? weakEnds(test, all) : [],
    weakShare: test.unit === 'ratio of cycles' ? weakShare(used, input.weakCauses) : undefined,
    unequalWork: [...used].filter((cell) => cell.status === 'unequal-work').map((cell) => unequalText(cell)),
  };
}

function unequalText(cell: Cell): string {
  return `${cell.system} (${cell.factors.variant}): ${cell.reason}`;
}

function cornersOf(test: Test, cells: Cell[], constants: readonly ConstantRange[], used: Set<Cell>): Corner[] {
  const corners: Corner[] = [];
  for (const { name, leader, members } of levers(constants, (id) => events.some((event) => event.id === id))) {
    if (![...used].some((cell) => members.some(({ event }) => (cell.events[event] ?? 0) > 0))) continue;
    const at = (price: number) => {
      const added = (value: number) => (leader.value === 0 ? price : value * (price / leader.value)) - value;
      return test.measure(
        new View(cells, Object.fromEntries(members.map(({ event, value }) => [event, added(value)]))),
      )!;
    };
    const end = (price: number) => ({ price, value: at(price), holds: holds(test.criterion, at(price)) });
    const [low, high] = [end(leader.low), end(leader.high)];
    if (low.value === high.value) continue;
    const flipsAt = flipPoint(at, test, leader);
    corners.push({ constant: name, class: leader.class, nominal: leader.value, low, high, flipsAt });
  }
  return corners.sort((a, b) => Math.abs(b.high.value - b.low.value) - Math.abs(a.high.value - a.low.value));
}

/** The value with all weakly modelled constants at one end, where that was measured. */
function weakEnds(test: Test, cells: readonly Cell[]): WeakEnd[] {
  return (['weak-cheap', 'weak-dear'] as const).flatMap((prices) => {
    const value = test.measure(new View(cells.filter((cell) => cell.factors.prices === prices)));
    return value === undefined ? [] : { prices, value, holds: holds(test.criterion, value) };
  });
}

/** The price nearest to nominal at which the value crosses a threshold; a ratio of linear costs crosses each once. */
function flipPoint(at: (price: number) => number, test: Test, constant: ConstantRange): number | undefined {
  const found: number[] = [];
  for (const threshold of thresholds(test.criterion)) {
    for (const [from, to] of [
      [0, constant.value],
      [constant.value, 8 * Math.max(constant.high, 1)],
    ]) {
      let [a, b] = [from, to];
      const above = at(a) > threshold;
      if (above === at(b) > threshold) continue;
      for (let step = 0; step < 60; step += 1) {
        const middle = (a + b) / 2;
        if (at(middle) > threshold === above) a = middle;
        else b = middle;
      }
      found.push(b);
    }
  }
  return found.sort((a, b) => Math.abs(a - constant.value) - Math.abs(b - constant.value))[0];
}

function combine(claim: Claim, findings: Finding[]): Pick<Verdict, 'status' | 'dependsOn'> {
  const dependsOn: string[] = [];
  const processors = distinct(findings.map((finding) => finding.processor));
  const on = (predicate: (finding: Finding) => boolean) => (processor: string) =>
    findings.filter((finding) => finding.processor === processor).every(predicate);
  if (claim.combine === 'definitions') {
    const tests = distinct(findings.map((finding) => finding.test));
    const agree = tests.filter((test) => findings.every((finding) => finding.test !== test || finding.holds));
    if (agree.length > 0 && agree.length < tests.length) {
      dependsOn.push(`the definition of a step: holds by ${agree.join(', ')} only`);
    }
  }
  const holding = processors.filter(on((finding) => finding.holds));
  if (dependsOn.length === 0 && holding.length > 0 && holding.length < processors.length) {
    dependsOn.push(`the processor: holds on ${holding.join(', ')} only`);
  }
  for (const finding of findings) {
    const held = finding.seeds.filter((seed) => seed.holds).length;
    if (held > 0 && held < finding.seeds.length) {
      dependsOn.push(`the seed (${finding.processor}): holds in ${held} of ${finding.seeds.length}`);
    }
    for (const corner of finding.corners) {
      if (corner.low.holds === finding.holds && corner.high.holds === finding.holds) continue;
      const threshold = corner.flipsAt === undefined ? '' : `, threshold ${round(corner.flipsAt)} cycles`;
      dependsOn.push(`${corner.constant} (${finding.processor}, nominal ${corner.nominal}${threshold})`);
    }
    for (const { prices, value } of finding.weakEnds.filter((end) => end.holds !== finding.holds)) {
      dependsOn.push(`weakly modelled constants (${finding.processor}: ${round(value)} at ${prices})`);
    }
  }
  if (dependsOn.length > 0) return { status: 'depends', dependsOn: distinct(dependsOn) };
  return { status: findings.every((finding) => finding.holds) ? 'supported' : 'refuted', dependsOn };
}

function remarks(findings: Finding[]): string[] {
  const notes: string[] = [];
  const weak = findings.flatMap(({ processor, weakShare: share }) =>
    share !== undefined && share > 0.5 ? `${processor} ${Math.round(100 * share)}%` : [],
  );
  if (weak.length > 0) {
    notes.push(`Rests by more than half on weakly modelled causes: ${distinct(weak).join(', ')}.`);
  }
  const unequal = distinct(findings.flatMap((finding) => finding.unequalWork));
  if (unequal.length > 0) notes.push(`The work was not equal: ${unequal.join('; ')}.`);
  return notes;
}

/** Share of weakly modelled causes in the busy cycles of these cells, each weighted by its operation. */
export function weakShare(cells: Iterable<Cell>, weakCauses: ReadonlySet<string>): number {
  let weak = 0;
  let all = 0;
  for (const { cause, cycles } of rowsOf(cells)) {
    if (cause === 'idle') continue;
    all += cycles;
    if (weakCauses.has(cause)) weak += cycles;
  }
  return all === 0 ? 0 : weak / all;
}

function distinct<T>(values: T[]): T[] {
  return [...new Set(values)];
}

function round(value: number): number {
  return Number(value.toPrecision(3));
}
