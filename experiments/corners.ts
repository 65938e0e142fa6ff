/**
 * The ends of constants that are derived or assumed (class C and D).
 *
 * Prices of hardware events act linearly (view.ts), so their ends need no run. Constants of the weakly modelled part do
 * not: they change what the memory model does. All of them together are put at their cheap and at their dear end, and
 * the rows that verdicts rest on are measured there.
 */
import type { ConstantRange, PriceSet } from './schema.js';

/** Constants of the weakly modelled part whose greater value costs more. */
const weakPaths = [
  /^issue\./,
  /^timings\.latency\.(l2|l3|memory)$/,
  /^timings\.writeBuffer\.drain/,
  /^timings\.branch\.(mispredict|unknownTaken)$/,
  /^timings\.(walk\.entersAt|trace\.flushedByCr3)$/,
];
/** Here the greater value costs less: more of a stall is hidden. */
const overlaps = ['timings.latency.overlap', 'timings.latency.storeOverlap'];

export function isOpen({ class: basis }: ConstantRange): boolean {
  return basis === 'C' || basis === 'D';
}

/** Values by path that differ from the nominal ones. */
export function cornerOverrides(constants: readonly ConstantRange[], prices: PriceSet): Record<string, number> {
  if (prices === 'nominal') return {};
  const cheap = prices === 'weak-cheap';
  const overrides: Record<string, number> = {};
  for (const constant of constants) {
    if (!isOpen(constant)) continue;
    if (weakPaths.some((path) => path.test(constant.path)))
      overrides[constant.path] = cheap ? constant.low : constant.high;
    if (overlaps.includes(constant.path)) overrides[constant.path] = cheap ? constant.high : constant.low;
  }
  return overrides;
}

/** Constants that are varied together, since one microcode stands behind them: a gate does not ask for the ring. */
const tied = [
  ['events.intToRing0', 'events.intToRing1'],
  ['events.exceptionToRing0', 'events.exceptionToRing1'],
  ['events.interruptToRing0', 'events.interruptToRing1'],
];

/** One thing to vary: the first of its members leads, the others keep their proportion to it. */
export interface Lever {
  name: string;
  leader: ConstantRange;
  /** Event ids, with their nominal price. */
  members: { event: string; value: number }[];
}

/** Open event prices as levers. `isEvent` says whether an id is a priced event. */
export function levers(constants: readonly ConstantRange[], isEvent: (id: string) => boolean): Lever[] {
  const open = constants.filter((constant) => isOpen(constant) && isEvent(eventId(constant.path)));
  return open.flatMap((leader) => {
    const group = tied
      .find((paths) => paths.includes(leader.path))
      ?.filter((path) => open.some((c) => c.path === path));
    if (group !== undefined && group[0] !== leader.path) return [];
    const paths = group ?? [leader.path];
    const members = open.filter(({ path }) => paths.includes(path));
    return {
      name: paths.join(' and '),
      leader,
      members: members.map(({ path, value }) => ({ event: eventId(path), value })),
    };
  });
}

function eventId(path: string): string {
  return path.startsWith('events.') ? path.slice('events.'.length) : '';
}
