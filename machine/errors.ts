/** Errors of the machine that name the place and what was expected there. */

/** An image that cannot be loaded. */
export class ImageError extends Error {
  override readonly name = 'ImageError';

  /**
   * @param image which image, for people
   * @param offset byte offset in it, or null where the whole is meant
   * @param problem what is wrong, and what was expected instead
   */
  constructor(
    readonly image: string,
    readonly offset: number | null,
    problem: string,
  ) {
    super(offset === null ? `${image}: ${problem}` : `${image}, offset 0x${offset.toString(16)}: ${problem}`);
  }
}

/** Somebody runs of whom no component table knows: the ledger refuses to guess. */
export class UnknownComponentError extends Error {
  override readonly name = 'UnknownComponentError';

  constructor(
    readonly kernel: string,
    readonly word: number,
    cpl: number,
    cr3: number,
    known: readonly string[],
  ) {
    const list = known.length > 0 ? known.join(', ') : 'empty';
    super(
      `CPL ${cpl} is entered with current-thread word 0x${hex(word)} (CR3 0x${hex(cr3)}), which the component table ` +
        `of ${kernel} does not hold (it holds: ${list}); put __component_created before the first switch to it`,
    );
  }
}

/** The sum of the accounts is not the number of cycles that passed: the machine itself is broken. */
export class LedgerError extends Error {
  override readonly name = 'LedgerError';
}

/** A measured region began or ended where the declared steps did not expect it. */
export class RegionError extends Error {
  override readonly name = 'RegionError';
}

export function hex(value: number): string {
  return (value >>> 0).toString(16).padStart(8, '0');
}
