// Many random programs, in batches, in worker threads.
import { availableParallelism } from 'node:os';
import { Tinypool } from 'tinypool';
import type { BatchOutcome, BatchTask } from './batch.js';
import { linuxUnavailable } from './linux.js';

const PROGRAMS_IN_BATCH = 200;
const MOST_WORKERS = 8;

export interface ProgramsOptions {
  readonly programs: number;
  /** Of the first batch; the others count on. */
  readonly seed: number;
  readonly core: WebAssembly.Module;
  readonly workers?: number;
  progress(done: number, mismatches: number): void;
}

export interface ProgramsOutcome {
  readonly run: number;
  /** A shrunk program each. */
  readonly failures: readonly string[];
  /** Why they did not run natively. */
  readonly notNative?: string;
}

export async function runPrograms(o: ProgramsOptions): Promise<ProgramsOutcome> {
  const threads = o.workers ?? Math.min(availableParallelism(), MOST_WORKERS);
  const notNative = linuxUnavailable();
  const filename = new URL('./batch.js', import.meta.url).href;
  const pool = new Tinypool({ filename, runtime: 'worker_threads', minThreads: threads, maxThreads: threads });
  const failures: string[] = [];
  let run = 0;
  await Promise.all(
    Array.from({ length: Math.ceil(o.programs / PROGRAMS_IN_BATCH) }, async (_, i) => {
      const programs = Math.min(PROGRAMS_IN_BATCH, o.programs - i * PROGRAMS_IN_BATCH);
      const task: BatchTask = { seed: o.seed + i, programs, core: o.core, native: notNative === undefined };
      const outcome: BatchOutcome = await pool.run(task);
      run += outcome.programs;
      failures.push(...outcome.failures);
      o.progress(run, failures.length);
    }),
  );
  await pool.destroy();
  return { run, failures, ...(notNative === undefined ? {} : { notNative }) };
}
