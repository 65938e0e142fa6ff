import { describe, expect, it } from 'vitest';
import type { Preset } from '../processors/index.js';
import { applyPreset, debatedProcessors, processors } from '../processors/index.js';
import { causes } from '../tables/causes.js';
import { counters } from '../tables/counters.js';
import { events } from '../tables/events.js';
import { layout } from '../tables/layout.js';
import type { Fault } from './gold-memory.js';
import { GoldMemory } from './gold-memory.js';
import { MemoryCore } from './memory-core.js';

const RAM = 0x800000;
const DIRECTORIES = [0x10000, 0x11000];
const LARGE_AT = 0xc0400000;
const CR0_PG = 0x80000001 | 0;
const CR0_WP = 0x10000;

/** xorshift32: the same trace everywhere. */
function generator(seed: number): (below: number) => number {
  let x = seed;
  return (below) => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) % below;
  };
}

/** Everything small, so that everything is replaced all the time; second TLB, L3, directory cache, walks from memory. */
const cramped: Preset = applyPreset(
  {
    ...processors['pentium3-800'],
    id: 'cramped',
    tlbs: {
      code4k: { entries: 8, ways: 2 },
      code4m: { entries: 1, ways: 1 },
      data4k: { entries: 8, ways: 4 },
      data4m: { entries: 2, ways: 2 },
      second: { code: 'shared', data: { entries: 24, ways: 6 } },
    },
    caches: {
      l1i: { bytes: 0x400, ways: 2, line: 32 },
      traceCache: false,
      l1d: { bytes: 0x400, ways: 4, line: 64 },
      l2: { bytes: 0x1000, ways: 2, line: 64 },
      l3: { bytes: 0x4000, ways: 4, line: 64 },
    },
  },
  {
    'timings.latency.l3': 33,
    'timings.latency.storeOverlap': 70,
    'events.secondTlbHit': 7,
    'timings.walk.directoryCache': 2,
    'timings.walk.entersAt': 3,
    'timings.writeBuffer.depth': 2,
  },
);

/** The same with one TLB and one first-level cache for code and data. */
const unified: Preset = {
  ...cramped,
  id: 'unified',
  tlbs: { ...cramped.tlbs, code4k: 'unified', code4m: null, second: null },
  caches: { ...cramped.caches, l1i: 'unified' },
  events: { ...cramped.events, secondTlbHit: processors['pentium-133'].events.secondTlbHit },
};

const variants: Preset[] = [
  ...debatedProcessors.map((id) => processors[id]),
  processors['opteron-1800'],
  cramped,
  unified,
  {
    ...applyPreset(processors['xeon-p4-2400'], { 'timings.trace.flushedByCr3': 0, 'timings.l1d.writeAllocate': 0 }),
    id: 'tagged',
  },
];

/** Two address spaces over the same frames: aliases, read-only, supervisor, global, absent and 4 MiB pages. */
function pageTables(ram: DataView): void {
  for (const [space, directory] of DIRECTORIES.entries()) {
    for (let t = 0; t < 3; t++) {
      const table = 0x12000 + (space * 3 + t) * 0x1000;
      ram.setUint32(directory + t * 4, table | (t === 2 ? 3 : 7), true);
      for (let p = 0; p < 1024; p++) {
        const frame = 0x100000 + ((p * (space ? 5 : 3) + t) % 61) * 0x1000;
        const rights = [7, 7, 5, 3, 7, 1, 7, 0][p % 8];
        const present = rights ? frame | rights | (p % 11 === 3 ? 0x100 : 0) : 0;
        ram.setUint32(table + p * 4, present, true);
      }
    }
    ram.setUint32(directory + (LARGE_AT >>> 22) * 4, 0x400000 | 0x187, true);
  }
}

type Step = (gold: GoldMemory, core: MemoryCore) => [gold: unknown, core: unknown];

