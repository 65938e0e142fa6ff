// What the driver builds, and when: by content, one image at a time.
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readNote } from '../../machine/image/note.js';
import { buildImages, imageBytes, imagePath } from '../driver/images.js';
import { removeOrphans } from '../driver/orphans.js';

let root: string;
let dist: string;

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

/** A compiled description, as `stubs/image.ts` becomes it; RET is all that `_start` does. */
const definition = (name: string, entry: string): string => `({
  name: '${name}', kind: 'program', entry: '${entry}', base: 0x08048000, start: '_start',
  stubs: [{ name: 'start', assemble: () => ({ name: 'start', globals: new Set(['_start']), sections: [{ section: 'text',
    code: { bytes: Uint8Array.of(0xc3), relocations: [], labels: [{ name: '_start', offset: 0 }], hooks: [], lines: [],
      align: 1 } }] }) }],
})`;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'crossings-'));
  dist = join(root, 'dist');
  write('dist/package.json', '{ "type": "module" }');
  write('dist/toolchain/anything.js', '');
  write(
    'dist/workloads/stubs/image.js',
    `export const images = [${definition('one', 'workloads/one.ts')}, ${definition('two', 'workloads/two.ts')}];`,
  );
  write('workloads/lib.ts', 'export function value(): u32 { return 1; }\n');
  write('workloads/one.ts', "import { value } from './lib';\nexport function main(): u32 { return value(); }\n");
  write('workloads/two.ts', 'export function main(): u32 { return 2; }\n');
});
afterEach(() => rmSync(root, { recursive: true }));

test('an image is built once, again when a file it reads has changed, and others stay', async () => {
  expect(await buildImages({ root, dist })).toEqual({ built: ['one', 'two'], unchanged: [], failed: [] });
  expect(readNote(imageBytes('one', root), 'one')?.name).toBe('one');
  const before = imagePath('one', root);
  expect(readFileSync(before.replace(/elf$/, 'map'), 'utf8')).toMatch(/^08048000 +1 _start {2}stubs 'start'$/m);
  expect(await buildImages({ root, dist })).toEqual({ built: [], unchanged: ['one', 'two'], failed: [] });

  write('workloads/lib.ts', 'export function value(): u32 { return 3; }\n');
  expect(await buildImages({ root, dist })).toEqual({ built: ['one'], unchanged: ['two'], failed: [] });
  expect(imagePath('one', root)).not.toBe(before);
});

test('a layout seed links other images of the same objects, each always the same', async () => {
  write('workloads/lib.ts', 'let calls: u32 = 0;\nexport function value(): u32 { return ++calls; }\n');
  const functions = Array.from({ length: 12 }, (_, i) => `export function f${i}(): u32 { return ${i} * value(); }\n`);
  write('workloads/one.ts', `import { value } from './lib';\n${functions.join('')}`);
  await buildImages({ root, dist, names: ['one'] });
  const order = (seed: number) =>
    [...readFileSync(imagePath('one', root, seed).replace(/elf$/, 'map'), 'utf8').matchAll(/ (f\d+) {2}/g)].map(
      (m) => m[1],
    );
  const orders = [0, 1, 2, 3].map(order);
  expect(orders[0]).toHaveLength(12);
  for (const o of orders) expect([...o].sort()).toEqual([...orders[0]].sort());
  expect(new Set(orders.map(String)).size).toBe(4);
  const first = imageBytes('one', root, 2);
  rmSync(dirname(imagePath('one', root, 2)), { recursive: true });
  expect(imageBytes('one', root, 2)).toEqual(first);
});

test('two builds in different folders give identical bytes, in every layout', async () => {
  const other = mkdtempSync(join(tmpdir(), 'crossings-other-'));
  try {
    cpSync(root, other, { recursive: true });
    await buildImages({ root, dist });
    await buildImages({ root: other, dist: join(other, 'dist') });
    for (const name of ['one', 'two'])
      for (const seed of [0, 1]) {
        expect(imageBytes(name, other, seed)).toEqual(imageBytes(name, root, seed));
        expect(readFileSync(debugPath(name, other, seed))).toEqual(readFileSync(debugPath(name, root, seed)));
      }
  } finally {
    rmSync(other, { recursive: true });
  }
});
const debugPath = (name: string, at: string, seed: number): string =>
  imagePath(name, at, seed).replace(/elf$/, 'debug');

test('what lies in the cache is believed only as it was written', async () => {
  await buildImages({ root, dist });
  const path = imagePath('one', root);
  const good = readFileSync(path);
  const spoil: [string, (bytes: Buffer) => Buffer | string][] = [
    ['elf', (bytes) => bytes.subarray(0, bytes.length / 2)],
    ['elf', (bytes) => Buffer.from(bytes).fill(0x90, 100, 104)],
    ['objects', () => Buffer.alloc(0)],
    ['sums', () => ''],
  ];
  for (const [extension, change] of spoil) {
    const file = path.replace(/elf$/, extension);
    writeFileSync(file, change(readFileSync(file)));
    expect(await buildImages({ root, dist })).toEqual({ built: ['one'], unchanged: ['two'], failed: [] });
    expect(readFileSync(path).equals(good)).toBe(true);
  }
  const other = imagePath('one', root, 3);
  const linked = readFileSync(other);
  writeFileSync(other, linked.subarray(0, 60));
  expect(imageBytes('one', root, 3)).toEqual(linked);
  writeFileSync(join(root, 'build/images/index.json'), '{"one": {');
  expect((await buildImages({ root, dist })).built).toEqual(['one', 'two']);
});

test('a change of the toolchain rebuilds everything', async () => {
  await buildImages({ root, dist });
  write('dist/toolchain/anything.js', '// changed');
  expect((await buildImages({ root, dist })).built).toEqual(['one', 'two']);
});

test('an image that fails does not stop the others, and keeps its last good file', async () => {
  await buildImages({ root, dist });
  const before = readFileSync(imagePath('one', root));
  write('workloads/one.ts', 'export function main(): u32 { return nothing; }\n');
  write('workloads/two.ts', 'export function main(): u32 { return 4; }\n');
  const { built, failed } = await buildImages({ root, dist });
  expect(built).toEqual(['two']);
  expect(failed.map((f) => f.image)).toEqual(['one']);
  expect(failed[0].error.message).toContain('workloads/one.ts:1:');
  expect(readFileSync(imagePath('one', root)).equals(before)).toBe(true);
});

test('names that are not there are refused with those that are', async () => {
  await expect(buildImages({ root, dist, names: ['three'] })).rejects.toThrow(
    "there is no image 'three'; there are: one, two",
  );
  expect(() => imagePath('one', root)).toThrow("image 'one' is not built; run: npm run build");
});

test('what was compiled of a source that is gone is removed, and is no part of the toolchain', async () => {
  write('toolchain/anything.ts', '');
  write('workloads/stubs/image.ts', '');
  await buildImages({ root, dist });
  const left = ['js', 'js.map', 'd.ts'].map((ending) => `dist/toolchain/renamed.${ending}`);
  for (const path of left) write(path, '');
  removeOrphans(root, dist);
  expect(left.filter((path) => existsSync(join(root, path)))).toEqual([]);
  expect(await buildImages({ root, dist })).toMatchObject({ built: [], unchanged: ['one', 'two'] });
});
