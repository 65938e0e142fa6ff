import { expect, test } from 'vitest';
import { claimsById } from '../claims/index.js';
import { cornerOverrides, levers } from '../corners.js';
import { bootsOf } from '../runner/boots.js';
import type { ConstantRange } from '../schema.js';
import { judge } from '../verdict.js';
import { handmadeCells, selection, surroundings } from './handmade.js';

const constant = (path: string, value: number, low: number, high: number, basis: ConstantRange['class'] = 'D') => ({
  path,
  value,
  low,
  high,
  class: basis,
});

const constants = [
  constant('events.intToRing0', 100, 50, 200),
  constant('events.intToRing1', 120, 60, 240),
  constant('events.iretOuter', 80, 60, 100, 'A'),
  constant('events.writeCr3', 50, 30, 120, 'C'),
  constant('issue.alu', 8, 4, 16),
  constant('timings.latency.memory', 90, 70, 130),
  constant('timings.latency.overlap', 20, 0, 50),
  constant('timings.writeBuffer.depth', 12, 6, 12),
];

test('gates to ring 0 and ring 1 are one lever, known prices are none', () => {
  const found = levers(constants, (id) => id !== '');
  expect(found.map(({ name }) => name)).toEqual(['events.intToRing0 and events.intToRing1', 'events.writeCr3']);
  expect(found[0].members).toEqual([
    { event: 'intToRing0', value: 100 },
    { event: 'intToRing1', value: 120 },
  ]);
});

test('weakly modelled constants go to their cheap or dear end together', () => {
  expect(cornerOverrides(constants, 'nominal')).toEqual({});
  expect(cornerOverrides(constants, 'weak-cheap')).toEqual({
    'issue.alu': 4,
    'timings.latency.memory': 70,
    'timings.latency.overlap': 50,
  });
  expect(cornerOverrides(constants, 'weak-dear')).toEqual({
    'issue.alu': 16,
    'timings.latency.memory': 130,
    'timings.latency.overlap': 0,
  });
});

test('a verdict that turns at an end of the weakly modelled constants depends on them', () => {
  const cells = handmadeCells(bootsOf(selection, surroundings)).map((cell) =>
    cell.factors.variant === 'bounced' && cell.factors.prices === 'weak-dear'
      ? { ...cell, busyPerOperation: 220 }
      : cell,
  );
  const [claim] = claimsById(['R7']);
  const verdict = judge(claim, { cells, constants: {}, weakCauses: new Set() });
  expect(verdict.status).toBe('depends');
  expect(verdict.dependsOn[0]).toBe('weakly modelled constants (pentium-133: 1.04 at weak-dear)');
  const finding = verdict.findings[0];
  expect(finding.seeds.map(({ seed }) => seed)).toEqual([1, 2]);
  expect(finding.weakEnds.map(({ prices, holds }) => [prices, holds])).toEqual([
    ['weak-cheap', true],
    ['weak-dear', false],
  ]);
});
