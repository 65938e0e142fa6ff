/**
 * Snapshots: everything that a machine is, by name, at an instruction boundary. Running N cycles is the same as running
 * k, saving, restoring into another machine of the same preset and memory, and running N - k.
 *
 * A snapshot is plain data. `encodeSnapshot` makes bytes of it: a line that says what it is, a JSON text, and the
 * non-zero pages of all byte fields one behind another. Whoever wants them small compresses the bytes.
 */
import type { Core } from './core.js';
import { type Saved, type SavedFields, SnapshotMismatch } from './devices/saved-state.js';
import type { ImageNote } from './image/note.js';
import { clock, layout, meaningless, savedAreas } from './tables/layout.js';
import { stateFields, stateOffset } from './tables/state.js';

export const SNAPSHOT_VERSION = 1;

export interface Snapshot {
  readonly version: number;
  /** Identifies the memory map and the fields of the processor's state that the snapshot was made with. */
  readonly format: string;
  readonly processor: string;
  /** Hash of the preset's constants as the core knows them. */
  readonly constants: string;
  readonly memoryBytes: number;
  readonly cycle: number;
  /** Fields of the processor's state, little-endian. */
  readonly state: SavedFields;
  /** Areas of the core's memory. */
  readonly areas: SavedFields;
  readonly ram: Uint8Array;
  readonly devices: SavedFields;
  readonly ledger: SavedFields;
  /** Who is running; null for an image without a note. */
  readonly attribution: SavedFields | null;
  readonly host: SavedFields;
  /** Notes of the kernel's image and of its modules. */
  readonly notes: { readonly kernel: ImageNote | null; readonly modules: readonly (ImageNote | null)[] };
}

/** The core's part of a snapshot. */
export function saveCore(core: Core): Pick<Snapshot, 'state' | 'areas' | 'ram' | 'constants' | 'format'> {
  const all = new Uint8Array(core.memory.buffer);
  return {
    format: formatOf(),
    constants: constantsOf(core),
    state: Object.fromEntries(
      stateFields.map(({ name, size, count = 1 }) => {
        const at = layout.STATE + stateOffset[name];
        return [name, all.slice(at, at + size * count)];
      }),
    ),
    areas: Object.fromEntries(savedAreas().map(({ name, start, bytes }) => [name, all.slice(start, start + bytes)])),
    ram: core.ram.slice(),
  };
}

/** Puts it back; everything decoded must have been dropped. */
export function restoreCore(core: Core, snapshot: Snapshot): void {
  const all = new Uint8Array(core.memory.buffer);
  for (const { name } of stateFields) all.set(snapshot.state[name] as Uint8Array, layout.STATE + stateOffset[name]);
  for (const { name, start } of savedAreas()) all.set(snapshot.areas[name] as Uint8Array, start);
  core.ram.set(snapshot.ram);
}

/**
 * Whether a snapshot can be restored into a machine with this core.
 * @throws SnapshotMismatch saying what differs
 */
export function checkSnapshot(core: Core, processor: string, snapshot: Snapshot): void {
  if (snapshot.version !== SNAPSHOT_VERSION) {
    throw new SnapshotMismatch(
      `snapshot of version ${snapshot.version}; this program reads version ${SNAPSHOT_VERSION}`,
    );
  }
  if (snapshot.format !== formatOf()) {
    throw new SnapshotMismatch(
      `snapshot of another build of the machine (its state is laid out as ${snapshot.format}, here ${formatOf()})`,
    );
  }
  if (snapshot.processor !== processor) {
    throw new SnapshotMismatch(`snapshot of a machine with the preset ${snapshot.processor}, not ${processor}`);
  }
  if (snapshot.constants !== constantsOf(core)) {
    throw new SnapshotMismatch(`snapshot of a ${processor} with other constants: presets or overrides differ`);
  }
  if (snapshot.memoryBytes !== core.ram.length) {
    const mib = (bytes: number) => bytes / 0x100000;
    throw new SnapshotMismatch(
      `snapshot of a machine with ${mib(snapshot.memoryBytes)} MiB of memory, not ${mib(core.ram.length)}`,
    );
  }
}

/** Fields that the host sets for itself, that say how a run was sliced, or where it fetches from (as filters do). */
const NOT_STATE = [
  'nextDue',
  'runLimit',
  'stopRequest',
  'observeCrossings',
  'observeExceptions',
  'fetchHost',
  'fetchLine',
];

/**
 * A hash of everything that the machine's future depends on: equal for two runs that are in the same state, whoever
 * watched them and however they were sliced.
 */
