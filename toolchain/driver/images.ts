// All images of the project, built when something that determines them has changed (keys.ts).
//
// build/images/index.json remembers key and file list of each image, so that an image whose inputs are unchanged is not
// compiled again. In build/images/<key>/ lie NAME.elf, its map NAME.map, NAME.debug (functions, frames and lines by
// address, toolchain/debug) and NAME.objects, of which other layouts are linked on demand: layout-<seed>/NAME.elf. What is
// not as it was written (cache.ts) is made again.
// Images are compiled side by side in worker threads (workers.ts).
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { deserialize } from 'node:v8';
import type { DebugInfo } from '../debug/info.js';
import type { ImageDefinition } from '../image.js';
import { isIntact, writeAside } from './cache.js';
import { type ImageObjects, linkObjects } from './compile.js';
import { DIST, imageDefinitions, PROJECT_ROOT } from './definitions.js';
import { type BuildTask, beside, type IndexEntry, withoutEnding, writeImage } from './image-task.js';
import { definitionHash, inputHashes, keyOf, toolchainHash } from './keys.js';
import { sourceSize } from './order.js';
import { Workers } from './workers.js';

export { imageDefinitions, PROJECT_ROOT } from './definitions.js';

type Index = Record<string, IndexEntry>;

export interface BuildReport {
  readonly built: string[];
  readonly unchanged: string[];
  readonly failed: { readonly image: string; readonly error: Error }[];
}

export async function buildImages(
  options: {
    root?: string;
    dist?: string;
    names?: readonly string[];
    progress?: (line: string) => void;
    /** Threads that others use too; without them, some are started where there is enough to do. */
    workers?: Workers;
  } = {},
): Promise<BuildReport> {
  const { root = PROJECT_ROOT, dist = DIST, progress = () => undefined } = options;
  const definitions = await imageDefinitions(dist);
  const names = options.names ?? [...definitions.keys()];
  const folder = join(root, 'build/images');
  const report: BuildReport = { built: [], unchanged: [], failed: [] };
  const tool = toolchainHash(dist);
  const stale: BuildTask[] = [];
  const index = readIndex(folder);
  const hashes = new Map<string, string>();
  for (const name of names) {
    const d = definitions.get(name);
    if (!d) throw new Error(`there is no image '${name}'; there are: ${[...definitions.keys()].join(', ')}`);
    const own = hashOfDefinition(d, tool, root);
    if (own instanceof Error) report.failed.push({ image: name, error: own });
    else if (isUpToDate(index[name], d, own, root, hashes)) report.unchanged.push(name);
    else stale.push({ name, root, dist, own });
  }
  const sizes = new Map(stale.map(({ name }) => [name, sourceSize(definitions.get(name) as ImageDefinition, root)]));
  stale.sort((a, b) => (sizes.get(b.name) as number) - (sizes.get(a.name) as number));
  const workers = options.workers ?? new Workers(stale.length);
  await Promise.all(
    stale.map(async (task) => {
      const answer = await workers.image(task);
      if ('error' in answer) {
        const error = Object.assign(new Error(answer.error.message), { name: answer.error.name });
        report.failed.push({ image: task.name, error });
      } else {
        remember(folder, task.name, answer.entry);
        report.built.push(task.name);
        progress(answer.line);
      }
    }),
  );
  if (!options.workers) await workers.close();
  const order = (a: string, b: string) => names.indexOf(a) - names.indexOf(b);
  report.built.sort(order);
  report.failed.sort((a, b) => order(a.image, b.image));
  return report;
}

/** Or what is wrong with its stubs. */
function hashOfDefinition(d: ImageDefinition, tool: string, root: string): string | Error {
  try {
    return definitionHash(d, tool, root);
  } catch (error) {
    return error as Error;
  }
}

function isUpToDate(
  known: IndexEntry | undefined,
  d: ImageDefinition,
  own: string,
  root: string,
  hashes: Map<string, string>,
): boolean {
  if (!known || !isIntact(withoutEnding(join(root, 'build/images', known.file)))) return false;
  return keyOf(own, inputHashes(root, d, known.inputs, hashes)) === known.key;
}

/**
 * Path of a built image.
 * @param layoutSeed another order of functions, globals and static areas: linked now, unless it has been before
 * @throws Error when the image is not built
 */
export function imagePath(name: string, root = PROJECT_ROOT, layoutSeed = 0): string {
  const folder = join(root, 'build/images');
  const entry = readIndex(folder)[name];
  const path = entry && join(folder, entry.file);
  if (!path || !existsSync(path)) throw new Error(`image '${name}' is not built; run: npm run build`);
  if (layoutSeed === 0) return path;
  const other = join(dirname(path), `layout-${layoutSeed}`, `${name}.elf`);
  if (!isIntact(withoutEnding(other))) {
    const objects = deserialize(readFileSync(beside(path, 'objects'))) as ImageObjects;
    writeImage(other, linkObjects(objects, layoutSeed));
  }
  return other;
}

/** Bytes of a built image; see `imagePath`. */
export function imageBytes(name: string, root = PROJECT_ROOT, layoutSeed = 0): Uint8Array {
  return readFileSync(imagePath(name, root, layoutSeed));
}

/** What lies beside an image file: functions, frames and lines by address; undefined for a foreign image. */
export function debugInfo(path: string): DebugInfo | undefined {
  try {
    return JSON.parse(readFileSync(beside(path, 'debug'), 'utf8')) as DebugInfo;
  } catch {
    return undefined;
  }
}

function readIndex(folder: string): Index {
  try {
    return JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8')) as Index;
  } catch {
    return {};
  }
}

function remember(folder: string, name: string, entry: IndexEntry): void {
  const index = readIndex(folder);
  const old = index[name];
  index[name] = entry;
  const sorted = Object.fromEntries(Object.entries(index).sort(([a], [b]) => (a < b ? -1 : 1)));
  writeAside(join(folder, 'index.json'), `${JSON.stringify(sorted, null, 1)}\n`);
  if (old && old.file !== entry.file) rmSync(dirname(join(folder, old.file)), { recursive: true, force: true });
}
