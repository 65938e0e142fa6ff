/**
 * The probes, in the tradition of lmbench: memory by footprint, TLBs by pages, then what one privileged or serialising
 * instruction takes. Footprints follow the geometry of the processor, so the list is made for each.
 */
import type { Preset } from '../../machine/processors/index.js';
import {
  type Assembler,
  al,
  bx,
  cr0,
  cr3,
  ds,
  eax,
  ebx,
  ecx,
  edi,
  edx,
  es,
  esi,
  esp,
  mem,
  mem8,
  ss,
  sym,
} from '../../toolchain/assembler/index.js';
import { buildChain, CHAIN, DIRECTORY, SCRATCH, selector, UNMAPPED, vector, WINDOW } from './kernel.js';
import type { Chain, Probe } from './probe.js';

const PAGE = 0x1000;
const LARGE_PAGE = 0x400000;
/** Loads of a measured run, at least. */
const LOADS = 2048;
const UNROLL = 8;
/** Most that fits between CHAIN and the end of memory, a power of two. */
const LARGEST = 0x4000000;
/** Random and regular bytes for branches. */
const BITS = SCRATCH + 0x10000;
const BRANCHES = 4096;

/** Sizes at which the reach of the first-level TLB is looked for, in pages. */
export const REACHES = [8, 12, 16, 24, 28, 32, 48, 64, 72, 96, 128, 192, 256];

export function probesOf(preset: Preset): Probe[] {
  const has = (id: Preset['features'][number]): boolean => preset.features.includes(id);
  return [
    ...overheads(),
    ...footprints(preset),
    ...tlbProbes(preset),
    ...gates(has('sysenter')),
    ...segments(),
    ...control(),
    ...strings(),
    ...branches(),
    ...instructions(has('tsc')),
  ];
}

/** Two empty loops: what `dec`, `jnz` and the time stamps cost. */
function overheads(): Probe[] {
  return [256, 2048].map((iterations) => ({
    id: `empty-${iterations}`,
    title: 'the empty loop',
    ring: 0,
    iterations,
    unroll: 1,
    body: () => undefined,
  }));
}

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

