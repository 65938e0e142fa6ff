/** Options that repeat or take commas, and names that must be known. */
import { InvalidArgumentError } from 'commander';
import { UsageError } from './errors.js';

/** `--system native,vmm --system microkernel`: a list. */
export function list(value: string, previous: string[] | undefined): string[] {
  return [...(previous ?? []), ...value.split(',').filter((word) => word !== '')];
}

export function wholeNumber(least: number, most: number): (value: string) => number {
  return (value) => {
    const number = Number(value);
    if (!Number.isInteger(number) || number < least || number > most) {
      throw new InvalidArgumentError(`expected a whole number from ${least} to ${most}.`);
    }
    return number;
  };
}

/** `PATH=VALUE`, collected into one object. */
export function setting(value: string, previous: Record<string, number> | undefined): Record<string, number> {
  const [path, number, ...rest] = value.split('=');
  if (rest.length > 0 || number === undefined || number === '' || !Number.isInteger(Number(number))) {
    throw new InvalidArgumentError('expected PATH=INTEGER, such as events.iretOuter=120.');
  }
  return { ...previous, [path]: Number(number) };
}

/**
 * The chosen names in the order of `allowed`, all of them where none was chosen.
 * @throws UsageError naming the first unknown one and what is allowed
 */
export function known<T extends string>(
  what: string,
  chosen: readonly string[] | undefined,
  allowed: readonly T[],
): T[] {
  if (chosen === undefined || chosen.length === 0) return [...allowed];
  for (const name of chosen) {
    if (!allowed.includes(name as T)) {
      throw new UsageError(`unknown ${what} "${name}"; allowed: ${allowed.join(', ')}`);
    }
  }
  return allowed.filter((name) => chosen.includes(name));
}
