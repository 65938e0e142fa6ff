/**
 * The note `crossings` of an image: what an observer must know to tell who is running. It is data in the file, never
 * loaded, so an image runs the same with and without somebody who reads it.
 */
import { ImageError } from '../errors.js';
import { readNotes } from './elf.js';

export interface ImageNote {
  readonly name: string;
  readonly kind: 'kernel' | 'program';
  /** Hook symbols, each with its linear address; an address may have several, a name may occur several times. */
  readonly hooks: readonly (readonly [name: string, linear: number])[];
  /** Linear addresses, kernels only: the current-thread word, the word that points to the component table, its length. */
  readonly currentThread?: number;
  readonly components?: number;
  readonly componentCount?: number;
}

const NOTE_NAME = 'crossings';
const NOTE_TYPE = 1;

/**
 * The note of an image, or null where it has none (an image from elsewhere).
 * @throws ImageError when there is one that cannot be understood
 */
export function readNote(bytes: Uint8Array, name: string): ImageNote | null {
  const note = readNotes(bytes).find((n) => n.name === NOTE_NAME && n.type === NOTE_TYPE);
  return note ? parseNote(new TextDecoder().decode(note.description), name) : null;
}

/** @throws ImageError naming the field that is missing or malformed */
export function parseNote(text: string, image: string): ImageNote {
  let value: Partial<Record<keyof ImageNote, unknown>>;
  try {
    value = JSON.parse(text.replace(/\0+$/, ''));
  } catch (error) {
    throw new ImageError(image, null, `note ${NOTE_NAME}: not JSON: ${(error as Error).message}`);
  }
  const { name, kind, hooks } = value;
  if (typeof name !== 'string') throw fieldError(image, 'name', 'a string');
  if (kind !== 'kernel' && kind !== 'program') throw fieldError(image, 'kind', '"kernel" or "program"');
  if (!Array.isArray(hooks) || !hooks.every(isHook))
    throw fieldError(image, 'hooks', 'a list of [name, address] pairs');
  return {
    name,
    kind,
    hooks,
    currentThread: address(value, 'currentThread', image),
    components: address(value, 'components', image),
    componentCount: address(value, 'componentCount', image),
  };
}

function isHook(hook: unknown): boolean {
  return Array.isArray(hook) && hook.length === 2 && typeof hook[0] === 'string' && isAddress(hook[1]);
}

function isAddress(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 0xffffffff;
}

function address(
  value: Partial<Record<keyof ImageNote, unknown>>,
  field: 'currentThread' | 'components' | 'componentCount',
  image: string,
): number | undefined {
  const found = value[field] ?? undefined;
  if (found !== undefined && !isAddress(found)) throw fieldError(image, field, 'a 32-bit linear address, or nothing');
  return found;
}

function fieldError(image: string, field: string, expected: string): ImageError {
  return new ImageError(
    image,
    null,
    `note ${NOTE_NAME}: field "${field}" is missing or malformed; expected ${expected}`,
  );
}
