import { beforeAll, describe, expect, it } from 'vitest';
import { buildCore } from '../../toolchain/driver/core.js';
import { crashes } from '../verify/fuzz/crashes.js';
import { runFuzz } from '../verify/fuzz/run.js';

const SEEDS = 12;
let core: WebAssembly.Module;
beforeAll(async () => {
  core = await WebAssembly.compile((await buildCore()) as BufferSource);
});

describe('guests of random code, tables and device accesses', () => {
  it(`end as guests end, ${SEEDS} of them`, () => {
    let instructions = 0;
    for (let seed = 1; seed <= SEEDS; seed++) instructions += runFuzz(core, seed).instructions;
    expect(instructions).toBeGreaterThan(SEEDS * 1000);
  });

  it('end the same way again', () => {
    expect(runFuzz(core, 5)).toEqual(runFuzz(core, 5));
  });

  it.each(crashes)('end with seed %i, which once found: %s', (seed) => {
    expect(runFuzz(core, seed).reason).not.toBe('');
  });
});