/** One random step, with a taste for addresses used before. */
function trace(seed: number): () => Step {
  const pick = generator(seed);
  const hot: number[] = [];
  let user = false;
  const address = (): number => {
    if (hot.length > 40 && pick(10) < 8) return hot[pick(40)] + pick(8);
    const region = pick(8);
    const page = region === 7 ? LARGE_AT + pick(64) * 0x1000 : pick(3) * 0x400000 + pick(70) * 0x1000;
    const la = page + pick(4096 / 32) * 32 + pick(32);
    hot[pick(41)] = la;
    if (hot.length < 41) hot.push(la);
    return la;
  };
  return () => {
    const kind = pick(1000);
    const size = [1, 2, 4][pick(3)];
    const la = pick(4) === 0 ? address() : address() & ~(size - 1);
    if (kind < 380) return read(la >>> 0, size, user);
    if (kind < 640) return write(la >>> 0, size, pick(0x7fffffff), user);
    if (kind < 720) return modify(la >>> 0, size, user);
    if (kind < 760) return systemRead(la >>> 0);
    if (kind < 930) return fetch(la >>> 0, user);
    if (kind < 955) {
      user = !user;
      return control((core) => core.exports.setRights(user));
    }
    if (kind < 962) return space(DIRECTORIES[pick(2)]);
    if (kind < 972) return invalidate(la >>> 0);
    if (kind < 990) return issue(pick(40));
    if (kind < 994) return remap(pick(6), pick(70), 0x100000 + pick(61) * 0x1000, [7, 5, 3, 0x107][pick(4)]);
    if (kind < 996) return protect(pick(2) === 1);
    if (kind < 998) return serialise();
    return pick(2) ? emptyTlbs() : emptyAll();
  };
}

const read =
  (la: number, size: number, user: boolean): Step =>
  (gold, core) => {
    const { read8, read16, read32 } = core.exports;
    return [gold.read(la, size, user), outcome(core, { 1: read8, 2: read16, 4: read32 }[size]!(la) >>> 0)];
  };
const systemRead =
  (la: number): Step =>
  (gold, core) => [gold.read(la, 4, false), outcome(core, core.exports.readSystem32(la) >>> 0)];
const write =
  (la: number, size: number, value: number, user: boolean): Step =>
  (gold, core) => {
    const { write8, write16, write32 } = core.exports;
    ({ 1: write8, 2: write16, 4: write32 })[size]!(la, value);
    return [gold.write(la, size, value, user), outcome(core, undefined)];
  };
const modify =
  (la: number, size: number, user: boolean): Step =>
  (gold, core) => {
    core.exports.probeModify(la, size);
    return [gold.modify(la, size, user), outcome(core, undefined)];
  };
const fetch =
  (la: number, user: boolean): Step =>
  (gold, core) => [gold.fetch(la, user), outcome(core, core.exports.fetch(la) - layout.RAM_BASE)];
const control =
  (act: (core: MemoryCore) => void): Step =>
  (_, core) => {
    act(core);
    return [undefined, undefined];
  };
const space =
  (cr3: number): Step =>
  (gold, core) => {
    gold.cr3 = cr3;
    gold.flush(false);
    core.set('cr3', cr3);
    core.exports.flushTlb(false);
    return [undefined, undefined];
  };
const invalidate =
  (la: number): Step =>
  (gold, core) => {
    gold.invalidatePage(la);
    core.exports.invalidatePage(la);
    return [undefined, undefined];
  };
const issue =
  (cycles: number): Step =>
  (gold, core) => {
    gold.issue(cycles);
    core.exports.chargeIssue(cycles);
    return [undefined, undefined];
  };
const serialise = (): Step => (gold, core) => {
  gold.event('cpuid');
  core.exports.chargeEvent(events.findIndex((e) => e.id === 'cpuid'));
  return [undefined, undefined];
};
/** Changes a page-table entry without telling the TLB: stale translations must stay. */
const remap =
  (table: number, page: number, frame: number, bits: number): Step =>
  (gold, core) => {
    const at = 0x12000 + table * 0x1000 + page * 4;
    gold.ram.setUint32(at, frame | bits, true);
    core.ram.setUint32(at, frame | bits, true);
    return [undefined, undefined];
  };
const protect =
  (on: boolean): Step =>
  (gold, core) => {
    gold.writeProtect = on;
    gold.flush(true);
    core.set('cr0', CR0_PG | (on ? CR0_WP : 0));
    core.exports.flushTlb(true);
    return [undefined, undefined];
  };
