/**
 * The table behind C7 and R8: crossings a unit of work on each system, by every definition. Partial, since fork, exec
 * and files run on native alone.
 */
import { experiments } from '../experiments/index.js';
import { type Cell, crossingKinds, crossingNames, type Manifest } from '../experiments/schema.js';
import type { SystemId } from '../experiments/system.js';
import { short, table } from './format.js';
import { crossingsOf, type Line, linesOf } from './summary.js';

interface Unit {
  label: string;
  experiment: string;
  family: string;
  operation: string;
  /** The variant by which each system does it. */
  variants: Record<SystemId, string>;
}

const units: Unit[] = [
  {
    label: 'null call',
    experiment: 'null-call',
    family: 'null-call',
    operation: 'null-call',
    variants: { native: 'int80', vmm: 'direct', microkernel: 'ipc' },
  },
  {
    label: 'page fault, demand-zero',
    experiment: 'page-fault',
    family: 'page-fault',
    operation: 'demand-zero',
    variants: { native: 'handler', vmm: 'update_va_mapping', microkernel: 'pager' },
  },
  {
    label: 'page fault, write-protect',
    experiment: 'page-fault',
    family: 'page-fault',
    operation: 'write-protect',
    variants: { native: 'handler', vmm: 'update_va_mapping', microkernel: 'pager' },
  },
  {
    label: 'service, 64 bytes',
    experiment: 'ipc',
    family: 'service',
    operation: 'ask',
    variants: { native: 'pipe', vmm: 'cross-domain', microkernel: 'ipc' },
  },
  {
    label: 'packet, 64 bytes, batch 1',
    experiment: 'driver',
    family: 'transmit',
    operation: 'transmit',
    variants: { native: 'in-kernel', vmm: 'dom0', microkernel: 'server' },
  },
];

const definitions = crossingKinds.filter((kind) => kind !== 'smallSpace');

/** On the first processor of the run; undefined where none of these was measured. */
export function crossingTable(manifest: Manifest, cells: readonly Cell[]): string | undefined {
  const processor = Object.keys(manifest.processors)[0];
  const measured = units.filter((unit) => manifest.experiments.includes(unit.experiment));
  if (measured.length === 0) return undefined;
  const rows = measured.flatMap((unit) => {
    const family = experiments.find(({ id }) => id === unit.experiment)!.families.find(({ id }) => id === unit.family)!;
    const { size, batch } = family.headline;
    const lines = linesOf(cells, family, processor, { operation: unit.operation, size, batch, state: 'warm' });
    const of = (system: SystemId) =>
      lines.find((line) => line.row.system === system && line.row.variant === unit.variants[system]);
    return definitions.map((definition) => {
      const count = (line: Line | undefined) => (line === undefined ? Number.NaN : crossingsOf(line, definition));
      const [native, vmm, microkernel] = [count(of('native')), count(of('vmm')), count(of('microkernel'))];
      return [
        unit.label,
        crossingNames[definition],
        short(native),
        short(vmm),
        short(microkernel),
        microkernel > 0 ? short(vmm / microkernel) : '',
      ];
    });
  });
  return table(['unit of work', 'crossings by', 'native', 'VMM', 'microkernel', 'VMM / microkernel'], rows);
}
