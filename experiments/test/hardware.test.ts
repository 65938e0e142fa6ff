import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { applyPreset, processors } from '../../machine/processors/index.js';
import { buildCore } from '../../toolchain/driver/core.js';
import { compareHardware, TOLERANCE, unexplained } from '../hardware/compare.js';
import { probeImage } from '../hardware/kernel.js';
import { type Measurement, measureHardware } from '../hardware/measure.js';
import { explanations } from '../hardware/misses.js';
import { probesOf } from '../hardware/probes.js';
import { published } from '../hardware/published.js';

const ids = Object.keys(processors);
const root = join(import.meta.dirname, '../..');
let core: WebAssembly.Module;
const measured = new Map<string, Measurement[]>();

beforeAll(async () => {
  core = await WebAssembly.compile((await buildCore()) as BufferSource);
  for (const id of ids) measured.set(id, measureHardware(core, processors[id]));
}, 120_000);

const value = (id: string, probe: string): number => {
  const found = measured.get(id)?.find((m) => m.id === probe);
  if (!found) throw new Error(`${id} has no probe ${probe}`);
  return found.value;
};

describe.each(ids)('hardware probes on %s', (id) => {
  it('explain every miss, and nothing that is none', () => {
    const rows = compareHardware(id, measured.get(id)!);
    expect(unexplained(rows)).toEqual([]);
    expect(rows.filter((row) => row.published !== null).length).toBeGreaterThan(12);
  });

  it('measure what the preset charges for a single instruction', () => {
    const { events: e } = processors[id];
    expect(value(id, 'invlpg')).toBe(e.invlpg.value);
    expect(value(id, 'clts')).toBe(e.clts.value);
    expect(value(id, 'in')).toBe(e.portIn.value);
    expect(value(id, 'int-round')).toBe(e.intToRing0.value + e.iretOuter.value);
    expect(value(id, 'int-same-round')).toBe(e.intSame.value + e.iretSame.value);
    // Two switches, each with a load of CR3 and the TLB misses after it.
    expect(value(id, 'task-round')).toBeGreaterThan(2 * e.taskSwitch.value);
    expect(value(id, 'task-round')).toBeLessThan(2 * e.taskSwitch.value + 2 * 10 * (e.walk.value + 30));
    expect(value(id, 'call-gate-round')).toBe(e.callGateInner.value + e.farReturnOuter.value);
  });

  it('find the first-level TLB as large as it is', () => {
    const { code4k, data4k } = processors[id].tlbs;
    // Where code shares it, the set that holds the page of the loop is full a round earlier.
    const held = code4k === 'unified' ? data4k.entries - data4k.entries / data4k.ways : data4k.entries;
    expect(value(id, 'tlb-reach')).toBe(held);
  });

  it('find a deeper level slower', () => {
    const { l2, l3 } = processors[id].caches;
    const levels = ['load-l1', ...(l2 ? ['load-l2'] : []), ...(l3 ? ['load-l3'] : []), 'load-memory'];
    const latencies = levels.map((probe) => value(id, probe));
    expect(latencies).toEqual([...latencies].sort((a, b) => a - b));
    if (processors[id].tlbs.second) expect(value(id, 'tlb-second')).toBeLessThan(value(id, 'tlb-walk'));
  });
});

describe('hardware probes', () => {
  it('see a changed price in the probes of that instruction and in no other', () => {
    const preset = processors['pentium3-800'];
    const dearer = measureHardware(
      core,
      applyPreset(preset, { 'events.iretOuter': preset.events.iretOuter.value + 10 }),
    );
    const changed = dearer.filter((m) => m.value !== value('pentium3-800', m.id));
    const rounds = ['gp-round', 'int-round', 'pf-round', 'ud-round'];
    expect(changed.map((m) => m.id).sort()).toEqual(rounds);
    for (const m of changed) expect(m.value - value('pentium3-800', m.id)).toBeCloseTo(10, 6);
  });

  it('call a figure missed beyond the tolerance, with the nearer end of a range', () => {
    const probes = measured
      .get('pentium-133')!
      .map((m) => (m.id === 'cli' ? { ...m, value: 9 * (1 + TOLERANCE) + 0.1 } : m));
    const rows = compareHardware('pentium-133', probes);
    expect(rows.find((row) => row.probe === 'cli')).toMatchObject({ published: [6, 9], miss: true, explanation: null });
    expect(unexplained(rows)).toEqual([expect.stringMatching(/^pentium-133, cli: .*6 to 9: no explanation$/)]);
  });

  it('name presets, figures of the same role and explanations that there are', () => {
    expect(Object.keys(published)).toEqual(ids);
    const text = readFileSync(join(root, 'experiments/reference/figures.json'), 'utf8');
    const figures = new Map((JSON.parse(text) as { id: string; role: string }[]).map(({ id, role }) => [id, role]));
    const all = Object.values(published).flat();
    for (const { source, role } of all) {
      for (const [id] of source.matchAll(/F\d{3}/g)) expect(figures.get(id), `${source}: ${id}`).toBe(role);
    }
    const given = new Set(all.flatMap(({ miss }) => miss ?? []));
    expect([...given].sort()).toEqual(Object.keys(explanations).sort());
  });

  it('have a paragraph in CAVEATS.md for each explanation, and no other', () => {
    const text = readFileSync(join(root, 'CAVEATS.md'), 'utf8');
    const section = text.slice(text.indexOf('## Hardware probes'));
    const end = section.indexOf('\n## ', 1);
    const named = [...section.slice(0, end < 0 ? undefined : end).matchAll(/^- \*([a-z0-9-]+)\*:/gm)].map(
      ([, id]) => id,
    );
    expect(named.sort()).toEqual(Object.keys(explanations).sort());
  });

  const qemu = spawnSync('qemu-system-i386', ['--version']).status === 0;
  it.skipIf(!qemu)('run to their end on QEMU too (skipped without qemu-system-i386)', () => {
    const probes = probesOf(processors['pentium3-800']);
    const folder = mkdtempSync(join(tmpdir(), 'crossings-probes-'));
    try {
      const image = join(folder, 'probes.bin');
      writeFileSync(image, probeImage(probes, processors['pentium3-800'].features).bytes);
      const options = [
        '-nodefaults',
        '-no-user-config',
        '-no-reboot',
        '-display',
        'none',
        '-accel',
        'tcg',
        '-m',
        '256',
      ];
      const exit = ['-device', 'isa-debug-exit,iobase=0xf4,iosize=4', '-debugcon', 'stdio', '-cpu', 'pentium3'];
      const { stdout, status } = spawnSync('qemu-system-i386', [...options, ...exit, '-kernel', image], {
        timeout: 60_000,
      });
      expect(status).toBe(1);
      const lines = stdout.toString('latin1').trim().split('\n');
      expect(lines.map((line) => Number.parseInt(line.slice(0, 8), 16))).toEqual(probes.map((_, number) => number));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
