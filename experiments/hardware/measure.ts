/** Boots the probes on a preset and reads what the guest prints. */
import { Machine } from '../../machine/index.js';
import type { Preset } from '../../machine/processors/index.js';
import { MEMORY_MIB, probeImage, stamp } from './kernel.js';
import { REACHES } from './memory-probes.js';
import { operationsOf, type Probe } from './probe.js';
import { probesOf } from './probes.js';

/** What one probe gave. */
export interface Measurement {
  readonly id: string;
  readonly title: string;
  /** Cycles an operation, or entries for `tlb-reach`. */
  readonly value: number;
  readonly unit: 'cycles' | 'entries';
}

/** The guest did not get to the end, or printed something else. */
export class ProbeError extends Error {
  override readonly name = 'ProbeError';
}

const BUDGET = 4_000_000_000n;
/** What a pass through the first-level TLB may cost more than one through fewer pages, in cycles a load. */
const REACH_TOLERANCE = 1;

/** @throws ProbeError when the guest faults unexpectedly or hangs */
export function measureHardware(core: WebAssembly.Module, preset: Preset): Measurement[] {
  const probes = probesOf(preset);
  return evaluate(probes, runProbes(core, preset, probes));
}

/** Cycles of the measured run of each probe, stamps and loop included. */
function runProbes(core: WebAssembly.Module, preset: Preset, probes: readonly Probe[]): number[] {
  const machine = Machine.create({ core, preset, memoryMiB: MEMORY_MIB });
  const { bytes } = probeImage(probes, preset.features);
  const stamped = !preset.features.includes('tsc');
  const cycles: number[] = [];
  let text = '';
  let begun = 0n;
  let taken = 0;
  machine.observe({
    console: (byte, source) => {
      if (source !== 'debug') return;
      if (byte === stamp.BEGIN) begun = machine.cycle;
      else if (byte === stamp.END) taken = Number(machine.cycle - begun);
      else if (byte !== 0x0a) text += String.fromCharCode(byte);
      else {
        cycles.push(stamped ? taken : Number.parseInt(text.slice(9), 16));
        text = '';
      }
    },
  });
  machine.load(bytes);
  const stop = machine.run(BUDGET);
  if (stop.reason !== 'exit' || stop.code !== 0 || cycles.length !== probes.length) {
    const place = probes[cycles.length]?.id ?? 'the end';
    throw new ProbeError(`${preset.id}: the probes ended by ${stop.reason} at ${place}, cycle ${stop.cycle}`);
  }
  return cycles;
}

function evaluate(probes: readonly Probe[], cycles: readonly number[]): Measurement[] {
  const [short, long] = probes;
  const turn = (cycles[1] - cycles[0]) / (long.iterations - short.iterations);
  const fixed = cycles[0] - turn * short.iterations;
  const net = new Map(
    probes.map((probe, i) => [probe.id, (cycles[i] - fixed - turn * probe.iterations) / operationsOf(probe)] as const),
  );
  const get = (id: string): number => net.get(id) ?? Number.NaN;
  const results: Measurement[] = [];
  const add = (id: string, title: string, value: number, unit: Measurement['unit'] = 'cycles'): void => {
    results.push({ id, title, value: Math.round(value * 100) / 100, unit });
  };
  for (const { id, title } of probes.slice(2)) {
    if (id.endsWith('-packed') || id.startsWith('reach-') || id.startsWith('branch-')) continue;
    if (id.startsWith('tlb-')) add(id, title, get(id) - get(`${id}-packed`));
    else add(id, title, get(id));
    if (id === 'load-memory') add('tlb-reach', 'pages that the first-level data TLB holds', reach(get), 'entries');
  }
  const steady = (get('branch-steady') + get('branch-taken')) / 2;
  add('taken-branch', 'a branch always taken, beyond one never taken', get('branch-taken') - get('branch-steady'));
  // Of branches taken at random every predictor gets half wrong.
  add('mispredict', 'a branch predicted wrongly, from branches taken at random', 2 * (get('branch-random') - steady));
  add('branch-alternating', 'a branch taken every other time, beyond steady ones', get('branch-alternating') - steady);
  return results;
}

/** The greatest size that costs no more than the smallest. */
function reach(get: (id: string) => number): number {
  const least = get(`reach-${REACHES[0]}`);
  let held = 0;
  for (const count of REACHES) {
    if (get(`reach-${count}`) - least > REACH_TOLERANCE) break;
    held = count;
  }
  return held;
}
