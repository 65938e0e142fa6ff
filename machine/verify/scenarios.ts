/** Part "scenarios": privileged code on this machine, QEMU and Bochs; identical records, but for what is known. */
import { buildCore } from '../../toolchain/driver/core.js';
import type { Outcome, Part, PartOptions } from '../../verify/part.js';
import { processors } from '../processors/index.js';
import { countRows } from './coverage.js';
import { knownDifferences } from './known-differences.js';
import { bochs, bochsMissing, ours, qemu, qemuMissing, type Run } from './oracles/machines.js';
import { record } from './record.js';
import { choose } from './scenarios/choose.js';
import { A_BOOT, linesFrom } from './scenarios/compare.js';
import type { OracleId, Scenario } from './scenarios/scenario.js';
import { describeDifference, differing, recordOf } from './scenarios/trace.js';

const COUNTS = { quick: 1000, usual: 5000, deep: Number.POSITIVE_INFINITY } as const;

/** The same processor by the names that each machine gives it. */
const models = {
  usual: { preset: 'pentium3-800', qemu: 'pentium3', bochs: 'p3_katmai' },
  later: { preset: 'core2-2400', qemu: 'coreduo', bochs: 'core_duo_t2400_yonah' },
  amd: { preset: 'opteron-1800', qemu: 'phenom', bochs: 'athlon64_clawhammer' },
} as const;
type Model = keyof typeof models;

export interface Comparison {
  readonly compared: number;
  /** Scenarios that ended both machines in a triple fault; nothing is compared there. */
  readonly down: number;
  readonly differences: readonly string[];
  /** Ids of known differences that were seen. */
  readonly known: ReadonlySet<string>;
  readonly knownCount: number;
}

/** Runs the scenarios that name `oracle` there, and holds the records against ours. */
export async function compareWith(
  oracle: OracleId,
  run: Run,
  scenarios: readonly Scenario[],
  lines: readonly (string | undefined)[],
  each: (done: number) => void,
): Promise<Comparison> {
  const chosen = scenarios.flatMap((s, i) => (s.oracles.includes(oracle) ? [i] : []));
  const theirs = await linesFrom(
    run,
    chosen.map((i) => scenarios[i]),
    each,
  );
  const differences: string[] = [];
  const known = new Set<string>();
  let [knownCount, down] = [0, 0];
  chosen.forEach((i, at) => {
    const scenario = scenarios[i];
    const place = `${scenario.area}: ${scenario.name}`;
    const [a, b] = [lines[i], theirs[at]];
    if (a === undefined || b === undefined) {
      if (a === b) down++;
      else differences.push(`${place}: no record ${a === undefined ? 'here' : `from ${oracle}`}`);
      return;
    }
    const [mine, other] = [recordOf(scenario, a), recordOf(scenario, b)];
    let fields = differing(scenario, mine, other);
    if (fields.length === 0) return;
    for (const rule of knownDifferences) {
      if (rule.oracle !== oracle || fields.length === 0) continue;
      const covered = rule.covers(scenario, mine, other);
      const left = covered === 'all' ? [] : fields.filter((field) => !covered.includes(field));
      if (left.length < fields.length) known.add(rule.id);
      fields = left;
    }
    if (fields.length === 0) knownCount++;
    else differences.push(`${place}: ${describeDifference(fields, mine, other, oracle)}`);
  });
  return { compared: chosen.length - down, down, differences, known, knownCount };
}

async function verifyModel(model: Model, scenarios: readonly Scenario[], report: (done: number, what: string) => void) {
  const core = await WebAssembly.compile((await buildCore()) as BufferSource);
  const names = models[model];
  const lines = await linesFrom(ours(core, processors[names.preset]), scenarios, (done) => report(done, 'here'));
  const runs: [OracleId, Run, string | undefined][] = [
    ['qemu', qemu(names.qemu), qemuMissing()],
    ['bochs', bochs(names.bochs), bochsMissing()],
  ];
  return Promise.all(
    runs.map(async ([oracle, run, missing]) => {
      if (missing) return { oracle, missing };
      return { oracle, ...(await compareWith(oracle, run, scenarios, lines, (done) => report(done, oracle))) };
    }),
  );
}

async function run({ depth, seed, progress, record: recording }: PartOptions): Promise<Outcome> {
  const chosen = choose(COUNTS[depth], seed);
  const details: string[] = [];
  const skipped = new Set<string>();
  const notes: string[] = [];
  const counts: Record<string, number> = { qemu: 0, bochs: 0 };
  const knownSeen = new Set<string>();
  let knownCount = 0;
  for (const model of Object.keys(models) as Model[]) {
    const scenarios = chosen.filter((s) => s.model === model);
    if (scenarios.length === 0) continue;
    const results = await verifyModel(model, scenarios, (done, what) => progress(done, scenarios.length, what));
    for (const result of results) {
      if ('missing' in result) {
        skipped.add(`${result.oracle} (${result.missing})`);
        continue;
      }
      counts[result.oracle] += result.compared;
      knownCount += result.knownCount;
      if (result.down > 0) skipped.add(`${result.down} scenarios that bring both machines down (${result.oracle})`);
      details.push(...result.differences);
      for (const id of result.known) knownSeen.add(id);
    }
  }
  if (depth === 'deep') {
    for (const { id, oracle } of knownDifferences) {
      if (counts[oracle] > 0 && !knownSeen.has(id)) details.push(`known difference ${id}: no scenario shows it`);
    }
  }
  for (const oracle of ['qemu', 'bochs'] as const) {
    if (!recording || counts[oracle] === 0) continue;
    const compared = chosen.filter((s) => s.oracles.includes(oracle));
    record(
      oracle,
      `npm run verify -- --${depth} --record scenarios: ${compared.length} scenarios`,
      countRows(compared),
    );
  }
  notes.push(`${chosen.length} scenarios in boots of ${A_BOOT}`, `random ones of seeds from ${seed + 1} on`);
  for (const [oracle, count] of Object.entries(counts)) notes.push(`${oracle} ${count}`);
  notes.push(`${knownCount} known differences of ${knownSeen.size} kinds`);
  return {
    count: counts.qemu + counts.bochs,
    mismatches: details.length,
    unit: 'comparisons',
    details,
    skipped: [...skipped],
    notes,
  };
}

export const scenariosPart: Part = {
  id: 'scenarios',
  title: 'privileged scenarios against QEMU and Bochs',
  run,
};
