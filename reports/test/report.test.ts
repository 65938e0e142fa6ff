import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bootsOf } from '../../experiments/runner/boots.js';
import { run } from '../../experiments/runner/run.js';
import { Store } from '../../experiments/runner/store.js';
import { handmadeBoot, selection, surroundings } from '../../experiments/test/handmade.js';
import { csvOf } from '../csv.js';
import { writeReports } from '../write.js';

async function resultFolder(): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), 'crossings-report-'));
  const results = await run({
    selection,
    surroundings,
    workers: 1,
    signal: new AbortController().signal,
    measure: async (spec) => handmadeBoot(spec),
  });
  Store.open(dir, results.manifest.id, false).commit(results, {});
  return dir;
}

test('a report is made from the result files alone, the same each time', async () => {
  const dir = await resultFolder();
  const written = writeReports(dir);
  expect(written).toContain('report.html');
  expect(written).toContain('null-call.csv');
  for (const path of written) expect(existsSync(join(dir, path)), path).toBe(true);
  const markdown = readFileSync(join(dir, 'report.md'), 'utf8');
  expect(markdown).toContain('## Null call');
  expect(markdown).toContain('counterfactual');
  expect(markdown).toContain('*Partial: fork, exec and files run on native alone as yet.*');
  for (const [, path] of markdown.matchAll(/!\[[^\]]*\]\(([^)]+)\)/g))
    expect(existsSync(join(dir, path)), path).toBe(true);
  const html = readFileSync(join(dir, 'report.html'), 'utf8');
  writeReports(dir);
  expect(readFileSync(join(dir, 'report.html'), 'utf8')).toBe(html);
});

test('CSV has a line a cell and quotes what needs it', () => {
  const cells = handmadeBoot(bootsOf(selection, surroundings)[0]).cells;
  const text = csvOf([{ ...cells[0], status: 'unequal-work', reason: '1, not "2"' }, ...cells.slice(1)]);
  const lines = text.trimEnd().split('\n');
  expect(lines).toHaveLength(cells.length + 1);
  expect(lines[0].startsWith('id,experiment,family,system,variant,processor')).toBe(true);
  expect(lines[1]).toContain('"1, not ""2"""');
  const header = lines[0].split(',');
  const second = lines[2].split(',');
  expect(second[header.indexOf('residual')]).toBe('0');
  expect(Number(second[header.indexOf('cycles_issue_total')])).toBeGreaterThan(0);
});
