/** Part "host": user-mode instructions on this host's processor. */
import { buildCore } from '../../toolchain/driver/core.js';
import { linuxUnavailable } from '../../toolchain/verify/linux.js';
import type { Outcome, Part, PartOptions } from '../../verify/part.js';
import { inTableOrder } from './coverage.js';
import { compareWithHost } from './host/compare.js';
import { rows } from './host/instances.js';
import { record } from './record.js';

export const HOST_SEED = 1;
const COUNTS = { quick: 100_000, usual: 1_000_000, deep: 1_000_000 } as const;

async function run({ depth, seed, record: recording, progress }: PartOptions): Promise<Outcome> {
  const unavailable = linuxUnavailable();
  if (unavailable) {
    return { count: 0, mismatches: 0, unit: 'instances', details: [], skipped: [`all (${unavailable})`] };
  }
  const core = await WebAssembly.compile((await buildCore()) as BufferSource);
  const instances = COUNTS[depth];
  const first = HOST_SEED + seed;
  const result = await compareWithHost(core, first, instances, (done) => progress(done, instances));
  if (recording) {
    const by = `npm run verify -- --${depth} --record host: ${instances} instances, seeds from ${first} on`;
    record('host', by, inTableOrder(new Map([...result.perRow].map(([row, count]) => [row.id, count]))));
  }
  const least = Math.min(...rows.map((row) => result.perRow.get(row) ?? 0));
  return {
    count: result.instances,
    mismatches: result.differences.length,
    unit: 'instances',
    details: result.differences,
    skipped: [],
    notes: [`${rows.length} rows, at least ${least} each`, `seeds from ${first} on`],
  };
}

export const hostPart: Part = { id: 'host', title: "user-mode instructions against the host's processor", run };
