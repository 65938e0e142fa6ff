/**
 * Measured regions. A program (or a kernel) runs one repetition between the labels `__region_begin` and
 * `__region_end`; the host declared beforehand which repetitions will come, in order, so that nothing has to be
 * registered by the guest. The meter takes the ledger's difference over each repetition, and puts the machine into the
 * state that the step asks for, at `__region_begin`: TLBs (and trace cache) emptied for `tlb-cold`, everything for
 * `all-cold`. Whatever the guest must do itself (touch k KiB for `polluted-k`) it has done before the label.
 */
import type { LedgerDifference } from './ledger.js';

/** One run of equal repetitions. */
export interface RegionStep {
  /** How many repetitions. */
  readonly n: number;
  /** What the host empties at each `__region_begin` of the step. */
  readonly empty: 'nothing' | 'tlb' | 'all';
}

/** One repetition; every figure is a safe integer. */
export interface RegionSample {
  readonly cycles: number;
  readonly busy: number;
  readonly idle: number;
  readonly instructions: number;
}

/** All repetitions of one step: the samples in order, and the ledger over all of them together. */
export interface RegionResult {
  readonly step: RegionStep;
  readonly samples: readonly RegionSample[];
  /** Sum over the repetitions: `residual` is 0, or `LedgerError` was thrown. */
  readonly total: LedgerDifference;
}
