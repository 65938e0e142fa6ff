/**
 * A run is a function of image, preset and options: how it is cut into slices by whoever calls `run` must not show, not
 * even where a slice ends inside a REP instruction. Every account, event and counter is compared.
 */
import { expect, test } from 'vitest';
import { Machine } from '../../machine/index.js';
import { processors } from '../../machine/processors/index.js';
import { experiments } from '../index.js';
import { type BootSpec, bootsOf } from '../runner/boots.js';
import { materialsOf } from '../runner/images.js';
import { projectSurroundings } from '../runner/outside.js';
import { systemIds } from '../system.js';

const processor = 'pentium-133';
/** Cycles; a prime, so that slices end anywhere. */
const SLICE = 7001n;

function boot(spec: BootSpec, slice: bigint) {
  const { image, modules, append } = spec.boot;
  const { core, images } = materialsOf(spec);
  const machine = Machine.create({ core, preset: processors[processor], memoryMiB: 64, devices: { timerPhase: 0 } });
  machine.load(
    images[image],
    modules.map((m) => ({ bytes: images[m.image], args: m.args })),
    append,
  );
  const before = machine.ledger.snapshot();
  let stop = machine.run(slice);
  while (stop.reason === 'budget' && stop.cycle < BigInt(spec.budget)) stop = machine.run(slice);
  return { stop, passed: machine.ledger.difference(before, machine.ledger.snapshot()) };
}

test.each(systemIds)('%s runs the same in one piece and in slices, timer on', (system) => {
  const selection = {
    experiments: experiments.map(({ id }) => id).filter((id) => id === 'page-fault'),
    systems: [system],
    processors: [processor],
    seeds: 1,
    timer: 'on' as const,
    overrides: {},
  };
  const [spec] = bootsOf(selection, projectSurroundings()).filter(({ prices }) => prices === 'nominal');
  const whole = boot(spec, BigInt(spec.budget));
  expect(whole.stop).toMatchObject({ reason: 'exit', code: 0 });
  expect(boot(spec, SLICE)).toEqual(whole);
});
