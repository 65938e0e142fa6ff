// The lmbench table: what is taken off a row, units, and which rows want a reason.
import { expect, test } from 'vitest';
import type { Cell, Manifest } from '../../experiments/schema.js';
import { rowTables, rowValues } from '../rows.js';
import { splits } from '../split.js';

const manifest = {
  systems: ['native'],
  processors: { 'xeon-p4-2400': { preset: '', title: 'Xeon', megahertz: 2400, constants: [] } },
} as unknown as Manifest;

const cell = (experiment: string, row: string, cycles: number, ledger: Cell['ledger'] = [], variant = 'int80') =>
  ({
    experiment,
    system: 'native',
    processor: 'xeon-p4-2400',
    factors: { row, operation: row, variant },
    n: 1,
    perOperation: { min: cycles, median: cycles, p90: cycles, max: cycles },
    ledger,
  }) as unknown as Cell;

test('a row is microseconds beside the published figure, less what lmbench takes off', () => {
  const values = rowValues(manifest, [
    cell('lmbench', 'null-call', 1200),
    cell('lmbench', 'signal-catch', 4800),
    cell('lmbench', 'signal-send', 1200),
    cell('lmbench', 'protection-fault', 6000),
  ]);
  const byRow = new Map(values.map((value) => [value.row, value]));
  // L-UP of SOSP 2003, tables 3 and 5: null call 0.45, signal handling 2.49, protection fault 1.06 us.
  expect(byRow.get('null-call')).toMatchObject({ value: 0.5, published: { value: 0.45 }, unit: 'us' });
  expect(byRow.get('null-call')?.why).toBeUndefined();
  expect(byRow.get('signal-handle')?.value).toBeCloseTo(1.5);
  expect(byRow.get('signal-handle')?.ratio).toBeCloseTo(1.5 / 2.49);
  expect(byRow.get('signal-handle')?.why).toMatch(/FPU state/);
  expect(byRow.get('protection-fault')?.value).toBeCloseTo(2.5 - 2 + 0.5);
  expect(byRow.has('fork')).toBe(false);
});

test('sysenter has a column of its own, held against nothing published', () => {
  const cells = [cell('lmbench', 'null-call', 720, [], 'sysenter'), cell('lmbench', 'null-call', 1200)];
  const [int80, sysenter] = rowValues(manifest, cells);
  expect(int80).toMatchObject({ variant: 'int80', value: 0.5, ratio: 0.5 / 0.45 });
  expect(sysenter).toEqual({ ...int80, variant: 'sysenter', value: 0.3, published: undefined, ratio: undefined });
  expect(rowTables(manifest, cells)).toMatch(/row \| int80 \| sysenter \|.*\n.*\n\| null-call \| 0.5 \| 0.3 \| 0.45/);
});

test('a bandwidth is bytes by time', () => {
  const [value] = rowValues(manifest, [cell('lmbench', 'memory-read-bandwidth', 240_000)]);
  expect(value).toMatchObject({ unit: 'MB/s', value: 625 });
  expect(value.published).toBeUndefined();
});

test('a row that deviates the way nobody foresaw says so', () => {
  const [value] = rowValues(manifest, [cell('lmbench', 'null-call', 24_000)]);
  expect(value.why).toBe('not explained');
  expect(rowTables(manifest, [])).toBeUndefined();
});

test('whole programs are split by privilege and idle', () => {
  const row = (cpl: number, cause: string, cycles: number) => ({ component: 'x', onBehalfOf: 'x', cpl, cause, cycles });
  const ledger = [row(3, 'issue', 93), row(0, 'issue', 4), row(0, 'trap', 3), row(0, 'idle', 50)];
  const [split] = splits(manifest, [cell('build', 'build', 150, ledger)]);
  expect(split).toMatchObject({ user: 93, kernel: 7, idle: 50 });
  expect(split.byCause.find(({ cause }) => cause === 'trap')).toMatchObject({ user: 0, kernel: 3 });
});
