import { SavedByName } from '../saved-state.js';

/** What a disk drive stores its sectors in. The host supplies it: a file's contents, a test's array. */
export interface BlockDevice {
  /** Number of 512-byte sectors. */
  readonly sectors: number;
  /** Copies `into.length / 512` sectors from `first` on. The drive has checked that they exist. */
  read(first: number, into: Uint8Array): void;
  write(first: number, from: Uint8Array): void;
}

export const SECTOR_BYTES = 512;

/** A disk over bytes that it never changes: what is written is kept beside them, sector by sector. */
export class MemoryDisk extends SavedByName implements BlockDevice {
  readonly sectors: number;
  protected readonly stateFields = ['written'];
  private written = new Map<number, Uint8Array>();

  /** @throws RangeError when `original` is empty or no whole number of sectors */
  constructor(private readonly original: Uint8Array) {
    super();
    const { length } = original;
    if (length === 0 || length % SECTOR_BYTES !== 0) {
      throw new RangeError(`a disk of ${length} bytes: expected a multiple of ${SECTOR_BYTES}, at least one sector`);
    }
    this.sectors = length / SECTOR_BYTES;
  }

  /** The contents now: a copy. */
  get bytes(): Uint8Array {
    const bytes = this.original.slice();
    for (const [sector, data] of this.written) bytes.set(data, sector * SECTOR_BYTES);
    return bytes;
  }

  read(first: number, into: Uint8Array): void {
    for (let at = 0, sector = first; at < into.length; at += SECTOR_BYTES, sector++) {
      const from = sector * SECTOR_BYTES;
      into.set(this.written.get(sector) ?? this.original.subarray(from, from + SECTOR_BYTES), at);
    }
  }

  write(first: number, from: Uint8Array): void {
    for (let at = 0, sector = first; at < from.length; at += SECTOR_BYTES, sector++) {
      this.written.set(sector, from.slice(at, at + SECTOR_BYTES));
    }
  }
}
