// The lmbench rows: every published row of native Linux has an operation that measures it, and systems without the port
// say so.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { dailyExperiments } from '../index.js';
import { lmbench } from '../lmbench.js';
import { lmbenchRows, nativeLinux } from '../lmbench-rows.js';
import { bootsOf } from '../runner/boots.js';
import { measureBoot } from '../runner/measure.js';
import { surroundings } from './handmade.js';

const figures: { kind: string; processor: string; system: string; row: string | null }[] = JSON.parse(
  readFileSync(new URL('../reference/figures.json', import.meta.url), 'utf8'),
);

test('every published row of native Linux that needs no network is in the table', () => {
  const network = /tcp|udp/;
  const published = figures.filter(
    ({ kind, processor, system, row }) =>
      kind === 'native' &&
      system === nativeLinux[processor] &&
      row !== null &&
      !network.test(row) &&
      !/hbench/.test(row),
  );
  const rows = lmbenchRows.map(({ row }) => row);
  expect(published.length).toBeGreaterThan(30);
  for (const { row } of published) expect(rows).toContain(row);
});

test('every row is made of measured operations', () => {
  const measured = lmbench.families.flatMap(({ plan }) => plan.operations);
  expect(new Set(measured).size).toBe(measured.length);
  for (const { row, operation, minus, plus } of lmbenchRows) {
    const names = typeof operation === 'string' ? [operation] : [row, ...Object.values(operation ?? {})];
    for (const name of [...names, minus, plus]) if (name !== undefined) expect(measured).toContain(name);
  }
});

test('a system without the port is unavailable, with the reason, and boots nothing', () => {
  const selection = {
    experiments: ['lmbench', 'build'],
    systems: ['vmm', 'microkernel'] as const,
    processors: ['xeon-p4-2400'],
    seeds: 1,
    timer: 'on' as const,
    overrides: {},
  };
  const specs = bootsOf(selection, surroundings);
  expect(specs.length).toBe(2 * (lmbench.families.length + 1));
  for (const spec of specs) {
    const { cells } = measureBoot(spec, { core: undefined as never, images: {}, disk: null });
    for (const cell of cells) {
      expect(cell).toMatchObject({ status: 'unavailable', n: 0, reason: expect.stringMatching(/port/) });
      if (cell.experiment === 'lmbench') expect(cell.factors.row).toBe(cell.factors.operation);
    }
  }
});

test('long experiments run by name only', () => {
  expect(dailyExperiments.map(({ id }) => id)).toEqual(['null-call', 'ipc', 'page-fault', 'driver']);
});
