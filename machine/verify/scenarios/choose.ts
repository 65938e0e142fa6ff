import { areas } from '../areas/index.js';
import type { Scenario } from './scenario.js';

/** Scenarios of all areas, thinned evenly within each to about `count`. */
export function choose(count: number, wanted: (area: string) => boolean = () => true): Scenario[] {
  const lists = areas.filter(({ id }) => wanted(id)).map((area) => area.scenarios());
  const total = lists.reduce((sum, list) => sum + list.length, 0);
  const step = Math.max(1, total / count);
  return lists.flatMap((list) => {
    const chosen: Scenario[] = [];
    for (let at = step / 2; at < list.length; at += step) chosen.push(list[Math.floor(at)]);
    return step === 1 ? list : chosen;
  });
}
