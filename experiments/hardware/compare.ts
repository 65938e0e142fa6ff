/** Measured beside published: one row a probe, and which misses nobody has explained. */
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
  return measurements.map((measurement) => {
    const figure = figures.find(({ probe }) => probe === measurement.id);
    return compared(processor, measurement, figure);
  });
}

function compared(
  processor: string,
  { id, title, value, unit }: Measurement,
  figure: Published | undefined,
): Comparison {
  const common = { processor, probe: id, title, unit, measured: value };
  if (figure === undefined) {
    return { ...common, published: null, role: null, source: null, deviation: null, miss: false, explanation: null };
  }
  const { low, high, role, source, miss: reason } = figure;
  const nearest = value < low ? low : Math.min(value, high);
  const deviation = nearest === 0 ? null : (value - nearest) / nearest;
  const miss = deviation === null ? Math.abs(value) > NEAR_ZERO : Math.abs(deviation) > TOLERANCE;
  return {
    ...common,
    published: [low, high],
    role,
    source,
    deviation: deviation === null ? null : Math.round(deviation * 1000) / 1000,
    miss,
    explanation: miss ? (reason ?? null) : null,
  };
}

/** Rows that miss and say no reason, and rows that give a reason for a miss that is none: each as one line. */
export function unexplained(rows: readonly Comparison[]): string[] {
  const lines = rows
    .filter(({ miss, explanation }) => miss && explanation === null)
    .map(({ processor, probe, measured, published: figure }) => {
      return `${processor}, ${probe}: measured ${measured}, published ${figure?.join(' to ')}, no explanation`;
    });
  for (const { processor, probe, miss } of rows) {
    const reason = published[processor]?.find((figure) => figure.probe === probe)?.miss;
    if (!miss && reason !== undefined)
      lines.push(`${processor}, ${probe}: explained by ${reason}, but there is no miss`);
  }
  return lines;
}

/** The explanations that some row needs, with their texts, in the order of the list. */
export function neededExplanations(rows: readonly Comparison[]): [ExplanationId, string][] {
  const needed = new Set(rows.map(({ explanation }) => explanation));
  return (Object.entries(explanations) as [ExplanationId, string][]).filter(([id]) => needed.has(id));
}
