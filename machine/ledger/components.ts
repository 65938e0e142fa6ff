/**
 * A kernel's component table, read from guest memory: who can be running, by the value of the current-thread word. The
 * table is read again after `__component_created` and `__component_gone`, so a word or a page directory that is used
 * again names its new owner.
 */
import { SavedByName } from '../devices/saved-state.js';
import type { ImageNote } from '../image/note.js';
import type { GuestMemory } from '../memory.js';

export const componentKinds = ['kernel', 'program', 'server', 'domain', 'idle'] as const;
export type ComponentKind = (typeof componentKinds)[number];

export interface Component {
  readonly word: number;
  /** Threads of one space share it. */
  readonly id: number;
  readonly kind: ComponentKind;
  /** Index of the multiboot module with its image, -1 = none. */
  readonly module: number;
  /** As it stands in the record, or with `#id` behind it where two components would have one name. */
  readonly name: string;
}

const RECORD_BYTES = 32;
const NAME_AT = 16;
/** No kernel here has more; a larger count is not a count. */
const RECORD_LIMIT = 4096;

export class ComponentTable extends SavedByName {
  protected readonly stateFields = ['records', 'names'];
  private records: Map<number, Component> | null = null;
  /** Which component got a name first. */
  private names = new Map<string, number>();

  constructor(
    readonly kernel: string,
    private readonly note: ImageNote,
    private readonly memory: GuestMemory,
  ) {
    super();
  }

  /** Records of a snapshot come as a list where there were none before. */
  protected override restored(): void {
    if (Array.isArray(this.records)) this.records = new Map(this.records as [number, Component][]);
  }

  /** The current-thread word, 0 where the kernel declares none or its address is not mapped. */
  currentWord(): number {
    const { currentThread } = this.note;
    return currentThread === undefined ? 0 : (this.memory.readLinear32(currentThread) ?? 0);
  }

  find(word: number): Component | undefined {
    this.records ??= this.read();
    return this.records.get(word);
  }

  /** To be called when records have come or gone. */
  changed(): void {
    this.records = null;
  }

  /** For messages. */
  describe(): string[] {
    return [...(this.records ?? this.read()).values()].map((c) => `0x${c.word.toString(16)} ${c.name}`);
  }

  private read(): Map<number, Component> {
    const found = new Map<number, Component>();
    const { components, componentCount } = this.note;
    if (components === undefined || componentCount === undefined) return found;
    const table = this.memory.readLinear32(components) ?? 0;
    const count = Math.min(this.memory.readLinear32(componentCount) ?? 0, RECORD_LIMIT);
    for (let i = 0; i < count; i++) {
      const bytes = this.memory.readLinear(table + i * RECORD_BYTES, RECORD_BYTES);
      const record = bytes && this.record(bytes);
      if (record) found.set(record.word, record);
    }
    return found;
  }

  private record(bytes: Uint8Array): Component | null {
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    const [word, id, kind, image] = [0, 4, 8, 12].map((at) => view.getUint32(at, true));
    if (word === 0 || kind >= componentKinds.length) return null;
    return {
      word,
      id,
      kind: componentKinds[kind],
      module: image - 1,
      name: this.unique(text(bytes.subarray(NAME_AT)), id),
    };
  }

  private unique(name: string, id: number): string {
    const owner = this.names.get(name) ?? id;
    this.names.set(name, owner);
    return owner === id ? name : `${name}#${id}`;
  }
}

function text(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return String.fromCharCode(...bytes.subarray(0, end < 0 ? bytes.length : end));
}
