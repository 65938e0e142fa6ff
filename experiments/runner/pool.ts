/** Worker threads that measure boots. They load the built project, also when a test runs from source. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Tinypool } from 'tinypool';
import { BrokenAccountError } from '../cells.js';
import { materialsOf } from './images.js';
import { projectRoot } from './project.js';
import { InterruptedError, type Measure } from './run.js';
import type { Task, WorkerAnswer } from './worker.js';

export interface Pool {
  measure: Measure;
  close(): Promise<void>;
}

/** @param signal stops waiting for boots under way; their threads end with `close` */
export function openPool(workers: number, signal: AbortSignal): Pool {
  const pool = new Tinypool({
    filename: pathToFileURL(join(projectRoot, 'dist/experiments/runner/worker.js')).href,
    runtime: 'worker_threads',
    minThreads: workers,
    maxThreads: workers,
  });
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(new InterruptedError('interrupted')), { once: true });
  });
  aborted.catch(() => undefined);
  return {
    measure: async (spec) => {
      const task: Task = { spec, materials: materialsOf(spec) };
      const answer: WorkerAnswer = await Promise.race([pool.run(task), aborted]);
      if ('ok' in answer) return answer.ok;
      const { name, message } = answer.error;
      throw name === 'BrokenAccountError' ? new BrokenAccountError(message) : new Error(message);
    },
    close: () => pool.destroy(),
  };
}
