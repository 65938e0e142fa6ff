/** Probes of caches and TLBs: chains of dependent loads over footprints that follow the geometry of the processor. */
import type { Preset } from '../../machine/processors/index.js';
import { esi, mem } from '../../toolchain/assembler/index.js';
import { buildChain, CHAIN, WINDOW } from './kernel.js';
import type { Chain, Probe } from './probe.js';

const PAGE = 0x1000;
const LARGE_PAGE = 0x400000;
/** Loads of a measured run, at least. */
const LOADS = 2048;
const UNROLL = 8;
/** Most that fits between CHAIN and the end of memory, a power of two. */
const LARGEST = 0x4000000;

/** Sizes at which the reach of the first-level TLB is looked for, in pages. */
export const REACHES = [8, 12, 16, 24, 28, 32, 48, 64, 72, 96, 128, 192, 256];

function chase(id: string, title: string, chain: Chain): Probe {
  const iterations = Math.ceil(Math.max(chain.count, LOADS) / UNROLL);
  return {
    id,
    title,
    ring: 0,
    iterations,
    unroll: UNROLL,
    setup: (a) => buildChain(a, `chain-${id}`, chain),
    body: (a) => a.mov(esi, mem({ base: esi })),
  };
}

/** Neighbouring lines, as many as make up `bytes`. */
function packed(bytes: number, line: number): Chain {
  return { base: CHAIN, count: Math.floor(bytes / line), stride: line, shift: 0, mask: 0, line };
}

export function footprints({ caches }: Preset): Probe[] {
  const { l1d, l2, l3 } = caches;
  const line = Math.max(l1d.line, l2?.line ?? 0, l3?.line ?? 0);
  const last = l3 ?? l2 ?? l1d;
  const within = (bytes: number): Chain => packed(bytes, line);
  return [
    chase('load-l1', 'dependent load that hits L1', within(l1d.bytes / 2)),
    ...(l2 ? [chase('load-l2', 'dependent load that hits L2', within(l2.bytes / 2))] : []),
    ...(l3 ? [chase('load-l3', 'dependent load that hits L3', within(l3.bytes / 2))] : []),
    chase('load-memory', 'dependent load from memory', within(Math.min(4 * last.bytes, LARGEST))),
  ];
}

/**
 * A word in each of `count` pages, on lines spread evenly over the sets of L1 while L1 has room for all of them, else
 * over those of L2: the lines that the chain touches hit where its packed counterpart hits.
 */
function spread({ caches: { l1d, l2 } }: Preset, count: number): Chain {
  const { line } = l1d;
  const fits = count * line <= 0.8 * l1d.bytes;
  const cache = fits ? l1d : (l2 ?? l1d);
  const sets = cache.bytes / cache.ways / line;
  const inPage = PAGE / line;
  const shift = Math.max(0, Math.log2(sets / inPage));
  return { base: CHAIN, count, stride: PAGE, shift, mask: Math.min(sets, inPage) - 1, line };
}

/** For each chain over pages one over neighbouring lines, as many: the difference is the TLB's. */
export function tlbProbes(preset: Preset): Probe[] {
  const { data4k, data4m, second } = preset.tlbs;
  const all = Math.max(data4k.entries, second?.data.entries ?? 0);
  const { line } = preset.caches.l1d;
  // Half as much again: a cycle through so many pages finds none in the TLB, however it replaces.
  const beyond = (entries: number): number => Math.ceil(1.5 * entries);
  const both = (id: string, title: string, entries: number): Probe[] => [
    chase(id, title, spread(preset, beyond(entries))),
    chase(`${id}-packed`, 'the same number of lines, packed', packed(beyond(entries) * line, line)),
  ];
  const large = beyond((data4m ?? data4k).entries);
  return [
    ...REACHES.map((count) => chase(`reach-${count}`, `a word in each of ${count} pages`, spread(preset, count))),
    ...(second ? both('tlb-second', 'miss of the first-level data TLB that hits the second', data4k.entries) : []),
    ...both('tlb-walk', 'miss of all data TLBs, 4 KiB pages', all),
    ...(preset.features.includes('pse')
      ? [
          chase('tlb-walk-4m', 'miss of the data TLB, 4 MiB pages', {
            ...packed(large * line, line),
            base: WINDOW,
            stride: LARGE_PAGE + line,
          }),
          chase('tlb-walk-4m-packed', 'the same number of lines, packed', packed(large * line, line)),
        ]
      : []),
  ];
}
