/**
 * A part of the proof: one kind of evidence, with the oracle it comes from. `npm run verify` runs all of them
 * (verify/parts.ts) and prints a line for each.
 */

/** `quick` is for every change (.ci/run), `usual` for `npm run verify`, `deep` for `npm run verify:deep`. */
export type Depth = 'quick' | 'usual' | 'deep';

export interface PartOptions {
  readonly depth: Depth;
  /** Added to the first seed of everything random: 0, unless other cases are asked for than the last time. */
  readonly seed: number;
  /** Also write what was counted into the repository (verify/coverage), where the part counts something. */
  readonly record: boolean;
  /** Says how far the part is; shown on a terminal, dropped elsewhere. */
  progress(done: number, total: number, what?: string): void;
}

export interface Outcome {
  /** Instances compared; what was skipped is not among them. */
  readonly count: number;
  /** How many of them differed. */
  readonly mismatches: number;
  /** What `count` counts, as a plural: "instances", "scenarios". */
  readonly unit: string;
  /** The first differences, one a line, with what is needed to see them again (seed, number). */
  readonly details: readonly string[];
  /** What was not run, each with its reason. */
  readonly skipped: readonly string[];
  /** Counts by oracle or kind, for people. */
  readonly notes?: readonly string[];
}

export interface Part {
  /** A word, as given on the command line. */
  readonly id: string;
  readonly title: string;
  run(options: PartOptions): Promise<Outcome>;
}
