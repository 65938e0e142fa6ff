/**
 * The proof that costs come out of executed code: with the timer masked and the seed fixed, a doubled price of one
 * hardware event moves busy cycles by exactly price x its count, and leaves every other count alone.
 */
import { beforeAll, expect, test } from 'vitest';
import { processors } from '../../machine/processors/index.js';
import type { BootCells } from '../cells.js';
import { dailyExperiments } from '../index.js';
import { type BootSpec, bootsOf, subjectOf } from '../runner/boots.js';
import { materialsOf } from '../runner/images.js';
import { measureBoot } from '../runner/measure.js';
import { projectSurroundings } from '../runner/outside.js';
import { type SystemId, systemIds } from '../system.js';

/** Each system on a processor on which it ran, so that all three processors have their turn. */
const processorOf: Record<SystemId, string> = {
  native: 'pentium-133',
  vmm: 'xeon-p4-2400',
  microkernel: 'pentium3-800',
};

/** Prices of which each system pays some on every path. */
const doubled = ['exceptionToRing0', 'iretOuter', 'writeCr3', 'walk'] as const;

function bootsAt(system: SystemId, overrides: Record<string, number>): BootSpec[] {
  const selection = {
    experiments: dailyExperiments.map(({ id }) => id),
    systems: [system],
    processors: [processorOf[system]],
    seeds: 1,
    timer: 'off' as const,
    overrides,
  };
  return bootsOf(selection, projectSurroundings()).filter(
    ({ prices, unavailable }) => prices === 'nominal' && unavailable === undefined,
  );
}

const measured = (spec: BootSpec) => measureBoot(spec, materialsOf(spec));

const nominal = new Map<SystemId, BootCells[]>();

beforeAll(() => {
  for (const system of systemIds) nominal.set(system, bootsAt(system, {}).map(measured));
});

test.each(systemIds.flatMap((system) => doubled.map((price) => [system, price] as const)))(
  '%s: %s at twice its price',
  (system, event) => {
    const { value } = processors[processorOf[system]].events[event];
    const boots = bootsAt(system, { [`events.${event}`]: 2 * value });
    let counted = 0;
    boots.forEach((spec, index) => {
      const place = `${spec.experiment}/${spec.family} ${subjectOf(spec).row.variant}`;
      measured(spec).cells.forEach((cell, at) => {
        const base = nominal.get(system)![index].cells[at];
        const { operation, size, batch, state } = cell.factors;
        const where = `${place} ${operation} ${size} x ${batch} ${state}`;
        expect(cell.n, `${where}: ${cell.reason}`).toBeGreaterThan(0);
        expect(cell.total.busy - base.total.busy, where).toBe(value * (base.events[event] ?? 0));
        expect(cell.events, where).toEqual(base.events);
        expect(cell.counters, where).toEqual(base.counters);
        expect(cell.crossings, where).toEqual(base.crossings);
        expect(cell.total.instructions, where).toBe(base.total.instructions);
        counted += base.events[event] ?? 0;
      });
    });
    expect(counted).toBeGreaterThan(0);
  },
  240_000,
);
