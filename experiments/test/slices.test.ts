/**
 * A run is a function of image, preset and options: how it is cut into slices by whoever calls `run` must not show, not
 * even where a slice ends inside a REP instruction. Every counter, event and cause is compared.
 */
import { expect, test } from 'vitest';
import { Machine } from '../../machine/index.js';
import { processors } from '../../machine/processors/index.js';
import { layout } from '../../machine/tables/layout.js';
import { experiments } from '../index.js';
import { type BootSpec, bootsOf } from '../runner/boots.js';
import { materialsOf } from '../runner/images.js';
import { projectSurroundings } from '../runner/outside.js';
import { systemIds } from '../system.js';

const processor = 'pentium-133';
/** Cycles; a prime, so that slices end anywhere. */
const SLICE = 7001n;

function boot({ boot: { image, modules, append }, ...spec }: BootSpec, slice: bigint) {
  const { core, images } = materialsOf({ ...spec, boot: { image, modules, append } } as BootSpec);
  const machine = Machine.create({ core, preset: processors[processor], memoryMiB: 64, devices: { timerPhase: 0 } });
  machine.load(
    images[image],
    modules.map((m) => ({ bytes: images[m.image], args: m.args })),
    append,
  );
  let stop = machine.run(slice);
  while (stop.reason === 'budget' && stop.cycle < BigInt(spec.budget)) stop = machine.run(slice);
  const bytes = (from: number, length: number) => [...new Uint8Array(machine.core.memory.buffer, from, length)];
  return {
    stop,
    counts: bytes(layout.COUNTERS, layout.CLOCK - layout.COUNTERS),
    rows: bytes(layout.LEDGER_ROWS, 64 * layout.LEDGER_ROW_BYTES),
  };
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
