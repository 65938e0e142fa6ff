/** Puts CSV, charts and report beside the result files they are made from. */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { readResults, writeAside } from '../experiments/runner/store.js';
import { drawCharts } from './charts.js';
import { csvOf } from './csv.js';
import { reportHtml } from './html.js';
import { reportMarkdown } from './report.js';

/**
 * @param dir a folder with cells.jsonl, samples.jsonl and manifest.json
 * @returns paths of what was written, relative to `dir`
 */
export function writeReports(dir: string): string[] {
  const results = readResults(dir);
  const written: string[] = [];
  const put = (path: string, data: string | Uint8Array) => {
    writeAside(join(dir, path), data);
    written.push(path);
  };
  for (const experiment of results.manifest.experiments) {
    put(`${experiment}.csv`, csvOf(results.cells.filter((cell) => cell.experiment === experiment)));
  }
  const charts = drawCharts(results.manifest, results.cells);
  rmSync(join(dir, 'charts'), { recursive: true, force: true });
  mkdirSync(join(dir, 'charts'), { recursive: true });
  for (const chart of charts) put(chart.path, chart.png);
  const markdown = reportMarkdown(results, charts);
  put('report.md', markdown);
  put('report.html', reportHtml(markdown));
  return written;
}