function footprints({ caches }: Preset): Probe[] {
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
function tlbProbes(preset: Preset): Probe[] {
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

function simple(id: string, title: string, ring: 0 | 3, body: Probe['body'], setup?: Probe['setup']): Probe {
  return { id, title, ring, iterations: 256, unroll: UNROLL, body, setup };
}

function gates(sysenter: boolean): Probe[] {
  const list = [
    simple('int-round', 'int n to ring 0 and iret', 3, (a) => a.int(vector.NULL)),
    simple('int-same-round', 'int n and iret in ring 0', 0, (a) => a.int(vector.SAME)),
    simple('call-gate-round', 'call through a gate to ring 0 and far return', 3, (a) => a.lcall(selector.callGate, 0)),
    simple('gp-round', '#GP from ring 3, two instructions and iret', 3, (a) => a.hlt()),
    simple('ud-round', '#UD from ring 3, one instruction and iret', 3, (a) => a.ud2()),
    simple(
      'pf-round',
      '#PF from ring 3, two instructions and iret',
      3,
      (a) => a.mov(eax, mem({ base: ebx })),
      (a) => a.mov(ebx, UNMAPPED),
    ),
    simple('far-round', 'far call and far return in ring 0', 0, (a) =>
      a.lcall(selector.kernelCode, sym('callGateEntry')),
    ),
  ];
  if (!sysenter) return list;
  const round = simple('sysenter-round', 'sysenter and sysexit', 3, (a, copy) => {
    a.mov(ecx, esp);
    a.mov(edx, sym(`after-sysenter${copy}`));
    a.sysenter();
    a.label(`after-sysenter${copy}`);
  });
  return [...list, round];
}

function segments(): Probe[] {
  const withSelector = (a: Assembler): void => a.mov(ebx, selector.userData);
  return [
    simple('mov-ds', 'mov to DS or ES', 3, (a, copy) => a.mov(copy % 2 === 0 ? ds : es, bx), withSelector),
    simple(
      'mov-null',
      'mov to ES, the null selector',
      3,
      (a) => a.mov(es, bx),
      (a) => a.xor(ebx, ebx),
    ),
    simple('mov-ss', 'mov to SS', 3, (a) => a.mov(ss, bx), withSelector),
  ];
}

function control(): Probe[] {
  const touching = (touches: number): Probe =>
    simple(
      `cr3-${touches}`,
      `mov to CR3, then a read in each of ${touches} pages`,
      0,
      (a) => {
        a.mov(cr3, ebx);
        for (let i = 0; i < touches; i++) a.mov(eax, mem({ disp: SCRATCH + i * (PAGE + 64) }));
      },
      (a) => a.mov(ebx, DIRECTORY),
    );
  return [
    ...[0, 8, 32].map(touching),
    simple('invlpg', 'invlpg', 0, (a) => a.invlpg(mem({ disp: SCRATCH }))),
    simple(
      'mov-cr0',
      'mov to CR0, nothing changed',
      0,
      (a) => a.mov(cr0, ebx),
      (a) => a.mov(ebx, cr0),
    ),
    simple('clts', 'clts', 0, (a) => a.clts()),
  ];
}

function strings(): Probe[] {
  // Source and target in L1 before: reading puts them there on processors that allocate no line for a write.
  const target = SCRATCH + 0x600;
  const warm = (a: Assembler): void => {
    a.mov(esi, target);
    a.mov(ecx, 256);
    a.rep();
    a.lodsd();
  };
  const copy = (id: string, doublewords: number): Probe =>
    simple(
      `rep-movsd-${id}`,
      `rep movsd of ${id}, warm`,
      0,
      (a) => {
        a.mov(esi, SCRATCH);
        a.mov(edi, target);
        a.mov(ecx, doublewords);
        a.rep();
        a.movsd();
      },
      warm,
    );
  const set = (id: string, doublewords: number): Probe =>
    simple(`rep-stosd-${id}`, `rep stosd of ${id}, warm`, 0, (a) => {
      a.mov(edi, SCRATCH);
      a.mov(ecx, doublewords);
      a.rep();
      a.stosd();
    });
  return [copy('64', 16), copy('1k', 256), set('64', 16), set('1k', 256)];
}

/** A branch to the next instruction, on each byte of a table. */
function branches(): Probe[] {
  const over = (id: string, title: string, write: (a: Assembler) => void): Probe => ({
    id,
    title,
    ring: 0,
    iterations: BRANCHES,
    unroll: 1,
    setup: (a) => {
      a.mov(edi, BITS);
      a.mov(ecx, BRANCHES);
      a.mov(eax, 0x2545f491);
      a.label(`bits-${id}`);
      write(a);
      a.mov(mem8({ base: edi }), al);
      a.inc(edi);
      a.dec(ecx);
      a.jnz(`bits-${id}`);
      a.xor(esi, esi);
    },
    body: (a) => {
      a.inc(esi);
      a.and(esi, BRANCHES - 1);
      a.test(mem8({ base: esi, disp: BITS }), 1);
      a.jz(`skip-${id}`);
      a.label(`skip-${id}`);
    },
  });
  return [
    // xorshift32, as good as random to any predictor of its time.
    over('branch-random', 'a branch taken at random', (a) => {
      for (const [left, count] of [
        [true, 13],
        [false, 17],
        [true, 5],
      ] as const) {
        a.mov(edx, eax);
        if (left) a.shl(edx, count);
        else a.shr(edx, count);
        a.xor(eax, edx);
      }
    }),
    over('branch-alternating', 'a branch taken every other time', (a) => a.xor(eax, 1)),
    over('branch-taken', 'a branch always taken', (a) => a.xor(eax, eax)),
    over('branch-steady', 'a branch never taken', (a) => a.mov(eax, 1)),
  ];
}

function instructions(tsc: boolean): Probe[] {
  const onMemory = (a: Assembler): void => a.mov(ebx, SCRATCH);
  return [
    simple(
      'lock-add',
      'lock add to memory',
      0,
      (a) => {
        a.lock();
        a.add(mem({ base: ebx }), eax);
      },
      onMemory,
    ),
    simple('xchg-memory', 'xchg with memory', 0, (a) => a.xchg(mem({ base: ebx }), eax), onMemory),
    simple('cpuid', 'cpuid', 0, (a) => {
      a.xor(eax, eax);
      a.cpuid();
    }),
    ...(tsc ? [simple('rdtsc', 'rdtsc', 0, (a) => a.rdtsc())] : []),
    simple('cli', 'cli', 0, (a) => a.cli()),
    simple('sti', 'sti, then cli', 0, (a) => {
      a.sti();
      a.cli();
    }),
    simple('pushf-popf', 'pushf and popf', 0, (a) => {
      a.pushfd();
      a.popfd();
    }),
    simple('in', 'in from a port', 0, (a) => a.in(al, 0x80)),
    simple('out', 'out to a port', 0, (a) => a.out(0x80, al)),
    simple(
      'div32',
      'div of 32 bits',
      0,
      (a) => {
        a.xor(edx, edx);
        a.div(ebx);
      },
      (a) => {
        a.mov(eax, 0x7fffffff);
        a.mov(ebx, 3);
      },
    ),
    simple(
      'imul',
      'imul of two registers',
      0,
      (a) => a.imul(eax, ebx),
      (a) => {
        a.mov(eax, 3);
        a.mov(ebx, 5);
      },
    ),
  ];
}
