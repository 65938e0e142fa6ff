/**
 * How devices save what they are: by name. A part lists the fields that make up its state; what is wiring (clocks, lines,
 * memory) or follows from the state is not listed. A snapshot holds plain values, so it can be written to a file.
 */

/** A value of a snapshot. NEVER (infinity) is allowed, NaN is not. */
export type Saved = null | boolean | number | bigint | string | Uint8Array | readonly Saved[] | SavedFields;
export interface SavedFields {
  readonly [name: string]: Saved;
}

/** A part of the machine that can be saved and put back. */
export interface Stateful {
  save(): SavedFields;
  /** @throws SnapshotMismatch when a field is missing or unknown */
  restore(fields: SavedFields): void;
}

/** A snapshot that is not one of this part: another version's, or another machine's. */
export class SnapshotMismatch extends Error {
  override readonly name = 'SnapshotMismatch';
}

/** Base of parts whose state is a fixed list of their own fields: scalars, arrays of them, typed arrays, maps, parts. */
export abstract class SavedByName implements Stateful {
  /** Names of the fields; each must exist when the part is saved. */
  protected abstract readonly stateFields: readonly string[];

  save(): SavedFields {
    const own = this as unknown as Record<string, unknown>;
    return Object.fromEntries(this.stateFields.map((name) => [name, copyOut(own[name], name)]));
  }

  restore(fields: SavedFields): void {
    const own = this as unknown as Record<string, unknown>;
    const extra = Object.keys(fields).filter((name) => !this.stateFields.includes(name));
    const missing = this.stateFields.filter((name) => !(name in fields));
    if (extra.length + missing.length > 0) {
      const problem = [...extra.map((n) => `unknown field "${n}"`), ...missing.map((n) => `no field "${n}"`)];
      throw new SnapshotMismatch(`${problem.join(', ')}; expected: ${this.stateFields.join(', ')}`);
    }
    for (const name of this.stateFields) own[name] = copyIn(own[name], fields[name], name);
    this.restored();
  }

  /** Called when all fields are back: for what follows from them. */
  protected restored(): void {}
}

export function isStateful(value: unknown): value is Stateful {
  return typeof (value as Stateful)?.save === 'function' && typeof (value as Stateful).restore === 'function';
}

function copyOut(value: unknown, name: string): Saved {
  if (isStateful(value)) return value.save();
  if (ArrayBuffer.isView(value)) return bytesOf(value).slice();
  if (value instanceof Map) return [...value].map((pair) => pair.map((v) => copyOut(v, name)));
  if (Array.isArray(value)) return value.map((v) => copyOut(v, name));
  if (value === null || ['boolean', 'number', 'bigint', 'string'].includes(typeof value)) return value as Saved;
  if (typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([key, v]) => [key, copyOut(v, `${name}.${key}`)]));
  }
  throw new TypeError(`field "${name}" cannot be saved: it is ${typeof value}`);
}

/** The value to assign: parts, typed arrays and arrays of parts stay the objects they are and get new contents. */
function copyIn(old: unknown, saved: Saved, name: string): unknown {
  if (isStateful(old)) {
    if (saved === null || typeof saved !== 'object')
      throw new SnapshotMismatch(`part "${name}" is not in the snapshot`);
    old.restore(saved as SavedFields);
    return old;
  }
  if (ArrayBuffer.isView(old)) {
    const bytes = bytesOf(old);
    if (!(saved instanceof Uint8Array)) throw new SnapshotMismatch(`field "${name}": expected bytes`);
    // A buffer may have another length; tables of a fixed length stay the objects that others know.
    if (saved.length !== bytes.length) return saved.slice();
    bytes.set(saved);
    return old;
  }
  if (old instanceof Map) return new Map(structuredClone(saved) as unknown as [unknown, unknown][]);
  if (Array.isArray(old) && old.length > 0 && isStateful(old[0])) {
    const list = saved as readonly SavedFields[];
    if (list.length !== old.length) throw new SnapshotMismatch(`field "${name}": expected ${old.length} parts`);
    old.forEach((part: Stateful, i) => {
      part.restore(list[i]);
    });
    return old;
  }
  return structuredClone(saved);
}

function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}
