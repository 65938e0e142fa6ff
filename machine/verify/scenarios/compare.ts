/** Runs scenarios on a machine, as many as go into one boot, and goes on behind one that brought the machine down. */
import type { Run } from '../oracles/machines.js';
import { imageOf } from './image.js';
import type { Scenario } from './scenario.js';
import { linesOf } from './trace.js';

export const A_BOOT = 250;

/**
 * The line of each scenario; undefined for one after which nothing more came (a triple fault, or an endless loop).
 * @param lost at most so many lost scenarios are tolerated before the rest is given up
 */
export async function linesFrom(
  run: Run,
  scenarios: readonly Scenario[],
  each: (done: number) => void = () => undefined,
  lost = 50,
): Promise<(string | undefined)[]> {
  const lines: (string | undefined)[] = [];
  let losses = 0;
  while (lines.length < scenarios.length && losses <= lost) {
    const part = scenarios.slice(lines.length, Math.min(scenarios.length, lines.length + A_BOOT));
    const got = linesOf(await run(imageOf(part))).slice(0, part.length);
    lines.push(...got);
    if (got.length < part.length) {
      lines.push(undefined);
      losses++;
    }
    each(lines.length);
  }
  while (lines.length < scenarios.length) lines.push(undefined);
  return lines;
}
