import { areas } from '../areas/index.js';
import type { Scenario } from './scenario.js';

/**
 * Scenarios of all areas, thinned evenly within each to about `count`.
 * @param seed added to the seeds of what is random
 */
export function choose(count: number, seed = 0): Scenario[] {
  const lists = areas.map((area) => area.scenarios(seed));
  const total = lists.reduce((sum, list) => sum + list.length, 0);
  const step = Math.max(1, total / count);
  return lists.flatMap((list) => {
    const chosen: Scenario[] = [];
    for (let at = step / 2; at < list.length; at += step) chosen.push(list[Math.floor(at)]);
    return step === 1 ? list : chosen;
  });
}
