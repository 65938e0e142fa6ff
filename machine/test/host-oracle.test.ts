/**
 * Integer instructions and the x87 state against the host's processor: the same random instances on both, registers,
 * defined flags, memory and faults compared. ORACLE_INSTANCES and ORACLE_SEED ask for more.
 */
import { describe, expect, it } from 'vitest';
import { buildCore } from '../../toolchain/driver/core.js';
import { linuxUnavailable } from '../../toolchain/verify/linux.js';
import { coverageOf } from '../verify/coverage.js';
import { compareWithHost } from '../verify/host/compare.js';
import { rows } from '../verify/host/instances.js';

const SEED = Number(process.env.ORACLE_SEED ?? 1);
const INSTANCES = Number(process.env.ORACLE_INSTANCES ?? 20_000);
const unavailable = linuxUnavailable();
if (unavailable) console.log(`host oracle skipped: ${unavailable}`);

describe.skipIf(unavailable)('the host processor', () => {
  it(`agrees on ${INSTANCES} instances of ${rows.length} rows`, { timeout: 600_000 }, async () => {
    const core = await WebAssembly.compile((await buildCore()) as BufferSource);
    const { differences, perRow, faults } = await compareWithHost(core, SEED, INSTANCES);
    expect(differences.slice(0, 20).join('\n')).toBe('');
    expect(perRow.size).toBe(rows.length);
    // The recorded run began with the same seed and went on: it has these and more.
    for (const [row, count] of perRow)
      expect(coverageOf(row).host, row.id).toBeGreaterThanOrEqual(Math.min(count, 1000));
    // Most run through; every fault that an instruction can raise in user mode was among the others.
    expect(faults.get(-1)).toBeGreaterThan(INSTANCES / 2);
    expect([...faults.keys()].sort((a, b) => a - b)).toEqual([-1, 0, 1, 3, 4, 5, 6, 13, 16, 17]);
  });
});
