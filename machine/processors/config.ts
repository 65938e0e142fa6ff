import { causes } from '../tables/causes.js';
import { config, features } from '../tables/config.js';
import { events } from '../tables/events.js';
import { issueClasses } from '../tables/issue.js';
import { layout } from '../tables/layout.js';
import type { CacheGeometry, Preset, TlbGeometry } from './preset.js';

/** CPUID leaf 1 EDX bit of each feature. x87 and V86 extensions are not modelled, so their bits are never set. */
const cpuidBits: Record<keyof typeof features, number> = {
  pse: 1 << 3,
  tsc: 1 << 4,
  msr: 1 << 5,
  cx8: 1 << 8,
  apic: 1 << 9,
  sysenter: 1 << 11,
  pge: 1 << 13,
  cmov: 1 << 15,
};

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
  tlb(config.ITLB_4K_SETS, preset.tlbs.code4k);
  tlb(config.ITLB_4M_SETS, preset.tlbs.code4m);
  tlb(config.DTLB_4K_SETS, preset.tlbs.data4k);
  tlb(config.DTLB_4M_SETS, preset.tlbs.data4m);
  word(config.WALK_ENTERS_AT, t('walk.entersAt'));
  word(config.PDE_CACHE_ENTRIES, t('walk.directoryCache'));

  const cache = (offset: number, geometry: CacheGeometry | null): void => {
    word(offset, geometry ? geometry.bytes / geometry.ways / geometry.line : 0);
    word(offset + 4, geometry ? geometry.ways : 0);
    word(offset + 8, geometry ? Math.log2(geometry.line) : 0);
  };
  cache(config.L1I_SETS, preset.caches.l1i);
  cache(config.L1D_SETS, preset.caches.l1d);
  cache(config.L2_SETS, preset.caches.l2);
  cache(config.L3_SETS, preset.caches.l3);
  word(config.TRACE_CACHE, preset.caches.traceCache ? 1 : 0);
  word(config.TRACE_FLUSH, t('trace.flushedByCr3'));
  word(config.WRITE_ALLOCATE, t('l1d.writeAllocate'));
  word(config.WRITE_THROUGH, t('l1d.writeThrough'));

  const seen = (latency: number): number => Math.round((latency * (100 - t('latency.overlap'))) / 100);
  word(config.L2_STALL, seen(t('latency.l2')));
  word(config.L3_STALL, seen(t('latency.l3')));
  word(config.MEMORY_STALL, seen(t('latency.memory')));
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

/** Leaf 0: vendor; leaf 1: signature and features. */
function writeCpuid(preset: Preset, word: (offset: number, value: number) => void): void {
  const ascii = (text: string): number => [...text].reduce((n, c, i) => n | (c.charCodeAt(0) << (8 * i)), 0);
  const leaves = [
    [1, ascii('Genu'), ascii('ntel'), ascii('ineI')],
    [preset.signature, 0, 0, preset.features.reduce((bits, id) => bits | cpuidBits[id], 0)],
  ];
  word(config.CPUID_LEAVES, leaves.length);
  for (const [i, value] of leaves.flat().entries()) word(config.CPUID + 4 * i, value);
}
