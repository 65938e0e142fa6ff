/**
 * Measured regions. A program (or a kernel) runs one repetition between the labels `__region_begin` and
 * `__region_end`; the host declared beforehand which repetitions will come, in order, so that nothing has to be
 * registered by the guest. The meter takes the ledger's difference over each repetition, and puts the machine into the
 * state that the step asks for, at `__region_begin`: TLBs (and trace cache) emptied for `tlb-cold`, everything for
 * `all-cold`. Whatever the guest must do itself (touch k KiB for `polluted-k`) it has done before the label.
 */
import { RegionError } from '../errors.js';
import type { Machine } from '../machine.js';
import type { Crossing } from './crossings.js';
import type { LedgerDifference, Snapshot } from './ledger.js';

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

/** The crossings of one repetition; `outside` is what no record covers, by who executed, by cause. */
export interface RegionTrace {
  readonly step: number;
  readonly cycles: number;
  readonly records: readonly Crossing[];
  readonly outside: ReadonlyMap<string, Readonly<Record<string, number>>>;
}

/** All repetitions of one step: the samples in order, and the ledger over all of them together. */
export interface RegionResult {
  readonly step: RegionStep;
  readonly samples: readonly RegionSample[];
  /** Sum over the repetitions: `residual` is 0, or `LedgerError` was thrown. */
  readonly total: LedgerDifference;
}

/** Which repetition to trace: its step, and its number within the step. */
export interface TraceRequest {
  readonly step: number;
  readonly repetition: number;
}

const BEGIN = '__region_begin';
const END = '__region_end';

export class RegionMeter {
  /** The repetition asked for with `trace`, once it is over. */
  trace: RegionTrace | null = null;
  private readonly samples: RegionSample[][];
  private readonly sums: Snapshot[];
  private step = 0;
  private begun: Snapshot | null = null;
  private readonly stopWatching: () => void;

  /**
   * To be made after `machine.load`.
   * @param steps the repetitions that will come, in order
   * @param request one of them, whose crossings are to be recorded
   */
  constructor(
    private readonly machine: Machine,
    private readonly steps: readonly RegionStep[],
    private readonly request: TraceRequest | null = null,
  ) {
    this.samples = steps.map(() => []);
    this.sums = steps.map(() => machine.ledger.snapshot().fill(0));
    this.skipFinished();
    this.stopWatching = machine.observe({
      hook: (name, where) => {
        if (name === BEGIN) this.begin(where.component);
        else if (name === END) this.end(where.component);
      },
    });
  }

  /** Whether every declared repetition has been seen. */
  get complete(): boolean {
    return this.step === this.steps.length;
  }

  /** "step i of n, repetition j of m", for messages. */
  get position(): string {
    if (this.complete) return `all ${this.steps.length} steps done`;
    const { step, steps } = this;
    return `step ${step + 1} of ${steps.length}, repetition ${this.samples[step].length + 1} of ${steps[step].n}`;
  }

  /**
   * What was measured, a result a step.
   * @throws RegionError when repetitions are missing
   */
  results(): RegionResult[] {
    this.stopWatching();
    if (!this.complete) throw new RegionError(`the run ended before all repetitions were seen: at ${this.position}`);
    return this.steps.map((step, i) => ({
      step,
      samples: this.samples[i],
      total: this.machine.ledger.describe(this.sums[i]),
    }));
  }

  private begin(component: string): void {
    if (this.complete) {
      const declared = this.steps.reduce((sum, { n }) => sum + n, 0);
      throw new RegionError(
        `${component} begins more repetitions than the ${declared} declared; declare as many as it runs`,
      );
    }
    if (this.begun) throw new RegionError(`${component} reaches ${BEGIN} inside a region (${this.position})`);
    const { empty } = this.steps[this.step];
    if (empty !== 'nothing') this.machine.empty(empty);
    if (this.traced) this.machine.startTrace();
    this.begun = this.machine.ledger.snapshot();
  }

  private end(component: string): void {
    const { begun, machine, step } = this;
    if (!begun) throw new RegionError(`${component} reaches ${END} outside of a region (${this.position})`);
    const passed = machine.ledger.subtract(begun, machine.ledger.snapshot());
    const { cycles, idle, instructions } = machine.ledger.totals(passed);
    if (this.traced) this.trace = { step, cycles, ...machine.stopTrace() };
    this.samples[step].push({ cycles, busy: cycles - idle, idle, instructions });
    this.sums[step] = machine.ledger.add(this.sums[step], passed);
    this.begun = null;
    this.skipFinished();
  }

  private skipFinished(): void {
    while (!this.complete && this.samples[this.step].length === this.steps[this.step].n) this.step++;
  }

  private get traced(): boolean {
    const { request } = this;
    return request !== null && request.step === this.step && request.repetition === this.samples[this.step].length;
  }
}
