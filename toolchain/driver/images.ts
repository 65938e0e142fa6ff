// All images of the project, built when something that determines them has changed.
//
// An image's key is a hash of the toolchain's own code, the definition, the bytes of its stubs and every file that its
// compilation read (or looked for in vain). build/images/index.json remembers key and file list of each image, so that
// an image whose inputs are unchanged is not compiled again. Beside each image NAME.elf lies its map, NAME.map.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { ImageDefinition } from '../image.js';
import { compileImage } from './compile.js';

const HERE = dirname(fileURLToPath(import.meta.url));
/** The compiled code, and the project around it. */
const DIST = resolve(HERE, '../..');
export const PROJECT_ROOT = resolve(DIST, '..');
const DEFINITION_FOLDERS = ['kernels', 'vmm', 'microkernel', 'workloads'];

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

export async function buildImages(
  options: { root?: string; dist?: string; names?: readonly string[]; progress?: (line: string) => void } = {},
): Promise<BuildReport> {
  const { root = PROJECT_ROOT, dist = DIST, progress = () => undefined } = options;
  const definitions = await imageDefinitions(dist);
  const names = options.names ?? [...definitions.keys()];
  const folder = join(root, 'build/images');
  const report: BuildReport = { built: [], unchanged: [], failed: [] };
  const tool = toolchainHash(dist);
  for (const name of names) {
    const d = definitions.get(name);
    if (!d) throw new Error(`there is no image '${name}'; there are: ${[...definitions.keys()].join(', ')}`);
    try {
      const own = definitionHash(d, tool);
      const known = readIndex(folder)[name];
      if (
        known &&
        existsSync(join(folder, known.file)) &&
        keyOf(own, inputHashes(root, d, known.inputs)) === known.key
      ) {
        report.unchanged.push(name);
        continue;
      }
      const start = performance.now();
      const { elf, map, reads } = await compileImage(d, root);
      const inputs = [...reads.keys()].filter((path) => d.aliases?.[path] === undefined).sort();
      const key = keyOf(
        own,
        inputs.map((path) => [path, hashOf(reads.get(path) ?? null)]),
      );
      const file = join(key.slice(0, 16), `${name}.elf`);
      writeAside(join(folder, file.replace(/elf$/, 'map')), map);
      writeAside(join(folder, file), elf);
      remember(folder, name, { key, file, inputs });
      report.built.push(name);
      progress(`image ${name}: ${elf.length} bytes, ${Math.round(performance.now() - start)} ms`);
    } catch (error) {
      report.failed.push({ image: name, error: error as Error });
    }
  }
  return report;
}

/** Path of a built image. */
export function imagePath(name: string, root = PROJECT_ROOT): string {
  const folder = join(root, 'build/images');
  const entry = readIndex(folder)[name];
  if (entry && existsSync(join(folder, entry.file))) return join(folder, entry.file);
  throw new Error(`image '${name}' is not built; run: npm run build`);
}

export function imageBytes(name: string, root = PROJECT_ROOT): Uint8Array {
  return readFileSync(imagePath(name, root));
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

/** A reader sees the old file or the new one, never half of one. */
function writeAside(path: string, contents: Uint8Array | string): void {
  mkdirSync(dirname(path), { recursive: true });
  const aside = `${path}.${process.pid}`;
  writeFileSync(aside, contents);
  renameSync(aside, path);
}

const hashOf = (contents: Uint8Array | string | null): string =>
  contents === null ? 'absent' : createHash('sha256').update(contents).digest('hex');

function keyOf(own: string, inputs: [string, string][]): string {
  return hashOf([own, ...inputs.map(([path, hash]) => `${path} ${hash}`)].join('\n'));
}

function inputHashes(root: string, d: ImageDefinition, paths: readonly string[]): [string, string][] {
  return paths.map((path) => {
    if (d.aliases?.[path] !== undefined) return [path, hashOf(d.aliases[path])];
    const file = join(root, path);
    return [path, hashOf(existsSync(file) ? readFileSync(file) : null)];
  });
}

function definitionHash(d: ImageDefinition, tool: string): string {
  const stubs = d.stubs.map((s) => {
    const { name, sections, globals } = s.assemble();
    return { name, globals: [...globals], sections: sections.map((x) => ({ ...x, code: codeText(x.code) })) };
  });
  return hashOf(JSON.stringify([tool, { ...d, stubs }]));
}

const codeText = (code: { bytes: Uint8Array }) => ({ ...code, bytes: hashOf(code.bytes) });

/** Everything that turns sources into bytes: this toolchain's code and the compiler's version. */
function toolchainHash(dist: string): string {
  const folder = join(dist, 'toolchain');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((f) => f.endsWith('.js') && !f.startsWith('verify'))
    .sort();
  const own = files.map((f) => `${relative(folder, join(folder, f))} ${hashOf(readFileSync(join(folder, f)))}`);
  const compiler = fileURLToPath(import.meta.resolve('assemblyscript'));
  return hashOf([...own, hashOf(readFileSync(join(dirname(dirname(compiler)), 'package.json')))].join('\n'));
}
