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

  it('prices an instruction that the processor lacks at nothing', () => {
    if (preset.features.includes('sysenter')) expect(preset.events.sysenter.value).toBeGreaterThan(0);
    else expect(preset.events.sysenter.value).toBe(0);
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
    ['an unknown feature', (p) => p.features.push('mmx'), /features\[4\]: expected pse, pge/],
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
});
