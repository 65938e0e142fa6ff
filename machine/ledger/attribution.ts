/**
 * Who is running. The rule, for every system alike:
 *
 * - *Executor*: at CPL 0 the kernel that runs in ring 0; at CPL 1 and 2 the current domain's kernel; at CPL 3 the
 *   current program or server; at CPL 3 between `__stub_enter` and `__stub_leave` the kernel that supplied the stub.
 * - *On whose behalf*: the component that was current when the trap was taken: what the current-thread word named then.
 *   With a VMM that is the component inside the current domain; so the VMM works for `domU/shell`.
 *
 * The core charges a row and, at each change of CPL, takes the next one from two small arrays by the new CPL. The host
 * fills these. `__switch_commit` makes them stale and leaves the row in use alone: a kernel that has chosen the next
 * thread still works on behalf of the one that trapped, on whatever page directory. The arrays are filled at the
 * next change of CPL, when the new address space is certainly in place: a VMM names a virtual processor long before it
 * loads its CR3, and the guest kernel's own table must be read through that.
 */
import type { Core } from '../core.js';
import type { SavedFields } from '../devices/saved-state.js';
import { UnknownComponentError } from '../errors.js';
import type { ImageNote } from '../image/note.js';
import type { GuestMemory } from '../memory.js';
import type { Accounts } from './accounts.js';
import { type Component, ComponentTable } from './components.js';
import { type HookMap, hookMap, NO_HOOKS, stubHookMap } from './hooks.js';

/** A row array entry that asks the host. */
const STALE = 0;

/** The component that runs, as far as names go. */
export interface Running {
  /** At process level. */
  readonly name: string;
  /** At domain or server level: programs of one kernel share it, a domain or a server has its own. */
  readonly group: string;
  /** Who executes at CPL 1 and 2. */
  readonly kernel: string;
  /** Of the program or server at CPL 3, and of the kernel at CPL 1 and 2. */
  readonly programHooks: HookMap;
  readonly kernelHooks: HookMap;
  /** Of the code that the thread's kernel supplies to user mode. */
  readonly stubHooks: HookMap;
  /** Which thread, across all kernels; and the word that names it in its table. */
  readonly thread: string;
  readonly word: number;
  /** Addresses of the ledger rows for who executes at CPL 0, 1 and 3, and at CPL 3 in the kernel's stub. */
  readonly rows: readonly [supervisor: number, middle: number, user: number, stub: number];
  /** Whose table knows the thread: the domain's, or the ring-0 kernel's. */
  readonly table: ComponentTable;
}

/** `Running` with its objects by name: a table by its key, hooks by their owner. */
interface SavedRunning extends Pick<Running, 'name' | 'group' | 'kernel' | 'thread' | 'word' | 'rows'> {
  readonly table: number;
  readonly programHooks: number;
  readonly inDomain: boolean;
  readonly hasStubs: boolean;
}

interface Domain {
  readonly component: Component;
  readonly table: ComponentTable;
  readonly hooks: HookMap;
  readonly stubHooks: HookMap;
}

export class Attribution {
  private readonly root: ComponentTable;
  private readonly rootHooks: HookMap;
  private readonly rootStubHooks: HookMap;
  private readonly moduleHooks: readonly HookMap[];
  private readonly domains = new Map<number, Domain>();
  /** What was found of a component before; a table that is read anew has new components. */
  private readonly found = new WeakMap<Component, Running>();
  /** Threads that are inside a stub of their kernel; the kernel's table and the thread's word tell whether it still lives. */
  private readonly inStub = new Map<string, { table: ComponentTable; word: number }>();
  private running: Running;
  /** Whether `running` is out of date. */
  private stale = false;

  constructor(
    private readonly core: Core,
    private readonly memory: GuestMemory,
    private readonly accounts: Accounts,
    kernel: ImageNote,
    private readonly modules: readonly (ImageNote | null)[],
  ) {
    this.root = new ComponentTable(kernel.name, kernel, memory);
    this.rootHooks = hookMap(kernel);
    this.rootStubHooks = stubHookMap(kernel);
    this.moduleHooks = modules.map(hookMap);
    this.running = this.kernelItself(this.root, kernel.name, NO_HOOKS);
    core.set('currentRow', accounts.address(kernel.name, kernel.name, 0));
    this.invalidate();
  }

