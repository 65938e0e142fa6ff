/**
 * What random programs are made of: a chip says how one begins, and what a driver, or nobody in his right mind, could do
 * next. A program begins by bringing its chip into a known state.
 */
import type { Random } from '../../host/random.js';
import type { Step } from '../program.js';

export interface Chip {
  readonly name: string;
  readonly begin: readonly Step[];
  /** A few steps that belong together. */
  next(random: Random): readonly Step[];
  /** QEMU needs a VGA adapter for it. */
  readonly adapter?: boolean;
  /** Bits of a port that are compared, where not all are. */
  readonly masks?: Readonly<Record<number, number>>;
}

export const out = (port: number, value: number): Step => ['outb', port, value];
export const get = (port: number): Step => ['inb', port, 0];

export const SERIAL = 0x3f8;
export const NETWORK = 0xfebc0000;
export const e1000 = { ICR: 0xc0, ICS: 0xc8, IMS: 0xd0, IMC: 0xd8 } as const;
export const store = (address: number, value: number): readonly Step[] => [
  ['point', 0, address],
  ['store', 0, value],
];
export const load = (address: number): readonly Step[] => [
  ['point', 0, address],
  ['load', 0, 0],
];
