/**
 * A few of the privileged scenarios of `npm run verify`, against QEMU; all of them, and Bochs, are the proof's. Skipped,
 * with the reason printed, where qemu-system-i386 is not installed.
 */
import { describe, expect, it } from 'vitest';
import { buildCore } from '../../toolchain/driver/core.js';
import { processors } from '../processors/index.js';
import { instructions } from '../tables/instructions.js';
import { areas } from '../verify/areas/index.js';
import { countRows, coverageOf } from '../verify/coverage.js';
import recorded from '../verify/coverage.json' with { type: 'json' };
import { knownDifferences } from '../verify/known-differences.js';
import { ours, qemu, qemuMissing } from '../verify/oracles/machines.js';
import { choose } from '../verify/scenarios/choose.js';
import { linesFrom } from '../verify/scenarios/compare.js';
import { MARKERS, marker, real } from '../verify/scenarios/map.js';
import { recordOf } from '../verify/scenarios/trace.js';
import { compareWith } from '../verify/scenarios.js';

const COUNT = 260;
const missing = qemuMissing();
if (missing) console.log(`scenarios against QEMU skipped: ${missing}`);
const core = WebAssembly.compile((await buildCore()) as BufferSource);
const scenarios = choose(COUNT).filter((s) => s.model === 'usual' && s.oracles.includes('qemu'));
const here = linesFrom(ours(await core, processors['pentium3-800']), scenarios);

describe('privileged scenarios', () => {
  it('all come to an end here, each in its turn', async () => {
    const lines = await here;
    expect(scenarios.length).toBeGreaterThan(200);
    scenarios.forEach((s, i) => {
      const record = recordOf(s, lines[i] ?? '');
      const vector = record.get('vector')!;
      const own = vector >= marker.real ? vector - marker.real : vector;
      expect(own, s.name).toBeLessThan(vector === own ? MARKERS : real.count);
    });
  });

  it.skipIf(missing)('leave the same records on QEMU, but for what is known', { timeout: 60_000 }, async () => {
    const result = await compareWith('qemu', qemu('pentium3', 30), scenarios, await here, () => undefined);
    expect(result.compared).toBe(scenarios.length);
    expect(result.differences).toEqual([]);
  });

  it('have names of their own, and areas that known differences name', () => {
    const ids = areas.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { id, areas: shownBy } of knownDifferences) {
      for (const area of shownBy) expect(ids, id).toContain(area);
    }
    expect(areas.reduce((sum, area) => sum + area.scenarios(0).length, 0)).toBeGreaterThan(10_000);
  });
});

describe('the record of coverage', () => {
  it('leaves no row of the table at zero', () => {
    const bare = instructions.filter((row) => coverageOf(row).instances === 0);
    expect(bare.map(({ id, mnemonic }) => `${id} ${mnemonic}`)).toEqual([]);
  });

  it('knows the rows of this table and no others', () => {
    const ids = new Set(instructions.map(({ id }) => id));
    for (const counts of Object.values(recorded.counts)) {
      expect(Object.keys(counts).filter((id) => !ids.has(id))).toEqual([]);
    }
  });

  it('counts scenarios as a run counts them', () => {
    const all = areas.flatMap((area) => area.scenarios(0));
    for (const oracle of ['qemu', 'bochs'] as const) {
      expect(recorded.counts[oracle]).toEqual(countRows(all.filter((s) => s.oracles.includes(oracle))));
    }
  });
});
