// Keys of images: a hash of the toolchain's own code, the definition, the bytes of its stubs and every file that its
// compilation read (or looked for in vain).
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ImageDefinition } from '../image.js';
import { assembleStubs } from './stub-errors.js';

export const hashOf = (contents: Uint8Array | string | null): string =>
  contents === null ? 'absent' : createHash('sha256').update(contents).digest('hex');

export function keyOf(own: string, inputs: [string, string][]): string {
  return hashOf([own, ...inputs.map(([path, hash]) => `${path} ${hash}`)].join('\n'));
}

/** @param known hashes of files that other images read too */
export function inputHashes(
  root: string,
  d: ImageDefinition,
  paths: readonly string[],
  known: Map<string, string>,
): [string, string][] {
  return paths.map((path) => {
    if (d.aliases?.[path] !== undefined) return [path, hashOf(d.aliases[path])];
    const file = join(root, path);
    const hash = known.get(file) ?? hashOf(existsSync(file) ? readFileSync(file) : null);
    known.set(file, hash);
    return [path, hash];
  });
}

/** Stubs count with what they ask of the compiled code by name: the values lie in the files that the compilation reads. */
export function definitionHash(d: ImageDefinition, tool: string, root: string): string {
  const stubs = assembleStubs(d, root).map(({ name, sections, globals, asked }) => {
    return { name, asked, globals: [...globals], sections: sections.map((x) => ({ ...x, code: codeText(x.code) })) };
  });
  return hashOf(JSON.stringify([tool, { ...d, stubs }]));
}

const codeText = (code: { bytes: Uint8Array }) => ({ ...code, bytes: hashOf(code.bytes) });

/** What only reads images, or makes something else. */
const NOT_OF_IMAGES = [
  ...['verify', 'disk', 'debug/profile', 'debug/unwind'],
  ...['core', 'workers', 'build-worker', 'order', 'orphans', 'disks', 'generate'].map((file) => `driver/${file}.`),
];

/** Everything that turns sources into bytes: this toolchain's code and the compiler's version. */
export function toolchainHash(dist: string): string {
  const folder = join(dist, 'toolchain');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((f) => f.endsWith('.js') && !NOT_OF_IMAGES.some((other) => f.startsWith(other)))
    .sort();
  const own = files.map((f) => `${relative(folder, join(folder, f))} ${hashOf(readFileSync(join(folder, f)))}`);
  const compiler = fileURLToPath(import.meta.resolve('assemblyscript'));
  return hashOf([...own, hashOf(readFileSync(join(dirname(dirname(compiler)), 'package.json')))].join('\n'));
}
