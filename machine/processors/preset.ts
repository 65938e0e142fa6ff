import type { FeatureId } from '../tables/config.js';
import { features } from '../tables/config.js';
import type { EventId } from '../tables/events.js';
import { events } from '../tables/events.js';
import type { IssueClassId } from '../tables/issue.js';
import { issueClasses } from '../tables/issue.js';
import { LINE_LIMITS } from '../tables/layout.js';

/**
 * How well a constant is known. A: a vendor's manual. B: measured by others on bare hardware. C: derived once from a
 * native-system figure (docs/calibration.md). D: assumed, with an honest interval.
 */
export type ConstantClass = 'A' | 'B' | 'C' | 'D';

export interface Constant {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly class: ConstantClass;
  readonly source: string;
}

export interface TlbGeometry {
  readonly entries: number;
  readonly ways: number;
}

/** A second level behind the first, for 4 KiB pages. */
export interface SecondTlb {
  readonly data: TlbGeometry;
  /** 'shared': code looks into the array of data; null: a miss of the first-level code TLB walks. */
  readonly code: TlbGeometry | 'shared' | null;
}

export interface CacheGeometry {
  /** Bytes. A trace cache: 32 for each pair of its lines. */
  readonly bytes: number;
  readonly ways: number;
  /** Bytes of a line, 32 or 64 in the first level. */
  readonly line: number;
}

/** Everything else that is a number, by path; the unit stands beside each. */
export const timings = {
  'walk.entersAt': 'level',
  'walk.directoryCache': 'entries',
  'trace.flushedByCr3': 'flag',
  'l1d.writeAllocate': 'flag',
  'l1d.writeThrough': 'flag',
  'latency.l2': 'cycles beyond L1',
  'latency.l3': 'cycles beyond L1',
  'latency.memory': 'cycles beyond L1',
  'latency.overlap': 'percent of the stall of a read hidden',
  'latency.storeOverlap': 'percent of the stall of a write that allocates hidden',
  'writeBuffer.depth': 'entries',
  'writeBuffer.drainL2': 'cycles',
  'writeBuffer.drainMemory': 'cycles',
  'branch.sets': 'sets',
  'branch.ways': 'ways',
  'branch.returnStack': 'entries',
  'branch.mispredict': 'cycles',
  'branch.unknownTaken': 'cycles',
  'branch.staticBackward': 'flag',
} as const;

export type TimingId = keyof typeof timings;

/** A processor with the memory system of the machine it stood in. */
export interface Preset {
  readonly id: string;
  readonly name: string;
  /** What CPUID leaf 0 says. */
  readonly vendor: 'GenuineIntel' | 'AuthenticAMD';
  /** Core clock; the time stamp counts at the same rate. */
  readonly hz: number;
  /** What the timer of the local APIC counts, before its divider: the bus clock, or on later processors the crystal. */
  readonly busHz: number;
  /** CPUID leaf 1 EAX. */
  readonly signature: number;
  readonly features: readonly FeatureId[];
  readonly tlbs: {
    /** 'unified': code uses the arrays of data. */
    readonly code4k: TlbGeometry | 'unified';
    /** null: 4 MiB pages share the array of the 4 KiB ones. */
    readonly code4m: TlbGeometry | null;
    readonly data4k: TlbGeometry;
    readonly data4m: TlbGeometry | null;
    readonly second: SecondTlb | null;
  };
  readonly caches: {
    /** 'unified': code uses l1d. */
    readonly l1i: CacheGeometry | 'unified';
    /** l1i is a trace cache: linear tags, decoded code. */
    readonly traceCache: boolean;
    readonly l1d: CacheGeometry;
    readonly l2: CacheGeometry | null;
    readonly l3: CacheGeometry | null;
  };
  /** Where the geometry above is from. */
  readonly geometrySource: string;
  readonly timings: Readonly<Record<TimingId, Constant>>;
  /** Cycles, by event. */
  readonly events: Readonly<Record<EventId, Constant>>;
  /** Sixteenths of a cycle, by issue class. */
  readonly issue: Readonly<Record<IssueClassId, Constant>>;
}

/** Greatest value of a constant, by table: what the core has bits for. */
export const highest = { timings: 1e6, events: 0xffffff, issue: 0xffff } as const;

