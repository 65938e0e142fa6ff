/** The built command, as a user meets it. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { projectRoot } from '../../experiments/runner/project.js';
import { cellSchema, manifestSchema } from '../../experiments/schema.js';
import { systemIds } from '../../experiments/system.js';

const main = join(projectRoot, 'dist/cli/main.js');
const top = mkdtempSync(join(tmpdir(), 'crossings-cli-'));
const folder = () => mkdtempSync(join(top, 'test-'));
afterAll(() => rmSync(top, { recursive: true, force: true }));

function crossings(args: string[], cwd = folder()) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
    maxBuffer: 1 << 28,
  });
  return { status, stdout, stderr };
}

test.each([
  [['run', 'nul-call'], 'unknown experiment "nul-call"; allowed: null-call, ipc, page-fault, driver'],
  [['run', '--system', 'native,xen'], 'unknown system "xen"; allowed: native, vmm, microkernel'],
  [['run', '--processor', '386'], 'unknown processor "386"; allowed: 486dx2-66, pentium-133, pentium3-800'],
  [['validate', 'hardware', '--processor', '386'], 'unknown processor "386"; allowed: 486dx2-66, pentium-133'],
  [['run', '--seeds', '0'], 'expected a whole number from 1 to 999'],
  [['run', '--set', 'events.iretOuter'], 'expected PATH=INTEGER'],
  [['run', '--set', 'events.nothing=1'], 'events.nothing: no such constant'],
  [['run', '--frobnicate'], "unknown option '--frobnicate'"],
  [['run', '--set', 'events.iretOuter=16777216'], 'events.iretOuter: expected an integer from 0 to 16777215'],
  [['run', '--set', 'iretOuter=1'], 'allowed: timings.NAME, events.NAME, issue.NAME'],
  [['walk'], 'unknown command "walk"; allowed: run, claims'],
  [['profile', 'native', '--folded', 'nowhere/f'], '--folded nowhere/f: there is no folder'],
  [['boot', 'x', '--save', '/dev'], '--save /dev: is a folder'],
  [['claims', 'Z1'], 'unknown claim "Z1"; allowed: C1, C2'],
  [['list', 'kernels'], 'unknown list "kernels"; allowed: systems, processors'],
  [
    ['explain', 'fork', '--system', 'vmm', '--processor', 'pentium-133'],
    'unknown operation "fork"; allowed: null-call',
  ],
  [['explain', 'null-call', '--processor', 'pentium-133'], "'--system <name>' not specified; expected: native, vmm"],
  [['list'], "missing required argument 'what'; expected: systems, processors"],
  [['toString'], 'unknown command "toString"; allowed: run, claims'],
  [['validate', 'software'], "unknown command 'software'; expected: hardware, host"],
  [['report', 'nowhere'], 'nowhere: no result set of crossings here (manifest.json is missing)'],
])('%j is refused in one line, with status 2', (args, message) => {
  const { status, stdout, stderr } = crossings(args);
  expect(stderr).toContain(message);
  expect(stderr).not.toContain('    at ');
  expect(stdout).toBe('');
  expect(status).toBe(2);
});

test('validate hardware prints a row a figure, as text and as JSON', () => {
  const options = ['validate', 'hardware', '--processor', '486dx2-66'];
  const text = crossings(options);
  expect(text.status).toBe(0);
  expect(text.stdout).toMatch(/^int-round +107\.0 +107 +0 % +calibration/m);
  expect(text.stdout).toMatch(/^validation: \d+ figures, \d+ missed by more than 15 %$/m);
  const rows = JSON.parse(crossings([...options, '--json']).stdout) as { probe: string; processor: string }[];
  expect(rows.every(({ processor }) => processor === '486dx2-66')).toBe(true);
  for (const { probe } of rows) expect(text.stdout).toContain(`\n${probe} `);
});

test.each(systemIds)('profile %s charges every cycle to a function that has a name', (system) => {
  const { status, stdout, stderr } = crossings(['profile', system, '--max-cycles', '4000000', '--top', '9999']);
  expect(status, stderr).toBe(0);
  const [head, ...tables] = stdout.split('\n');
  const rows = tables.slice(2, tables.indexOf('', 2)).map((line) => line.trim().split(/\s+/));
  expect(rows.map(([, , , , name]) => name).filter((name) => /^0x[0-9a-f]{8}$/.test(name))).toEqual([]);
  const sum = rows.reduce((all, [cycles]) => all + Number(cycles), 0);
  expect(head).toContain(`: ${sum} cycles`);
});

test('validate host has a positive time for every probe, or says that this machine runs no such program', () => {
  const { status, stdout, stderr } = crossings(['validate', 'host', '--json']);
  if (status === 2) expect(stderr).toContain('this machine does not run 32-bit programs for Linux on x86');
  else {
    const { ticksOfCycle, rows } = JSON.parse(stdout) as { ticksOfCycle: number; rows: { host: number }[] };
    expect(ticksOfCycle).toBeGreaterThan(0);
    expect(rows.length).toBeGreaterThan(10);
    for (const row of rows) expect(row.host, JSON.stringify(row)).toBeGreaterThan(0);
  }
});

test('a reader that goes away early is no error', () => {
  const command = `"${process.execPath}" "${main}" list constants --json`;
  const { status, stderr } = spawnSync('bash', ['-c', `set -o pipefail; ${command} | head -c 10`], {
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  expect(status).toBe(0);
});

test('a foreign folder is left as it is', () => {
  const dir = folder();
  mkdirSync(join(dir, 'out'));
  writeFileSync(join(dir, 'out', 'notes.txt'), 'mine');
  const { status, stderr } = crossings(['run', 'null-call', '--out', 'out'], dir);
  expect(stderr).toContain('--out out: is not empty and holds no results of crossings');
  expect(status).toBe(2);
  expect(readFileSync(join(dir, 'out', 'notes.txt'), 'utf8')).toBe('mine');
});

test.each([
  'systems',
  'processors',
  'constants',
  'experiments',
  'workloads',
  'operations',
  'claims',
  'counters',
  'instructions',
])('list %s prints rows, as text and as JSON', (what) => {
  const text = crossings(['list', what]);
  expect(text.status, text.stderr).toBe(0);
  const rows = JSON.parse(crossings(['list', what, '--json']).stdout);
  expect(rows.length).toBeGreaterThan(2);
  expect(text.stdout.trimEnd().split('\n')).toHaveLength(rows.length);
});

test('claims without results lists every claim with nothing judged', () => {
  const { status, stdout } = crossings(['claims']);
  expect(status).toBe(0);
  expect(stdout).toMatch(/^C1 +not testable here +/);
  expect(stdout).toMatch(/\nC4 +no data \(structural\) +/);
  expect(stdout).toMatch(/\nC12 +no data +System calls/);
});

const few = ['run', 'null-call', '--processor', 'pentium3-800', '--seeds', '2', '--json'];

test('--json prints manifest and cells, the same bytes at any number of workers and from any folder', () => {
  const one = crossings([...few, '--workers', '1']);
  expect(one.status, one.stderr).toBe(0);
  const two = crossings([...few, '--workers', '2']);
  expect(two.stdout).toBe(one.stdout);
  const { manifest, cells, ...rest } = JSON.parse(one.stdout);
  expect(rest).toEqual({});
  manifestSchema.parse(manifest);
  const parsed = cells.map((cell: unknown) => cellSchema.parse(cell));
  expect(parsed.length).toBeGreaterThan(0);
  for (const cell of parsed) {
    expect(cell.status, cell.reason).toBe('ok');
    expect(cell.residual).toBe(0);
  }
});

test('a run writes its set of files, and a second one takes all of it up', () => {
  const dir = folder();
  const args = ['run', 'null-call', '--system', 'native', '--processor', 'pentium3-800', '--seeds', '1', '--out', 'r'];
  const first = crossings(args, dir);
  expect(first.status, first.stderr).toBe(0);
  expect(first.stdout).toContain('report: r/report.html');
  const files = ['cells.jsonl', 'samples.jsonl', 'null-call.csv', 'charts/null-call.png', 'report.md', 'report.html'];
  for (const file of [...files, 'manifest.json', 'host.json'])
    expect(existsSync(join(dir, 'r', file)), file).toBe(true);
  expect(existsSync(join(dir, 'r', '.partial'))).toBe(false);
  const cells = readFileSync(join(dir, 'r', 'cells.jsonl'), 'utf8');
  const again = crossings(args, dir);
  expect(again.stderr).toContain('4 of 4 boots were measured earlier');
  expect(readFileSync(join(dir, 'r', 'cells.jsonl'), 'utf8')).toBe(cells);
  const other = crossings([...args, '--seeds', '2'], dir);
  expect(other.status).toBe(2);
  expect(other.stderr).toContain('holds the results of another run');
});

test('an interrupted run ends with status 130 and leaves whole boots for the next one', async () => {
  const dir = folder();
  const args = ['run', 'null-call', '--system', 'native', '--out', 'r'];
  const child = spawn(process.execPath, [main, ...args, '--workers', '1'], { cwd: dir });
  let stderr = '';
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
    if (stderr.includes('[1/') && !child.killed) child.kill('SIGINT');
  });
  const status = await new Promise((resolve) => child.on('close', resolve));
  expect(status, stderr).toBe(130);
  expect(stderr).toMatch(
    /crossings: interrupted; finished boots are kept in .*, and the same command goes on from there/,
  );
  expect(readdirSync(join(dir, 'r'))).toEqual(['.partial']);
  const again = crossings(args, dir);
  expect(again.status, again.stderr).toBe(0);
  expect(again.stderr).toMatch(/^[1-9]\d* of 24 boots were measured earlier/m);
});

test.each([
  ['null-call', 'native', 'int80'],
  ['null-call', 'vmm', 'bounced'],
  ['null-call', 'microkernel', 'ipc'],
  ['ipc', 'vmm', 'event'],
  ['ipc', 'microkernel', 'other-space'],
  ['demand-zero', 'vmm', 'update_va_mapping'],
  ['packet', 'native', 'in-kernel'],
  ['packet', 'vmm', 'dom0'],
  ['packet', 'microkernel', 'server'],
])('explain %s on %s (%s) adds up to what was measured', (operation, system, variant) => {
  const args = ['explain', operation, '--system', system, '--variant', variant, '--processor', 'pentium3-800'];
  const { status, stdout, stderr } = crossings(args);
  expect(status, stderr).toBe(0);
  const added = /crossings [\d,]+ \+ outside [\d,]+ = ([\d,]+) cycles/.exec(stdout)?.[1];
  expect(added).toBeDefined();
  expect(stdout).toContain(`measured ${added} cycles`);
});
