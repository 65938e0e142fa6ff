/**
 * Runs whose states are compared: guests of the fuzzer, privileged scenarios, the phases of the speed bench, and this
 * project's kernels.
 */
import { phasesImage } from '../../bench/phases.js';
import { Machine, type Observer } from '../../index.js';
import { processors } from '../../processors/index.js';
import { fuzzMachine } from '../fuzz/run.js';
import { choose } from '../scenarios/choose.js';
import { imageOf } from '../scenarios/image.js';
import { kernels } from './kernels.js';

export interface Subject {
  readonly name: string;
  make(core: WebAssembly.Module): Machine;
  /** Cycles of a run. */
  readonly cycles: number;
  /** Its share of the points at which runs are cut; a large memory takes long to copy. */
  readonly points: number;
}

const PRESETS = ['pentium-133', 'pentium3-800', 'xeon-p4-2400', 'core2-2400'] as const;

/** @param fuzzed how many guests of the fuzzer, with seeds after `seed` */
export function subjects(fuzzed: number, seed: number): Subject[] {
  const scenarios = imageOf(choose(120, seed));
  const phases = phasesImage(11).bytes;
  const booted =
    (image: Uint8Array, preset: (typeof PRESETS)[number], memoryMiB: number) => (core: WebAssembly.Module) => {
      const machine = Machine.create({ core, preset: processors[preset], memoryMiB });
      machine.load(image);
      return machine;
    };
  return [
    ...PRESETS.map((preset) => ({
      name: `scenarios on ${preset}`,
      make: booted(scenarios, preset, 16),
      cycles: 30e6,
      points: 4,
    })),
    ...PRESETS.map((preset) => ({
      name: `phases on ${preset}`,
      make: booted(phases, preset, 128),
      cycles: 10e6,
      points: 1,
    })),
    ...kernels(),
    ...Array.from({ length: fuzzed }, (_, i) => ({
      name: `fuzzed guest ${seed + i + 1}`,
      make: (core: WebAssembly.Module) => fuzzMachine(core, seed + i + 1),
      cycles: 2e6,
      points: 10,
    })),
  ];
}

/** All that an observer can be told, dropped. */
export const observer: Observer = {
  hook: () => undefined,
  region: () => undefined,
  crossing: () => undefined,
  console: () => undefined,
  port: () => undefined,
  sample: { every: 1009, take: () => undefined },
};
