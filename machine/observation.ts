/**
 * Who is told what, and who is running: observers, the attribution of cycles to components, and the record of crossings.
 * All of it is passive. The core calls in at hooked instructions, at changes of CPL while somebody records crossings, and
 * when it needs ledger rows; nothing of that costs the guest a cycle, and a run is the same whoever watches.
 */
import type { Core } from './core.js';
import type { SavedFields } from './devices/saved-state.js';
import type { ImageNote } from './image/note.js';
import { Attribution } from './ledger/attribution.js';
import { type Crossing, CrossingTracker } from './ledger/crossings.js';
import { WORK_PREFIX, workNames } from './ledger/hooks.js';
import type { Ledger } from './ledger/ledger.js';
import type { GuestMemory } from './memory.js';
import type { HookPlace, Observer } from './observer.js';

const REGION_PREFIX = '__region_';

/** The notes of what was loaded. */
export interface Notes {
  readonly kernel: ImageNote | null;
  readonly modules: readonly (ImageNote | null)[];
}

export class Observation {
  notes: Notes = { kernel: null, modules: [] };
  private readonly observers = new Set<Observer>();
  private attribution: Attribution | null = null;
  private tracker: CrossingTracker | null = null;
  private tracing = false;
  /** Names of the last component and group that ran outside of ring 0, for counting changes. */
  private lastComponent = '';
  private lastGroup = '';
  private instructionObservers: Observer[] = [];
  /** Cycle of the next sample of each observer that wants samples. */
  private readonly samples = new Map<Observer, number>();

  /** @param told called after observers were told something that the condition given to `run` may wait for */
  constructor(
    private readonly core: Core,
    private readonly memory: GuestMemory,
    private readonly ledger: Ledger,
    private readonly told: () => void,
  ) {}

  // ---- observers

  add(observer: Observer): () => void {
    this.observers.add(observer);
    if (observer.sample) this.samples.set(observer, this.core.cycle + observer.sample.every);
    this.changed();
    return () => {
      this.observers.delete(observer);
      this.samples.delete(observer);
      this.changed();
    };
  }

  startTrace(): void {
    this.tracing = true;
    this.tracker = null;
    this.changed();
  }

  stopTrace(): Pick<CrossingTracker, 'records' | 'outside'> {
    const { tracker } = this;
    tracker?.settle();
    this.tracing = false;
    this.changed();
    return { records: tracker?.records ?? [], outside: tracker?.outside ?? new Map() };
  }

  console(byte: number, source: 'com1' | 'debug'): void {
    this.notify((o) => o.console?.(byte, source));
  }

  port(port: number, size: number, value: number, direction: 'in' | 'out'): void {
    for (const observer of this.observers) observer.port?.(port, size, value, direction);
  }

