/**
 * An experiment reads as a sentence: these rows (system and variant), each running this workload by this plan, on every
 * processor and seed, and these quantities must be equal before a ratio may be drawn.
 */
import type { Plan } from './plan.js';
import { type SystemId, variants, type WorkloadId } from './system.js';

/** What a row gives its user, so that nobody compares a copy with a pointer unawares. */
export interface Provides {
  copies: string;
  blocking: string;
  buffering: string;
  scheduler: string;
  kernels: string;
}

export interface Row {
  system: SystemId;
  variant: string;
  /** For tables and charts. */
  label: string;
  /** A processor feature without which the row is `unavailable`. */
  needs?: 'sysenter';
  /** Why the system cannot serve the workload: its cells are `unavailable`, with this reason. */
  unavailable?: string;
  /** A verdict is drawn from its cycles, so that it is measured at the ends of weakly modelled constants, too. */
  cornered?: true;
  provides: Provides;
}

/** Rows that may be compared with each other; families never share a chart. */
export interface Family {
  id: string;
  title: string;
  workload: WorkloadId;
  plan: Plan;
  /** Cycles after which the guest is taken never to end, where that is longer than for a short measurement. */
  budget?: number;
  rows: Row[];
  /** Work counters (per operation) that must agree with the first row's; `checksum` is the program's own result. */
  equalWork: string[];
  /** The cell a table and a chart lead with. */
  headline: { operation: string; size: number; batch: number };
}

export interface Experiment {
  id: string;
  title: string;
  question: string;
  /** Claims that this experiment bears on. */
  claims: string[];
  /** What one operation is, from its first to its last cycle. */
  operation: string;
  families: Family[];
  /** What a reader must know before using the numbers. */
  notes: string[];
  /** Its operations are rows of published tables: cells carry the row's name. */
  operationsAreRows?: true;
  /** Runs only when it is named: too long for every day. */
  byName?: true;
}

/** @throws Error naming the row, when a variant or the headline is not in the plan */
export function defineExperiment(experiment: Experiment): Experiment {
  for (const family of experiment.families) {
    const place = `experiment ${experiment.id}, family ${family.id}`;
    for (const row of family.rows.filter(({ unavailable }) => unavailable === undefined)) {
      const allowed: readonly string[] = variants[row.system][family.workload];
      if (!allowed.includes(row.variant)) {
        throw new Error(`${place}: ${row.system} has no variant "${row.variant}"; allowed: ${allowed.join(', ')}`);
      }
    }
    const { plan, headline } = family;
    if (
      !plan.operations.includes(headline.operation) ||
      !plan.sizes.includes(headline.size) ||
      !plan.batches.includes(headline.batch)
    ) {
      throw new Error(`${place}: the headline is not in the plan`);
    }
  }
  return experiment;
}
