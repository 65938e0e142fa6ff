// The toolchain's part of the proof: random programs, and the instructions executed beside gcc's.
import type { Outcome, Part, PartOptions } from '../../verify/part.js';
import { coreBytes } from '../driver/core.js';
import { PROJECT_ROOT } from '../driver/definitions.js';
import { runPrograms } from './programs.js';
import { gccUnavailable, measureQuality } from './quality.js';

const PROGRAMS = { quick: 2000, usual: 20_000, deep: 100_000 } as const;
const FIRST_SEED = 1;

export const toolchainPart: Part = {
  id: 'toolchain',
  title: 'compiled random programs, on the machine and natively, beside the same WebAssembly in Node',

  async run({ depth, seed, progress }: PartOptions): Promise<Outcome> {
    const core = new WebAssembly.Module(coreBytes() as BufferSource);
    const programs = PROGRAMS[depth];
    const outcome = await runPrograms({
      programs,
      seed: FIRST_SEED + seed,
      core,
      progress: (done, mismatches) => progress(done, programs, mismatches > 0 ? `${mismatches} mismatches` : undefined),
    });
    const noGcc = gccUnavailable();
    const skipped = [
      ...(outcome.notNative ? [`natively: ${outcome.notNative}`] : []),
      ...(noGcc ? [`code quality: ${noGcc}`] : []),
    ];
    const quality = noGcc || depth === 'quick' ? undefined : await measureQuality(PROJECT_ROOT, core);
    const notes = [
      `seeds from ${FIRST_SEED + seed} on`,
      ...(quality
        ? [`${quality.mean.toFixed(3)} times the instructions of gcc -O2 on ${quality.rows.length} routines`]
        : []),
    ];
    const { failures } = outcome;
    return { count: outcome.run, mismatches: failures.length, unit: 'programs', details: failures, skipped, notes };
  },
};
