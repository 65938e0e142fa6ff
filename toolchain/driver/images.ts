// All images of the project, built when something that determines them has changed (keys.ts).
//
// build/images/index.json remembers key and file list of each image, so that an image whose inputs are unchanged is not
// compiled again. In build/images/<key>/ lie NAME.elf, its map NAME.map, NAME.debug (functions, frames and lines by
// address, toolchain/debug) and NAME.objects, of which other layouts are linked on demand: layout-<seed>/NAME.elf. What is
// not as it was written (cache.ts) is made again.
// Images are compiled side by side in worker threads, when the compiled driver runs.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { Tinypool } from 'tinypool';
import type { DebugInfo } from '../debug/info.js';
import type { ImageDefinition } from '../image.js';
import { isIntact, writeAside, writeFiles } from './cache.js';
import { type BuiltImage, compileImage, type ImageObjects, linkObjects } from './compile.js';
import { DIST, imageDefinitions, PROJECT_ROOT } from './definitions.js';
import { definitionHash, hashOf, inputHashes, keyOf, toolchainHash } from './keys.js';
import { sourceSize } from './order.js';

export { imageDefinitions, PROJECT_ROOT } from './definitions.js';

interface IndexEntry {
  readonly key: string;
  /** Relative to build/images. */
  readonly file: string;
  readonly inputs: readonly string[];
}
type Index = Record<string, IndexEntry>;

export interface BuildReport {
  readonly built: string[];
  readonly unchanged: string[];
  readonly failed: { readonly image: string; readonly error: Error }[];
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

const MOST_WORKERS = 8;
const isCompiled = import.meta.url.endsWith('.js');

export async function buildImages(
  options: { root?: string; dist?: string; names?: readonly string[]; progress?: (line: string) => void } = {},
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
  const compile = compilers(stale.length);
  await Promise.all(
    stale.map(async (task) => {
      const answer = await compile.run(task);
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
  await compile.close();
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

/** As many threads as there are processors and images; none for one image, or where the driver runs from its source. */
function compilers(tasks: number): { run(task: BuildTask): Promise<BuildAnswer>; close(): Promise<void> } {
  const threads = Math.min(tasks, availableParallelism(), MOST_WORKERS);
  if (threads < 2 || !isCompiled) {
    let before: Promise<unknown> = Promise.resolve();
    const run = (task: BuildTask) => {
      const answer = before.then(() => buildOne(task));
      before = answer;
      return answer;
    };
    return { run, close: async () => undefined };
  }
  const filename = new URL('./build-worker.js', import.meta.url).href;
  const pool = new Tinypool({ filename, runtime: 'worker_threads', minThreads: threads, maxThreads: threads });
  return { run: (task) => pool.run(task), close: () => pool.destroy() };
}

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

function writeImage(path: string, { elf, map, debug }: BuiltImage, more: Record<string, Uint8Array> = {}): void {
  writeFiles(withoutEnding(path), { ...more, map, debug: JSON.stringify(debug), elf });
}

const withoutEnding = (path: string): string => path.replace(/\.elf$/, '');
const beside = (path: string, extension: string): string => path.replace(/elf$/, extension);

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
