/**
 * The one form of a result. A *cell* is what was measured of one operation on one system, processor, variant, size,
 * batch, state and seed: sums over `n` operations (all integers), and the spread of single repetitions. A *sample line*
 * holds the raw repetitions behind a cell. A *manifest* names everything that determines the cells.
 */
import { z } from 'zod';
import { systemIds } from './system.js';

const count = z.int().nonnegative();
const counts = z.record(z.string(), count);

export const states = ['first', 'warm', 'tlb-cold', 'polluted-4', 'polluted-16', 'polluted-64', 'all-cold'] as const;

/**
 * At which prices a cell was measured: the preset's, or with every derived or assumed constant of the weakly modelled
 * part (issue, latencies, drains, branches) at its cheap or its dear end together.
 */
export const priceSets = ['nominal', 'weak-cheap', 'weak-dear'] as const;

export const factorsSchema = z.strictObject({
  variant: z.string(),
  /** What the operation is where one program measures several, e.g. `demand-zero`; else the workload's name. */
  operation: z.string(),
  /** The row of published tables that the operation is, by its name in reference/figures.json. */
  row: z.string().optional(),
  /** Bytes a message or packet; 0 where an operation has no size. */
  size: count,
  /** Operations a repetition. */
  batch: z.int().positive(),
  direction: z.enum(['one-way', 'round-trip']),
  state: z.enum(states),
  seed: z.int().positive(),
  /** The comparison the cell belongs to, where an experiment has several that never share a chart: `primitive`. */
  family: z.string(),
  timer: z.enum(['on', 'off']),
  prices: z.enum(priceSets),
});

export const crossingsSchema = z.strictObject({
  /** CPL changes: a trap and its return are two. */
  privilege: count,
  /** Changes of CR3's value. */
  addressSpace: count,
  /** Component switches inside one page directory, by segment reload. */
  smallSpace: count,
  /** Changes of the component at process level. */
  component: count,
  /** Changes of the component at domain or server level. */
  server: count,
});

export const ledgerRowSchema = z.strictObject({
  component: z.string(),
  onBehalfOf: z.string(),
  cpl: z.int().min(0).max(3),
  cause: z.string(),
  cycles: count,
});

export const statuses = ['ok', 'unavailable', 'unequal-work', 'failed'] as const;

export const cellSchema = z.strictObject({
  schema: z.literal(1),
  /** Hash of everything that determines the cell, in hexadecimal. */
  id: z.string(),
  /** The same for the boot that measured it; cells of one boot share it. */
  boot: z.string(),
  experiment: z.string(),
  system: z.enum(systemIds),
  processor: z.string(),
  /** A system of this kind ran on this processor, so that published figures exist to hold against. */
  historical: z.boolean(),
  factors: factorsSchema,
  status: z.enum(statuses),
  reason: z.string().optional(),
  /** Operations measured: repetitions x batch. */
  n: count,
  total: z.strictObject({ cycles: count, busy: count, idle: count, instructions: count }),
  /** Cycles an operation (busy and idle), over repetitions; a batch's cycles are divided by its size. */
  perOperation: z.strictObject({ min: z.number(), median: z.number(), p90: z.number(), max: z.number() }),
  /** Busy cycles an operation, median over repetitions. */
  busyPerOperation: z.number(),
  crossings: crossingsSchema,
  ledger: z.array(ledgerRowSchema),
  /** total.cycles minus the sum of the ledger; 0, or the run is broken. */
  residual: z.int(),
  /** Priced hardware events by id: cycles move by price x count while all else stays. */
  events: counts,
  /** Other counters of the machine: TLB and cache misses, ... */
  counters: counts,
  /** What was done: system calls, faults, page-table entries, ... and the checksum of the program's results. */
  work: z.record(z.string(), z.union([count, z.string()])),
});

export const sampleLineSchema = z.strictObject({
  cell: z.string(),
  boot: z.string(),
  cycles: z.array(count),
  busy: z.array(count),
});

export const constantRangeSchema = z.strictObject({
  /** Path in the preset, e.g. `events.iretOuter`. */
  path: z.string(),
  value: z.number(),
  low: z.number(),
  high: z.number(),
  class: z.enum(['A', 'B', 'C', 'D']),
});

export const processorFactsSchema = z.strictObject({
  preset: z.string(),
  title: z.string(),
  megahertz: z.number().positive(),
  constants: z.array(constantRangeSchema),
});

export const manifestSchema = z.strictObject({
  schema: z.literal(1),
  project: z.literal('crossings'),
  version: z.string(),
  /** Hash of the fields below. */
  id: z.string(),
  experiments: z.array(z.string()),
  systems: z.array(z.string()),
  /** What the reports must know of each preset: its hash at the overrides, its name, clock and constants. */
  processors: z.record(z.string(), processorFactsSchema),
  seeds: z.array(z.int().positive()),
  timer: z.enum(['on', 'off']),
  core: z.string(),
  images: z.record(z.string(), z.string()),
  overrides: z.record(z.string(), z.number()),
});

export type PriceSet = (typeof priceSets)[number];
export type State = (typeof states)[number];
export type Factors = z.infer<typeof factorsSchema>;
export type Crossings = z.infer<typeof crossingsSchema>;

/** The kinds of crossings as people read them, in the order of tables. */
export const crossingNames: Readonly<Record<keyof Crossings, string>> = {
  privilege: 'privilege',
  addressSpace: 'address space',
  smallSpace: 'small space',
  component: 'component',
  server: 'domain or server',
};
export const crossingKinds = Object.keys(crossingNames) as (keyof Crossings)[];
export type LedgerRow = z.infer<typeof ledgerRowSchema>;
export type Cell = z.infer<typeof cellSchema>;
export type SampleLine = z.infer<typeof sampleLineSchema>;
export type ConstantRange = z.infer<typeof constantRangeSchema>;
export type ProcessorFacts = z.infer<typeof processorFactsSchema>;
export type Manifest = z.infer<typeof manifestSchema>;

/**
 * Reads JSON lines; a malformed one is named by place and path.
 * @throws Error `<where>:<line>: <path>: <what is wrong>`
 */
export function parseLines<T>(schema: z.ZodType<T>, text: string, where: string): T[] {
  return text
    .split('\n')
    .map((line, index) => ({ line, index }))
    .filter(({ line }) => line !== '')
    .map(({ line, index }) => parseOne(schema, line, `${where}:${index + 1}`));
}

/** As `parseLines`, for a text that is one value. */
export function parseOne<T>(schema: z.ZodType<T>, text: string, where: string): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error(`${where}: not JSON: ${(error as Error).message}`);
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new Error(`${where}: ${issue.path.join('.') || '(whole value)'}: ${issue.message}`);
}
