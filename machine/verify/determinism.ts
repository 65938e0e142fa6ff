/**
 * Part "determinism": the state after a run is the same in another process, with observers, and in a machine that was
 * made from a snapshot at any point of the run.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { buildCore } from '../../toolchain/driver/core.js';
import type { Outcome, Part, PartOptions } from '../../verify/part.js';
import { decodeSnapshot, encodeSnapshot } from '../index.js';
import { observer, type Subject, subjects } from './determinism/subjects.js';
import { Random } from './host/random.js';

const FUZZED = { quick: 6, usual: 60, deep: 120 } as const;
/** Points at which a run is saved and restored, over all runs. */
const POINTS = { quick: 40, usual: 1000, deep: 3000 } as const;
/** One snapshot in so many goes through bytes, as it would through a file. */
const ENCODED = 8;

/** Hash of each subject, from a process of its own. */
function elsewhere(fuzzed: number, seed: number): Promise<Map<string, string>> {
  const script = fileURLToPath(new URL('./determinism/child.js', import.meta.url));
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, `${fuzzed}`, `${seed}`], { stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (part: string) => {
      text += part;
    });
    child.on('error', reject);
    child.on('close', (status) => {
      const lines = text.trim().split('\n');
      if (status !== 0) reject(new Error(`the other process ended with status ${status}`));
      else resolve(new Map(lines.map((line) => line.split('\t') as [string, string])));
    });
  });
}

/** A machine's state at some cycle, and the state of one restored at the point before that has run on to it. */
interface Stage {
  readonly cycle: bigint;
  readonly straight: string;
  readonly restored: string;
}

/**
 * Runs to each point; from there on a second machine, restored, runs beside the first one to the next point. Every
 * hash being equal, so is every way to cut the run in two.
 */
function* inPieces(
  core: WebAssembly.Module,
  { make, cycles }: Subject,
  points: number,
  random: Random,
): Generator<Stage> {
  const [machine, other] = [make(core), make(core)];
  const cuts = Array.from({ length: points }, () => BigInt(random.below(cycles))).sort((a, b) => (a < b ? -1 : 1));
  let ended = false;
  for (const [i, cut] of [...cuts, BigInt(cycles)].entries()) {
    const snapshot = machine.snapshot();
    other.restore(i % ENCODED === 0 ? decodeSnapshot(encodeSnapshot(snapshot)) : snapshot);
    // A run that has ended is not run on.
    const left = cut - machine.cycle;
    if (left > 0n && !ended) {
      ended = machine.run(left).reason !== 'budget';
      other.run(left);
    }
    yield { cycle: machine.cycle, straight: machine.stateHash(), restored: other.stateHash() };
  }
}

async function run({ depth, seed, progress }: PartOptions): Promise<Outcome> {
  const core = await WebAssembly.compile((await buildCore()) as BufferSource);
  const list = subjects(FUZZED[depth], seed);
  const other = elsewhere(FUZZED[depth], seed);
  const details: string[] = [];
  const counts = { processes: 0, observed: 0, snapshots: 0 };
  const hold = (kind: keyof typeof counts, what: string, right: string, got: string | undefined) => {
    counts[kind]++;
    if (right !== got) details.push(`${what}: the state differs`);
  };
  const random = new Random(1 + seed);
  const here = new Map<string, string>();
  list.forEach((subject, i) => {
    const { name, make, cycles, points } = subject;
    const machine = make(core);
    machine.run(BigInt(cycles));
    const hash = machine.stateHash();
    here.set(name, hash);
    const observed = make(core);
    const leave = observed.observe(observer);
    observed.run(BigInt(cycles));
    leave();
    hold('observed', `${name}, observed`, hash, observed.stateHash());
    const weight = points / list.reduce((sum, s) => sum + s.points, 0);
    let end = '';
    for (const stage of inPieces(core, subject, Math.ceil(weight * POINTS[depth]), random)) {
      hold('snapshots', `${name}, restored and run to ${stage.cycle}`, stage.straight, stage.restored);
      end = stage.straight;
    }
    // The pieces together are the run that was never cut.
    hold('snapshots', `${name}, in pieces`, hash, end);
    progress(i + 1, list.length, name);
  });
  const theirs = await other;
  for (const [name, hash] of here) hold('processes', `${name}, in another process`, hash, theirs.get(name));
  return {
    count: counts.processes + counts.observed + counts.snapshots,
    mismatches: details.length,
    unit: 'states',
    details,
    skipped: [],
    notes: [
      `${list.length} runs in two processes`,
      `${counts.observed} with observers`,
      `${counts.snapshots} random points restored, seed ${1 + seed}`,
    ],
  };
}

export const determinismPart: Part = {
  id: 'determinism',
  title: 'the same state in two processes, with observers, across snapshots',
  run,
};