  /** Every linear address at which some image has a hook. */
  hookedAddresses(): Set<number> {
    const stubs = [this.rootStubHooks, ...this.modules.map(stubHookMap)];
    return new Set([this.rootHooks, ...this.moduleHooks, ...stubs].flatMap((hooks) => [...hooks.keys()]));
  }

  /** Names of the hooks at a linear address for who runs now; none where the address is another image's. */
  hooksAt(linear: number): readonly string[] {
    const cpl = this.core.get('cpl');
    if (cpl === 0) return this.rootHooks.get(linear) ?? [];
    if (cpl < 3) return this.running.kernelHooks.get(linear) ?? [];
    return this.running.programHooks.get(linear) ?? this.running.stubHooks.get(linear) ?? [];
  }

  /** Who ran at the last change of CPL. */
  get current(): Running {
    return this.running;
  }

  /** Who executes at a CPL now. */
  executor(cpl: number): string {
    if (cpl === 0) return this.root.kernel;
    if (cpl < 3) return this.running.kernel;
    return this.inStub.has(this.running.thread) ? this.running.kernel : this.running.name;
  }

  /** The current-thread word of the kernel that executes has been written. */
  switched(): void {
    this.invalidate();
  }

  /** A component table has changed: that of the kernel that executes. */
  tableChanged(): void {
    const cpl = this.core.get('cpl');
    const table = cpl === 0 ? this.root : this.running.table;
    table.changed();
    // A thread that ends does so inside the stub; its word may be the next one's.
    for (const [thread, { table: itsTable, word }] of this.inStub) {
      if (itsTable === table && !table.find(word)) this.inStub.delete(thread);
    }
    this.invalidate();
  }

  /** A thread at CPL 3 enters or leaves code that its kernel supplied. */
  stub(entered: boolean): void {
    const { thread, table, word } = this.running;
    if (entered) this.inStub.set(thread, { table, word });
    else this.inStub.delete(thread);
    this.fill();
    this.core.set('currentRow', this.core.get('rowAfterReturn', 3));
  }

  /**
   * Brings the row arrays up to date, if they are not.
   * @param cpl the outer one of the two CPLs between which control changes
   * @throws UnknownComponentError when a table does not hold the current-thread word
   */
  refresh(cpl: number): void {
    if (!this.stale) return;
    this.running = this.lookUp(cpl);
    this.stale = false;
    this.fill();
  }

  /** The next change to a less privileged CPL is reported even if nothing happens until then. */
  lookAgainAtReturn(): void {
    this.stale = true;
    for (let cpl = 0; cpl < 4; cpl++) this.core.set('rowAfterReturn', STALE, cpl);
  }

  /** Tables are named by the word of their domain, the kernel's in ring 0 by 0. */
  save(): SavedFields {
    const { running } = this;
    return {
      root: this.root.save(),
      domains: [...this.domains.values()].map(({ component, table }) => ({ component, table: table.save() })) as never,
      inStub: [...this.inStub].map(([thread, { table, word }]) => [thread, this.keyOf(table), word]),
      stale: this.stale,
      running: {
        name: running.name,
        group: running.group,
        kernel: running.kernel,
        thread: running.thread,
        word: running.word,
        table: this.keyOf(running.table),
        rows: [...running.rows],
        programHooks: this.moduleHooks.indexOf(running.programHooks),
        inDomain: running.kernelHooks !== NO_HOOKS,
        hasStubs: running.stubHooks !== NO_HOOKS,
      },
    };
  }

  restore(fields: SavedFields): void {
    this.root.restore(fields.root as SavedFields);
    this.domains.clear();
    for (const { component, table } of fields.domains as unknown as { component: Component; table: SavedFields }[]) {
      this.domain({ ...component }).table.restore(table);
    }
    this.inStub.clear();
    for (const [thread, key, word] of fields.inStub as unknown as [string, number, number][]) {
      this.inStub.set(thread, { table: this.tableOf(key), word });
    }
    this.stale = fields.stale as boolean;
    const { programHooks, inDomain, hasStubs, table: key, ...names } = fields.running as unknown as SavedRunning;
    const domain = this.domains.get(key);
    this.running = {
      ...names,
      table: this.tableOf(key),
      programHooks: this.moduleHooks[programHooks] ?? NO_HOOKS,
      kernelHooks: inDomain && domain ? domain.hooks : NO_HOOKS,
      stubHooks: hasStubs ? (domain?.stubHooks ?? this.rootStubHooks) : NO_HOOKS,
    };
  }

