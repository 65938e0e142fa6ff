/**
 * `crossings profile`: cycles by function and by source line, of a system that runs an experiment's workload, or of an
 * image. Every cycle is charged to the instruction that took it; nothing is sampled, and the guest does not notice.
 */
import { readFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import { experiments } from '../experiments/index.js';
import { bootsOf, imagesOf, subjectOf } from '../experiments/runner/boots.js';
import { materialsOf } from '../experiments/runner/images.js';
import { machineOf } from '../experiments/runner/measure.js';
import { projectSurroundings } from '../experiments/runner/outside.js';
import { projectRoot } from '../experiments/runner/project.js';
import { type SystemId, systemIds } from '../experiments/system.js';
import { systems } from '../experiments/systems/index.js';
import { ImageError, Machine } from '../machine/index.js';
import { processors } from '../machine/processors/index.js';
import { pprofOf } from '../reports/pprof.js';
import type { Symbols } from '../toolchain/debug/info.js';
import {
  foldedStacks,
  functionOf,
  lineOf,
  type ProfileRow,
  Profiler,
  type ProfileSum,
  sumBy,
} from '../toolchain/debug/profile.js';
import { buildCore } from '../toolchain/driver/core.js';
import { imagePath } from '../toolchain/driver/images.js';
import { UsageError } from './errors.js';
import { bringUpToDate } from './fresh.js';
import { known, wholeNumber } from './options.js';
import { refuseUnwritableFile, writeOutputFile } from './output-file.js';
import { symbolsAt } from './symbols.js';

interface ProfileOptions {
  experiment: string;
  variant?: string;
  processor: string;
  seed: number;
  module: string[];
  append: string;
  memory: number;
  maxCycles: number;
  top: number;
  folded?: string;
  pprof?: string;
}

/** A machine with everything loaded, and the symbols of what each component executes. */
interface Subject {
  readonly title: string;
  readonly machine: Machine;
  symbolsOf(component: string): readonly Symbols[];
}

export function profileCommand(): Command {
  const collect = (value: string, all: string[]): string[] => [...all, value];
  return new Command('profile')
    .description('cycles by function and by source line, exactly; of a system with a workload, or of a multiboot image')
    .argument('<target>', `${systemIds.join(', ')}, or the path of an image`)
    .option('--experiment <id>', 'whose workload a system runs', 'null-call')
    .option('--variant <name>', 'how the system serves it (default: the first way)')
    .addOption(
      new Option('--processor <id>', 'processor preset').choices(Object.keys(processors)).default('pentium3-800'),
    )
    .option('--seed <n>', 'declared seed of a system', wholeNumber(1, 1000), 1)
    .option('--module <"file args">', 'multiboot module of an image (repeatable)', collect, [])
    .option('--append <text>', 'kernel command line of an image', '')
    .option('--memory <MiB>', 'memory for an image', wholeNumber(2, 480), 128)
    .option('--max-cycles <n>', 'end after so many cycles', wholeNumber(1, Number.MAX_SAFE_INTEGER), 1_000_000_000)
    .option('--top <n>', 'rows of each table', wholeNumber(1, 10_000), 20)
    .option('--folded <file>', 'write folded stacks, for flame graphs')
    .option('--pprof <file>', 'write a profile that pprof and speedscope open (profile.proto, compressed)')
    .action(profile);
}

async function profile(target: string, options: ProfileOptions): Promise<void> {
  refuseUnwritableFile('--folded', options.folded);
  refuseUnwritableFile('--pprof', options.pprof);
  const isSystem = (systemIds as readonly string[]).includes(target);
  const subject = isSystem ? await systemSubject(target as SystemId, options) : await imageSubject(target, options);
  const profiler = new Profiler(subject.machine, subject.symbolsOf);
  const { ledger } = subject.machine;
  const from = ledger.snapshot();
  const stop = subject.machine.run(BigInt(options.maxCycles));
  const rows = profiler.finish();
  const { cycles: total, idle } = ledger.totals(ledger.subtract(from, ledger.snapshot()));
  const charged = rows.reduce((sum, { cycles }) => sum + cycles, 0);
  if (charged !== total) throw new Error(`${charged} cycles were charged of ${total}`);
  if (options.folded !== undefined) writeOutputFile('--folded', options.folded, foldedStacks(rows));
  if (options.pprof !== undefined) {
    writeOutputFile('--pprof', options.pprof, pprofOf(rows, processors[options.processor].hz));
  }
  const instructions = rows.reduce((sum, row) => sum + row.instructions, 0);
  const cycles = idle === 0 ? `${total} cycles` : `${total} cycles (${idle} idle, at the instruction that halts)`;
  const head = `${subject.title}: ${cycles}, ${instructions} instructions, ended: ${stop.reason}`;
  process.stdout.write(`${[head, ...table('function', rows, functionOf, total, options.top)].join('\n')}\n`);
  process.stdout.write(`${table('line', rows, lineOf, total, options.top).join('\n')}\n`);
}

function table(
  what: string,
  rows: readonly ProfileRow[],
  name: (row: ProfileRow) => string,
  total: number,
  top: number,
): string[] {
  const sums = sumBy(rows, name);
  const line = ({ component, what: name, cycles, instructions }: ProfileSum) =>
    `${String(cycles).padStart(14)} ${((100 * cycles) / total).toFixed(1).padStart(5)} ` +
    `${String(instructions).padStart(12)}  ${component}  ${name}`;
  const shown = sums.slice(0, top);
  const rest = sums.slice(top).reduce((sum, { cycles }) => sum + cycles, 0);
  const more = sums.length > top ? [`${String(rest).padStart(14)}        in ${sums.length - top} more`] : [];
  return ['', `        cycles     % instructions  component  ${what}`, ...shown.map(line), ...more];
}

async function systemSubject(system: SystemId, options: ProfileOptions): Promise<Subject> {
  const ids = experiments
    .filter((e) => e.families.some((f) => f.rows.some((r) => r.system === system)))
    .map((e) => e.id);
  const [id] = known('experiment', [options.experiment], ids);
  const selection = {
    experiments: [id],
    systems: [system],
    processors: [options.processor],
    seeds: options.seed,
    timer: 'on' as const,
    overrides: {},
  };
  await bringUpToDate(imagesOf(selection, systems));
  const specs = bootsOf(selection, projectSurroundings()).filter(
    (s) => s.seed === options.seed && s.prices === 'nominal',
  );
  const variantOf = (s: (typeof specs)[number]) => subjectOf(s).row.variant;
  const [variant] = known('variant', [options.variant ?? variantOf(specs[0])], specs.map(variantOf));
  const spec = specs.find((s) => variantOf(s) === variant)!;
  if (spec.unavailable !== undefined) throw new UsageError(spec.unavailable);
  const { boot, layout } = spec;
  const cache = new Map<string, readonly Symbols[]>();
  const symbols = (image: string | undefined): readonly Symbols[] => {
    if (image === undefined) return [];
    const known = cache.get(image) ?? symbolsAt(imagePath(image, projectRoot, layout));
    cache.set(image, known);
    return known;
  };
  // A module is known by the first word of its text; a guest kernel as `<domain>/kernel`.
  const images = new Map(boot.modules.map(({ image, args }) => [args.split(' ')[0], image]));
  images.set('kernel', 'xen-guest').set(boot.image, boot.image);
  const title = `${id}, ${subjectOf(spec).row.label}, on ${processors[options.processor].name}`;
  return {
    title,
    machine: machineOf(spec, materialsOf(spec)),
    // A program enters the page that its kernel supplies before it is the kernel's time.
    symbolsOf: (component) => {
      const slash = component.lastIndexOf('/');
      const kernel = slash < 0 ? boot.image : 'kernel';
      return [component.slice(slash + 1), kernel].flatMap((name) => symbols(images.get(name)));
    },
  };
}

async function imageSubject(path: string, options: ProfileOptions): Promise<Subject> {
  const core = await WebAssembly.compile((await buildCore()) as BufferSource);
  const preset = processors[options.processor];
  const machine = Machine.create({ core, preset, memoryMiB: options.memory });
  const modules = options.module.map((text) => ({ bytes: read(text.split(' ')[0]), args: text }));
  try {
    machine.load(read(path), modules, options.append);
  } catch (error) {
    throw error instanceof ImageError ? new UsageError(error.message) : error;
  }
  const symbols = [path, ...options.module.map((text) => text.split(' ')[0])].flatMap(symbolsAt);
  return { title: `${path} on ${preset.name}`, machine, symbolsOf: () => symbols };
}

function read(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new UsageError(
      `${path}: neither a system (${systemIds.join(', ')}) nor a file that can be read: ${(error as Error).message}`,
    );
  }
}
