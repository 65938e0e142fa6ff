// Cycles by function and by source line. Every instruction that executes is charged with the cycles until the next one
// begins, so the sums are exact: faults, interrupts and idle time stand at the instruction that they came with, and the
// fetch of a line of code at the instruction before it.
import type { CodePlace, Symbols } from './info.js';

/** What `Machine` offers to a profiler. */
export interface Profiled {
  readonly cycle: bigint;
  observe(observer: { instruction(linear: number, cycle: number, component: string): void }): () => void;
}

export interface ProfileRow {
  readonly component: string;
  /** Undefined where no symbols are known: then the address stands for the function. */
  readonly place: CodePlace | undefined;
  readonly address: number;
  cycles: number;
  instructions: number;
}

export class Profiler {
  private readonly components = new Map<string, Map<number, ProfileRow>>();
  private current: ProfileRow | undefined;
  private since = 0;
  private readonly machine: Profiled;
  private readonly end: () => void;

  /** @param symbolsOf the symbols of what a component executes */
  constructor(
    machine: Profiled,
    private readonly symbolsOf: (component: string) => readonly Symbols[],
  ) {
    this.machine = machine;
    this.since = Number(machine.cycle);
    this.end = machine.observe({
      instruction: (linear, cycle, component) => {
        this.charge(cycle);
        this.current = this.rowAt(component, linear);
        this.current.instructions++;
      },
    });
  }

  /** Ends the profile. One row an instruction that was executed. */
  finish(): ProfileRow[] {
    this.charge(Number(this.machine.cycle));
    this.end();
    return [...this.components.values()].flatMap((rows) => [...rows.values()]);
  }

  private charge(cycle: number): void {
    if (!this.current) return;
    this.current.cycles += cycle - this.since;
    this.since = cycle;
  }

  private rowAt(component: string, address: number): ProfileRow {
    let rows = this.components.get(component);
    if (!rows) {
      rows = new Map();
      this.components.set(component, rows);
    }
    let row = rows.get(address);
    if (!row) {
      const place = this.symbolsOf(component)
        .map((s) => s.find(address))
        .find((found) => found !== undefined);
      row = { component, place, address, cycles: 0, instructions: 0 };
      rows.set(address, row);
    }
    return row;
  }
}

export interface ProfileSum {
  readonly component: string;
  /** The function, or `file:line`. */
  readonly what: string;
  readonly cycles: number;
  readonly instructions: number;
}

const hex = (address: number): string => `0x${address.toString(16).padStart(8, '0')}`;

export const functionOf = ({ place, address }: ProfileRow): string => place?.function ?? hex(address);
export const lineOf = (row: ProfileRow): string =>
  row.place?.file === undefined ? functionOf(row) : `${row.place.file}:${row.place.line}`;

/** Rows added up by component and a name, the dearest first. */
export function sumBy(rows: readonly ProfileRow[], name: (row: ProfileRow) => string): ProfileSum[] {
  const sums = new Map<string, { component: string; what: string; cycles: number; instructions: number }>();
  for (const row of rows) {
    const what = name(row);
    const key = `${row.component}\n${what}`;
    const sum = sums.get(key) ?? { component: row.component, what, cycles: 0, instructions: 0 };
    sums.set(key, sum);
    sum.cycles += row.cycles;
    sum.instructions += row.instructions;
  }
  const byName = (a: ProfileSum, b: ProfileSum) => (`${a.component}\n${a.what}` < `${b.component}\n${b.what}` ? -1 : 1);
  return [...sums.values()].sort((a, b) => b.cycles - a.cycles || byName(a, b));
}

/** Folded stacks: `component;function;file:line cycles`, a line each, sorted. What flame graph programs read. */
export function foldedStacks(rows: readonly ProfileRow[]): string {
  const stack = (row: ProfileRow) => [row.component, functionOf(row), lineOf(row)].join(';');
  const sums = sumBy(rows, stack).filter(({ cycles }) => cycles > 0);
  const lines = sums.map(({ what, cycles }) => `${what.replaceAll(' ', '_')} ${cycles}`);
  return `${lines.sort().join('\n')}\n`;
}
