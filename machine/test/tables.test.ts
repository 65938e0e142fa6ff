import { describe, expect, it } from 'vitest';
import { CAUSE_LIMIT, causes } from '../tables/causes.js';
import { config, features } from '../tables/config.js';
import { COUNTER_LIMIT, counters } from '../tables/counters.js';
import { EVENT_LIMIT, events } from '../tables/events.js';
import { constantName, generateTables } from '../tables/generate.js';
import { ISSUE_LIMIT, issueClasses } from '../tables/issue.js';
import { clock, LINE_LIMITS, layout } from '../tables/layout.js';
import { stateBytes } from '../tables/state.js';

const lists = { causes, counters, events, issueClasses };

describe.each(Object.entries(lists))('%s', (_, rows) => {
  it('have unique ids and a definition each', () => {
    expect(new Set(rows.map((r) => r.id)).size).toBe(rows.length);
    for (const { id, definition } of rows) expect(definition.length, id).toBeGreaterThan(2);
  });
});

describe('memory map', () => {
  it('has room for what the lists hold', () => {
    expect(causes.length).toBeLessThanOrEqual(CAUSE_LIMIT);
    expect(CAUSE_LIMIT * 8).toBe(layout.LEDGER_ROW_BYTES);
    expect(counters.length).toBeLessThanOrEqual(COUNTER_LIMIT);
    expect(events.length).toBeLessThanOrEqual(EVENT_LIMIT);
    expect(issueClasses.length).toBeLessThanOrEqual(ISSUE_LIMIT);
    expect(Math.max(...Object.values(config)) + 4).toBeLessThanOrEqual(layout.COUNTERS - layout.CONFIG);
    expect(Math.max(...Object.values(clock)) + 8).toBeLessThanOrEqual(layout.LEDGER_ROWS - layout.CLOCK);
  });

  it('gives every area a place of its own', () => {
    const entry = 32 * 256;
    const sizes: [keyof typeof layout, number][] = [
      ['STATE', stateBytes],
      ['CONFIG', 0x400],
      ['COUNTERS', COUNTER_LIMIT * 8],
      ['EVENT_COUNTS', EVENT_LIMIT * 8],
      ['CLOCK', Math.max(...Object.values(clock)) + 8],
      ['LEDGER_ROWS', layout.LEDGER_ROW_BYTES * layout.LEDGER_ROW_LIMIT],
      ...(['ITLB_4K', 'ITLB_4M', 'DTLB_4K', 'DTLB_4M'] as const).map((t): [typeof t, number] => [t, entry]),
      ['ITLB_HINT', 1024],
      ['DTLB_HINT', 1024],
      ['PDE_CACHE', 64 * 8],
      ['ITLB_4K_HANDS', 512],
      ['ITLB_4M_HANDS', 512],
      ['DTLB_4K_HANDS', 512],
      ['DTLB_4M_HANDS', 512],
      ...(['ITLB_4K_TAGS', 'ITLB_4M_TAGS', 'DTLB_4K_TAGS', 'DTLB_4M_TAGS'] as const).map((t): [typeof t, number] => [
        t,
        1024,
      ]),
      ['DATA_FILTER', 2 * layout.FILTER_MODE_BYTES],
      ['CODE_FILTER', 2 * layout.FILTER_MODE_BYTES],
      ['FILTER_JOURNAL', layout.FILTER_JOURNAL_LIMIT * 4],
      // The largest caches that validatePreset lets pass: 64 KiB of 32-byte lines; 32768 lines.
      ['L1I', 0x4000 + 2048 * 4],
      ['L1D', 0x4000 + 2048 * 4],
      ['L1I_HANDS', 2048 * 2],
      ['L1D_HANDS', 2048 * 2],
      ['WRITE_BUFFER', 64 * 8],
      ['BTB', 4096 * 16],
      ['BTB_HANDS', 4096 * 2],
      ['BTB_HINT', 1024 * 4],
      ['RETURN_STACK', 32 * 4],
      ['CODE_GRANULES', layout.RAM_LIMIT / 32 / 8],
      ['DECODE', layout.DECODE_BYTES],
      ['TRANSLATE', 0x100000],
      ['WALK_MEMO', 512 * 64],
      ['ITLB_SECOND', 4096 * 16],
      ['DTLB_SECOND', 4096 * 16],
      ['ITLB_SECOND_HANDS', 4096 * 2],
      ['DTLB_SECOND_HANDS', 4096 * 2],
    ];
    const lower: [keyof typeof layout, number][] = [
      ['L2', LINE_LIMITS.L2 * 4],
      ['L3', LINE_LIMITS.L3 * 4],
      ['L2_HANDS', 32768 * 2],
      ['L3_HANDS', 32768 * 2],
    ];
    const areas = [...sizes, ...lower].map(([name, size]) => ({ name, from: layout[name], to: layout[name] + size }));
    areas.sort((a, b) => a.from - b.from);
    for (let i = 1; i < areas.length; i++) {
      expect(areas[i].from, `${areas[i - 1].name} runs into ${areas[i].name}`).toBeGreaterThanOrEqual(areas[i - 1].to);
    }
  });

  it('gives features a bit each', () => {
    const bits = Object.values(features);
    expect(bits.reduce((sum, bit) => sum + bit, 0)).toBe(bits.reduce((all, bit) => all | bit, 0));
  });
});

describe('generated constants', () => {
  it('are named after the ids', () => {
    expect(['iretOuter', 'l1dMisses', 'itlb4k', 'cr3'].map(constantName)).toEqual([
      'IRET_OUTER',
      'L1D_MISSES',
      'ITLB4K',
      'CR3',
    ]);
    const files = generateTables();
    expect(files['causes.ts']).toContain('export const CAUSE_ISSUE: u32 = 0;\n');
    expect(files['counters.ts']).toContain(
      `export const COUNTER_INSTRUCTIONS: u32 = 0x${layout.COUNTERS.toString(16)};\n`,
    );
  });

  it('are unique over all files', () => {
    const names = Object.values(generateTables()).flatMap((text) =>
      [...text.matchAll(/^export const (\w+)/gm)].map((m) => m[1]),
    );
    expect(names.length).toBeGreaterThan(200);
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
  });
});
