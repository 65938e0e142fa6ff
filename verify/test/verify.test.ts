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

test('a part prints one line: its name, count, mismatches, and what was skipped', () => {
  const { status, stdout } = verify('manual', '--quick');
  expect(stdout).toMatch(/^manual: TLB rules by the manual alone: \d+ rules, 0 mismatches, skipped: .*, \d+ s\n$/);
  expect(status).toBe(0);
});

test('parts have names of their own', () => {
  expect(new Set(parts.map(({ id }) => id)).size).toBe(parts.length);
});
