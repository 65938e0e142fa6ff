/**
 * What others have published about these probes on the real processors. *Calibration*: a constant of the preset was
 * chosen from this figure or from its parts, so that agreement says only that the model charges what it was told to.
 * *Validation*: the figure had no influence on the preset. F numbers are rows of experiments/reference/figures.json.
 */
import type { ExplanationId } from './misses.js';

export interface Published {
  readonly probe: string;
  /** A point or a range, in the unit of the probe. */
  readonly low: number;
  readonly high: number;
  readonly role: 'calibration' | 'validation';
  readonly source: string;
  /** Why the probe misses by more than 15 percent, where it does. */
  readonly miss?: ExplanationId;
}

type Value = number | readonly [low: number, high: number];

function figure(role: Published['role'], probe: string, value: Value, source: string, miss?: ExplanationId): Published {
  const [low, high] = typeof value === 'number' ? [value, value] : value;
  return { probe, low, high, role, source, miss };
}

const used = (probe: string, value: Value, source: string, miss?: ExplanationId): Published =>
  figure('calibration', probe, value, source, miss);

const held = (probe: string, value: Value, source: string, miss?: ExplanationId): Published =>
  figure('validation', probe, value, source, miss);

const I486 = 'Intel, i486 manual';
const PENTIUM = 'Intel, Pentium manual';
const P6 = 'Agner Fog, Pentium II/III';
const PM = 'Agner Fog, Pentium M';
const P4 = 'Agner Fog, Pentium 4';
const P4E = 'Agner Fog, Pentium 4 and 4E';
const K8 = 'Agner Fog, K8';
const AMD_GUIDE = 'AMD 25112';
const CORE2 = 'Agner Fog, Core 2';
const INTEL_GUIDE = 'Intel 248966';
const SKYLAKE = 'Agner Fog, Skylake';
const ZEN = 'Agner Fog, Zen 3';
const ZEN_GUIDE = 'AMD 57647';
const OWN_SKYLAKE = 'own measurement, Skylake core, user mode';
const OWN_ZEN = 'own measurement, Zen 4 core, user mode';
const HISTORY = 'two-level predictors learn it (Agner Fog, microarchitecture)';

