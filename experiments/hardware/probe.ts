/**
 * What a probe is: a few instructions, repeated in a loop of guest code whose time is taken by the guest's own RDTSC.
 *
 *     setup      once, unmeasured
 *     N times    `unroll` copies of the body, then dec and jnz
 *
 * The loop runs twice and the second run counts. What the loop itself and the two time stamps cost is measured by two
 * empty loops of different lengths and taken off, so that a result is cycles a copy of the body, in the warm state.
 */
import type { Assembler } from '../../toolchain/assembler/index.js';

export interface Probe {
  readonly id: string;
  /** One line for people: what one copy of the body does. */
  readonly title: string;
  /** Ring in which the loop runs. */
  readonly ring: 0 | 3;
  readonly iterations: number;
  readonly unroll: number;
  /** EBP counts the iterations; all other registers are free, ESP must be balanced. */
  setup?(a: Assembler): void;
  body(a: Assembler, copy: number): void;
}

/** Copies of the body that the measured run executes. */
export function operationsOf({ iterations, unroll }: Pick<Probe, 'iterations' | 'unroll'>): number {
  return iterations * unroll;
}

/**
 * Where a chain of pointers lies: `count` words, the next one `stride` bytes on and `line` more for every 2^shift-th.
 */
export interface Chain {
  readonly base: number;
  readonly count: number;
  readonly stride: number;
  readonly shift: number;
  /** 2^n - 1: how far the lines spread before they start again. */
  readonly mask: number;
  readonly line: number;
}
