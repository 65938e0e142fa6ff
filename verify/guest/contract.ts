/**
 * The port contract (kernels/ports/README.md) as a part of the proof: the suite of kernels/ports/contract, on every port,
 * processor and combination of the port's options that is one on that processor, and on QEMU.
 */
import type { Boot } from '../../experiments/system.js';
import { MemoryDisk } from '../../machine/index.js';
import { processors } from '../../machine/processors/index.js';
import type { Depth, Outcome, Part } from '../part.js';
import { bootHere, bootQemu, hasQemu } from './run.js';

const CHECKS = ['start', 'frames', 'spaces', 'batches', 'copies', 'switches', 'time', 'disk'];

/** The lines of the suite when it passes, with the checks that are skipped and the port's own reasons. */
export function contractLines(skips: Readonly<Record<string, string>> = {}): string[] {
  return [
    ...CHECKS.map((name) => `contract ${name} ${name in skips ? `skipped: ${skips[name]}` : 'ok'}`),
    'contract failures=0',
  ];
}

/** What the xen port does not have. */
export const xenSkips = { time: 'the VMM gives a blocked domain no ticks', disk: 'no block device' };

/** 1 MiB that is no file system: the checks use it sector by sector, and put back what they found. */
export const contractDisk = () => new Uint8Array(1 << 20).fill(0x5a);

export const nativeContract = (options: string): Boot => ({
  image: 'native-contract',
  modules: [],
  append: `bench=contract ${options}`.trim(),
});

/** In the domain whose end is the machine's. */
export const xenContract = (vmm: string, options: string): Boot => ({
  image: 'vmm',
  modules: [
    { image: 'xen-guest', args: 'xen-guest dom0:' },
    { image: 'xen-contract', args: `xen-contract domU: bench=contract ${options}`.trim() },
  ],
  append: vmm,
});

interface Case {
  readonly name: string;
  readonly skips?: Readonly<Record<string, string>>;
  /** The console, and the disk at the end where the port has one. */
  run(): { text: string; disk?: Uint8Array };
}

/** All ways to choose one of each. */
function combinations(choices: readonly (readonly string[])[]): string[] {
  return choices.reduce<string[]>(
    (all, values) => all.flatMap((line) => values.map((value) => `${line} ${value}`.trim())),
    [''],
  );
}

const DISK = ['', 'disk=pio'];
const TIMER = ['', 'timer=apic', 'timer=off'];
const PAGES = ['', 'pages=4k'];
const GLOBAL = ['', 'global=off'];
/** Options that ask a processor to do without what it has not are no case of their own. */
function nativeOptions(processor: string): string[] {
  const { features } = processors[processor];
  const timers = features.includes('apic') ? TIMER : TIMER.filter((value) => value !== 'timer=apic');
  return combinations([
    DISK,
    timers,
    features.includes('pse') ? PAGES : [''],
    features.includes('pge') ? GLOBAL : [''],
  ]);
}

const timeless = (options: string): Record<string, string> =>
  options.includes('timer=off') ? { time: 'timer=off' } : {};

function here(processor: string): Case[] {
  const native = nativeOptions(processor).map(
    (options): Case => ({
      name: `native on ${processor}, ${options || 'no options'}`,
      skips: timeless(options),
      run: () => {
        const drive = new MemoryDisk(contractDisk());
        return { text: bootHere(nativeContract(options), processor, drive).text, disk: drive.bytes };
      },
    }),
  );
  const vmm = combinations([
    ['timer=on', 'timer=off'],
    ['', 'paging=mmu_update'],
  ]);
  const xen = vmm.map((line): Case => {
    const [timer, options = ''] = line.split(' ');
    return {
      name: `xen on ${processor}, ${line}`,
      skips: xenSkips,
      run: () => bootHere(xenContract(timer, options), processor),
    };
  });
  return [...native, ...xen];
}

const onQemu = (options: string): Case => ({
  name: `native on QEMU, ${options || 'no options'}`,
  skips: timeless(options),
  run: () => bootQemu('native-contract', `bench=contract ${options}`, contractDisk()),
});

function cases(depth: Depth): Case[] {
  const ids = depth === 'quick' ? ['486dx2-66', 'pentium3-800'] : Object.keys(processors);
  const all = ids.flatMap(here);
  if (hasQemu) all.push(...combinations([DISK, TIMER, PAGES, GLOBAL]).map(onQemu));
  return all;
}

/** What is wrong with a case's outcome, or undefined. */
function difference({ name, skips, run }: Case): string | undefined {
  try {
    const { text, disk } = run();
    const said = text.split(/\r?\n/).filter((line) => line.startsWith('contract'));
    if (said.join('\n') !== contractLines(skips).join('\n')) return `${name}: ${said.join(' | ')}`;
    if (disk && Buffer.compare(disk, contractDisk()) !== 0) return `${name}: the disk is not as it was`;
    return undefined;
  } catch (error) {
    return `${name}: ${(error as Error).message}`;
  }
}

export const contractPart: Part = {
  id: 'contract',
  title: 'every port keeps the port contract, whatever its options',
  run: async ({ depth, progress }) => {
    const all = cases(depth);
    const details: string[] = [];
    let checks = 0;
    all.forEach((one, i) => {
      progress(i, all.length, one.name);
      checks += CHECKS.length - Object.keys(one.skips ?? {}).length;
      const wrong = difference(one);
      if (wrong !== undefined) details.push(wrong);
    });
    const skipped = Object.entries(xenSkips).map(([check, reason]) => `xen's ${check}: ${reason}`);
    if (!hasQemu) skipped.push('QEMU: not installed');
    const notes = [`${checks} checks`];
    return { count: all.length, mismatches: details.length, unit: 'boots', details, skipped, notes } satisfies Outcome;
  },
};
