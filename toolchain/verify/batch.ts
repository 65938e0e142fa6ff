// One batch of random programs: generated, run by the oracle and by the subjects, and where they disagree the first
// failing program is shrunk and printed. Runs in a worker thread.
import { batchText, moduleBytes } from './encode.js';
import { generate } from './generate.js';
import { type CompiledModule, compiled } from './linux.js';
import type { Batch } from './program.js';
import { shrink } from './shrink.js';
import { byNode, differences, native, onMachine, type Subject } from './subjects.js';

export interface BatchTask {
  readonly seed: number;
  readonly programs: number;
  /** The compiled core, to run on the machine. */
  readonly core?: WebAssembly.Module;
  /** Whether to run as a 32-bit Linux program too. */
  readonly native: boolean;
}

export interface BatchOutcome {
  readonly seed: number;
  readonly programs: number;
  readonly failures: readonly string[];
}

/** @returns a description of each subject's first failing program, shrunk; nothing when all agree */
export function runBatch(task: BatchTask): BatchOutcome {
  const { seed, programs } = task;
  const subjects = [...(task.core ? [onMachine(task.core)] : []), ...(task.native ? [native] : [])];
  const batch = generate(seed, programs);
  const wasm = moduleBytes(batch);
  const expected = byNode(wasm, programs);
  const module = compiled(wasm);
  const failures = subjects.flatMap((subject) => {
    const wrong = disagreement(batch, module, expected, subject);
    if (wrong === undefined) return [];
    return [`seed ${seed}, program ${wrong}, ${subject.name}:\n${minimal(seed, programs, wrong, subject)}`];
  });
  return { seed, programs, failures };
}

/** The first program that leaves something else; -1 when the batch fails and none of its programs alone does. */
function disagreement(
  batch: Batch,
  module: CompiledModule,
  expected: Uint8Array,
  subject: Subject,
): number | undefined {
  const count = batch.programs.length;
  try {
    return differences(subject.run(module, count), expected, count)[0];
  } catch {
    return batch.programs.findIndex((program) => fails({ ...batch, programs: [program] }, subject));
  }
}

function fails(single: Batch, subject: Subject): boolean {
  const wasm = moduleBytes(single);
  const expected = byNode(wasm, 1);
  try {
    return differences(subject.run(compiled(wasm), 1), expected, 1).length > 0;
  } catch {
    return true;
  }
}

function minimal(seed: number, programs: number, index: number, subject: Subject): string {
  // Generated again: shrinking changes the trees.
  const { helpers, programs: all } = generate(seed, programs);
  const single = { helpers, programs: all.slice(index, index + 1) };
  if (index < 0 || !fails(single, subject)) return 'fails in its batch only';
  return batchText(shrink(single, (batch) => fails(batch, subject)));
}

/** The worker's entry. */
export default runBatch;
