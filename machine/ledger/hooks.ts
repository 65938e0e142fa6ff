/**
 * Hook symbols: which names an instruction carries depends on the image that is running, since programs share linear
 * addresses. An address is looked up in the image that is current and nowhere else.
 */
import type { ImageNote } from '../image/note.js';

/** Names at each linear address of one image. */
export type HookMap = ReadonlyMap<number, readonly string[]>;

export const NO_HOOKS: HookMap = new Map();

export function hookMap(note: ImageNote | null): HookMap {
  const map = new Map<number, string[]>();
  for (const [name, linear] of note?.hooks ?? []) {
    const names = map.get(linear);
    if (names) names.push(name);
    else map.set(linear, [name]);
  }
  return map;
}

/** Names of the units of work that images can report, without `__work_`, sorted. */
export function workNames(notes: readonly (ImageNote | null)[]): string[] {
  const names = new Set<string>();
  for (const note of notes) {
    for (const [name] of note?.hooks ?? []) if (name.startsWith(WORK_PREFIX)) names.add(name.slice(WORK_PREFIX.length));
  }
  return [...names].sort();
}

export const WORK_PREFIX = '__work_';
