/** How a command ends: 0 ok, 1 a check failed, 2 usage, 3 a broken invariant or an internal error, 130 interrupted. */
import { PresetError } from '../machine/processors/index.js';

/** The user asked for something that does not exist or cannot be: one line that names the allowed values. */
export class UsageError extends Error {
  override name = 'UsageError';
}

/** Something that was checked does not hold; the message says what. */
export class CheckFailedError extends Error {
  override name = 'CheckFailedError';
}

export function exitCodeOf(error: unknown): number {
  const name = (error as Error).name;
  if (error instanceof PresetError || name === 'UsageError' || name === 'OutputError') return 2;
  if (name === 'InterruptedError') return 130;
  if (name === 'CheckFailedError' || name === 'ImageError') return 1;
  return 3;
}

/** Known ends are one line; what nobody foresaw keeps its stack. */
export function messageOf(error: unknown): string {
  const code = exitCodeOf(error);
  const { message, stack, name } = error as Error;
  return code === 3 && name === 'Error' ? (stack ?? message) : message;
}
