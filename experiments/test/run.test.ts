import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cellsWithout } from '../cells.js';
import { type BootSpec, bootsOf, type Selection, subjectOf } from '../runner/boots.js';
import { digest } from '../runner/project.js';
import { InterruptedError, type Measure, manifestOf, run } from '../runner/run.js';
import { OutputError, readResults, refuseUnwritable, Store } from '../runner/store.js';
import { handmadeBoot, selection, surroundings } from './handmade.js';

const small: Selection = { ...selection, experiments: ['null-call', 'driver'], seeds: 1 };
const never = new AbortController().signal;
const folder = () => mkdtempSync(join(tmpdir(), 'crossings-run-'));
const base = { selection: small, surroundings, signal: never };

/** Finishes boots out of order, as workers do. */
const jittered: Measure = async (spec) => {
  await new Promise((resolve) => setTimeout(resolve, Number.parseInt(spec.key.slice(0, 2), 16) % 7));
  return handmadeBoot(spec);
};

test('the same bytes at any number of workers', async () => {
  const one = await run({ ...base, workers: 1, measure: async (spec) => handmadeBoot(spec) });
  const five = await run({ ...base, workers: 5, measure: jittered });
  expect(JSON.stringify(five)).toBe(JSON.stringify(one));
});

test('an interrupted run keeps whole boots, and the next one measures only the rest', async () => {
  const dir = folder();
  const id = manifestOf(small, surroundings).id;
  const stop = new AbortController();
  let measured = 0;
  const counting: Measure = async (spec) => {
    measured += 1;
    if (measured === 4) stop.abort();
    return handmadeBoot(spec);
  };
  const first = run({ ...base, workers: 1, measure: counting, signal: stop.signal, store: Store.open(dir, id, false) });
  await expect(first).rejects.toThrow(InterruptedError);
  expect(readdirSync(dir)).toEqual(['.partial']);

  const store = Store.open(dir, id, false);
  const results = await run({ ...base, workers: 2, measure: counting, store });
  expect(measured).toBe(bootsOf(small, surroundings).length);
  store.commit(results, {});
  expect(readResults(dir)).toEqual(results);

  const again = await run({ ...base, workers: 1, measure: counting, store: Store.open(dir, id, false) });
  expect(measured).toBe(bootsOf(small, surroundings).length);
  expect(again).toEqual(results);
});

test('the key of a boot moves with everything that determines it', () => {
  const key = (selected: Selection, around = surroundings) => bootsOf(selected, around)[0].key;
  const nominal = key(small);
  expect(key({ ...small, timer: 'off' })).not.toBe(nominal);
  expect(key(small, { ...surroundings, coreDigest: 'other' })).not.toBe(nominal);
  expect(key(small, { ...surroundings, imageDigest: (name) => digest(`${name}, changed`) })).not.toBe(nominal);
  expect(key(small, { ...surroundings, imageDigest: (name) => digest(name) })).toBe(nominal);
});

test('results that differ leave no number, unequal work says so', async () => {
  const measure: Measure = async (spec: BootSpec) => {
    const boot = handmadeBoot(spec);
    const { row } = subjectOf(spec);
    for (const cell of boot.cells) {
      if (row.variant === 'bounced') cell.work.checksum = 'bad';
      if (row.variant === 'ipc') cell.work.syscall = 2 * cell.n;
    }
    return boot;
  };
  const { cells } = await run({ ...base, workers: 1, measure });
  const status = (variant: string) => cells.find((cell) => cell.factors.variant === variant);
  expect(status('int80')?.status).toBe('ok');
  expect(status('bounced')?.status).toBe('failed');
  expect(status('bounced')?.reason).toContain('checksum bad, there c0ffee00');
  expect(status('ipc')?.status).toBe('unequal-work');
  expect(status('ipc')?.reason).toBe('2 syscall an operation, 1 on native (int80)');
});

test('a row that a processor cannot run has a reason and no number', () => {
  const spec = bootsOf(small, surroundings).find(({ unavailable }) => unavailable !== undefined)!;
  expect(spec.processor).toBe('pentium-133');
  const { cells } = cellsWithout(subjectOf(spec), spec.key, 'unavailable', spec.unavailable!, digest);
  expect(cells.every((cell) => cell.n === 0 && cell.reason === 'pentium-133 has no sysenter')).toBe(true);
});

test('folders of others are refused', () => {
  const foreign = folder();
  writeFileSync(join(foreign, 'thesis.tex'), '');
  expect(() => Store.open(foreign, 'a', true)).toThrow(OutputError);
  expect(() => Store.open(foreign, 'a', true)).toThrow(/not empty and holds no results of crossings/);

  const other = folder();
  writeFileSync(join(other, 'manifest.json'), JSON.stringify({ name: 'x' }));
  expect(() => Store.open(other, 'a', true)).toThrow(/its manifest.json is not one of crossings/);

  const file = join(folder(), 'file');
  writeFileSync(file, '');
  expect(() => Store.open(join(file, 'below'), 'a', false)).toThrow(/cannot be written/);
  expect(() => refuseUnwritable(join(file, 'below', 'more'))).toThrow(/cannot be written/);
  refuseUnwritable(join(foreign, 'new', 'folder'));
  expect(readdirSync(foreign), 'asking leaves nothing behind').toEqual(['thesis.tex']);
});

test('results of another run are replaced only by force', async () => {
  const dir = folder();
  const results = await run({ ...base, workers: 1, measure: async (spec) => handmadeBoot(spec) });
  Store.open(dir, results.manifest.id, false).commit(results, {});
  expect(() => Store.open(dir, 'another', false)).toThrow(/holds the results of another run .* --force/);
  Store.open(dir, 'another', true);
  mkdirSync(join(dir, 'kept'));
  expect(readFileSync(join(dir, 'manifest.json'), 'utf8')).toContain(results.manifest.id);
});