  /** The cycle at which somebody wants a sample; infinity when nobody does. */
  get nextSample(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const due of this.samples.values()) if (due < next) next = due;
    return next;
  }

  /** Gives the samples that are due. */
  sample(): void {
    const { cycle } = this.core;
    for (const [observer, due] of this.samples) {
      if (due > cycle) continue;
      const { every, take } = observer.sample!;
      take(this.place(this.core.get('eip')));
      this.samples.set(observer, due + every * (Math.floor((cycle - due) / every) + 1));
    }
  }

  private notify(tell: (observer: Observer) => void): void {
    for (const observer of this.observers) tell(observer);
    this.told();
  }

  private changed(): void {
    this.instructionObservers = [...this.observers].filter((o) => o.instruction);
    this.core.exports.hookEverything(Number(this.instructionObservers.length > 0));
    this.core.set('observeExceptions', Number([...this.observers].some((o) => o.exception)));
    const wanted = this.tracing || [...this.observers].some((o) => o.crossing);
    this.core.set('observeCrossings', Number(wanted));
    if (!wanted) this.tracker = null;
    else if (this.attribution && !this.tracker) {
      const closed = (crossing: Crossing) => this.notify((o) => o.crossing?.(crossing));
      this.tracker = new CrossingTracker(this.core, this.ledger, this.attribution, closed);
    }
  }

  // ---- who is running

  /** Something has been loaded. */
  watch(notes: Notes): void {
    const { core, ledger } = this;
    const { kernel, modules } = notes;
    this.notes = notes;
    core.exports.clearHooks();
    ledger.declareWork(workNames([kernel, ...modules]));
    this.attribution = kernel && new Attribution(core, this.memory, ledger.accounts, kernel, modules);
    if (!this.attribution) this.accountByPrivilege();
    for (const linear of this.attribution?.hookedAddresses() ?? []) core.exports.addHook(linear);
    this.tracker = null;
    this.changed();
  }

  /** An image that declares nothing is one component at each CPL. */
  private accountByPrivilege(): void {
    for (let cpl = 0; cpl < 4; cpl++) {
      const row = this.ledger.accounts.address('guest', 'guest', cpl);
      this.core.set('rowAfterTrap', row, cpl);
      this.core.set('rowAfterReturn', row, cpl);
    }
    this.core.set('currentRow', this.ledger.accounts.address('guest', 'guest', 0));
  }

  // ---- called by the core

  exception(vector: number, kind: number, code: number, back: number): void {
    const how = (['instruction', 'exception', 'interrupt'] as const)[kind];
    const place = this.place(back);
    for (const observer of this.observers) observer.exception?.(vector, how, code, place);
  }

  cplChanged(reason: number): void {
    this.tracker?.changed(reason);
  }

  /** Somebody is counted as having begun to run when control comes to him, not when a kernel works for him. */
  componentStale(entered: number): void {
    const { attribution } = this;
    if (!attribution) return;
    const left = this.core.get('cpl');
    attribution.refresh(Math.max(left, entered));
    if (entered > left) this.countComponent(attribution);
    // A guest kernel has switched and calls its VMM first: the change counts at the way back.
    else if (attribution.current.name !== this.lastComponent) attribution.lookAgainAtReturn();
  }

  hook(linear: number): void {
    const { attribution } = this;
    for (const observer of this.instructionObservers)
      observer.instruction?.(linear, this.core.cycle, attribution?.executor(this.core.get('cpl')) ?? 'guest');
    if (!attribution) return;
    for (const name of attribution.hooksAt(linear)) {
      this.ownHook(name, attribution);
      const region = name.startsWith(REGION_PREFIX) ? name.slice(REGION_PREFIX.length) : null;
      this.notify((o) => {
        o.hook?.(name, this.place(linear));
        if (region === 'begin' || region === 'end') o.region?.(region, this.place(linear));
      });
    }
  }

  private countComponent(attribution: Attribution): void {
    const { name, group } = attribution.current;
    if (this.lastComponent !== '' && name !== this.lastComponent) this.ledger.crossings.component++;
    if (this.lastGroup !== '' && group !== this.lastGroup) this.ledger.crossings.server++;
    this.lastComponent = name;
    this.lastGroup = group;
  }

  /** What the ledger itself wants to know. */
  private ownHook(name: string, attribution: Attribution): void {
    if (name.startsWith(WORK_PREFIX)) {
      this.ledger.countWork(name.slice(WORK_PREFIX.length));
    } else if (name === '__switch_commit') attribution.switched();
    else if (name === '__component_created' || name === '__component_gone') attribution.tableChanged();
    else if (name === '__stub_enter' || name === '__stub_leave') {
      attribution.stub(name === '__stub_enter');
      this.tracker?.executorChanged();
    } else if (name === '__small_space') this.ledger.crossings.smallSpace++;
    else if (name === '__ipc_slow') this.tracker?.slow();
  }

  private place(linear: number): HookPlace {
    const cpl = this.core.get('cpl');
    const component = this.attribution?.executor(cpl) ?? 'guest';
    return { component, cpl, linear, cycle: BigInt(this.core.cycle) };
  }

  // ---- snapshots

  save(): { attribution: SavedFields | null; last: SavedFields } {
    const { lastComponent, lastGroup } = this;
    return { attribution: this.attribution?.save() ?? null, last: { lastComponent, lastGroup } };
  }

  restore(attribution: SavedFields | null, last: SavedFields): void {
    if (attribution) this.attribution?.restore(attribution);
    this.lastComponent = last.lastComponent as string;
    this.lastGroup = last.lastGroup as string;
    this.tracker = null;
    for (const observer of this.samples.keys()) {
      this.samples.set(observer, this.core.cycle + observer.sample!.every);
    }
    this.changed();
  }
}
