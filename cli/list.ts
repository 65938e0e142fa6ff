import { Command } from 'commander';
import { claims } from '../experiments/claims/index.js';
import { experiments, historicalSystems } from '../experiments/index.js';
import { systemIds, variants, workloadIds } from '../experiments/system.js';
import { systems } from '../experiments/systems/index.js';
import { listConstants, processors } from '../machine/processors/index.js';
import { causes } from '../machine/tables/causes.js';
import { counters } from '../machine/tables/counters.js';
import { events } from '../machine/tables/events.js';
import { instructions } from '../machine/tables/instructions.js';
import { coverageOf } from '../machine/verify/coverage.js';
import { portSizes } from '../toolchain/driver/ports.js';
import { operations } from './operations.js';
import { known } from './options.js';

type Rows = Record<string, unknown>[];

const lists: Record<string, () => Rows> = {
  systems: () => systemIds.map((id) => ({ id, title: systems[id].title, variants: variants[id] })),
  processors: () =>
    Object.values(processors).map(({ id, name, hz, features }) => ({
      id,
      name,
      megahertz: Math.round(hz / 1e5) / 10,
      systems: historicalSystems[id] ?? [],
      features,
    })),
  constants: () =>
    Object.values(processors).flatMap((preset) =>
      listConstants(preset).map(({ path, value, low, high, unit, class: basis, source }) => ({
        processor: preset.id,
        path,
        value,
        low,
        high,
        unit,
        class: basis,
        source,
      })),
    ),
  experiments: () =>
    experiments.map(({ id, title, question, families, claims: bearsOn }) => ({
      id,
      title,
      question,
      // Families of several workloads have the same rows.
      rows: [...new Set(families.flatMap((family) => family.rows.map(({ label }) => label)))],
      claims: bearsOn,
    })),
  workloads: () =>
    workloadIds.map((id) => ({
      id,
      experiments: experiments
        .filter(({ families }) => families.some(({ workload }) => workload === id))
        .map((experiment) => experiment.id),
    })),
  ports: () => portSizes().map((size) => ({ ...size })),
  operations: () => operations.map(({ id, title }) => ({ id, title })),
  claims: () => claims.map(({ id, title, from, basis, criterion }) => ({ id, title, from, basis, criterion })),
  counters: () => [
    ...counters.map(({ id, unit, definition }) => ({ kind: 'counter', id, unit, definition })),
    ...events.map(({ id, definition }) => ({ kind: 'event', id, unit: '', definition })),
    ...causes.map(({ id, modelled, definition }) => ({
      kind: 'cause',
      id,
      unit: 'cycles',
      definition: `${definition} (${modelled === 'weak' ? 'weakly' : 'well'} modelled)`,
    })),
  ],
  instructions: () =>
    instructions.map(({ id, mnemonic, operands, ...row }) => {
      const { oracles, instances, host, qemu, bochs, unverified } = coverageOf({ id, mnemonic, operands, ...row });
      return { id, mnemonic, operands, oracles, instances, host, qemu, bochs, unverified, ...row };
    }),
};

export function listCommand(): Command {
  return new Command('list')
    .description('what there is')
    .argument('<what>', Object.keys(lists).join(', '))
    .option('--json', 'as JSON')
    .action((what: string, { json }: { json?: boolean }) => {
      const [name] = known('list', [what], Object.keys(lists));
      const rows = lists[name]();
      if (json) console.log(JSON.stringify(rows));
      else for (const line of aligned(rows)) console.log(line);
    });
}

/** Columns padded to their widest value; the last one as it is. */
function aligned(rows: Rows): string[] {
  const texts = rows.map((row) =>
    Object.values(row).map((value) => (Array.isArray(value) ? value.join(separator(value)) : text(value))),
  );
  const widths = texts[0]?.map((_, column) => Math.max(...texts.map((row) => row[column]?.length ?? 0))) ?? [];
  return texts.map((row) =>
    row
      .map((value, column) => value.padEnd(widths[column]))
      .join('  ')
      .trimEnd(),
  );
}

/** Names of systems have commas in them. */
const separator = (values: readonly unknown[]): string => (values.some((v) => `${v}`.includes(',')) ? '; ' : ', ');

function text(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
