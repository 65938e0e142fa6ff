// The guest's system calls held against Linux's, its file system and its counts after torture, its shell.
import { describe, expect, test } from 'vitest';
import { diskBytes } from '../../experiments/runner/disks.js';
import { MemoryDisk } from '../../machine/index.js';
import {
  bootHere,
  CONFORMANCE,
  caseOf,
  damage,
  deviations,
  hasFsck,
  hasQemu,
  linuxAnswers,
  linuxMissing,
  runGuest,
  runLinux,
  runQemu,
} from '../../verify/guest/run.js';

const expected = linuxAnswers();
const compared = (lines: readonly string[]) => lines.filter((line) => !deviations.has(caseOf(line)));

const missing = linuxMissing();
if (missing !== undefined) console.log(`skipped: programs on this host's kernel: ${missing}`);
if (!hasQemu) console.log('skipped: the guest on QEMU, which is not installed');
if (!hasFsck) console.log('skipped: e2fsck, which is not installed, after torture');

describe('conformance', () => {
  test('there are at least 200 cases, each by a name of its own', () => {
    const names = expected.map(caseOf);
    expect(names.length).toBeGreaterThan(200);
    expect(new Set(names).size).toBe(names.length);
  });

  test('every deviation names a case', () => {
    for (const name of deviations.keys()) expect(expected.map(caseOf)).toContain(name);
  });

  test.skipIf(missing !== undefined)('this host answers as the fixture says', () => {
    const { lines, status } = runLinux('conformance', []);
    expect(status).toBe(0);
    expect(lines).toEqual(expected);
  });

  test('the guest answers as Linux does', () => {
    const { lines, status, disk } = runGuest('proof', CONFORMANCE);
    expect(status).toBe(0);
    expect(compared(lines)).toEqual(compared(expected));
    if (hasFsck) expect(damage(disk)).toBeUndefined();
  });

  test.skipIf(!hasQemu)('on QEMU, too', () => {
    const { lines, status } = runQemu('proof', CONFORMANCE);
    expect(status).toBe(0);
    expect(compared(lines)).toEqual(compared(expected));
  });
});

describe('torture', () => {
  const command = 'cd /data; torture seed=3 rounds=120';
  const done = ['torture seed=3 rounds=120 processes=3 failures=0'];

  test('finds nothing wrong, and leaves nothing behind', () => {
    const { lines, status, disk } = runGuest('proof', command);
    expect(lines).toEqual(done);
    expect(status).toBe(0);
    if (hasFsck) expect(damage(disk)).toBeUndefined();
  });

  test.skipIf(!hasQemu)('the same on QEMU', () => {
    const { lines, disk } = runQemu('proof', command);
    expect(lines).toEqual(done);
    if (hasFsck) expect(damage(disk)).toBeUndefined();
  });

  test.skipIf(missing !== undefined)('the same on Linux, whose counts are its own', () => {
    expect(runLinux('torture', ['seed=3', 'rounds=120']).lines).toEqual(done);
  });
});

test('lmbench starts its processes, which have no output, and all end well', () => {
  const modules = [{ image: 'lmbench', args: 'lmbench operations=fork,exec,sh states=warm:2' }];
  const boot = { image: 'native', modules, append: 'root=hda' };
  const { status, text } = bootHere(boot, 'pentium3-800', new MemoryDisk(diskBytes('system')));
  expect(text).toMatch(/lmbench operations=6 checksum=[0-9a-f]{8}/);
  expect(status).toBe(0);
});

describe('the shell', () => {
  const script = [
    'echo one > a; echo two >> a; cat a',
    'for f in x y z; do echo $f; done | sort | head -n 2',
    'if test -f a && ! test -d a; then echo file; else echo no; fi',
    'false || echo "quoted  $?" \'$?\'',
    'while test ! -f stop; do touch stop; done; ls',
    'mkdir d; cp a d/b; mv d/b d/c; ls d; rm -r d; ls',
    'grep w a; wc a; (cd /; pwd); sh -c "exit 7"; echo $?',
    'nosuch 2> err; echo $?; cat err; V=value; echo ${V}s *o*',
    'cat < a | cat | wc; sleep 0 & wait; ln a b; ln -s a l; cat l; echo a\\ b',
  ].join('; ');
  const lines = [
    ...['one', 'two', 'x', 'y', 'file', 'quoted  1 $?', 'a', 'stop', 'c', 'a', 'stop', 'two'],
    ...['      2       2       8 a', '/', '7', '127', 'sh: nosuch: no such file or directory', 'values stop'],
    ...['      2       2       8', 'one', 'two', 'a b'],
  ];

  test('runs scripts', () => {
    expect(runGuest('proof', `cd /data; ${script}`).lines).toEqual(lines);
  });

  test.skipIf(missing !== undefined)('runs them on Linux with the same output', () => {
    expect(runLinux('sh', ['-c', script]).lines).toEqual(lines);
  });
});
