/** Part "devices": random programs of port and register accesses, here and on QEMU's `pc`; every value read is the same. */
import { buildCore } from '../../toolchain/driver/core.js';
import type { Outcome, Part, PartOptions } from '../../verify/part.js';
import type { Chip } from './devices/chips/chip.js';
import { chips } from './devices/chips/index.js';
import { deviceImage, type Step, valueIndex } from './devices/program.js';
import { valuesHere, valuesOfQemu } from './devices/run.js';
import { Random } from './host/random.js';
import { qemuMissing } from './oracles/machines.js';

/** Programs for each chip, and groups of accesses in each. */
const PROGRAMS = { quick: 1, usual: 5, deep: 40 } as const;
const GROUPS = 150;
/** So that one depth does not repeat another's seeds. */
const FIRST = { quick: 1_000, usual: 2_000, deep: 10_000 } as const;
const HEX = (value: number | undefined) => (value === undefined ? 'nothing' : value.toString(16));

export function programOf({ begin, next }: Chip, seed: number, groups = GROUPS): readonly Step[] {
  const random = new Random(seed);
  const steps = [...begin];
  for (let i = 0; i < groups; i++) steps.push(...next(random));
  return steps;
}

/** The first difference of two runs of a program, with the access that shows it; undefined if there is none. */
export function firstDifference(
  { masks = {} }: Chip,
  steps: readonly Step[],
  here: readonly number[],
  there: readonly number[],
): string | undefined {
  const places = valueIndex(steps, here);
  for (let i = 0; i < Math.max(here.length, there.length); i++) {
    const step = places[i] === undefined ? undefined : steps[places[i]];
    const mask = step?.[0].startsWith('in') ? (masks[step[1]] ?? -1) : -1;
    if (i < here.length && i < there.length && ((here[i] ^ there[i]) & mask) === 0) continue;
    const what = step ? `step ${places[i]}, ${step[0]} ${step[1].toString(16)}` : 'the end';
    return `value ${i} (${what}): here ${HEX(here[i])}, qemu ${HEX(there[i])}`;
  }
  return undefined;
}

async function run({ depth, seed: added, progress }: PartOptions): Promise<Outcome> {
  const missing = qemuMissing();
  const details: string[] = [];
  let [count, values] = [0, 0];
  const first = FIRST[depth] + added;
  const total = missing ? 0 : chips.length * PROGRAMS[depth];
  const core = await WebAssembly.compile((await buildCore()) as BufferSource);
  for (let at = 0; at < total; at++) {
    const [chip, seed] = [chips[at % chips.length], first + Math.floor(at / chips.length)];
    const steps = programOf(chip, seed);
    const image = deviceImage(steps);
    const theirs = valuesOfQemu(image, chip.adapter);
    const here = valuesHere(core, image);
    const difference = firstDifference(chip, steps, here, await theirs);
    if (difference) details.push(`${chip.name}, seed ${seed}: ${difference}`);
    count++;
    values += here.length;
    progress(at + 1, total, chip.name);
  }
  return {
    count,
    mismatches: details.length,
    unit: 'programs',
    details,
    skipped: missing ? [missing] : [],
    notes: [`${values} values read`, `of ${chips.map((c) => c.name).join(', ')}`, `seeds from ${first} on`],
  };
}

export const devicesPart: Part = { id: 'devices', title: 'random programs of device accesses against QEMU', run };
