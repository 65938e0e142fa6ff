/** Part "fuzz": guests of random bytes and worse; no error of the host, no hang, no write where nothing may write. */
import { Worker } from 'node:worker_threads';
import { buildCore } from '../../toolchain/driver/core.js';
import type { Outcome, Part, PartOptions } from '../../verify/part.js';
import type { FuzzOrder, FuzzReport } from './fuzz/worker.js';

const SECONDS = { quick: 20, usual: 120, deep: 600 } as const;
const WORKERS = 2;
/** A case takes tens of milliseconds; longer than this is a hang. */
const HANG_MS = 30_000;
/** So that one run does not repeat another's seeds: each depth has its own. */
const FIRST = { quick: 1_000_000, usual: 2_000_000, deep: 10_000_000 } as const;

interface Tally {
  cases: number;
  instructions: number;
  readonly ends: Map<string, number>;
  readonly failures: string[];
}

/** Keeps one worker busy until `until` (host time, in ms). */
function drive(order: FuzzOrder, until: number, tally: Tally, each: () => void): Promise<void> {
  return new Promise((resolve) => {
    let next = order.first;
    let worker: Worker;
    let watch: NodeJS.Timeout;
    const stop = () => {
      clearTimeout(watch);
      void worker.terminate().then(() => resolve());
    };
    const ask = () => {
      watch = setTimeout(() => {
        tally.failures.push(`seed ${next}: no end after ${HANG_MS / 1000} s`);
        next += order.step;
        void worker.terminate().then(begin);
      }, HANG_MS);
      worker.postMessage('next');
    };
    const begin = () => {
      worker = new Worker(new URL('./fuzz/worker.js', import.meta.url), { workerData: { ...order, first: next } });
      worker.on('message', ({ seed, reason, instructions, error }: FuzzReport) => {
        clearTimeout(watch);
        next = seed + order.step;
        tally.cases++;
        tally.instructions += instructions ?? 0;
        tally.ends.set(reason ?? 'error', (tally.ends.get(reason ?? 'error') ?? 0) + 1);
        if (error) tally.failures.push(`seed ${seed}: ${error}`);
        each();
        if (Date.now() >= until) stop();
        else ask();
      });
      worker.on('error', (error) => {
        tally.failures.push(`seed ${next}: ${error.stack}`);
        stop();
      });
      ask();
    };
    begin();
  });
}

async function run({ depth, seed, progress }: PartOptions): Promise<Outcome> {
  const core = await WebAssembly.compile((await buildCore()) as BufferSource);
  const tally: Tally = { cases: 0, instructions: 0, ends: new Map(), failures: [] };
  const seconds = SECONDS[depth];
  const first = FIRST[depth] + seed;
  const began = Date.now();
  const orders = Array.from({ length: WORKERS }, (_, i) => ({ core, first: first + i, step: WORKERS }));
  const each = () => progress(Math.round((Date.now() - began) / 1000), seconds, `${tally.cases} cases`);
  await Promise.all(orders.map((order) => drive(order, began + seconds * 1000, tally, each)));
  const ends = [...tally.ends].sort(([a], [b]) => (a < b ? -1 : 1)).map(([reason, count]) => `${count} ${reason}`);
  return {
    count: tally.cases,
    mismatches: tally.failures.length,
    unit: 'cases',
    details: tally.failures,
    skipped: [],
    notes: [`${Math.round(tally.instructions / 1e6)} million instructions`, ...ends, `seeds from ${first} on`],
  };
}

export const fuzzPart: Part = { id: 'fuzz', title: 'random code, tables, ports, device memory and registers', run };
