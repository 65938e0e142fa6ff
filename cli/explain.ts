/** Every cycle of one warm operation: crossings in the order of opening, each with what was charged within it alone. */
import { Command } from 'commander';
import { experiments } from '../experiments/index.js';
import { regionGroups, regionSteps } from '../experiments/plan.js';
import { bootsOf, imagesOf, subjectOf } from '../experiments/runner/boots.js';
import { materialsOf } from '../experiments/runner/images.js';
import { traceBoot } from '../experiments/runner/measure.js';
import { projectSurroundings } from '../experiments/runner/outside.js';
import { systemIds } from '../experiments/system.js';
import { systems } from '../experiments/systems/index.js';
import type { Crossing, RegionTrace } from '../machine/index.js';
import { processors } from '../machine/processors/index.js';
import { causes } from '../machine/tables/causes.js';
import { group } from '../reports/format.js';
import { UsageError } from './errors.js';
import { bringUpToDate } from './fresh.js';
import { type Operation, operations } from './operations.js';
import { known, wholeNumber } from './options.js';

interface ExplainFlags {
  system: string;
  processor: string;
  variant?: string;
  seed: number;
  json?: boolean;
}

export function explainCommand(): Command {
  return new Command('explain')
    .description('every cycle of one warm operation')
    .argument('<operation>', operations.map(({ id }) => id).join(', '))
    .requiredOption('--system <name>', systemIds.join(', '))
    .requiredOption('--processor <name>', Object.keys(processors).join(', '))
    .option('--variant <name>', 'which of the rows of that system (default: its first)')
    .option('--seed <n>', 'declared seed', wholeNumber(1, 999), 1)
    .option('--json', 'as JSON')
    .action(async (name: string, flags: ExplainFlags) => {
      const [id] = known(
        'operation',
        [name],
        operations.map((each) => each.id),
      );
      const operation = operations.find((each) => each.id === id)!;
      const trace = await traceOf(operation, flags);
      if (flags.json) {
        console.log(JSON.stringify({ ...trace, outside: Object.fromEntries(trace.outside) }));
        return;
      }
      console.log(explained(operation, flags, trace));
    });
}

async function traceOf(operation: Operation, flags: ExplainFlags): Promise<RegionTrace> {
  const [system] = known('system', [flags.system], systemIds);
  const [processor] = known('processor', [flags.processor], Object.keys(processors));
  const rows = experiments
    .find(({ id }) => id === operation.experiment)!
    .families.find(({ id }) => id === operation.family)!
    .rows.filter((row) => row.system === system);
  const [variant] = known(
    'variant',
    flags.variant === undefined ? undefined : [flags.variant],
    rows.map((row) => row.variant),
  );
  const selection = {
    experiments: [operation.experiment],
    systems: [system],
    processors: [processor],
    seeds: flags.seed,
    timer: 'off' as const,
    overrides: {},
  };
  await bringUpToDate(imagesOf(selection, systems));
  const spec = bootsOf(selection, projectSurroundings()).find(
    (each) =>
      each.seed === flags.seed &&
      each.prices === 'nominal' &&
      each.family === operation.family &&
      subjectOf(each).row.variant === variant,
  )!;
  if (spec.unavailable !== undefined) throw new UsageError(spec.unavailable);
  const { plan } = subjectOf(spec).family;
  const groups = regionGroups(plan).flatMap((group) => (group.discard > 0 ? [undefined, group] : [group]));
  const step = groups.findIndex(
    (group) =>
      group?.state === 'warm' &&
      group.operation === operation.operation &&
      group.size === operation.size &&
      group.batch === operation.batch,
  );
  return traceBoot(spec, materialsOf(spec), { step, repetition: regionSteps(plan)[step].n - 1 });
}

function explained(operation: Operation, flags: ExplainFlags, trace: RegionTrace): string {
  const begin = Math.min(...trace.records.map(({ enter }) => enter));
  const lines = [
    `${operation.title}; ${flags.system} on ${processors[flags.processor].name}, warm, timer off, seed ${flags.seed}`,
    '',
    '  at cycle    own   crossing',
  ];
  for (const record of trace.records) lines.push(recordLine(record, trace.records, begin), causeLine(record.own));
  for (const [component, own] of trace.outside) {
    lines.push(`             ${pad(sum(own), 6)}   outside of any crossing: ${component}`, causeLine(own));
  }
  const total = trace.records.reduce((all, { own }) => all + sum(own), 0);
  const outside = [...trace.outside.values()].reduce((all, own) => all + sum(own), 0);
  lines.push('', `crossings ${group(total)} + outside ${group(outside)} = ${group(total + outside)} cycles`);
  if (total + outside !== trace.cycles) {
    throw new Error(`the records add up to ${total + outside} cycles, but ${trace.cycles} were measured`);
  }
  lines.push(`measured ${group(trace.cycles)} cycles`);
  return lines.join('\n');
}

function recordLine(record: Crossing, records: readonly Crossing[], begin: number): string {
  let depth = 0;
  for (let at = record; at.parent !== 0; depth += 1) {
    const parent = records.find(({ id }) => id === at.parent);
    if (parent === undefined) break;
    at = parent;
  }
  const ring = `${record.fromCpl} -> ${record.toCpl}`;
  const slow = record.path === 'slow' ? ', slow path' : '';
  const who = `${record.from} -> ${record.to} for ${record.onBehalfOf} (CPL ${ring}${slow})`;
  const text = `${'  '.repeat(depth)}${record.reason}: ${who}`;
  return `${pad(record.enter - begin, 10)} ${pad(sum(record.own), 8)}   ${text}`;
}

function causeLine(own: Readonly<Record<string, number>>): string {
  const parts = causes.filter(({ id }) => own[id] > 0).map(({ id, label }) => `${label} ${own[id]}`);
  return `${' '.repeat(22)}${parts.join(', ')}`;
}

function sum(own: Readonly<Record<string, number>>): number {
  return Object.values(own).reduce((all, cycles) => all + cycles, 0);
}

function pad(value: number, width: number): string {
  return group(value).padStart(width);
}