export function stateHash(core: Core, others: Saved): string {
  const hash = new Hash();
  const all = new Uint8Array(core.memory.buffer);
  for (const { name, size, count = 1 } of stateFields) {
    const at = layout.STATE + stateOffset[name];
    if (!NOT_STATE.includes(name)) hash.bytes(all.subarray(at, at + size * count));
  }
  for (const { name, start, bytes } of savedAreas()) {
    if (meaningless.includes(name)) continue;
    const area = all.subarray(start, start + bytes);
    if (name !== 'CLOCK') hash.bytes(area);
    else {
      hash.bytes(area.subarray(0, clock.JOURNAL_LENGTH));
      hash.bytes(area.subarray(clock.JOURNAL_LENGTH + 4));
    }
  }
  hash.bytes(core.ram);
  const pages: Uint8Array[] = [];
  hash.text(JSON.stringify(others, replace(pages)));
  for (const page of pages) hash.bytes(page);
  return hash.digest();
}

function formatOf(): string {
  const hash = new Hash();
  hash.text(JSON.stringify([stateFields.map(({ name, size, count }) => [name, size, count]), savedAreas(), layout]));
  return hash.digest();
}

function constantsOf(core: Core): string {
  const hash = new Hash();
  hash.bytes(new Uint8Array(core.memory.buffer, layout.CONFIG, layout.COUNTERS - layout.CONFIG));
  return hash.digest();
}

/** FNV-1a over 32-bit words, twice with different seeds: 64 bits. Not for adversaries. */
class Hash {
  private a = 0x811c9dc5;
  private b = 0x01000193;

  bytes(bytes: Uint8Array): void {
    const whole = bytes.byteOffset % 4 === 0 ? bytes.length >> 2 : 0;
    const words = whole > 0 ? new Uint32Array(bytes.buffer, bytes.byteOffset, whole) : [];
    let { a, b } = this;
    for (let i = 0; i < whole; i++) {
      const word = words[i];
      a = Math.imul(a ^ word, 0x01000193);
      b = Math.imul(b + word, 0x85ebca6b) ^ (b >>> 15);
      a ^= a >>> 17;
    }
    for (let i = whole * 4; i < bytes.length; i++) {
      a = Math.imul(a ^ bytes[i], 0x01000193);
      b = Math.imul(b + bytes[i], 0x85ebca6b) ^ (b >>> 15);
    }
    this.a = a ^ bytes.length;
    this.b = b + bytes.length;
  }

  text(text: string): void {
    this.bytes(new TextEncoder().encode(text));
  }

  digest(): string {
    return [this.a, this.b].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('');
  }
}

// ---- as bytes

const MAGIC = 'crossings snapshot ';
const PAGE = 4096;

/** A page of a byte field; the last one may be shorter. */
interface Blob {
  readonly $bytes: number;
  /** Numbers of the pages that are not all zero, in order. */
  readonly pages: readonly number[];
}

export function encodeSnapshot(snapshot: Snapshot): Uint8Array {
  const pages: Uint8Array[] = [];
  const text = new TextEncoder().encode(JSON.stringify(snapshot, replace(pages)));
  const head = new TextEncoder().encode(`${MAGIC}${SNAPSHOT_VERSION} ${text.length}\n`);
  const length = pages.reduce((sum, page) => sum + page.length, head.length + text.length);
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of [head, text, ...pages]) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** @throws SnapshotMismatch when the bytes are no snapshot, of another version, or cut off */
export function decodeSnapshot(bytes: Uint8Array): Snapshot {
  const head = new TextDecoder().decode(bytes.subarray(0, 64)).match(/^crossings snapshot (\d+) (\d+)\n/);
  if (!head) throw new SnapshotMismatch('not a snapshot: it does not begin with "crossings snapshot"');
  if (Number(head[1]) !== SNAPSHOT_VERSION) {
    throw new SnapshotMismatch(`snapshot of version ${head[1]}; this program reads version ${SNAPSHOT_VERSION}`);
  }
  const end = head[0].length + Number(head[2]);
  if (end > bytes.length) throw new SnapshotMismatch('the snapshot is cut off');
  let at = end;
  const text = new TextDecoder().decode(bytes.subarray(head[0].length, end));
  return JSON.parse(text, (_key, value) => {
    if (value?.$never) return Number.POSITIVE_INFINITY;
    if (value?.$bytes === undefined) return value;
    const { $bytes: length, pages } = value as Blob;
    const field = new Uint8Array(length);
    for (const page of pages) {
      const expected = Math.min(PAGE, length - page * PAGE);
      const part = bytes.subarray(at, at + expected);
      if (part.length !== expected) throw new SnapshotMismatch('the snapshot is cut off');
      field.set(part, page * PAGE);
      at += part.length;
    }
    return field;
  });
}

/** For JSON: byte fields become page lists, their pages go to `pages`; infinity is no number of JSON's. */
function replace(pages: Uint8Array[]): (key: string, value: unknown) => unknown {
  return (_key, value) => {
    if (value === Number.POSITIVE_INFINITY) return { $never: true };
    if (!(value instanceof Uint8Array)) return value;
    const numbers: number[] = [];
    for (let page = 0; page * PAGE < value.length; page++) {
      const part = value.subarray(page * PAGE, (page + 1) * PAGE);
      if (part.every((byte) => byte === 0)) continue;
      numbers.push(page);
      pages.push(part);
    }
    return { $bytes: value.length, pages: numbers };
  };
}
