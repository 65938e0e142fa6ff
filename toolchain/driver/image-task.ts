// One image, from its definition to its files: what a thread of the build does (workers.ts).
import { join } from 'node:path';
import { serialize } from 'node:v8';
import type { ImageDefinition } from '../image.js';
import { writeFiles } from './cache.js';
import { type BuiltImage, compileImage } from './compile.js';
import { imageDefinitions } from './definitions.js';
import { hashOf, keyOf } from './keys.js';

export interface IndexEntry {
  readonly key: string;
  /** Relative to build/images. */
  readonly file: string;
  readonly inputs: readonly string[];
}
/** One image to compile; plain data, for a worker thread. */
export interface BuildTask {
  readonly name: string;
  readonly root: string;
  readonly dist: string;
  /** Hash of definition and toolchain. */
  readonly own: string;
}
export type BuildAnswer = { entry: IndexEntry; line: string } | { error: { name: string; message: string } };

/** Compiles and links one image, and writes its files. */
export async function buildOne({ name, root, dist, own }: BuildTask): Promise<BuildAnswer> {
  try {
    const d = (await imageDefinitions(dist)).get(name) as ImageDefinition;
    const start = performance.now();
    const built = await compileImage(d, root);
    const { objects, reads } = built;
    const inputs = [...reads.keys()].filter((path) => d.aliases?.[path] === undefined).sort();
    const key = keyOf(
      own,
      inputs.map((path) => [path, hashOf(reads.get(path) ?? null)]),
    );
    const folder = join(root, 'build/images');
    const file = join(key.slice(0, 16), `${name}.elf`);
    writeImage(join(folder, file), built, { objects: serialize(objects) });
    const line = `image ${name}: ${built.elf.length} bytes, ${Math.round(performance.now() - start)} ms`;
    return { entry: { key, file, inputs }, line };
  } catch (error) {
    return { error: { name: (error as Error).name, message: (error as Error).message } };
  }
}

export function writeImage(path: string, { elf, map, debug }: BuiltImage, more: Record<string, Uint8Array> = {}): void {
  writeFiles(withoutEnding(path), { ...more, map, debug: JSON.stringify(debug), elf });
}

export const withoutEnding = (path: string): string => path.replace(/\.elf$/, '');
export const beside = (path: string, extension: string): string => path.replace(/elf$/, extension);
