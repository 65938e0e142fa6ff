/**
 * Crossings: control leaving one protection domain for another, counted and recorded by one definition for every
 * system.
 *
 * A record opens at the first cycle of the event's microcode that makes privilege rise. It closes at the return that
 * brings the same thread back to the CPL it left: a round trip, its return's microcode included. A return to a thread
 * that has no open record (it never trapped, or did so before the trace began) is a record of its own, one-way, of the
 * return's microcode alone. Records of one thread nest (a domain's kernel calls the VMM while it serves a program); a
 * cycle is charged to the innermost open record of the thread that runs. `own` adds up to the time: with the cycles
 * outside of any record, to all of it.
 */
import type { Core } from '../core.js';
import { causes } from '../tables/causes.js';
import { events } from '../tables/events.js';
import type { Attribution } from './attribution.js';
import type { Ledger, Snapshot } from './ledger.js';

export interface CrossingCounts {
  /** Changes of CPL: a trap and its return are two. */
  readonly privilege: number;
  /** Changes of the value of CR3. */
  readonly addressSpace: number;
  /** Component switches inside one page directory, by segment reload. */
  readonly smallSpace: number;
  /** Changes of the component at process level. */
  readonly component: number;
  /** Changes of the component at domain or server level. */
  readonly server: number;
}

export interface Crossing {
  /** Counts from 1 in the order of opening. */
  readonly id: number;
  /** Id of the record that encloses it, 0 = none. */
  readonly parent: number;
  /** Id of the event (`machine/tables/events.ts`) that began it. */
  readonly reason: string;
  /** Who executed before and who after: a kernel's stub at CPL 3 counts as that kernel. */
  readonly from: string;
  readonly to: string;
  /** The component whose thread crosses. */
  readonly onBehalfOf: string;
  readonly fromCpl: number;
  readonly toCpl: number;
  readonly enter: number;
  /** First cycle after the return's microcode; null while open. */
  exit: number | null;
  /** 'slow' when `__ipc_slow` was reached while it was the innermost. */
  path: 'fast' | 'slow';
  /** Cycles charged while it was the innermost record, by id of the cause; causes without any are left out. */
  own: Record<string, number>;
}

/** Cycles of a time outside of any record, or those of one record. */
type OwnCycles = Record<string, number>;

export class CrossingTracker {
  /** All records since it began, in the order of opening. */
  readonly records: Crossing[] = [];
  /** Cycles charged while no record was open, by component that executed. */
  readonly outside = new Map<string, OwnCycles>();
  /** Open records, innermost last, by thread. */
  private readonly open = new Map<string, Crossing[]>();
  private last: Snapshot;
  private cpl: number;
  private thread: string;
  private executor: string;

  constructor(
    private readonly core: Core,
    private readonly ledger: Ledger,
    private readonly who: Attribution,
    private readonly closed: (crossing: Crossing) => void,
  ) {
    this.last = ledger.snapshot();
    this.cpl = core.get('cpl');
    this.thread = who.current.thread;
    this.executor = who.executor(this.cpl);
  }

  /**
   * CPL has changed, by the event with this number. The microcode of a trap has been charged to the new CPL's row, all of
   * it and nothing else; that of a return, its price, to the row that was left.
   */
  changed(reason: number): void {
    const cpl = this.core.get('cpl');
    const now = this.ledger.snapshot();
    const passed = this.ledger.subtract(this.last, now);
    const rises = cpl < this.cpl;
    const microcode = rises ? this.ledger.byCause(passed, (account) => account.cpl === cpl) : this.returnCost(reason);
    const all = this.ledger.byCause(passed);
    this.book(all.map((cycles, column) => cycles - microcode[column]));
    this.last = now;
    // A thread switched to since the last change of CPL is the one that goes on now.
    this.thread = this.who.current.thread;
    const change = { reason: events[reason].id, to: this.who.executor(cpl), cpl, microcode };
    if (rises) this.push(change);
    else this.fall(change);
    this.cpl = cpl;
    this.executor = change.to;
  }

  private returnCost(event: number): number[] {
    return causes.map(({ id }) => (id === events[event].cause ? this.core.eventPrice(event) : 0));
  }

  /** `__ipc_slow` was reached. */
  slow(): void {
    const innermost = this.stack().at(-1);
    if (innermost) innermost.path = 'slow';
  }

  /** Somebody else executes at the same CPL: a kernel's stub begins or ends. */
  executorChanged(): void {
    this.settle();
    this.executor = this.who.executor(this.cpl);
  }

  /** Charges what has passed to the innermost record; to be called before reading the records. */
  settle(): void {
    const now = this.ledger.snapshot();
    this.book(this.ledger.byCause(this.ledger.subtract(this.last, now)));
    this.last = now;
  }

  /**
   * The thread that is returned to may be another one than trapped. Its records that began at this CPL or inside it are
   * over. A return that stops half-way (a VMM handing a program's trap to the domain's kernel) opens a record inside the
   * trap's, for what runs there; a thread that never trapped has nothing to close, and enters.
   */
  private fall(change: Change): void {
    const stack = this.stack();
    let last: Crossing | undefined;
    while (stack.length > 0 && stack[stack.length - 1].fromCpl <= change.cpl && last?.fromCpl !== change.cpl) {
      last = stack.pop()!;
      if (last.fromCpl === change.cpl) addAll(last.own, change.microcode);
      this.close(last);
    }
    if (last?.fromCpl === change.cpl) return;
    const entry = this.push(change);
    if (stack.length === 1) {
      stack.pop();
      this.close(entry);
    }
  }

  private push({ reason, to, cpl, microcode }: Change): Crossing {
    const stack = this.stack();
    const record: Crossing = {
      id: this.records.length + 1,
      parent: stack.at(-1)?.id ?? 0,
      reason,
      from: this.executor,
      to,
      onBehalfOf: this.who.current.name,
      fromCpl: this.cpl,
      toCpl: cpl,
      enter: this.core.cycle - microcode.reduce((sum, cycles) => sum + cycles, 0),
      exit: null,
      path: 'fast',
      own: {},
    };
    addAll(record.own, microcode);
    this.records.push(record);
    stack.push(record);
    return record;
  }

  private close(record: Crossing): void {
    record.exit = this.core.cycle;
    this.closed(record);
  }

  /** Charges cycles to the innermost open record of the thread that ran, or to its component outside of any. */
  private book(passed: readonly number[]): void {
    addAll(this.stack().at(-1)?.own ?? this.outsideOf(this.executor), passed);
  }

  private outsideOf(component: string): OwnCycles {
    let own = this.outside.get(component);
    if (!own) {
      own = {};
      this.outside.set(component, own);
    }
    return own;
  }

  private stack(): Crossing[] {
    let stack = this.open.get(this.thread);
    if (!stack) {
      stack = [];
      this.open.set(this.thread, stack);
    }
    return stack;
  }
}

interface Change {
  readonly reason: string;
  readonly to: string;
  readonly cpl: number;
  /** Cycles of the event itself, by cause. */
  readonly microcode: readonly number[];
}

function addAll(own: OwnCycles, cycles: readonly number[]): void {
  cycles.forEach((value, column) => {
    if (value !== 0) own[causes[column].id] = (own[causes[column].id] ?? 0) + value;
  });
}
