import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { parts } from '../parts.js';

const verify = (...args: string[]) =>
  spawnSync(process.execPath, ['dist/verify/main.js', ...args], { encoding: 'utf8', timeout: 110_000 });

test('an unknown part is refused with the list of those that there are', () => {
  const { status, stdout, stderr } = verify('magic');
  expect(status).toBe(2);
  expect(stdout).toBe('');
  expect(stderr).toContain("unknown part 'magic'");
  for (const { id } of parts) expect(stderr).toContain(id);
});

test.each([
  [['--seed', 'x'], '--seed x: expected a whole number from 0 to 2000000000'],
  [['--seed', '-1'], '--seed'],
  [['--seed', '2000000001'], '--seed 2000000001: expected a whole number'],
  [['--seed'], '--seed'],
  [['--fast'], "Unknown option '--fast'"],
  [['--quick', '--deep'], '--quick and --deep: one of them'],
  [['--record', '--seed', '5'], '--record is of the usual seeds'],
])('%j is refused', (args, message) => {
  const { status, stdout, stderr } = verify(...args);
  expect(status).toBe(2);
  expect(stdout).toBe('');
  expect(stderr).toContain(message);
  expect(stderr).toContain('usage:');
});

test('a part prints one line: its name, count, mismatches, and what was skipped', () => {
  const { status, stdout } = verify('manual', '--quick');
  expect(stdout).toMatch(/^manual: TLB rules by the manual alone: \d+ rules, 0 mismatches, skipped: .*, \d+ s\n$/);
  expect(status).toBe(0);
});

test('parts have names of their own', () => {
  expect(new Set(parts.map(({ id }) => id)).size).toBe(parts.length);
});
