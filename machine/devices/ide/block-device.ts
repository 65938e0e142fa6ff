/** What a disk drive stores its sectors in. The host supplies it: a file's contents, a test's array. */
export interface BlockDevice {
  /** Number of 512-byte sectors. */
  readonly sectors: number;
  /** Copies `into.length / 512` sectors from `first` on. The drive has checked that they exist. */
  read(first: number, into: Uint8Array): void;
  write(first: number, from: Uint8Array): void;
}

export const SECTOR_BYTES = 512;

/** A disk in memory; what is written stays there. */
export class MemoryDisk implements BlockDevice {
  readonly sectors: number;

  /** @throws RangeError when `bytes` is empty or no whole number of sectors */
  constructor(readonly bytes: Uint8Array) {
    if (bytes.length === 0 || bytes.length % SECTOR_BYTES !== 0) {
      throw new RangeError(
        `a disk of ${bytes.length} bytes: expected a multiple of ${SECTOR_BYTES}, at least one sector`,
      );
    }
    this.sectors = bytes.length / SECTOR_BYTES;
  }

  read(first: number, into: Uint8Array): void {
    into.set(this.bytes.subarray(first * SECTOR_BYTES, first * SECTOR_BYTES + into.length));
  }

  write(first: number, from: Uint8Array): void {
    this.bytes.set(from, first * SECTOR_BYTES);
  }
}
