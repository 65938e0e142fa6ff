import { expect, it } from 'vitest';
import { manualPart, rules } from '../verify/manual.js';

it('keeps translations, and drops them, by the rules of the manual', async () => {
  const { count, details } = await manualPart.run({
    depth: 'quick',
    seed: 0,
    record: false,
    progress: () => undefined,
  });
  expect(details).toEqual([]);
  expect(count).toBe(rules().length);
});
