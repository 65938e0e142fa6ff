/** Progress on stderr: a bar with the latest result on a terminal, a line a result elsewhere. */
import { SingleBar } from 'cli-progress';
import pc from 'picocolors';
import type { BootCells } from '../experiments/cells.js';
import { type BootSpec, subjectOf } from '../experiments/runner/boots.js';
import type { Progress } from '../experiments/runner/run.js';
import { cycles, short } from '../reports/format.js';

export interface ProgressView extends Progress {
  stop(): void;
}

export function progressView(megahertz: (processor: string) => number): ProgressView {
  return process.stderr.isTTY ? bar(megahertz) : lines(megahertz);
}

function bar(megahertz: (processor: string) => number): ProgressView {
  // A narrow terminal cuts the line off at its edge: the result is worth more there than the bar.
  const view = new SingleBar({
    format: `${pc.cyan('{bar}')} {value}/{total}  {result}`,
    barsize: (process.stderr.columns ?? 80) < 100 ? 8 : 24,
    hideCursor: true,
    clearOnComplete: true,
    stream: process.stderr,
  });
  return {
    start: (total, kept) => view.start(total, kept, { result: '' }),
    boot: (spec, result, done) => view.update(done, { result: resultLine(spec, result, megahertz) }),
    stop: () => view.stop(),
  };
}

function lines(megahertz: (processor: string) => number): ProgressView {
  let all = 0;
  return {
    start: (total, kept) => {
      all = total;
      if (kept > 0) process.stderr.write(`${kept} of ${total} boots were measured earlier\n`);
    },
    boot: (spec, result, done) => process.stderr.write(`[${done}/${all}] ${resultLine(spec, result, megahertz)}\n`),
    stop: () => undefined,
  };
}

function resultLine(spec: BootSpec, { cells }: BootCells, megahertz: (processor: string) => number): string {
  const { experiment, family, row, processor, seed, prices } = subjectOf(spec);
  const { operation, size, batch } = family.headline;
  const place = `${experiment.id} ${row.label}, ${processor}, seed ${seed}${prices === 'nominal' ? '' : `, ${prices}`}`;
  const headline = cells.filter(
    ({ factors }) => factors.operation === operation && factors.size === size && factors.batch === batch,
  );
  const cell = headline.find(({ factors }) => factors.state === 'warm') ?? headline[0];
  if (cell === undefined || cell.n === 0) {
    // Where the guest was stands on further lines, and in the cell.
    return `${place}: ${pc.yellow(cells[0]?.reason?.split('\n')[0] ?? 'no number')}`;
  }
  const time = short(cell.busyPerOperation / megahertz(processor));
  return `${place}: ${cycles(cell.busyPerOperation)} busy cycles, ${time} us`;
}
