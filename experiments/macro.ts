// Whole programs: a build, a database, a mix of file operations; each one repetition from its first process to its
// last.
//
// The build's share of the kernel is set by ROUNDS of workloads/cc.ts: about 7 % of the busy cycles of native on
// xeon-p4-2400, as published for a kernel build. It was set on native alone, before any other system ran the build, and
// is frozen: changing it changes every published comparison of this experiment.
import { defineExperiment, type Experiment } from './define.js';
import { diskRows } from './lmbench.js';
import type { WorkloadId } from './system.js';

/** They wait for the disk, so they pass far more cycles than they are busy. */
const BUDGET = 60_000_000_000;

function macro(id: WorkloadId, title: string, question: string, operation: string, notes: string[]): Experiment {
  return defineExperiment({
    id,
    title,
    question,
    claims: [],
    operation,
    byName: true,
    families: [
      {
        id,
        title: operation,
        workload: id,
        plan: { operations: [id], sizes: [0], batches: [1], states: [{ state: 'first', discard: 0, keep: 1 }] },
        budget: BUDGET,
        rows: diskRows,
        equalWork: ['checksum'],
        headline: { operation: id, size: 0, batch: 1 },
      },
    ],
    notes,
  });
}

export const build = macro(
  'build',
  'Build',
  'What share of a build is the kernel?',
  'a shell script compiles 24 files, each by a process of its own, and joins the results',
  ['The compiler is a small one of our own (workloads/cc.ts); what it computes was set on native alone and is frozen.'],
);

export const db = macro(
  'db',
  'Database',
  'What does a database of small transactions ask of its kernel?',
  '2000 puts into a b-tree on a file, fsync after every ten, and as many gets',
  ['The database keeps 8 pages of 4 KiB in memory of its own and finds the others in the page cache.'],
);

export const files = macro(
  'files',
  'File mix',
  'What do many small file operations cost?',
  '4 clients of 100 operations each: create, write, read, stat, list, rename, delete',
  ['Proportions are dbench-like, not those of its trace.'],
);