/** A preset that is not one, or an override that names nothing: says which path, and what would be allowed. */
export class PresetError extends Error {
  override readonly name = 'PresetError';
}

/** Bytes that a cache may have, and the lines and sets that the core's tables have room for (tables/layout.ts). */
const cacheLimits = {
  l1i: { bytes: 0x10000, lines: 2048 },
  l1d: { bytes: 0x10000, lines: 2048 },
  l2: { bytes: 0x400000, lines: LINE_LIMITS.L2 },
  l3: { bytes: 0x2000000, lines: LINE_LIMITS.L3 },
} as const;
const SET_LIMIT = 32768;
/** Entries of a second-level TLB. */
const SECOND_LIMIT = 4096;

type Path = string;
type Loose = Record<string, unknown>;

/** Checks a preset from outside. Throws PresetError naming the path, the allowed values, and what was there. */
export function validatePreset(input: unknown): Preset {
  const preset = object(input, 'preset');
  keys(preset, 'preset', [
    'id',
    'name',
    'vendor',
    'hz',
    'busHz',
    'signature',
    'features',
    'tlbs',
    'caches',
    'geometrySource',
    'timings',
    'events',
    'issue',
  ]);
  text(preset.id, 'id');
  text(preset.name, 'name');
  text(preset.geometrySource, 'geometrySource');
  if (preset.vendor !== 'GenuineIntel' && preset.vendor !== 'AuthenticAMD') {
    fail('vendor', 'GenuineIntel or AuthenticAMD', preset.vendor);
  }
  integer(preset.hz, 'hz', 1, 1e11);
  integer(preset.busHz, 'busHz', 1, 1e10);
  integer(preset.signature, 'signature', 0, 0xffffffff);
  if (!Array.isArray(preset.features))
    fail('features', `a list of ${Object.keys(features).join(', ')}`, preset.features);
  for (const [i, id] of (preset.features as unknown[]).entries()) {
    if (typeof id !== 'string' || !(id in features)) fail(`features[${i}]`, Object.keys(features).join(', '), id);
  }
  tlbs(object(preset.tlbs, 'tlbs'));
  caches(object(preset.caches, 'caches'));
  constants(preset.timings, 'timings', Object.keys(timings), highest.timings);
  constants(
    preset.events,
    'events',
    events.map((e) => e.id),
    highest.events,
  );
  constants(
    preset.issue,
    'issue',
    issueClasses.map((c) => c.id),
    highest.issue,
  );
  limits(input as Preset);
  return input as Preset;
}

/** Ranges that the core's tables impose. */
function limits({ timings: t }: Preset): void {
  const within = (id: TimingId, low: number, high: number): void => {
    const { value } = t[id];
    if (value < low || value > high) fail(`timings.${id}.value`, `${low} to ${high}`, value);
  };
  within('walk.entersAt', 1, 3);
  within('walk.directoryCache', 0, 64);
  powerOrZero(t['walk.directoryCache'].value, 'timings.walk.directoryCache.value');
  for (const id of ['trace.flushedByCr3', 'l1d.writeAllocate', 'l1d.writeThrough', 'branch.staticBackward'] as const)
    within(id, 0, 1);
  within('latency.overlap', 0, 100);
  within('latency.storeOverlap', 0, 100);
  within('writeBuffer.depth', 1, 64);
  within('branch.returnStack', 0, 32);
  powerOrZero(t['branch.returnStack'].value, 'timings.branch.returnStack.value');
  power(t['branch.sets'].value, 'timings.branch.sets.value');
  const ways = t['branch.ways'].value;
  if (t['branch.sets'].value * ways > 4096) fail('timings.branch.ways.value', 'at most 4096 entries in all', ways);
}

function tlbs(table: Loose): void {
  keys(table, 'tlbs', ['code4k', 'code4m', 'data4k', 'data4m', 'second']);
  for (const [id, value] of Object.entries(table)) {
    if (id === 'second' || (value === null && id.endsWith('4m'))) continue;
    if (id === 'code4k' && value === 'unified') continue;
    tlb(value, `tlbs.${id}`, 256);
  }
  if (table.code4k === 'unified' && table.code4m !== null)
    fail('tlbs.code4m', 'null beside a unified TLB', table.code4m);
  if (table.second === null) return;
  const second = object(table.second, 'tlbs.second');
  keys(second, 'tlbs.second', ['code', 'data']);
  tlb(second.data, 'tlbs.second.data', SECOND_LIMIT);
  if (second.code !== null && second.code !== 'shared') tlb(second.code, 'tlbs.second.code', SECOND_LIMIT);
}

