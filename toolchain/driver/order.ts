// The order in which images are compiled: those with the most source first, so that the longest does not run alone at the
// end. What a file imports is found by its text; a wrong guess costs time and nothing else.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import type { ImageDefinition } from '../image.js';

const IMPORT = /\bfrom '(\.[^']+)'/g;

/** Characters of source that the image's entry leads to. */
export function sourceSize(d: ImageDefinition, root: string): number {
  const sizes = new Map<string, number>();
  const work = [d.entry];
  for (let path = work.pop(); path !== undefined; path = work.pop()) {
    if (sizes.has(path)) continue;
    const text = d.aliases?.[path] ?? (existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : '');
    sizes.set(path, text.length);
    for (const [, to] of text.matchAll(IMPORT)) work.push(`${normalize(join(dirname(path), to))}.ts`);
  }
  return [...sizes.values()].reduce((sum, size) => sum + size, 0);
}