  private keyOf(table: ComponentTable): number {
    for (const [word, domain] of this.domains) if (domain.table === table) return word;
    return 0;
  }

  private tableOf(key: number): ComponentTable {
    return this.domains.get(key)?.table ?? this.root;
  }

  private lookUp(cpl: number): Running {
    const component = this.require(this.root, this.root.currentWord(), cpl);
    if (component.kind === 'domain') return this.lookUpInside(component, cpl);
    return this.remember(component, () => {
      const name = component.kind === 'kernel' ? this.root.kernel : component.name;
      return {
        name,
        group: component.kind === 'program' ? 'programs' : name,
        kernel: this.root.kernel,
        programHooks: this.moduleHooks[component.module] ?? NO_HOOKS,
        kernelHooks: NO_HOOKS,
        stubHooks: this.rootStubHooks,
        thread: `${component.word}`,
        word: component.word,
        rows: this.rowsOf(name, this.root.kernel),
        table: this.root,
      };
    });
  }

  /** Inside a domain its kernel's own table says who runs; a kernel that has no thread yet is itself. */
  private lookUpInside(component: Component, cpl: number): Running {
    const domain = this.domain(component);
    const { table } = domain;
    const word = table.currentWord();
    if (word === 0 && cpl < 3) return this.kernelItself(table, component.name, domain.hooks);
    const inner = this.require(table, word, cpl);
    return this.remember(inner, () => {
      const name = inner.kind === 'kernel' ? table.kernel : `${component.name}/${inner.name}`;
      return {
        name,
        group: component.name,
        kernel: table.kernel,
        programHooks: this.moduleHooks[inner.module] ?? NO_HOOKS,
        kernelHooks: domain.hooks,
        stubHooks: domain.stubHooks,
        thread: `${component.word}:${inner.word}`,
        word: inner.word,
        rows: this.rowsOf(name, table.kernel),
        table,
      };
    });
  }

  private remember(component: Component, make: () => Running): Running {
    let running = this.found.get(component);
    if (!running) {
      running = make();
      this.found.set(component, running);
    }
    return running;
  }

  private kernelItself(table: ComponentTable, group: string, hooks: HookMap): Running {
    const name = table.kernel;
    const none = { programHooks: NO_HOOKS, stubHooks: NO_HOOKS };
    const rows = this.rowsOf(name, name);
    return { name, group, kernel: name, ...none, kernelHooks: hooks, thread: `${group}:0`, word: 0, rows, table };
  }

  private rowsOf(name: string, kernel: string): Running['rows'] {
    const row = (executor: string, cpl: number) => this.accounts.address(executor, name, cpl);
    return [row(this.root.kernel, 0), row(kernel, 1), row(name, 3), row(kernel, 3)];
  }

  private require(table: ComponentTable, word: number, cpl: number): Component {
    const component = table.find(word);
    if (component) return component;
    throw new UnknownComponentError(table.kernel, word, cpl, this.core.get('cr3'), table.describe());
  }

  private domain(component: Component): Domain {
    let domain = this.domains.get(component.word);
    if (domain?.component.id !== component.id || domain.component.module !== component.module) {
      const note = this.modules[component.module] ?? null;
      const name = `${component.name}/kernel`;
      // A guest kernel from elsewhere has no note: all of its domain counts as its kernel at CPL 1.
      const table = new ComponentTable(name, note ?? { name, kind: 'kernel', hooks: [] }, this.memory);
      domain = { component, table, hooks: hookMap(note), stubHooks: stubHookMap(note) };
      this.domains.set(component.word, domain);
    }
    return domain;
  }

  private invalidate(): void {
    this.stale = true;
    for (let cpl = 0; cpl < 4; cpl++) {
      this.core.set('rowAfterTrap', STALE, cpl);
      this.core.set('rowAfterReturn', STALE, cpl);
    }
  }

  private fill(): void {
    const { core, running } = this;
    const [supervisor, middle, user, stub] = running.rows;
    core.set('rowAfterTrap', supervisor, 0);
    for (let cpl = 1; cpl <= 2; cpl++) {
      core.set('rowAfterTrap', middle, cpl);
      core.set('rowAfterReturn', middle, cpl);
    }
    core.set('rowAfterReturn', this.inStub.has(running.thread) ? stub : user, 3);
  }
}