function tlb(value: unknown, path: Path, most: number): void {
  const geometry = object(value, path);
  keys(geometry, path, ['entries', 'ways']);
  const entries = integer(geometry.entries, `${path}.entries`, 1, most);
  const ways = integer(geometry.ways, `${path}.ways`, 1, 256);
  power(entries / ways, `${path}: entries / ways`);
}

function caches(table: Loose): void {
  keys(table, 'caches', ['l1i', 'traceCache', 'l1d', 'l2', 'l3']);
  if (typeof table.traceCache !== 'boolean') fail('caches.traceCache', 'true or false', table.traceCache);
  for (const id of ['l1i', 'l1d', 'l2', 'l3'] as const) {
    const limit = cacheLimits[id];
    const first = id.startsWith('l1');
    if (table[id] === null && !first) continue;
    if (id === 'l1i' && table.l1i === 'unified') {
      if (table.traceCache) fail('caches.l1i', 'a geometry: a trace cache is not unified', table.l1i);
      continue;
    }
    const geometry = object(table[id], `caches.${id}`);
    keys(geometry, `caches.${id}`, ['bytes', 'ways', 'line']);
    const line = integer(geometry.line, `caches.${id}.line`, 32, first ? 64 : 128);
    power(line, `caches.${id}.line`);
    const ways = integer(geometry.ways, `caches.${id}.ways`, 1, 32);
    const bytes = integer(geometry.bytes, `caches.${id}.bytes`, line, limit.bytes);
    power(bytes / ways / line, `caches.${id}: bytes / ways / line`);
    if (bytes / line > limit.lines) fail(`caches.${id}`, `at most ${limit.lines} lines`, bytes / line);
    if (bytes / line / ways > SET_LIMIT) fail(`caches.${id}`, `at most ${SET_LIMIT} sets`, bytes / line / ways);
  }
}

function constants(input: unknown, path: Path, ids: readonly string[], most: number): void {
  const table = object(input, path);
  keys(table, path, ids);
  for (const id of ids) {
    const at = `${path}.${id}`;
    const constant = object(table[id], at);
    keys(constant, at, ['value', 'low', 'high', 'class', 'source']);
    const low = integer(constant.low, `${at}.low`, 0, most);
    const high = integer(constant.high, `${at}.high`, low, most);
    integer(constant.value, `${at}.value`, low, high);
    if (!['A', 'B', 'C', 'D'].includes(constant.class as string)) fail(`${at}.class`, 'A, B, C or D', constant.class);
    text(constant.source, `${at}.source`);
  }
}

function object(value: unknown, path: Path): Loose {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) fail(path, 'an object', value);
  return value as Loose;
}

function keys(table: Loose, path: Path, allowed: readonly string[]): void {
  for (const key of Object.keys(table)) {
    if (!allowed.includes(key)) fail(`${path}.${key}`, `no such key; allowed: ${allowed.join(', ')}`, table[key]);
  }
  for (const key of allowed) if (!(key in table)) fail(`${path}.${key}`, 'to be there', undefined);
}

function text(value: unknown, path: Path): void {
  if (typeof value !== 'string' || value === '') fail(path, 'a text', value);
}

function integer(value: unknown, path: Path, low: number, high: number): number {
  if (!Number.isInteger(value) || (value as number) < low || (value as number) > high) {
    fail(path, `an integer from ${low} to ${high}`, value);
  }
  return value as number;
}

function power(value: number, path: Path): void {
  if (!Number.isInteger(value) || value < 1 || (value & (value - 1)) !== 0) fail(path, 'a power of two', value);
}

function powerOrZero(value: number, path: Path): void {
  if (value !== 0) power(value, path);
}

function fail(path: Path, expected: string, found: unknown): never {
  throw new PresetError(`preset: ${path}: expected ${expected}; found ${JSON.stringify(found) ?? 'nothing'}`);
}
