import type { Constant, ConstantClass, Preset } from './preset.js';
import { highest, PresetError, timings, validatePreset } from './preset.js';

/** Constructors for presets: value, interval where it is not a point, source. */
export const manual = (value: number, source: string, low = value, high = value): Constant =>
  constant('A', value, low, high, source);

export const measured = (value: number, low: number, high: number, source: string): Constant =>
  constant('B', value, low, high, source);

export const assumed = (value: number, low: number, high: number, why: string): Constant =>
  constant('D', value, low, high, `assumed: ${why}`);

/** For an instruction or a mechanism that the processor does not have. */
export const absent: Constant = constant('A', 0, 0, 0, 'not in this processor');

function constant(kind: ConstantClass, value: number, low: number, high: number, source: string): Constant {
  return { value, low, high, class: kind, source };
}

export interface ListedConstant extends Constant {
  /** `events.iretOuter`, `timings.latency.l2`, `issue.alu`: what an override names. */
  readonly path: string;
  readonly unit: string;
}

/** Every constant of a preset, with its path and unit, in the order of the tables. */
export function listConstants(preset: Preset): ListedConstant[] {
  const rows: ListedConstant[] = [];
  for (const [id, unit] of Object.entries(timings)) {
    rows.push({ path: `timings.${id}`, unit, ...preset.timings[id as keyof typeof timings] });
  }
  for (const [id, c] of Object.entries(preset.events)) rows.push({ path: `events.${id}`, unit: 'cycles', ...c });
  for (const [id, c] of Object.entries(preset.issue)) rows.push({ path: `issue.${id}`, unit: '1/16 cycle', ...c });
  return rows;
}

/**
 * The preset with some values replaced, for sensitivity runs: `{ 'events.iretOuter': 82 }`. The interval widens to hold
 * the new value. Throws PresetError for a path that names no constant, and for a value that it cannot have.
 */
export function applyPreset(preset: Preset, overrides: Readonly<Record<string, number>> = {}): Preset {
  const tables = { timings: { ...preset.timings }, events: { ...preset.events }, issue: { ...preset.issue } };
  for (const [path, value] of Object.entries(overrides)) {
    const dot = path.indexOf('.');
    const table = tables[path.slice(0, dot) as keyof typeof tables] as Record<string, Constant> | undefined;
    const id = path.slice(dot + 1);
    const old = table?.[id];
    if (!table || !old) {
      const within = table && Object.keys(table).map((each) => path.slice(0, dot + 1) + each);
      const allowed = (within ?? Object.keys(tables).map((each) => `${each}.NAME`)).join(', ');
      throw new PresetError(`override ${path}: no such constant of ${preset.id}; allowed: ${allowed}`);
    }
    const most = highest[path.slice(0, dot) as keyof typeof highest];
    if (!Number.isInteger(value) || value < 0 || value > most) {
      throw new PresetError(`override ${path}: expected an integer from 0 to ${most}; found ${value}`);
    }
    table[id] = { ...old, value, low: Math.min(old.low, value), high: Math.max(old.high, value) };
  }
  return validatePreset({ ...preset, ...tables });
}
