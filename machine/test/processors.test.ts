import { describe, expect, it } from 'vitest';
import type { Preset } from '../processors/index.js';
import {
  applyPreset,
  listConstants,
  PresetError,
  processors,
  validatePreset,
  writeConfig,
} from '../processors/index.js';
import { causes } from '../tables/causes.js';
import { config } from '../tables/config.js';
import { events } from '../tables/events.js';
import { layout } from '../tables/layout.js';

/** A preset whose fields a test may spoil. */
type Loose = { features: string[] } & Record<'caches' | 'events' | 'tlbs' | 'timings', Record<string, object>>;

const presets = Object.values(processors);

describe.each(presets.map((p) => [p.id, p] as const))('preset %s', (_, preset) => {
  it('is well formed', () => {
    expect(validatePreset(preset)).toBe(preset);
  });

  it('gives every constant a class, a source and an interval that holds it; what is assumed says why', () => {
    for (const c of listConstants(preset)) {
      expect(c.low <= c.value && c.value <= c.high, c.path).toBe(true);
      expect(c.class === 'D', c.path).toBe(c.source.startsWith('assumed: '));
      expect(c.source.length, c.path).toBeGreaterThan(8);
    }
  });

  it('prices what the processor lacks at nothing, and what it has at something', () => {
    const { features, events: e, tlbs } = preset;
    const having: [boolean, number][] = [
      [features.includes('sysenter'), e.sysenter.value],
      [features.includes('sysenter'), e.sysexit.value],
      [features.includes('tsc'), e.rdtsc.value],
      [features.includes('msr'), e.wrmsr.value],
      [tlbs.second !== null, e.secondTlbHit.value],
      [preset.caches.traceCache, e.traceBuild.value],
      [preset.caches.l3 !== null, preset.timings['latency.l3'].value],
    ];
    for (const [has, price] of having) expect(price > 0).toBe(has);
  });
});

describe('published hardware figures', () => {
  it('Pentium: kernel entry and exit take 82 cycles together, a TLB miss that hits L2 25', () => {
    const { events: e, timings: t } = processors['pentium-133'];
    expect(e.intToRing0.value + e.iretOuter.value).toBe(82);
    expect(e.walk.value + 2 * t['latency.l2'].value).toBe(25);
  });

  it('NetBurst traps cost a multiple of P6 traps', () => {
    const p4 = processors['xeon-p4-2400'].events;
    const p3 = processors['pentium3-800'].events;
    expect(p4.intToRing0.low).toBeGreaterThan(2 * p3.intToRing0.high);
  });
});

describe('overrides', () => {
  const preset = processors['pentium-133'];

  it('replace one value and widen its interval', () => {
    const changed = applyPreset(preset, { 'events.iretOuter': 58, 'timings.latency.l2': 12 });
    expect(changed.events.iretOuter).toMatchObject({ value: 58, low: 27, high: 58 });
    expect(changed.timings['latency.l2'].value).toBe(12);
    expect(preset.events.iretOuter.value).toBe(29);
  });

  it('that name nothing are refused with the allowed paths', () => {
    expect(() => applyPreset(preset, { 'events.irett': 1 })).toThrow(
      /override events\.irett: no such constant.*events\.iretOuter/,
    );
    expect(() => applyPreset(preset, { 'events.iretOuter': 1.5 })).toThrow(PresetError);
  });
});

describe('malformed presets', () => {
  const broken: [string, (p: Loose) => void, RegExp][] = [
    ['a missing key', (p) => delete p.events.iretOuter, /events\.iretOuter: expected to be there/],
    ['an unknown key', (p) => Object.assign(p.caches, { l4: null }), /caches\.l4: expected no such key; allowed: l1i/],
    [
      'a text for a number',
      (p) => Object.assign(p.events.cli, { value: 'x' }),
      /events\.cli\.value: expected an integer.*"x"/,
    ],
    [
      'a value outside its interval',
      (p) => Object.assign(p.events.cli, { value: 1 }),
      /events\.cli\.value: expected an integer from 6/,
    ],
    [
      'a class that there is not',
      (p) => Object.assign(p.events.cli, { class: 'E' }),
      /events\.cli\.class: expected A, B, C or D/,
    ],
    ['an unknown feature', (p) => p.features.push('mmx'), /features\[5\]: expected pse, pge/],
    [
      'a cache of odd size',
      (p) => Object.assign(p.caches.l1d, { bytes: 0x1800 }),
      /caches\.l1d: bytes \/ ways \/ line: expected a power of two/,
    ],
    [
      'a TLB that is too large',
      (p) => Object.assign(p.tlbs.data4k, { entries: 512 }),
      /tlbs\.data4k\.entries: expected an integer from 1 to 256/,
    ],
    [
      'a second-level TLB of odd size',
      (p) => Object.assign(p.tlbs, { second: { code: 'shared', data: { entries: 1536, ways: 8 } } }),
      /tlbs\.second\.data: entries \/ ways: expected a power of two; found 192/,
    ],
    [
      'a cache with more lines than there is room for',
      (p) => Object.assign(p.caches, { l2: { bytes: 0x400000, ways: 4, line: 32 } }),
      /caches\.l2: expected at most 65536 lines; found 131072/,
    ],
    ['a vendor that nobody is', (p) => Object.assign(p, { vendor: 'Cyrix' }), /vendor: expected GenuineIntel or/],
    [
      'a level that there is not',
      (p) => Object.assign(p.timings['walk.entersAt'], { value: 4, high: 4 }),
      /walk\.entersAt\.value: expected 1 to 3/,
    ],
  ];
  it.each(broken)('%s', (_, breakIt, message) => {
    const copy = structuredClone(processors['pentium-133']) as unknown as Loose;
    breakIt(copy);
    expect(() => validatePreset(copy)).toThrow(message);
  });

  it.each([null, 3, 'pentium', []])('%j is no preset', (input) => {
    expect(() => validatePreset(input)).toThrow(/preset: expected an object/);
  });
});

