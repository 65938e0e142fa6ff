/**
 * Which published figure is held against which cell. Only figures of a VMM or a microkernel (role `validation`), only
 * on a processor on which that system ran. The prediction is this project's kernel, not the published one, so `caution`
 * says how the two operations differ; a miss stays a miss.
 */
import type { Selector } from './view.js';

export interface Published {
  /** Id of a row of reference/figures.json. */
  figure: string;
  processor: string;
  selector: Selector;
  /** One of our operations is this many of the published: 2 for a round trip against a one-way figure. */
  operations: number;
  caution: string;
}

export const published: readonly Published[] = [
  {
    figure: 'F021',
    processor: 'xeon-p4-2400',
    selector: { experiment: 'null-call', system: 'vmm', variant: 'direct' },
    operations: 1,
    caution: 'lmbench null call is a one-byte write or getppid of Linux 2.4; ours is getppid of a smaller kernel',
  },
  {
    figure: 'F106',
    processor: 'xeon-p4-2400',
    selector: { experiment: 'page-fault', system: 'vmm', variant: 'update_va_mapping', operation: 'demand-zero' },
    operations: 1,
    caution: 'lmbench faults on a mapped file, without zeroing; ours zeroes a page',
  },
  {
    figure: 'F105',
    processor: 'xeon-p4-2400',
    selector: { experiment: 'page-fault', system: 'vmm', variant: 'update_va_mapping', operation: 'write-protect' },
    operations: 1,
    caution: 'lmbench delivers a signal and leaves the page protected; ours makes the page writable',
  },
  {
    figure: 'F172',
    processor: 'pentium-133',
    selector: { experiment: 'null-call', system: 'microkernel', variant: 'ipc' },
    operations: 1,
    caution: 'L4Linux with small spaces and a Linux server; ours has no small spaces yet and a smaller server',
  },
  {
    figure: 'F324',
    processor: 'pentium-133',
    selector: { experiment: 'page-fault', system: 'microkernel', variant: 'pager', operation: 'demand-zero' },
    operations: 1,
    caution: 'whether the published fault includes zeroing is not said; ours zeroes a page',
  },
  {
    figure: 'F345',
    processor: 'pentium-133',
    selector: { experiment: 'ipc', family: 'primitive', system: 'microkernel', variant: 'other-space' },
    operations: 2,
    caution: 'hand-written kernel with small spaces; ours is half a round trip, without small spaces',
  },
];
