// The disk writer, held against e2fsprogs where they are installed: e2fsck finds nothing to mend, debugfs reads back what
// was put in.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeExt2 } from '../disk/ext2.js';
import { DiskError, type Entry, standardDevices } from '../disk/tree.js';

const file = (path: string, length: number, mode = 0o644): Entry => ({
  path,
  kind: 'file',
  mode,
  bytes: Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 8)) & 255),
});

const entries: Entry[] = [
  file('/empty', 0),
  file('/bin/direct', 12 * 1024, 0o755),
  file('/bin/indirect', 13 * 1024 - 1),
  file('/double', 300 * 1024 + 17),
  { path: '/bin/alias', kind: 'link', to: '/bin/direct' },
  { path: '/short', kind: 'symlink', target: 'bin/direct' },
  { path: '/long', kind: 'symlink', target: `/${'x/'.repeat(100)}y` },
  { path: '/void', kind: 'folder', mode: 0o700 },
  ...Array.from({ length: 200 }, (_, i): Entry => ({ path: `/many/a-longer-name-${i}`, kind: 'folder' })),
  ...standardDevices,
];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'crossings-disk-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const installed = (tool: string) => spawnSync(tool, ['-V']).error === undefined;
const hasTools = installed('e2fsck') && installed('debugfs');
if (!hasTools) console.log('skipped: disk images are not checked by e2fsck and debugfs, which are not installed');

describe.skipIf(!hasTools)('with e2fsprogs', () => {
  for (const blockSize of [1024, 4096] as const)
    test(`a disk of ${blockSize}-byte blocks is whole and holds what was put in`, () => {
      const image = join(folder, `${blockSize}.img`);
      writeFileSync(image, makeExt2(entries, { sizeMiB: 19, blockSize }));
      const check = spawnSync('e2fsck', ['-fn', image], { encoding: 'utf8' });
      expect(check.status, check.stdout).toBe(0);
      for (const entry of entries.filter(({ kind }) => kind === 'file')) {
        const back = join(folder, 'back');
        spawnSync('debugfs', ['-R', `dump ${entry.path} ${back}`, image]);
        expect(Buffer.compare(readFileSync(back), 'bytes' in entry ? entry.bytes : new Uint8Array(0)), entry.path).toBe(
          0,
        );
      }
      const listing = (path: string) =>
        spawnSync('debugfs', ['-R', `stat ${path}`, image], { encoding: 'utf8' }).stdout;
      expect(listing('/short')).toContain('Fast link dest: "bin/direct"');
      expect(listing('/bin/alias')).toMatch(/Links: 2 /);
      expect(listing('/dev/hda')).toMatch(/Device major\/minor number: 03:00/);
      expect(listing('/bin/direct')).toMatch(/Mode: +0755/);
    });
});

test('the order of the list does not matter', () => {
  const a = makeExt2(entries, { sizeMiB: 8 });
  const b = makeExt2([...entries].reverse(), { sizeMiB: 8 });
  expect(Buffer.compare(a, b)).toBe(0);
});

test('what does not fit or makes no tree is refused by its path', () => {
  const fails = (list: Entry[], sizeMiB = 1) => expect(() => makeExt2(list, { sizeMiB }));
  fails([file('/big', 2 << 20)]).toThrow(/\/big: no room left; the disk has 1 MiB/);
  fails([file('relative', 1)]).toThrow(/relative: a path must be absolute/);
  fails([file('/a/../b', 1)]).toThrow(DiskError);
  fails([file('/a', 1), file('/a', 2)]).toThrow('/a: occurs twice');
  fails([file('/a', 1), file('/a/b', 2)]).toThrow('/a: is no folder');
  fails([{ path: '/a', kind: 'link', to: '/b' }]).toThrow('/a: a link to /b, which is no file');
  fails([], 0).toThrow('1 to 2048 MiB, not 0');
  fails(Array.from({ length: 300 }, (_, i) => file(`/f${i}`, 1))).toThrow(/inodes/);
});
