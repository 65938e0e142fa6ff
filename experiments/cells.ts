/**
 * From raw repetitions to cells. Sums are integers over the kept repetitions; spread is per operation. The account must
 * close in every cell: the ledger's rows add up to the cycles that passed, or the run is broken (`BrokenAccountError`).
 */
import type { RegionResult } from '../machine/ledger/region.js';
import type { Experiment, Family, Row } from './define.js';
import { isHistorical } from './index.js';
import { type RegionGroup, regionGroups, regionSteps } from './plan.js';
import type { Cell, Factors, LedgerRow, PriceSet, SampleLine } from './schema.js';

/** What a boot is a boot of; with the hashes of images, core and preset it determines every cell. */
export interface Subject {
  experiment: Experiment;
  family: Family;
  row: Row;
  processor: string;
  seed: number;
  timer: 'on' | 'off';
  prices: PriceSet;
}

export interface BootCells {
  cells: Cell[];
  samples: SampleLine[];
}

/** A rule of the machine itself was broken; no result may be drawn from the run (exit code 3). */
export class BrokenAccountError extends Error {
  override name = 'BrokenAccountError';
}

/** `hash` turns a text into a short hexadecimal digest; it is given so that this file stays free of Node. */
export type Hash = (text: string) => string;

/**
 * `results` are those of `regionSteps(subject.family.plan)`, in order.
 * @throws Error when the boot measured another number of steps than was planned
 */
export function cellsOfBoot(
  subject: Subject,
  boot: string,
  results: readonly RegionResult[],
  checksum: string,
  hash: Hash,
): BootCells {
  const groups = regionGroups(subject.family.plan);
  const steps = regionSteps(subject.family.plan);
  if (results.length !== steps.length) {
    throw new Error(`${placeOf(subject)}: ${results.length} steps measured, ${steps.length} planned`);
  }
  const kept = results.filter((_, index) => steps[index].keep);
  const boots: BootCells = { cells: [], samples: [] };
  groups.forEach((group, index) => {
    const { samples } = kept[index];
    const cell = measuredCell(subject, boot, group, kept[index], checksum, hash);
    boots.cells.push(cell);
    boots.samples.push({
      cell: cell.id,
      boot,
      cycles: samples.map((sample) => sample.cycles),
      busy: samples.map((sample) => sample.busy),
    });
  });
  return boots;
}

/** One cell a group for a row that could not be measured: with the reason, and no number. */
export function cellsWithout(
  subject: Subject,
  boot: string,
  status: 'unavailable' | 'failed',
  reason: string,
  hash: Hash,
): BootCells {
  const cells = regionGroups(subject.family.plan).map((group) => emptyCell(subject, boot, group, status, reason, hash));
  return { cells, samples: [] };
}

export function placeOf(subject: Subject): string {
  const { experiment, family, row, processor, seed } = subject;
  return `${experiment.id}/${family.id} on ${row.system} (${row.variant}), ${processor}, seed ${seed}`;
}

function emptyCell(
  subject: Subject,
  boot: string,
  group: RegionGroup,
  status: Cell['status'],
  reason: string | undefined,
  hash: Hash,
): Cell {
  const factors: Factors = {
    variant: subject.row.variant,
    operation: group.operation,
    ...(subject.experiment.operationsAreRows ? { row: group.operation } : {}),
    size: group.size,
    batch: group.batch,
    direction: 'round-trip',
    state: group.state,
    seed: subject.seed,
    family: subject.family.id,
    timer: subject.timer,
    prices: subject.prices,
  };
  return {
    schema: 1,
    id: hash(JSON.stringify([boot, factors])),
    boot,
    experiment: subject.experiment.id,
    system: subject.row.system,
    processor: subject.processor,
    historical: isHistorical(subject.row.system, subject.processor),
    factors,
    status,
    ...(reason === undefined ? {} : { reason }),
    n: 0,
    total: { cycles: 0, busy: 0, idle: 0, instructions: 0 },
    perOperation: { min: 0, median: 0, p90: 0, max: 0 },
    busyPerOperation: 0,
    crossings: { privilege: 0, addressSpace: 0, smallSpace: 0, component: 0, server: 0 },
    ledger: [],
    residual: 0,
    events: {},
    counters: {},
    work: {},
  };
}

function measuredCell(
  subject: Subject,
  boot: string,
  group: RegionGroup,
  { samples, total }: RegionResult,
  checksum: string,
  hash: Hash,
): Cell {
  const ledger = sumRows(total.ledger);
  const residual = total.cycles - ledger.reduce((sum, row) => sum + row.cycles, 0);
  if (residual !== 0 || total.cycles !== total.busy + total.idle) {
    throw new BrokenAccountError(
      `${placeOf(subject)}, ${group.operation} ${group.size} B x ${group.batch} ${group.state}: the ledger misses ` +
        `${residual} of ${total.cycles} cycles (busy ${total.busy}, idle ${total.idle})`,
    );
  }
  const each = sorted(samples.map((sample) => sample.cycles / group.batch));
  const { cycles, busy, idle, instructions } = total;
  return {
    ...emptyCell(subject, boot, group, 'ok', undefined, hash),
    n: samples.length * group.batch,
    total: { cycles, busy, idle, instructions },
    perOperation: { min: each[0], median: quantile(each, 0.5), p90: quantile(each, 0.9), max: each[each.length - 1] },
    busyPerOperation: quantile(sorted(samples.map((sample) => sample.busy / group.batch)), 0.5),
    crossings: { ...total.crossings },
    ledger,
    residual,
    events: nonZero(total.events),
    counters: nonZero(total.counters),
    work: { ...nonZero(total.work), checksum },
  };
}

function sorted(values: number[]): number[] {
  return values.sort((a, b) => a - b);
}

/** Lower quantile of sorted values: always one that was measured. */
export function quantile(sorted: number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];
}

/** Rows with equal keys added, in the order of their keys, zero rows dropped. */
export function sumRows(rows: readonly LedgerRow[]): LedgerRow[] {
  const byKey = new Map<string, LedgerRow>();
  for (const row of rows) {
    const key = `${row.component}\t${row.onBehalfOf}\t${row.cpl}\t${row.cause}`;
    const sum = byKey.get(key);
    if (sum === undefined) byKey.set(key, { ...row });
    else sum.cycles += row.cycles;
  }
  return [...byKey.entries()]
    .filter(([, row]) => row.cycles !== 0)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, row]) => row);
}

/** In the order of the keys, zeros left out. */
function nonZero(counts: Readonly<Record<string, number>>): Record<string, number> {
  const entries = Object.entries(counts).filter(([, value]) => value !== 0);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}
