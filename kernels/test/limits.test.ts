// What runs out: disk, memory, inodes, descriptors, pipes, processes, regions. The program workloads/limits.ts uses up each
// and sees the right error; the kernel's counts come back; and the volume is whole afterwards.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Boot } from '../../experiments/system.js';
import { makeExt2 } from '../../toolchain/disk/ext2.js';
import type { Entry } from '../../toolchain/disk/tree.js';
import { bootHere, bootUnderQemu, noQemu, qemu } from './boots.js';

const folders: Entry[] = ['/dev', '/tmp'].map((path) => ({ path, kind: 'folder' }));
const disk = (blockSize: 1024 | 2048 | 4096 = 1024) =>
  makeExt2(folders, { sizeMiB: 2, blockSize, bytesPerInode: 32768 });
const limits = (args = ''): Boot => ({
  image: 'native',
  modules: [{ image: 'limits', args: `limits ${args}` }],
  append: 'seed=1 root=hda',
});

const CASES = ['disk', 'tmpfs', 'names', 'mapping', 'descriptors', 'pipes', 'processes', 'memory', 'regions'];
const said = (cases: readonly string[]): string[] => {
  const round = cases.map((name) => `limits ${name} ok`);
  return ['kernel native', ...round, 'limits again', ...round, 'limits counts ok', 'limits failures=0'];
};

const e2fsck = spawnSync('e2fsck', ['-V']).status === 0;

/** What e2fsck finds wrong; nothing when it is not installed. */
function damage(bytes: Uint8Array | undefined): string {
  if (!e2fsck) return '';
  const folder = mkdtempSync(join(tmpdir(), 'crossings-'));
  try {
    const file = join(folder, 'disk.img');
    writeFileSync(file, bytes as Uint8Array);
    const { status, stdout } = spawnSync('e2fsck', ['-fn', file], { encoding: 'utf8' });
    return status === 0 ? '' : stdout;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test('what runs out gives its error, and everything comes back', () => {
  const outcome = bootHere(limits(), { disk: disk(), memoryMiB: 16 });
  expect(outcome.lines).toEqual(said(CASES));
  expect(outcome.status).toBe(0);
  expect(damage(outcome.disk)).toBe('');
});

test.each([2048, 4096] as const)('a full disk with blocks of %d bytes', (blockSize) => {
  const outcome = bootHere(limits('only=disk,names,mapping'), { disk: disk(blockSize), memoryMiB: 16 });
  expect(outcome.lines).toEqual(said(['disk', 'names', 'mapping']));
  expect(damage(outcome.disk)).toBe('');
});

test.runIf(qemu)(`the same under QEMU${qemu ? '' : ` (${noQemu})`}`, () => {
  const outcome = bootUnderQemu(limits(), 'qemu32', disk());
  expect(outcome).toMatchObject({ status: 0, lines: said(CASES) });
  expect(damage(outcome.disk)).toBe('');
});
