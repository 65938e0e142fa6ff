/** Writes what a part counted into coverage.json, beside what the others have recorded there. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Coverage, CoverageOracle, RowCounts } from './coverage.js';

/** The source tree, from the compiled file. */
const root = (() => {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) folder = resolve(folder, '..');
  return folder;
})();
const PATH = join(root, 'machine/verify/coverage.json');

export function record(oracle: CoverageOracle, by: string, counts: RowCounts): void {
  const old = JSON.parse(readFileSync(PATH, 'utf8')) as Coverage;
  const recordedBy = { ...old.recordedBy, [oracle]: by };
  const all = { ...old.counts, [oracle]: counts };
  writeFileSync(PATH, `${JSON.stringify({ recordedBy, counts: all }, null, 2)}\n`);
}
