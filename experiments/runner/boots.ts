/**
 * The boots of a run, in the order in which their results stand in every file. A boot is one row of one experiment's
 * family on one processor with one seed; its key is a hash of all that determines what it measures.
 */
import type { Subject } from '../cells.js';
import { cornerOverrides } from '../corners.js';
import type { Experiment } from '../define.js';
import { experiments } from '../index.js';
import { planArguments } from '../plan.js';
import type { PriceSet, ProcessorFacts } from '../schema.js';
import type { Boot, System, SystemId } from '../system.js';
import { diskImages } from './disks.js';
import { digest } from './project.js';

export interface Selection {
  experiments: readonly string[];
  systems: readonly SystemId[];
  processors: readonly string[];
  /** Seeds 1 to this number. */
  seeds: number;
  timer: 'on' | 'off';
  /** Constants of the preset set apart, by path: for sensitivity runs. */
  overrides: Readonly<Record<string, number>>;
}

/** Plain data, so that it can be sent to a worker. */
export interface BootSpec {
  experiment: string;
  family: string;
  /** Position in the family's rows. */
  row: number;
  processor: string;
  seed: number;
  /** Link order of functions and data (`layoutOf`). */
  layout: number;
  timer: 'on' | 'off';
  prices: PriceSet;
  overrides: Readonly<Record<string, number>>;
  boot: Boot;
  /** Cycles. */
  budget: number;
  key: string;
  /** Set when the processor cannot run the row. */
  unavailable?: string;
}

/** Cycles after which a guest is taken never to end: far above the longest boot. */
const bootBudget = 4_000_000_000;

/** What the key needs to know of the outside. */
export interface Surroundings {
  systems: Readonly<Record<SystemId, System>>;
  /** Digest of an image's bytes in a layout. @throws Error when there is no such image */
  imageDigest(name: string, layout: number): string;
  /** Digest of a disk's bytes. */
  diskDigest(name: string): string;
  coreDigest: string;
  processor(id: string, overrides: Readonly<Record<string, number>>): ProcessorFacts;
  hasFeature(processor: string, feature: 'sysenter'): boolean;
}

/** Names of the images that a selection boots. */
export function imagesOf(selection: Selection, systems: Surroundings['systems']): string[] {
  const names = new Set<string>();
  for (const experiment of experiments.filter(({ id }) => selection.experiments.includes(id))) {
    for (const { workload, plan, rows } of experiment.families) {
      for (const { system, variant } of rows.filter(
        (row) => selection.systems.includes(row.system) && !row.unavailable,
      )) {
        const options = { workload, variant, seed: 1, timer: true, arguments: planArguments(plan) };
        const { image, modules, disk } = systems[system].build(options);
        for (const name of [image, ...modules.map((module) => module.image), ...diskImages(disk)]) names.add(name);
      }
    }
  }
  return [...names].sort();
}

export function bootsOf(selection: Selection, surroundings: Surroundings): BootSpec[] {
  const specs: BootSpec[] = [];
  const { timer } = selection;
  for (const experiment of experiments.filter(({ id }) => selection.experiments.includes(id))) {
    for (const family of experiment.families) {
      family.rows.forEach((row, index) => {
        if (!selection.systems.includes(row.system)) return;
        for (const processor of selection.processors) {
          for (let seed = 1; seed <= selection.seeds; seed += 1) {
            specs.push(bootOf({ experiment, family, row, processor, seed, timer, prices: 'nominal' }, index));
          }
          if (!row.cornered) continue;
          for (const prices of ['weak-cheap', 'weak-dear'] as const) {
            specs.push(bootOf({ experiment, family, row, processor, seed: 1, timer, prices }, index));
          }
        }
      });
    }
  }
  return specs;

  function bootOf(subject: Subject, row: number): BootSpec {
    const { experiment, family, processor, seed, prices } = subject;
    const boot = subject.row.unavailable ? nothing : build(subject, surroundings.systems);
    const names = boot === nothing ? [] : [boot.image, ...boot.modules.map((module) => module.image)];
    const layout = layoutOf(seed);
    const images = names.map((name) => surroundings.imageDigest(name, layout));
    const { constants } = surroundings.processor(processor, selection.overrides);
    const overrides = { ...selection.overrides, ...cornerOverrides(constants, prices) };
    const budget = family.budget ?? bootBudget;
    const determinants = {
      schema: 1,
      subject: [experiment.id, family.id, subject.row.system, subject.row.variant, processor, seed, timer, prices],
      plan: family.plan,
      boot,
      images,
      ...(boot.disk === undefined ? {} : { disk: surroundings.diskDigest(boot.disk) }),
      core: surroundings.coreDigest,
      preset: surroundings.processor(processor, overrides).preset,
      budget,
    };
    const { needs } = subject.row;
    const missing = needs !== undefined && !surroundings.hasFeature(processor, needs);
    const unavailable = subject.row.unavailable ?? (missing ? `${processor} has no ${needs}` : undefined);
    return {
      experiment: experiment.id,
      family: family.id,
      row,
      processor,
      seed,
      layout,
      timer,
      prices,
      overrides,
      boot,
      budget,
      key: digest(JSON.stringify(determinants)),
      ...(unavailable === undefined ? {} : { unavailable }),
    };
  }
}

/** Seed 1 takes the images as they are built; every other seed links functions and data in an order of its own. */
export const layoutOf = (seed: number): number => seed - 1;

/** What is booted for a row that cannot be measured. */
const nothing: Boot = { image: '', modules: [], append: '' };

function build({ family, row, seed, timer }: Subject, systems: Surroundings['systems']): Boot {
  const { workload, plan } = family;
  const { variant } = row;
  return systems[row.system].build({ workload, variant, seed, timer: timer === 'on', arguments: planArguments(plan) });
}

export function subjectOf(spec: BootSpec): Subject {
  const experiment = experiments.find(({ id }) => id === spec.experiment) as Experiment;
  const family = experiment.families.find(({ id }) => id === spec.family)!;
  const { processor, seed, timer, prices } = spec;
  return { experiment, family, row: family.rows[spec.row], processor, seed, timer, prices };
}
