/**
 * Measured beside published: a row a figure, or one for a probe that has none; and which misses nobody has explained.
 */
import type { Measurement } from './measure.js';
import { type ExplanationId, explanations } from './misses.js';
import { type Published, published } from './published.js';

/** Beyond this share a probe misses. */
export const TOLERANCE = 0.15;
/** Cycles that a figure of 0 may be off. */
const NEAR_ZERO = 1;

export interface Comparison {
  readonly processor: string;
  readonly probe: string;
  readonly title: string;
  readonly unit: Measurement['unit'];
  readonly measured: number;
  /** null where nobody has published the figure. */
  readonly published: readonly [low: number, high: number] | null;
  readonly role: Published['role'] | null;
  readonly source: string | null;
  /** Share by which the measured value lies outside; null without a figure, and where the figure is 0. */
  readonly deviation: number | null;
  readonly miss: boolean;
  /** Why it misses, as the table of figures says. */
  readonly explanation: ExplanationId | null;
}

/** @throws Error when a published figure names a probe that there is not */
export function compareHardware(processor: string, measurements: readonly Measurement[]): Comparison[] {
  const figures = published[processor] ?? [];
  const known = new Set(measurements.map(({ id }) => id));
  for (const { probe } of figures) {
    if (!known.has(probe))
      throw new Error(`a published figure of ${processor} names the probe "${probe}"; there is none`);
  }
  return measurements.flatMap((measurement) => {
    const mine = figures.filter(({ probe }) => probe === measurement.id);
    const { id, title, value, unit } = measurement;
    const row = { processor, probe: id, title, unit, measured: value };
    return mine.length === 0 ? [{ ...row, ...nothing }] : mine.map((figure) => ({ ...row, ...held(value, figure) }));
  });
}

/** What a figure adds to a row. */
type Held = Pick<Comparison, 'published' | 'role' | 'source' | 'deviation' | 'miss' | 'explanation'>;

const nothing: Held = { published: null, role: null, source: null, deviation: null, miss: false, explanation: null };

function held(value: number, { low, high, role, source, miss: reason }: Published): Held {
  const nearest = value < low ? low : Math.min(value, high);
  const deviation = nearest === 0 ? null : (value - nearest) / nearest;
  return {
    published: [low, high],
    role,
    source,
    deviation: deviation === null ? null : Math.round(deviation * 1000) / 1000,
    miss: deviation === null ? Math.abs(value) > NEAR_ZERO : Math.abs(deviation) > TOLERANCE,
    explanation: reason ?? null,
  };
}

/** Misses without an explanation, and explanations without a miss, a line each. */
export function unexplained(rows: readonly Comparison[]): string[] {
  return rows.flatMap(({ processor, probe, measured, published: figure, miss, explanation }) => {
    if (miss === (explanation !== null)) return [];
    const what = miss ? 'no explanation' : `explained by ${explanation}, but there is no miss`;
    return [`${processor}, ${probe}: measured ${measured}, published ${figure?.join(' to ')}: ${what}`];
  });
}

/** The explanations that some row needs, with their texts, in the order of the list. */
export function neededExplanations(rows: readonly Comparison[]): [ExplanationId, string][] {
  const needed = new Set(rows.map(({ explanation }) => explanation));
  return (Object.entries(explanations) as [ExplanationId, string][]).filter(([id]) => needed.has(id));
}
