import { expect, test } from 'vitest';
import { BrokenAccountError, cellsOfBoot, quantile, sumRows } from '../cells.js';
import { planArguments, regionSteps } from '../plan.js';
import { bootsOf, subjectOf } from '../runner/boots.js';
import { digest } from '../runner/project.js';
import { cellSchema, parseLines, parseOne } from '../schema.js';
import { handmadeBoot, selection, surroundings } from './handmade.js';

const specs = bootsOf(selection, surroundings);

test('every cell survives the schema unchanged', () => {
  const cells = specs.flatMap((spec) => handmadeBoot(spec).cells);
  const text = cells.map((cell) => JSON.stringify(cell)).join('\n');
  expect(parseLines(cellSchema, text, 'cells.jsonl')).toEqual(cells);
  expect(new Set(cells.map((cell) => cell.id)).size).toBe(cells.length);
});

test('a malformed line is named by place and path', () => {
  const cell = handmadeBoot(specs[0]).cells[0];
  const bad = { ...cell, total: { ...cell.total, cycles: 1.5 } };
  expect(() => parseLines(cellSchema, `${JSON.stringify(cell)}\n${JSON.stringify(bad)}`, 'cells.jsonl')).toThrow(
    /^cells\.jsonl:2: total\.cycles: /,
  );
  expect(() => parseOne(cellSchema, '{', 'x.json')).toThrow(/^x\.json: not JSON/);
  expect(() => parseOne(cellSchema, JSON.stringify({ ...cell, extra: 1 }), 'x.json')).toThrow(/extra/);
});

test('a ledger that misses a cycle breaks the run', () => {
  const subject = subjectOf(specs[0]);
  const row = { component: 'kernel', onBehalfOf: 'kernel', cpl: 0, cause: 'issue', cycles: 9 };
  const crossings = { privilege: 0, addressSpace: 0, smallSpace: 0, component: 0, server: 0 };
  const results = regionSteps(subject.family.plan).map((step) => ({
    step,
    samples: Array.from({ length: step.n }, () => ({ cycles: 10, busy: 10, idle: 0, instructions: 1 })),
    total: {
      cycles: 10,
      busy: 10,
      idle: 0,
      instructions: 1,
      crossings,
      ledger: [row],
      residual: 0,
      events: {},
      counters: {},
      work: {},
    },
  }));
  expect(() => cellsOfBoot(subject, 'key', results, '0', digest)).toThrow(BrokenAccountError);
  expect(() => cellsOfBoot(subject, 'key', results.slice(1), '0', digest)).toThrow(/planned/);
});

test('the plan is said to the program as the host counts it', () => {
  const plan = {
    operations: ['a'],
    sizes: [4, 64],
    batches: [1],
    states: [
      { state: 'warm' as const, discard: 50, keep: 20 },
      { state: 'tlb-cold' as const, discard: 0, keep: 11 },
    ],
  };
  expect(planArguments(plan)).toBe('sizes=4,64 states=warm:70,tlb-cold:11');
  expect(regionSteps(plan)).toEqual([
    { n: 50, empty: 'nothing', keep: false },
    { n: 20, empty: 'nothing', keep: true },
    { n: 11, empty: 'tlb', keep: true },
    { n: 50, empty: 'nothing', keep: false },
    { n: 20, empty: 'nothing', keep: true },
    { n: 11, empty: 'tlb', keep: true },
  ]);
});

test('quantiles are values that were measured; equal accounts add up', () => {
  expect(quantile([1, 2, 3, 4], 0.5)).toBe(2);
  expect(quantile([7], 0.9)).toBe(7);
  expect(quantile([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 0.9)).toBe(9);
  const row = { component: 'a', onBehalfOf: 'b', cpl: 0, cause: 'issue' };
  expect(
    sumRows([
      { ...row, cycles: 1 },
      { ...row, cpl: 3, cycles: 0 },
      { ...row, cycles: 2 },
    ]),
  ).toEqual([{ ...row, cycles: 3 }]);
});
