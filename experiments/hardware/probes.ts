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
import { DIRECTORY, SCRATCH, selector, UNMAPPED, vector } from './kernel.js';
import { footprints, tlbProbes } from './memory-probes.js';
import type { Probe } from './probe.js';

const PAGE = 0x1000;
const UNROLL = 8;
/** Random and regular bytes for branches. */
const BITS = SCRATCH + 0x10000;
const BRANCHES = 4096;

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
  list.push(simple('task-round', 'jump to another task and back', 0, (a) => a.ljmp(selector.otherTask, 0)));
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
      `rep movsd of ${4 * doublewords} bytes, warm`,
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
    simple(`rep-stosd-${id}`, `rep stosd of ${4 * doublewords} bytes, warm`, 0, (a) => {
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