/** By processor, in the order of the probes. */
export const published: Readonly<Record<string, readonly Published[]>> = {
  '486dx2-66': [
    used('load-l1', 1, `${I486}: MOV r,m 1`, 'average-load'),
    used('tlb-reach', 32, 'Intel, i486 DX2 data book: 32 entries, code among them', 'unified-486'),
    used('tlb-walk', [9, 13], 'Liedtke, SOSP 1995: a TLB miss takes 9-13'),
    used('int-round', 107, `${I486}: 71 and 36`),
    held('int-round', 107, 'Liedtke, SOSP 1995 (F388): 107 at least for entry and exit'),
    used('int-same-round', [59, 64], `${I486}: 44 and 15-20`),
    used('call-gate-round', 104, `${I486}: 69 and 35`),
    used('far-round', [33, 38], `${I486}: 20 and 13-18`),
    used('mov-ds', 9, `${I486}: MOV Sreg 9`),
    used('mov-null', 3, `${I486}: MOV Sreg 3`),
    held('cr3-32', 364, 'Liedtke, SOSP 1995 (F391): a switch that refills all of 32 entries'),
    used('invlpg', [11, 12], `${I486}: INVLPG 11-12`),
    used('mov-cr0', [16, 17], `${I486}: MOV CR0 16-17`),
    used('clts', 7, `${I486}: CLTS 7`),
    used('rep-movsd-64', 60, `${I486}: REP MOVS 12 + 3n`),
    used('rep-movsd-1k', 780, `${I486}: REP MOVS 12 + 3n`),
    used('rep-stosd-64', 71, `${I486}: REP STOS 7 + 4n`),
    used('rep-stosd-1k', 1031, `${I486}: REP STOS 7 + 4n`),
    used('taken-branch', 2, `${I486}: Jcc 3 taken, 1 not`),
    used('xchg-memory', 5, `${I486}: XCHG r,m 5`),
    used('cpuid', [9, 15], 'Intel, i486 DX2 data book: CPUID 9-14, and 1 for an XOR'),
    used('cli', 5, `${I486}: CLI 5`),
    used('sti', 10, `${I486}: STI 5, CLI 5`),
    used('pushf-popf', 9, `${I486}: PUSHF 3, POPF 6`),
    used('div32', 41, `${I486}: DIV 40, and 1 for an XOR`),
    used('imul', [13, 42], `${I486}: IMUL 13-42`),
  ],
  'pentium-133': [
    used('load-l1', 1, `${PENTIUM}: MOV r,m 1`),
    used('tlb-reach', 64, `${PENTIUM}: 64 entries`),
    used('tlb-walk', 25, 'Haertig et al., SOSP 1997 (F186): 25, entries in L2'),
    used('int-round', 82, 'Haertig et al., SOSP 1997 (F176): 82'),
    held('int-round', [0, 223], 'Haertig et al., SOSP 1997 (F171): getpid of Linux, at most'),
    used('int-same-round', [39, 41], `${PENTIUM}: 31 and 8-10`),
    used('call-gate-round', 67, `${PENTIUM}: 44 and 23`),
    used('far-round', [8, 17], `${PENTIUM}: 4 or 13, and 4`),
    used('mov-ds', [2, 11], `${PENTIUM}: MOV Sreg 2-11; Agner Fog (F435): 2 and more`),
    used('mov-null', [2, 11], `${PENTIUM}: MOV Sreg 2-11; Agner Fog (F435): 2 and more`),
    held(
      'cr3-32',
      423,
      'Liedtke, SOSP 1995 (F392): 36 to 1196 for a refill of 96 entries; a third of that',
      'page-tables-in-l1',
    ),
    used('invlpg', 25, `${PENTIUM}: INVLPG 25`),
    used('mov-cr0', 22, `${PENTIUM}: MOV CR0 22`),
    used('clts', 10, `${PENTIUM}: CLTS 10`),
    used('rep-movsd-64', 29, `${PENTIUM}: REP MOVS 13 + n`),
    used('rep-movsd-1k', 269, `${PENTIUM}: REP MOVS 13 + n`),
    used('rep-stosd-64', 25, `${PENTIUM}: REP STOS 9 + n`),
    used('rep-stosd-1k', 265, `${PENTIUM}: REP STOS 9 + n`),
    used('mispredict', [3, 4], 'Intel AP-526: 3 in the U pipe, 4 in the V pipe'),
    used('xchg-memory', [15, 25], 'Agner Fog, Pentium (F442): 15 and more'),
    used('cpuid', [13, 17], 'Agner Fog, Pentium (F441): 13-16, and 1 for an XOR'),
    used('rdtsc', [6, 13], 'Agner Fog, Pentium (F440): 6-13'),
    used('cli', [6, 9], 'Agner Fog, Pentium (F439): 6-9'),
    used('sti', [12, 18], 'Agner Fog, Pentium (F439): STI and CLI 6-9 each'),
    used('pushf-popf', [7, 11], 'Agner Fog, Pentium (F437, F438): 3-5 and 4-6'),
    used('div32', 42, `${PENTIUM}: DIV 41, and 1 for an XOR`),
    used('imul', [10, 11], `${PENTIUM}: IMUL 10-11`),
  ],
  'pentium3-800': [
    held('load-l1', 3, 'Intel 245127: load to use 3', 'dependent-loads'),
    used('load-l2', [7, 8], 'published latency tests of Coppermine: load to use 7-8', 'dependent-loads'),
    used('load-memory', [80, 120], 'published lmbench runs on PC133 boards: 100-150 ns'),
    used('tlb-reach', 64, 'Intel SDM: 64 entries'),
    used('far-round', 57, `${PM} (F447, F448): 27 and 30`),
    used('mov-ds', 5, `${P6} (F444): 5`),
    used('mov-null', 5, `${P6} (F444): 5`),
    used('mispredict', [10, 20], 'Agner Fog, microarchitecture, P6: 10-20'),
    held('branch-alternating', 0, HISTORY, 'branch-history'),
    used('cpuid', 130, `${PM} (F450): 130`),
    used('rdtsc', 42, `${PM} (F449): 42`),
    used('pushf-popf', 22, `${PM} (F446): PUSHF 6, POPF 16`),
    used('in', [300, 1000], `${P6}: IN over 300`),
    used('div32', 39, `${P6}: DIV 39`),
    used('imul', [1, 4], `${P6}: IMUL one a cycle, latency 4`),
  ],
  'xeon-p4-2400': [
    held('load-l1', 2, 'Intel 248966, Pentium 4: load to use 2', 'dependent-loads'),
    used('load-l2', 18, 'published latency tests of Northwood: load to use 18', 'overlap'),
    used('load-memory', [264, 432], 'published latency tests of server boards: 110-180 ns'),
    used('tlb-reach', 64, 'Intel SDM: 64 entries'),
    used('int-round', 969, `${P4E} (F457, F473): 644 and 325`),
    held('int-round', [0, 1080], 'Barham et al., SOSP 2003 (F011): a null call of Linux by int, 0.45 us, at most'),
    held('pf-round', [0, 2544], 'Barham et al., SOSP 2003 (F098): a protection fault of Linux, 1.06 us, at most'),
    used('far-round', [236, 320], `${P4E} (F462, F474, F475): 118 or 160 each way`),
    held('sysenter-round', [0, 432], 'Linux Journal 6516 (F434): getpid of Linux by sysenter, at most'),
    used('mov-ds', 24, `${P4}: 24 in protected mode, of which F451 (12) is the figure of real mode`),
    used('mov-null', 24, `${P4}: 24 in protected mode, of which F451 (12) is the figure of real mode`),
    used('rep-movsd-64', 181, `${P4}: REP MOVS 163 + 1.1n`),
    used('rep-movsd-1k', 445, `${P4}: REP MOVS 163 + 1.1n`),
    used('rep-stosd-64', 58, `${P4}: REP STOS 10 + 3n`),
    used('rep-stosd-1k', 778, `${P4}: REP STOS 10 + 3n`),
    used('mispredict', [24, 45], 'Agner Fog, microarchitecture, NetBurst: at least 24'),
    held('branch-alternating', 0, HISTORY, 'branch-history'),
    used('xchg-memory', [100, 140], `${P4E} (F461, F478): over 100`),
    used('cpuid', [200, 500], `${P4} (F460): 200-500`),
    used('rdtsc', 80, `${P4} (F459): 80`),
    used('cli', 35, `${P4} (F455): 35`),
    used('sti', 78, `${P4} (F455, F456): STI 43, CLI 35`),
    used('pushf-popf', 62, `${P4} (F453, F454): 10 and 52`),
    used('in', [1000, 2400], `${P4} (F465): over 1000`),
    used('div32', [23, 50], `${P4}: DIV latency 50, one in 23`),
    used('imul', [4.5, 14], `${P4}: IMUL latency 14, one in 4.5`),
  ],
  'opteron-1800': [
    held('load-l1', 3, `${AMD_GUIDE}: MOV r,m 3`, 'dependent-loads'),
    used('load-l2', 12, 'published latency tests of K8: load to use 12', 'overlap'),
    used('load-memory', 108, 'McCalpin, 2010: 60 ns on one socket', 'overlap'),
    used('tlb-reach', 32, `${AMD_GUIDE}: 32 entries in the first level`),
    used('int-round', [182, 223], `${AMD_GUIDE}: INT 91-112, IRET 91-111; ${K8} (F494, F495): 123 in real mode`),
    used('int-same-round', [168, 220], `${AMD_GUIDE}: INT 87-109; ${K8} (F495): IRET 81 in real mode, at least`),
    used('call-gate-round', [207, 222], `${AMD_GUIDE}: CALL 150, RETF 57-72`),
    used('far-round', [47, 77], `${AMD_GUIDE}: CALL far 33, RETF 31-44; ${K8} (F496): 23-32, 24-35`),
    used('sysenter-round', 62, `${AMD_GUIDE}: SYSCALL 27, SYSRET 35; SYSENTER is not given`),
    used('mov-ds', [8, 13], `${AMD_GUIDE}: 8; ${K8} (F493): 9-13`),
    used('invlpg', 101, `${AMD_GUIDE}: INVLPG 101`),
    used('clts', 10, `${AMD_GUIDE}: CLTS 10`),
    used('rep-movsd-64', 31, `${AMD_GUIDE}: REP MOVS 15 + n`),
    used('rep-movsd-1k', 271, `${AMD_GUIDE}: REP MOVS 15 + n`),
    used('rep-stosd-64', 30, `${AMD_GUIDE}: REP STOS 14 + n`),
    used('rep-stosd-1k', 270, `${AMD_GUIDE}: REP STOS 14 + n`),
    used('mispredict', [10, 13], `${AMD_GUIDE}: at least 10; Agner Fog, microarchitecture, K8: 12`),
    held('branch-alternating', 0, HISTORY, 'branch-history'),
    used('xchg-memory', 16, `${K8}: XCHG r,m 16`),
    used('cpuid', [47, 164], `${K8} (F500): 47-164`),
    used('rdtsc', [7, 10], `${K8} (F499): 10, one in 7`),
    used('cli', 5, `${K8} (F497): 5`),
    used('sti', 32, `${K8} (F497, F498): STI 27, CLI 5`),
    used('pushf-popf', 12, `${K8} (F501): PUSHF 2, POPF 10`),
    used('in', [179, 270], `${K8}: IN 270; ${AMD_GUIDE}: 179`),
    used('out', [165, 300], `${K8}: OUT 300; ${AMD_GUIDE}: 165`),
    used('div32', 39, `${K8}: DIV 39`),
    used('imul', [1, 3], `${K8}: IMUL latency 3`),
  ],
  'core2-2400': [
    held('load-l1', 3, `${INTEL_GUIDE}: load to use 3`, 'dependent-loads'),
    used('load-l2', 14, `${INTEL_GUIDE}: load to use 14`, 'overlap'),
    used('tlb-reach', 16, `${INTEL_GUIDE}: DTLB0 of 16 entries`),
    used('tlb-second', 2, `${INTEL_GUIDE}: 2 for a miss of DTLB0 that hits DTLB1`),
    used('far-round', 153, `${CORE2} (F507): CALL far 75, RETF 78`),
    used('mov-ds', 16, `${CORE2} (F503): 16`),
    used('mov-null', 16, `${CORE2} (F503): 16`),
    used('rep-movsd-64', [10, 49], `${CORE2}: REP MOVS 0.63n to 1 + 3n`),
    used('rep-movsd-1k', [161, 769], `${CORE2}: REP MOVS 0.63n to 1 + 3n`),
    used('rep-stosd-64', [9, 39], `${CORE2}: REP STOS 0.55n to 7 + 2n`),
    used('rep-stosd-1k', [141, 519], `${CORE2}: REP STOS 0.55n to 7 + 2n`),
    used('mispredict', [15, 20], 'Agner Fog, microarchitecture, Core 2: about 15'),
    held('branch-alternating', 0, HISTORY, 'branch-history'),
    used('cpuid', [180, 215], `${CORE2} (F509): 180-215`),
    used('rdtsc', 64, `${CORE2} (F508): 64`),
    used('pushf-popf', 27, `${CORE2} (F505, F506): 7 and 20`),
    used('div32', [12, 42], `${CORE2}: DIV latency 18-42, one in 12-36`),
    used('imul', [1, 3], `${CORE2}: IMUL latency 3, one a cycle`),
  ],
  'skylake-3000': [
    held('load-l1', [4, 5], `${INTEL_GUIDE}: load to use 4-5`, 'dependent-loads'),
    used('load-l2', 12, `${INTEL_GUIDE}: load to use 12`, 'overlap'),
    used('load-l3', 44, `${INTEL_GUIDE}: load to use 44`, 'overlap'),
    used('load-memory', 195, '7-cpu.com: 42 cycles and 51 ns', 'overlap'),
    used('tlb-reach', 64, `${INTEL_GUIDE}: 64 entries in the first level`),
    used('tlb-second', [7, 9], '7-cpu.com: 9; others: 7'),
    used('int-round', 610, 'kernel_entry_benchmark, an unnamed Intel processor: 610'),
    used('call-gate-round', 473, 'kernel_entry_benchmark, an unnamed Intel processor: 473'),
    used('sysenter-round', 157, 'Mi et al., EuroSys 2019 (F373, F375): SYSCALL 82, SYSRET 75'),
    held('sysenter-round', [0, 181], 'Mi et al., EuroSys 2019 (F378): an empty call of Linux, at most'),
    used('cr3-0', 186, 'Mi et al., EuroSys 2019 (F376): 186'),
    used('far-round', 213, `${OWN_SKYLAKE}: CALL far 95, RETF 118`),
    used('mov-ds', [9, 18], `${OWN_SKYLAKE}: 9 in turns, 18 each by itself`),
    used('mov-null', 18, `${OWN_SKYLAKE}: 18`),
    used('mov-ss', [47, 57], `${OWN_SKYLAKE}: 47-57`),
    used('rep-movsd-64', 25, `${OWN_SKYLAKE}: 25`),
    used('rep-movsd-1k', [61, 256], `${OWN_SKYLAKE}: 61 aligned, 89 otherwise; ${SKYLAKE}: under 1 each at worst`),
    used('rep-stosd-64', 26, `${OWN_SKYLAKE}: 26`),
    used('rep-stosd-1k', [48, 128], `${OWN_SKYLAKE}: 48 aligned, 65 otherwise; ${SKYLAKE}: 0.5 each at worst`),
    used('mispredict', [15, 20], 'Agner Fog, microarchitecture, Skylake: 15-20'),
    held('branch-alternating', 0, HISTORY, 'branch-history'),
    used('lock-add', 18, `${SKYLAKE} (F529): 18`),
    held('xchg-memory', [18, 23], `${OWN_SKYLAKE}: 18; ${SKYLAKE} (F530): 23`),
    used('cpuid', [100, 250], `${SKYLAKE} (F531): 100-250`),
    used('rdtsc', 25, `${SKYLAKE} (F527): 25`),
    used('pushf-popf', [21, 24], `${SKYLAKE} (F526): PUSHF 1-4, POPF 20`),
    used('div32', [6, 26], `${SKYLAKE}: DIV latency 26, one in 6`),
    used('imul', [1, 3], `${SKYLAKE}: IMUL latency 3, one a cycle`),
  ],
  zen4: [
    held('load-l1', 4, `${ZEN_GUIDE}: load to use 4`, 'dependent-loads'),
    used('load-l2', 14, `${ZEN_GUIDE}: load to use 14`, 'overlap'),
    used('load-l3', 50, `${ZEN_GUIDE}: load to use 50 on average`, 'overlap'),
    used('load-memory', [315, 360], 'Chips and Cheese, Zen 4, part 2: 70-80 ns', 'overlap'),
    used('tlb-reach', 72, `${ZEN_GUIDE}: 72 entries in the first level`),
    used('tlb-second', [6, 8], `Chips and Cheese, Zen 4, part 2: 7; ${OWN_ZEN}: 6-8`),
    used('far-round', 74, `${OWN_ZEN}: 74`),
    used('mov-ds', 30, `${OWN_ZEN}: 30`),
    used('mov-null', 164, `${OWN_ZEN}: 164`),
    used('rep-movsd-1k', [32, 256], `${ZEN}: REP MOVS 0.5 in 16 bytes at best, 1 each at worst`),
    used('rep-stosd-1k', [32, 256], `${ZEN}: REP STOS 0.5 in 16 bytes at best, 1 each at worst`),
    used('mispredict', [11, 18], `${ZEN_GUIDE}: 11-18, commonly 13; ${OWN_ZEN}: 13`),
    held('branch-alternating', 0, HISTORY, 'branch-history'),
    used('lock-add', 8, `${ZEN} (F548): 8`),
    held('xchg-memory', [7, 8], `${ZEN}: XCHG r,m 7-8`),
    used('cpuid', [130, 150], `${ZEN} (F549): 130-150`),
    used('rdtsc', [34, 36], `${ZEN} (F546): 36; ${OWN_ZEN}: 34`),
    used('pushf-popf', 17, `${ZEN} (F545): PUSHF 4, POPF 13`),
    used('div32', [6, 12], `${ZEN}: DIV latency 9-12, one in 6`),
    used('imul', [1, 3], `${ZEN}: IMUL latency 3, one a cycle`),
  ],
};
