// The image definitions of the project: what the compiled `<folder>/stubs/image.js` export.
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { ImageDefinition } from '../image.js';

/** The compiled code, and the project around it. */
export const DIST = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
export const PROJECT_ROOT = resolve(DIST, '..');
const DEFINITION_FOLDERS = ['kernels', 'vmm', 'microkernel', 'workloads'];

/** Every image definition of the project, by name. */
export async function imageDefinitions(dist = DIST): Promise<Map<string, ImageDefinition>> {
  const found = new Map<string, ImageDefinition>();
  const files = DEFINITION_FOLDERS.filter((f) => existsSync(join(dist, f))).flatMap((folder) =>
    readdirSync(join(dist, folder), { recursive: true, encoding: 'utf8' })
      .map((file) => join(folder, file).replaceAll('\\', '/'))
      .filter((file) => file.endsWith('/stubs/image.js')),
  );
  for (const file of files.sort()) {
    const exported = Object.values(await import(pathToFileURL(join(dist, file)).href));
    for (const d of exported.flat().filter(isDefinition)) {
      if (found.has(d.name)) throw new Error(`two images are called '${d.name}'; the second is in ${file}`);
      found.set(d.name, d);
    }
  }
  return found;
}

const isDefinition = (x: unknown): x is ImageDefinition =>
  typeof x === 'object' && x !== null && 'kind' in x && 'entry' in x && 'stubs' in x;