const emptyTlbs = (): Step => (gold, core) => {
  gold.emptyTlbs();
  core.exports.emptyTlbs();
  return [undefined, undefined];
};
const emptyAll = (): Step => (gold, core) => {
  gold.emptyAll();
  core.exports.emptyAll();
  return [undefined, undefined];
};

function outcome(core: MemoryCore, value: number | undefined): number | Fault | undefined {
  const fault = core.takeFault();
  return fault ? { code: fault.code, cr2: fault.cr2 } : value;
}

/** All that the core counted, by id, zeros left out. */
function tally(core: MemoryCore): Record<string, number> {
  const rows = [
    ...counters.map(({ id }) => [id, core.counter(id)] as const),
    ...events.map(({ id }) => [`event ${id}`, core.event(id)] as const),
    ...causes.map(({ id }) => [`cause ${id}`, core.cause(id)] as const),
    ['cycles', core.cycles] as const,
  ];
  return Object.fromEntries(rows.filter(([, n]) => n !== 0));
}

function goldTally(gold: GoldMemory): Record<string, number> {
  const named = (prefix: string, table: Record<string, number>) =>
    Object.entries(table).map(([k, v]) => [prefix + k, v] as const);
  const rows = [
    ...named('', gold.counters),
    ...named('event ', gold.events),
    ...named('cause ', gold.causes),
    ['cycles', gold.cycles] as const,
  ];
  return Object.fromEntries(rows.filter(([, n]) => n !== 0));
}

async function start(preset: Preset): Promise<{ gold: GoldMemory; core: MemoryCore }> {
  const core = await MemoryCore.create(preset, RAM);
  pageTables(core.ram);
  const copy = new Uint8Array(RAM);
  copy.set(new Uint8Array(core.ram.buffer, layout.RAM_BASE, RAM));
  const gold = new GoldMemory(preset, new DataView(copy.buffer));
  const globals = preset.features.includes('pge');
  gold.globalPages = globals;
  gold.cr3 = DIRECTORIES[0];
  core.set('cr3', DIRECTORIES[0]);
  core.set('cr4', globals ? 0x90 : 0x10);
  core.set('cr0', CR0_PG);
  return { gold, core };
}

describe.each(variants.map((p) => [p.id, p] as const))('memory model of %s', (_, preset) => {
  it.each([1, 2, 3])('agrees with the plain model in every value, fault, count and cycle (trace %i)', async (seed) => {
    const { gold, core } = await start(preset);
    const next = trace(seed * 7919);
    for (let i = 0; i < 20_000; i++) {
      const [expected, found] = next()(gold, core);
      if (core.cycles !== gold.cycles || (expected !== found && JSON.stringify(expected) !== JSON.stringify(found))) {
        expect({ step: i, found, ...tally(core) }).toEqual({ step: i, found: expected, ...goldTally(gold) });
      }
    }
    expect(tally(core)).toEqual(goldTally(gold));
    const bytes = new Uint8Array(core.ram.buffer, layout.RAM_BASE, RAM);
    expect(Buffer.compare(bytes, new Uint8Array(gold.ram.buffer))).toBe(0);
    expect(core.counter('dtlbMisses')).toBeGreaterThan(500);
    expect(core.counter('l1dMisses')).toBeGreaterThan(500);
  });

  it('counts the same with the filter emptied before each step', async () => {
    const { gold, core } = await start(preset);
    const bare = await start(preset);
    const [one, two] = [trace(4242), trace(4242)];
    for (let i = 0; i < 8_000; i++) {
      one()(gold, core);
      bare.core.exports.emptyFilters();
      two()(bare.gold, bare.core);
    }
    expect(tally(core)).toEqual(tally(bare.core));
  });

  it('gives each cycle to one cause', async () => {
    const { gold, core } = await start(preset);
    const next = trace(77);
    for (let i = 0; i < 5_000; i++) next()(gold, core);
    const sum = causes.reduce((n, { id }) => n + core.cause(id), 0);
    expect(sum).toBe(core.cycles);
    expect(sum).toBeGreaterThan(10_000);
  });
});
