/**
 * Crossings: control leaving one protection domain for another, counted and recorded by one definition for every
 * system.
 *
 * A record opens at the first cycle of the event's microcode that makes privilege rise. It closes at the return that
 * brings the same thread back to the CPL it left: a round trip, its return's microcode included. A thread that enters
 * user mode for the first time has a record of its own, one-way, of the return's microcode alone. Records of one thread
 * nest (a domain's kernel calls the VMM while it serves a program); a cycle is charged to the innermost open record of
 * the thread that runs. `own` adds up to the time: with the cycles outside of any record, to all of it.
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
  readonly from: string;
  readonly to: string;
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
  /** All records since `begin`, in the order of opening. */
  readonly records: Crossing[] = [];
  /** Cycles charged while no record was open, by component that executed. */
  readonly outside = new Map<string, OwnCycles>();
  /** Open records, innermost last, by thread. */
  private readonly open = new Map<string, Crossing[]>();
  private last: Snapshot;
  private cpl: number;
  private thread: string;

  constructor(
    private readonly core: Core,
    private readonly ledger: Ledger,
    private readonly who: Attribution,
    private readonly closed: (crossing: Crossing) => void,
  ) {
    this.last = ledger.snapshot();
    this.cpl = core.get('cpl');
    this.thread = who.current.thread;
  }

  /** CPL has changed, by the event with this number; its microcode has been charged. */
  changed(reason: number): void {
    const cpl = this.core.get('cpl');
    const event = events[reason].id;
    if (cpl < this.cpl) this.rise(event, cpl);
    else this.fall(event, cpl);
    this.cpl = cpl;
  }

  /** `__ipc_slow` was reached. */
  slow(): void {
    const innermost = this.innermost();
    if (innermost) innermost.path = 'slow';
  }

  /** Charges what has passed to the innermost record; to be called before reading the records. */
  settle(): void {
    const now = this.ledger.snapshot();
    this.book(this.ledger.byCause(this.ledger.subtract(this.last, now)));
    this.last = now;
  }

  private rise(reason: string, cpl: number): void {
    const price = this.core.eventPrice(reason);
    this.settleBut(reason, price);
    // A thread switched to since the last change of CPL is the one that traps now.
    this.thread = this.who.current.thread;
    this.push(reason, cpl, price);
  }

  /**
   * The thread that is returned to may be another one than trapped. Its records that began at this CPL or inside it are
   * over. A return that stops half-way (a VMM handing a program's trap to the domain's kernel) opens a record inside the
   * trap's, for what runs there; a thread that never trapped has nothing to close, and enters.
   */
  private fall(reason: string, cpl: number): void {
    const price = this.core.eventPrice(reason);
    this.settleBut(reason, price);
    this.thread = this.who.current.thread;
    const stack = this.stack(this.thread);
    let last: Crossing | undefined;
    while (stack.length > 0 && stack[stack.length - 1].fromCpl <= cpl && last?.fromCpl !== cpl) {
      last = stack.pop()!;
      this.close(last);
    }
    if (last?.fromCpl === cpl) {
      add(last.own, causeOf(reason), price);
      return;
    }
    const entry = this.push(reason, cpl, price);
    if (stack.length === 1) {
      stack.pop();
      this.close(entry);
    }
  }

  private push(reason: string, cpl: number, price: number): Crossing {
    const stack = this.stack(this.thread);
    const record: Crossing = {
      id: this.records.length + 1,
      parent: stack.at(-1)?.id ?? 0,
      reason,
      from: this.who.executor(this.cpl),
      to: this.who.executor(cpl),
      fromCpl: this.cpl,
      toCpl: cpl,
      enter: this.core.cycle - price,
      exit: null,
      path: 'fast',
      own: {},
    };
    add(record.own, causeOf(reason), price);
    this.records.push(record);
    stack.push(record);
    return record;
  }

  private close(record: Crossing): void {
    record.exit = this.core.cycle;
    this.closed(record);
  }

  /** As `settle`, but the price of the event that has just been charged belongs to the record it opens. */
  private settleBut(reason: string, price: number): void {
    const now = this.ledger.snapshot();
    const passed = this.ledger.byCause(this.ledger.subtract(this.last, now));
    passed[causes.findIndex((c) => c.id === causeOf(reason))] -= price;
    this.book(passed);
    this.last = now;
  }

  private book(passed: readonly number[]): void {
    const own = this.innermost()?.own ?? this.outsideOf(this.who.executor(this.cpl));
    passed.forEach((cycles, column) => {
      if (cycles !== 0) add(own, causes[column].id, cycles);
    });
  }

  private innermost(): Crossing | undefined {
    return this.open.get(this.thread)?.at(-1);
  }

  private outsideOf(component: string): OwnCycles {
    let own = this.outside.get(component);
    if (!own) {
      own = {};
      this.outside.set(component, own);
    }
    return own;
  }

  private stack(thread: string): Crossing[] {
    let stack = this.open.get(thread);
    if (!stack) {
      stack = [];
      this.open.set(thread, stack);
    }
    return stack;
  }
}

function causeOf(event: string): string {
  return events.find((e) => e.id === event)!.cause;
}

function add(own: OwnCycles, cause: string, cycles: number): void {
  own[cause] = (own[cause] ?? 0) + cycles;
}