describe('the CONFIG area', () => {
  it('holds price, cause and serialisation of each event, geometry in sets, and what overlap leaves of stalls', () => {
    const preset: Preset = applyPreset(processors['pentium3-800'], { 'timings.latency.overlap': 20 });
    const memory = new WebAssembly.Memory({ initial: layout.RAM_BASE / 65536 + 16 });
    writeConfig(preset, memory);
    const view = new DataView(memory.buffer, layout.CONFIG);
    const word = (offset: number): number => view.getUint32(offset, true);
    for (const [i, { id, cause, serialises }] of events.entries()) {
      const price = word(config.EVENT_PRICES + 4 * i);
      expect(price & 0xffffff).toBe(preset.events[id].value);
      expect(causes[(price >>> 24) & 0x7f].id).toBe(cause);
      expect(price >>> 31).toBe(serialises ? 1 : 0);
    }
    expect(word(config.RAM_BYTES)).toBe(0x100000);
    expect([word(config.L1D_SETS), word(config.L1D_WAYS), word(config.L1D_SHIFT)]).toEqual([128, 4, 5]);
    expect([word(config.DTLB_4K_SETS), word(config.DTLB_4K_WAYS)]).toEqual([16, 4]);
    expect([word(config.L3_SETS), word(config.L2_SETS)]).toEqual([0, 1024]);
    expect(word(config.MEMORY_STALL)).toBe(72);
    expect(word(config.MEMORY_LATENCY)).toBe(90);
  });

  it('holds the leaves of CPUID: extended ones only where there is something to say in them', () => {
    const leavesOf = (id: string) => {
      const memory = new WebAssembly.Memory({ initial: layout.RAM_BASE / 65536 + 16 });
      writeConfig(processors[id], memory);
      const view = new DataView(memory.buffer, layout.CONFIG);
      const word = (offset: number): number => view.getUint32(offset, true);
      const row = (n: number): number[] => [0, 4, 8, 12].map((at) => word(config.CPUID + 16 * n + at));
      return { counts: [word(config.CPUID_LEAVES), word(config.CPUID_EXTENDED_LEAVES)], row };
    };
    const text = (words: number[]): string =>
      words.map((w) => String.fromCharCode(w & 255, (w >> 8) & 255, (w >> 16) & 255, w >>> 24)).join('');
    const pentium = leavesOf('pentium-133');
    expect(pentium.counts).toEqual([2, 0]);
    const [, b, c, d] = pentium.row(0);
    expect(text([b, d, c])).toBe('GenuineIntel');
    expect(leavesOf('486dx2-66').row(1)).toEqual([0x435, 0, 0, 0]);
    const opteron = leavesOf('opteron-1800');
    expect(opteron.counts).toEqual([2, 5]);
    const [last, eb, ec, ed] = opteron.row(2);
    expect(last).toBe(0x80000004);
    expect(text([eb, ed, ec])).toBe('AuthenticAMD');
    // Leaf 80000001h: syscall is bit 11, execute-disable bit 20; sysenter is said in leaf 1 alone.
    expect(opteron.row(3)[3] & 0x100800).toBe(0x100800);
    expect(leavesOf('core2-2400').row(3)[3]).toBe(0x100000);
    expect(text([...opteron.row(4), ...opteron.row(5), ...opteron.row(6)])).toMatch(/^AMD Opteron 1\.8 GHz \(K8\)/);
  });
});
