/** Fuzzes seed after seed in a thread of its own, so that whoever waits for it can end a run that does not return. */
import { parentPort, workerData } from 'node:worker_threads';
import { runFuzz } from './run.js';

export interface FuzzOrder {
  readonly core: WebAssembly.Module;
  readonly first: number;
  readonly step: number;
}
export interface FuzzReport {
  readonly seed: number;
  readonly reason?: string;
  readonly instructions?: number;
  readonly error?: string;
}

const { core, first, step } = workerData as FuzzOrder;
let seed = first;

/** One seed for each message, so that none is begun after the end. */
parentPort!.on('message', () => {
  const report: FuzzReport = (() => {
    try {
      return { seed, ...runFuzz(core, seed) };
    } catch (error) {
      return { seed, error: String((error as Error).stack ?? error) };
    }
  })();
  seed += step;
  parentPort!.postMessage(report);
});
