import { expect, test } from 'vitest';
import type { Claim } from '../claims/claim.js';
import { claims, claimsById } from '../claims/index.js';
import { bootsOf } from '../runner/boots.js';
import type { Cell } from '../schema.js';
import { type JudgeInput, judge } from '../verdict.js';
import { ratio } from '../view.js';
import { handmadeCells, selection, surroundings } from './handmade.js';

const cells = handmadeCells(bootsOf(selection, surroundings));
const constants = Object.fromEntries(selection.processors.map((id) => [id, surroundings.processor(id, {}).constants]));
const input: JudgeInput = { cells, constants, weakCauses: new Set(['issue']) };
const claim = (id: string): Claim => claimsById([id])[0];

/** Busy cycles of one variant set to another value everywhere. */
function withBusy(variant: string, value: (cell: Cell) => number): JudgeInput {
  return {
    ...input,
    cells: cells.map((cell) => (cell.factors.variant === variant ? { ...cell, busyPerOperation: value(cell) } : cell)),
  };
}

test('every claim of the reference is listed once', () => {
  const ids = claims.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  const expected = [...range('C', 16), ...range('R', 13), ...range('L', 5), ...range('T', 5)];
  expect([...ids].sort()).toEqual(expected.sort());
  expect(() => claimsById(['Z9'])).toThrow(/unknown claim "Z9"; allowed: C1, /);

  function range(letter: string, last: number): string[] {
    return Array.from({ length: last }, (_, index) => `${letter}${index + 1}`);
  }
});

test('C4 counts protection domains beside program, guest kernel and monitor', () => {
  const verdict = judge(claim('C4'), input);
  expect(verdict.status).toBe('supported');
  expect(verdict.findings.filter(({ test }) => test === 'vmm-others').every(({ median }) => median === 0)).toBe(true);
  expect(verdict.findings.find(({ test }) => test === 'microkernel-others')?.median).toBe(1);
});

test('C12 holds when the direct gate enters no monitor and costs little more than native', () => {
  expect(judge(claim('C12'), input).status).toBe('depends');
  const settled = { ...input, constants: {} };
  expect(judge(claim('C12'), settled).status).toBe('supported');
  const dear = { ...withBusy('direct', () => 1000), constants: {} };
  expect(judge(claim('C12'), dear).status).toBe('refuted');
});

test('a corner that turns a verdict is named with its threshold', () => {
  const verdict = judge(claim('C12'), input);
  const corner = verdict.findings.find(({ test }) => test === 'ratio')?.corners[0];
  expect(corner?.constant).toBe('events.intToRing0');
  // The lower median is seed 2: 212 / (202 + price - 100) = 1.1 at price = 212 / 1.1 - 102.
  expect(corner?.flipsAt).toBeCloseTo(212 / 1.1 - 102, 6);
  expect(verdict.dependsOn[0]).toBe('events.intToRing0 (pentium-133, nominal 100, threshold 90.7 cycles)');
  expect(verdict.findings.flatMap(({ corners }) => corners.map((each) => each.class))).not.toContain('A');
});

test('a verdict says in how many seeds and on which processors it holds', () => {
  const bySeed = { ...withBusy('bounced', ({ factors }) => (factors.seed === 1 ? 900 : 100)), constants: {} };
  const seeds = judge(claim('R7'), bySeed);
  expect(seeds.status).toBe('depends');
  expect(seeds.dependsOn[0]).toBe('the seed (pentium-133): holds in 1 of 2');

  const byProcessor = {
    ...withBusy('bounced', ({ processor }) => (processor === 'pentium-133' ? 100 : 900)),
    constants: {},
  };
  expect(judge(claim('R7'), byProcessor).dependsOn).toEqual([
    'the processor: holds on pentium3-800, xeon-p4-2400 only',
  ]);
});

test('definitions that disagree make the verdict depend on the definition', () => {
  const agreeing = judge(claim('R6'), input);
  expect(agreeing.status).toBe('depends');
  expect(agreeing.dependsOn).toEqual(['the definition of a step: holds by domain or server, privilege only']);
});

test('nothing is judged without cells, and what cannot be judged says why', () => {
  expect(judge(claim('C12'), { ...input, cells: [] }).status).toBe('no-data');
  expect(judge(claim('C1'), input).status).toBe('not-testable');
  const later = judge(claim('C3'), input);
  expect(later.status).toBe('not-yet');
  expect(later.reason).toBe('fault injection is not built');
  expect(judge(claim('C7'), input).partial).toBe('null call, page fault, IPC and packet only');
});

test('weakly modelled cycles and unequal work are said beside the verdict', () => {
  const unequal = {
    ...input,
    constants: {},
    cells: cells.map(
      (cell): Cell =>
        cell.factors.variant === 'bounced' ? { ...cell, status: 'unequal-work', reason: '2 syscall' } : cell,
    ),
  };
  const verdict = judge(claim('R7'), unequal);
  expect(verdict.notes.some((note) => note.startsWith('Rests by more than half on weakly modelled causes'))).toBe(true);
  expect(verdict.notes.some((note) => note.includes('vmm (bounced): 2 syscall'))).toBe(true);
});

test('a cell without a number is no evidence', () => {
  const failed = {
    ...input,
    cells: cells.map((cell): Cell => (cell.factors.variant === 'bounced' ? { ...cell, status: 'failed' } : cell)),
  };
  expect(judge(claim('R7'), failed).status).toBe('no-data');
  expect(ratio(1, 0)).toBeUndefined();
});
