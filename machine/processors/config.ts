import { causes } from '../tables/causes.js';
import { config, type FeatureId, features } from '../tables/config.js';
import { events } from '../tables/events.js';
import { issueClasses } from '../tables/issue.js';
import { layout } from '../tables/layout.js';
import type { CacheGeometry, Preset, TlbGeometry } from './preset.js';

/** CPUID leaf 1 EDX bit of each feature. x87 and V86 extensions are not modelled, so their bits are never set. */
const cpuidBits: Record<keyof typeof features, number> = {
  de: 1 << 2,
  pse: 1 << 3,
  tsc: 1 << 4,
  msr: 1 << 5,
  pae: 1 << 6,
  cx8: 1 << 8,
  apic: 1 << 9,
  sysenter: 1 << 11,
  pge: 1 << 13,
  cmov: 1 << 15,
  fxsr: 1 << 24,
  nx: 0,
  syscall: 0,
};

/** The same of leaf 80000001h; AMD repeats there what leaf 1 says, but for sysenter. */
const extendedBits = { syscall: 1 << 11, nx: 1 << 20 } as const;

/** Fills the CONFIG area of the core's memory, all of which from RAM_BASE on is guest RAM. Call `configure()` next. */
export function writeConfig(preset: Preset, memory: WebAssembly.Memory): void {
  const view = new DataView(memory.buffer, layout.CONFIG, 0x400);
  const word = (offset: number, value: number): void => view.setUint32(offset, value, true);
  const t = (id: keyof Preset['timings']): number => preset.timings[id].value;

  for (const [i, { id, cause, serialises }] of events.entries()) {
    const column = causes.findIndex((c) => c.id === cause);
    word(config.EVENT_PRICES + 4 * i, (((serialises ? 0x80 : 0) | column) << 24) | preset.events[id].value);
  }
  for (const [i, { id }] of issueClasses.entries()) word(config.ISSUE_PRICES + 4 * i, preset.issue[id].value);
  word(config.RAM_BYTES, memory.buffer.byteLength - layout.RAM_BASE);
  word(
    config.FEATURES,
    preset.features.reduce((bits, id) => bits | features[id], 0),
  );
  writeCpuid(preset, word);

  const tlb = (offset: number, geometry: TlbGeometry | null): void => {
    word(offset, geometry ? geometry.entries / geometry.ways : 0);
    word(offset + 4, geometry ? geometry.ways : 0);
  };
  const { code4k } = preset.tlbs;
  tlb(config.ITLB_4K_SETS, code4k === 'unified' ? null : code4k);
  word(config.UNIFIED_TLB, code4k === 'unified' ? 1 : 0);
  tlb(config.ITLB_4M_SETS, preset.tlbs.code4m);
  tlb(config.DTLB_4K_SETS, preset.tlbs.data4k);
  tlb(config.DTLB_4M_SETS, preset.tlbs.data4m);
  const { second } = preset.tlbs;
  tlb(config.DTLB_SECOND_SETS, second?.data ?? null);
  tlb(config.ITLB_SECOND_SETS, second && second.code !== 'shared' ? second.code : null);
  word(config.SECOND_SHARED, second?.code === 'shared' ? 1 : 0);
  word(config.WALK_ENTERS_AT, t('walk.entersAt'));
  word(config.PDE_CACHE_ENTRIES, t('walk.directoryCache'));

  const cache = (offset: number, geometry: CacheGeometry | null): void => {
    word(offset, geometry ? geometry.bytes / geometry.ways / geometry.line : 0);
    word(offset + 4, geometry ? geometry.ways : 0);
    word(offset + 8, geometry ? Math.log2(geometry.line) : 0);
    word(offset + 12, geometry ? -geometry.line : 0);
  };
  const { l1i } = preset.caches;
  cache(config.L1I_SETS, l1i === 'unified' ? null : l1i);
  word(config.UNIFIED_CACHE, l1i === 'unified' ? 1 : 0);
  cache(config.L1D_SETS, preset.caches.l1d);
  cache(config.L2_SETS, preset.caches.l2);
  cache(config.L3_SETS, preset.caches.l3);
  word(config.TRACE_CACHE, preset.caches.traceCache ? 1 : 0);
  word(config.TRACE_FLUSH, t('trace.flushedByCr3'));
  word(config.WRITE_ALLOCATE, t('l1d.writeAllocate'));
  word(config.WRITE_THROUGH, t('l1d.writeThrough'));

  for (const [id, offset] of [
    ['latency.overlap', config.L2_STALL],
    ['latency.storeOverlap', config.L2_STORE_STALL],
  ] as const) {
    const seen = (latency: number): number => Math.round((latency * (100 - t(id))) / 100);
    word(offset, seen(t('latency.l2')));
    word(offset + 4, seen(t('latency.l3')));
    word(offset + 8, seen(t('latency.memory')));
  }
  word(config.L2_LATENCY, t('latency.l2'));
  word(config.L3_LATENCY, t('latency.l3'));
  word(config.MEMORY_LATENCY, t('latency.memory'));
  word(config.WRITE_BUFFER_DEPTH, t('writeBuffer.depth'));
  word(config.DRAIN_L2, t('writeBuffer.drainL2'));
  word(config.DRAIN_MEMORY, t('writeBuffer.drainMemory'));
  word(config.BTB_SETS, t('branch.sets'));
  word(config.BTB_WAYS, t('branch.ways'));
  word(config.RETURN_STACK_DEPTH, t('branch.returnStack'));
  word(config.MISPREDICT, t('branch.mispredict'));
  word(config.BTB_MISS, t('branch.unknownTaken'));
  word(config.STATIC_BACKWARD, t('branch.staticBackward'));
}

/** Leaf 0: vendor; leaf 1: signature and features; where there are extended features, 80000000h to 80000004h too. */
function writeCpuid(preset: Preset, word: (offset: number, value: number) => void): void {
  const { vendor, signature } = preset;
  const bits = (table: Partial<Record<FeatureId, number>>): number =>
    preset.features.reduce((all, id) => all | (table[id] ?? 0), 0);
  const [b, d, c] = [0, 4, 8].map((at) => ascii(vendor.slice(at, at + 4)));
  const standard = [
    [1, b, c, d],
    [signature, 0, 0, bits(cpuidBits)],
  ];
  const amd = vendor === 'AuthenticAMD';
  const repeated = amd ? bits(cpuidBits) & ~cpuidBits.sysenter : 0;
  const name = preset.name.slice(0, 47).padEnd(48, '\0');
  const extended =
    bits(extendedBits) === 0
      ? []
      : [
          amd ? [0x80000004, b, c, d] : [0x80000004, 0, 0, 0],
          [amd ? signature : 0, 0, 0, bits(extendedBits) | repeated],
          ...[0, 16, 32].map((at) => [0, 4, 8, 12].map((part) => ascii(name.slice(at + part, at + part + 4)))),
        ];
  word(config.CPUID_LEAVES, standard.length);
  word(config.CPUID_EXTENDED_LEAVES, extended.length);
  for (const [i, value] of [...standard, ...extended].flat().entries()) word(config.CPUID + 4 * i, value);
}

function ascii(text: string): number {
  return [...text].reduce((n, c, i) => n | (c.charCodeAt(0) << (8 * i)), 0);
}
