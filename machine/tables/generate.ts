import { CAUSE_LIMIT, causes } from './causes.js';
import { config, features } from './config.js';
import { COUNTER_LIMIT, counters } from './counters.js';
import { EVENT_LIMIT, events } from './events.js';
import { ISSUE_LIMIT, issueClasses, TICKS_PER_CYCLE } from './issue.js';
import { clock, layout } from './layout.js';
import { SEGMENT_BYTES, segmentFields, segmentNames, stateBytes, stateFields, stateOffset } from './state.js';
import { stops } from './stop.js';

/**
 * The AssemblyScript twins of the tables: file name (in machine/core/generated/) -> text. Constants only, named in
 * capitals after the table's ids with a prefix: `CAUSE_ISSUE`, `EVENT_IRET_OUTER`, `COUNTER_L1D_MISSES` (an address),
 * `CONFIG_L1D_SETS` (an address), `STOP_DUE`, `FEATURE_PGE`, `CLOCK_DRAIN` (an address), layout names as they are, state
 * fields as addresses without a prefix (`EAX`, `CYCLE`).
 */
export function generateTables(): Record<string, string> {
  return {
    'layout.ts': constants([
      ...Object.entries(layout),
      ...prefixed('CLOCK_', clock, layout.CLOCK),
      ['CAUSE_LIMIT', CAUSE_LIMIT],
    ]),
    'causes.ts': constants(causes.map((c, i) => [`CAUSE_${constantName(c.id)}`, i])),
    'events.ts': constants([
      ['EVENT_LIMIT', EVENT_LIMIT],
      ...events.map((e, i): [string, number] => [`EVENT_${constantName(e.id)}`, i]),
    ]),
    'counters.ts': constants([
      ['COUNTER_LIMIT', COUNTER_LIMIT],
      ...counters.map((c, i): [string, number] => [`COUNTER_${constantName(c.id)}`, layout.COUNTERS + 8 * i]),
    ]),
    'config.ts': constants([...prefixed('CONFIG_', config, layout.CONFIG), ...featureConstants()]),
    'issue.ts': constants([
      ['TICKS_PER_CYCLE', TICKS_PER_CYCLE],
      ['ISSUE_LIMIT', ISSUE_LIMIT],
      ...issueClasses.map((c, i): [string, number] => [`ISSUE_${constantName(c.id)}`, i]),
    ]),
    'state.ts': stateFile(),
    'stop.ts': constants(stops.map((s, i) => [`STOP_${constantName(s.id)}`, i])),
  };
}

/** `iretOuter` -> `IRET_OUTER`. */
export function constantName(id: string): string {
  return id.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toUpperCase();
}

const HEADER = '// Generated from machine/tables by machine/tables/generate.ts.\n';

/** One `export const` a row; `type` is an AssemblyScript type. */
export function constants(rows: ReadonlyArray<readonly [string, number]>, type = 'u32'): string {
  return HEADER + rows.map(([name, value]) => `export const ${name}: ${type} = ${hex(value)};\n`).join('');
}

function prefixed(prefix: string, table: Readonly<Record<string, number>>, base: number): [string, number][] {
  return Object.entries(table).map(([name, offset]) => [prefix + name, base + offset]);
}

function stateFile(): string {
  return constants([
    ...stateFields.map(({ name }): [string, number] => [constantName(name), layout.STATE + stateOffset[name]]),
    ['STATE_BYTES', stateBytes],
    ['SEGMENT_BYTES', SEGMENT_BYTES],
    ...prefixed('SEGMENT_', Object.fromEntries(Object.entries(segmentFields).map(([k, v]) => [constantName(k), v])), 0),
    ...segmentNames.map((name, i): [string, number] => [`${name.toUpperCase()}_NUMBER`, i]),
  ]);
}

function featureConstants(): [string, number][] {
  return Object.entries(features).map(([id, bit]) => [`FEATURE_${constantName(id)}`, bit]);
}

function hex(value: number): string {
  return value < 10 ? String(value) : `0x${value.toString(16)}`;
}
