/**
 * A run: the boots that are not measured yet, spread over workers, their cells put into the order of the plan. What
 * comes out depends on the plan alone, never on the workers' number or on who finished first.
 */
import type { BootCells } from '../cells.js';
import { judgeWork } from '../equivalence.js';
import type { Manifest } from '../schema.js';
import { type BootSpec, bootsOf, imagesOf, type Selection, type Surroundings } from './boots.js';
import { digest, projectVersion } from './project.js';
import type { ResultSet, Store } from './store.js';

/** Measures one boot; rejects only where no result may be drawn from the run at all. */
export type Measure = (spec: BootSpec) => Promise<BootCells>;

export interface Progress {
  start?(total: number, kept: number): void;
  /** A boot is done; in the order of completion. */
  boot?(spec: BootSpec, result: BootCells, done: number): void;
}

export interface RunOptions {
  selection: Selection;
  surroundings: Surroundings;
  measure: Measure;
  workers: number;
  signal: AbortSignal;
  /** Boots finished earlier are taken from here and kept here; without it nothing touches the disk. */
  store?: Store;
  progress?: Progress;
}

/** The run was stopped by its signal; whole boots are kept (exit code 130). */
export class InterruptedError extends Error {
  override name = 'InterruptedError';
}

export function manifestOf(selection: Selection, surroundings: Surroundings): Manifest {
  const names = imagesOf(selection, surroundings.systems);
  const determinants = {
    schema: 1 as const,
    project: 'crossings' as const,
    version: projectVersion,
    experiments: [...selection.experiments],
    systems: [...selection.systems],
    processors: Object.fromEntries(
      selection.processors.map((id) => [id, surroundings.processor(id, selection.overrides)]),
    ),
    seeds: Array.from({ length: selection.seeds }, (_, index) => index + 1),
    timer: selection.timer,
    core: surroundings.coreDigest,
    images: Object.fromEntries(names.map((name) => [name, surroundings.imageDigest(name, 0)])),
    overrides: { ...selection.overrides },
  };
  const { schema, project, version, ...rest } = determinants;
  return { schema, project, version, id: digest(JSON.stringify(determinants)), ...rest };
}

/** @throws InterruptedError, BrokenAccountError */
export async function run(options: RunOptions): Promise<ResultSet> {
  const { selection, surroundings, store, progress, signal } = options;
  const specs = bootsOf(selection, surroundings);
  const results = store?.finished() ?? new Map<string, BootCells>();
  const open = specs.filter((spec) => !results.has(spec.key));
  let done = specs.length - open.length;
  progress?.start?.(specs.length, done);

  let next = 0;
  const worker = async () => {
    while (next < open.length && !signal.aborted) {
      const spec = open[next++];
      const result = await options.measure(spec);
      results.set(spec.key, result);
      store?.keep(spec.key, result);
      done += 1;
      progress?.boot?.(spec, result, done);
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.max(1, options.workers) }, worker));
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  if (signal.aborted) throw new InterruptedError('interrupted');

  const ordered = specs.map((spec) => results.get(spec.key)!);
  return {
    manifest: manifestOf(selection, surroundings),
    cells: judgeWork(ordered.flatMap((boot) => boot.cells)),
    samples: ordered.flatMap((boot) => boot.samples),
  };
}
