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

/**
 * Hooks that user mode can reach in code that its kernel supplies. The linker lists those of an image's shared page at
 * the address of user mode too; where there are several pages, the label `__stub_page_<address>` (eight hexadecimal
 * digits) says at which linear address user mode sees the instruction that carries it, and hooks up to 4 KiB behind it
 * are seen at the same distance.
 */
export function stubHookMap(note: ImageNote | null): HookMap {
  const map = new Map<number, readonly string[]>(hookMap(note));
  const hooks = note?.hooks ?? [];
  for (const [label, start] of hooks) {
    const seenAt = stubPageAddress(label);
    if (seenAt === null) continue;
    const inside = hooks.filter(([name, at]) => at >= start && at < start + 0x1000 && stubPageAddress(name) === null);
    for (const [, linear] of inside) {
      map.set(
        seenAt + linear - start,
        inside.filter(([, at]) => at === linear).map(([name]) => name),
      );
    }
  }
  return map;
}

const STUB_PAGE_PREFIX = '__stub_page_';

/** Where user mode sees the page whose first instruction carries this label; null for another label. */
export function stubPageAddress(label: string): number | null {
  return label.startsWith(STUB_PAGE_PREFIX) ? Number.parseInt(label.slice(STUB_PAGE_PREFIX.length), 16) : null;
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
