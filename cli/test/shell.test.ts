// `crossings shell` and `crossings mkdisk` as a user meets them: the prompt from a script, a disk of one's own, bad input.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const crossings = (args: string[], input = '') =>
  spawnSync(process.execPath, [main, ...args], { input, encoding: 'utf8', timeout: 60_000 });

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'crossings-shell-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('crossings shell', () => {
  test('gives a prompt, runs what is typed, and ends with the shell', () => {
    const { stdout, status } = crossings(['shell', '--processor', 'pentium-133'], '\ncat /etc/motd | wc\nexit\n');
    expect(stdout).toContain('$ ');
    expect(stdout).toMatch(/1 +6 +39\r?\n/);
    expect(status).toBe(0);
  });

  test.each([
    ['a system without the port', ['--system', 'vmm'], /--system vmm: .*allowed: native/],
    ['a missing disk', ['--disk', '/nowhere'], /--disk \/nowhere: ENOENT/],
  ])('refuses %s', (_, args, message) => {
    const { stderr, status } = crossings(['shell', ...args]);
    expect(stderr).toMatch(message);
    expect(status).toBe(2);
  });
});

describe('crossings mkdisk', () => {
  test('makes the same bytes of the same folder, and nothing else', () => {
    const from = join(folder, 'root');
    mkdirSync(join(from, 'sub'), { recursive: true });
    writeFileSync(join(from, 'sub/file'), 'contents');
    const [a, b] = [join(folder, 'a.img'), join(folder, 'b.img')];
    for (const out of [a, b]) expect(crossings(['mkdisk', from, '--out', out, '--size', '2']).status).toBe(0);
    expect(readFileSync(a).length).toBe(2 << 20);
    expect(readFileSync(a).equals(readFileSync(b))).toBe(true);
  });

  test('refuses what does not fit, and leaves no file', () => {
    const from = join(folder, 'large');
    mkdirSync(from);
    writeFileSync(join(from, 'big'), new Uint8Array(3 << 20));
    const out = join(folder, 'never.img');
    const { stderr, status } = crossings(['mkdisk', from, '--out', out, '--size', '2']);
    expect(stderr).toMatch(/\/big: no room left; the disk has 2 MiB/);
    expect(status).toBe(2);
    expect(existsSync(out)).toBe(false);
  });

  test.each([
    ['a missing folder', ['/nowhere', '--out', 'x'], /\/nowhere: there is no such folder/],
    ['an unknown disk', ['disk:floppy', '--out', 'x'], /unknown disk "floppy"; allowed: system, proof/],
    ['an odd block size', ['.', '--out', 'x', '--block-size', '512'], /expected 1024, 2048 or 4096/],
  ])('refuses %s', (_, args, message) => {
    const { stderr, status } = crossings(['mkdisk', ...args]);
    expect(stderr).toMatch(message);
    expect(status).toBe(2);
  });
});
