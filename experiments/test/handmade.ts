/**
 * Cells made by hand for tests of what comes after measuring: every row of every experiment, at costs that were written
 * here and mean nothing.
 */
import type { RegionResult } from '../../machine/ledger/region.js';
import { type BootCells, cellsOfBoot, type Subject } from '../cells.js';
import { dailyExperiments } from '../index.js';
import { regionGroups, regionSteps } from '../plan.js';
import { type BootSpec, type Selection, type Surroundings, subjectOf } from '../runner/boots.js';
import { digest } from '../runner/project.js';
import type { Cell } from '../schema.js';
import { type System, type SystemId, systemIds } from '../system.js';

export const processors = ['pentium-133', 'pentium3-800', 'xeon-p4-2400'];

export const selection: Selection = {
  experiments: dailyExperiments.map(({ id }) => id),
  systems: [...systemIds],
  processors,
  seeds: 2,
  timer: 'on',
  overrides: {},
};

const system = (id: SystemId): System => ({
  id,
  title: `hand-made ${id}`,
  build: (options) => ({
    image: id,
    modules: [{ image: options.workload, args: `${options.workload} ${options.arguments}` }],
    append: `seed=${options.seed}`,
  }),
});

export const surroundings: Surroundings = {
  systems: { native: system('native'), vmm: system('vmm'), microkernel: system('microkernel') },
  imageDigest: (name) => digest(name),
  diskDigest: (name) => digest(name),
  coreDigest: 'core',
  hasFeature: (processor) => processor !== 'pentium-133',
  processor: (id) => ({
    preset: digest(id),
    title: id,
    megahertz: Number(id.split('-').at(-1)),
    constants: [
      { path: 'events.intToRing0', value: 100, low: 50, high: 400, class: 'D' },
      { path: 'events.iretOuter', value: 80, low: 60, high: 100, class: 'A' },
    ],
  }),
};

/** Base cost by variant, in cycles; size and batch add to it. */
export const costs: Record<string, number> = {
  int80: 200,
  sysenter: 120,
  direct: 210,
  bounced: 600,
  ipc: 700,
  threads: 300,
  event: 1500,
  'same-space': 250,
  'other-space': 400,
  pipe: 2000,
  'cross-domain': 6000,
  handler: 900,
  update_va_mapping: 1700,
  mmu_update: 1800,
  pager: 1600,
  'in-kernel': 3000,
  dom0: 9000,
  server: 5000,
};

export function handmadeBoot(spec: BootSpec): BootCells {
  const subject = subjectOf(spec);
  return cellsOfBoot(subject, spec.key, resultsOf(subject), 'c0ffee00', digest);
}

function resultsOf(subject: Subject): RegionResult[] {
  const base = costs[subject.row.variant] + subject.seed;
  const groups = regionGroups(subject.family.plan).flatMap((group) => (group.discard > 0 ? [group, group] : [group]));
  return regionSteps(subject.family.plan).map((step, index) => {
    const { batch, size } = groups[index];
    const cycles = base * batch + size;
    const idle = subject.experiment.id === 'driver' ? 100 : 0;
    const ops = step.n * batch;
    const kernel = subject.row.system === 'vmm' ? 'domU/kernel' : 'kernel';
    const program = `${subject.row.system === 'vmm' ? 'domU/' : ''}${subject.experiment.id}`;
    const row = (component: string, cpl: number, cause: string, each: number) => ({
      component,
      onBehalfOf: program,
      cpl,
      cause,
      cycles: each * step.n,
    });
    const entersKernel = subject.row.variant === 'direct' ? 0 : 1;
    return {
      step,
      samples: Array.from({ length: step.n }, () => ({
        cycles: cycles + idle,
        busy: cycles,
        idle,
        instructions: cycles,
      })),
      total: {
        cycles: (cycles + idle) * step.n,
        busy: cycles * step.n,
        idle: idle * step.n,
        instructions: cycles * step.n,
        crossings: {
          privilege: 2 * ops,
          addressSpace: subject.row.system === 'microkernel' ? 2 * ops : 0,
          smallSpace: 0,
          component: subject.row.system === 'microkernel' ? 2 * ops : 0,
          server: subject.row.system === 'native' ? 0 : 2 * ops,
        },
        ledger: [
          row(program, 3, 'issue', 50),
          row(kernel, subject.row.system === 'vmm' ? 1 : 0, 'trap', 60),
          ...(subject.row.system === 'microkernel' ? [row('pager', 3, 'issue', 10)] : []),
          row(
            kernel,
            subject.row.system === 'vmm' ? 1 : 0,
            'issue',
            cycles - 110 - (subject.row.system === 'microkernel' ? 10 : 0),
          ),
          row('kernel', 0, 'idle', idle),
        ],
        residual: 0,
        events: { intToRing0: ops * entersKernel, iretOuter: ops },
        counters: { dtlbMisses: ops },
        work: { syscall: ops, fault: ops, packets: ops, packetBytes: ops * size },
      },
    };
  });
}

/** All cells of the whole selection. */
export function handmadeCells(specs: BootSpec[]): Cell[] {
  return specs.flatMap((spec) => handmadeBoot(spec).cells);
}
