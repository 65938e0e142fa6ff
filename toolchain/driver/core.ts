/**
 * Brings the compiled core up to date: machine/tables -> machine/core/generated -> build/core/<hash>.wasm. The hash is of
 * everything that goes in, so a file that is there, and whole, is the right one.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isIntact, writeFiles } from './cache.js';
import { writeGenerated } from './generate.js';

const ENTRY = 'machine/core/index.ts';
/** Static data of the core ends below the first area of machine/tables/layout.ts. */
const OPTIONS = [
  '-O3',
  '--enable',
  'simd',
  '--runtime',
  'stub',
  '--importMemory',
  '--noAssert',
  '--uncheckedBehavior',
  'always',
];

/**
 * The second pass puts no more functions into others than the compiler did: what is long stays one, though a single
 * place calls it, since in the run loop it would take registers from everything there.
 */
const SECOND_PASS = { level: 3, inlined: 0 };

/** The nearest folder upwards that holds this package's package.json. */
const root = (() => {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) folder = resolve(folder, '..');
  return folder;
})();

/**
 * The core's bytes, compiled first when something changed.
 * @param compile where: in this thread, or in another
 * @throws Error with the compiler's messages
 */
export async function buildCore(compile = compileCore): Promise<Uint8Array> {
  writeGenerated(root);
  const path = corePath();
  if (!isIntact(path.replace(/\.wasm$/, ''))) writeFiles(path.replace(/\.wasm$/, ''), { wasm: await compile() });
  return readFileSync(path);
}

/**
 * The core's bytes as built before.
 * @throws Error when they are not: run `npm run build`
 */
export function coreBytes(): Uint8Array {
  const path = corePath();
  if (!existsSync(path)) throw new Error(`${relative(root, path)} is not built; run "npm run build"`);
  return readFileSync(path);
}

function corePath(): string {
  const hash = createHash('sha256');
  hash.update(JSON.stringify([OPTIONS, SECOND_PASS, compilerVersion()]));
  for (const path of sources('machine/core')) hash.update(`${path}\n`).update(readFileSync(join(root, path)));
  return join(root, 'build/core', `${hash.digest('hex').slice(0, 16)}.wasm`);
}

function compilerVersion(): string {
  const require = createRequire(import.meta.url);
  return (require('assemblyscript/package.json') as { version: string }).version;
}

/** All .ts files below a folder, in a fixed order. */
function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory()) return sources(path);
      return entry.name.endsWith('.ts') ? [path] : [];
    });
}

export async function compileCore(): Promise<Uint8Array> {
  // The compiler takes a second to load, which a core that is up to date need not pay.
  const { default: asc } = await import('assemblyscript/asc');
  let binary: Uint8Array | undefined;
  const messages: string[] = [];
  const { error } = await asc.main([ENTRY, '--outFile', 'core.wasm', ...OPTIONS], {
    stdout: { write: () => true },
    stderr: { write: (chunk) => messages.push(String(chunk)) > 0 },
    readFile: (name, base) => {
      const path = join(root, base === '.' ? '' : base, name);
      return existsSync(path) ? readFileSync(path, 'utf8') : null;
    },
    writeFile: (_name, contents) => {
      binary = contents as Uint8Array;
    },
    listFiles: () => [],
  });
  if (error || !binary) throw new Error(`the core does not compile:\n${messages.join('')}${error?.message ?? ''}`);
  return optimised(binary);
}

/** The usual passes go over what the compiler's own have left: 3 % of what a page fault takes here, 4 % of a flush. */
async function optimised(bytes: Uint8Array): Promise<Uint8Array> {
  const { default: binaryen } = await import('assemblyscript/binaryen');
  const f = binaryen.Features;
  const module = binaryen.readBinary(bytes);
  module.setFeatures(f.SIMD128 | f.BulkMemory | f.BulkMemoryOpt | f.SignExt | f.MutableGlobals | f.NontrappingFPToInt);
  binaryen.setOptimizeLevel(SECOND_PASS.level);
  binaryen.setShrinkLevel(0);
  binaryen.setAlwaysInlineMaxSize(SECOND_PASS.inlined);
  binaryen.setFlexibleInlineMaxSize(SECOND_PASS.inlined);
  binaryen.setOneCallerInlineMaxSize(SECOND_PASS.inlined);
  module.optimize();
  const result = module.emitBinary();
  module.dispose();
  return result;
}
