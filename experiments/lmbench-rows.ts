/**
 * The rows of the lmbench table: from which measured operations each is made, and which published figure of native
 * Linux stands beside it. `less` and `more` say why a row may be cheaper or dearer than published by more than a
 * quarter, from the ledger of the row and from what the two kernels do. Nothing here changes a number.
 */

/** By processor where the published systems differ: Linux 2.0.21 on the Pentium, 2.4.21 on the Xeon. */
type Reason = string | Readonly<Record<string, string>>;

export interface LmbenchRow {
  /** As in reference/figures.json. */
  row: string;
  /** What is measured, where its name is another; by processor, where the published methods differ. */
  operation?: string | Partial<Record<string, string>>;
  /** Operations whose cost is taken off, and put back, as lmbench does. */
  minus?: string;
  plus?: string;
  /** Bytes of one operation: the row is a bandwidth, in MB/s of 2^20 bytes. */
  bytes?: number;
  /** Why its time is shorter than the published one, or longer. */
  less?: Reason;
  more?: Reason;
}

export function reasonFor(reason: Reason | undefined, processor: string): string | undefined {
  return typeof reason === 'object' ? reason[processor] : reason;
}

const PIECE = 65536;
const PENTIUM = 'pentium-133';
const XEON = 'xeon-p4-2400';

// Figures below were measured with a changed program or kernel, on native alone.
const SMALL = 'a static program of some 10 pages to copy, map and free';
const JOURNAL = 'ext2 in the page cache; the published system writes the journal of ext3';
const HARDWARE_SWITCH =
  'Linux 2.0 switches by a hardware task switch (JMP to a state segment) and saves, loads and restores segment ' +
  'registers at each entry';
const REFILL =
  'most of it is fetching kernel code again: the model empties the trace cache at each load of CR3 (two-valued factor)';
const NO_PREFETCH = 'the arrays do not fit L2 and come from memory at its full latency: no prefetcher is modelled';
const COLLIDE =
  'pages of the arrays collide in the sets of L2, as the seed places them: other seeds are four times as fast';
const IN_L2 = 'arrays of 256 KiB fit L2 and stay there: hardly a read goes to memory; the published ones seem to miss';

const ring = (processes: number, kib: number, more: string, less: Reason = HARDWARE_SWITCH): LmbenchRow => ({
  row: `context-switch-${processes}p-${kib}k`,
  minus: `switch-overhead-${processes}p-${kib}k`,
  less,
  more,
});

export const lmbenchRows: readonly LmbenchRow[] = [
  {
    row: 'null-call',
    less:
      'two thirds are the gate and IRET; Linux 2.0 saves four segment registers, loads three and restores them, and ' +
      'asks for bottom halves on the way out',
  },
  { row: 'null-io', less: 'no locks and no inode times on devices' },
  { row: 'stat', more: 'each part of the path is compared in its directory where a name cache would hash' },
  { row: 'open-close', less: 'no name-cache entries and locks to take and give back' },
  { row: 'select', less: 'descriptors of a file, not of TCP sockets with their wait queues' },
  { row: 'signal-install', less: 'one small structure copied each way, no lock' },
  {
    row: 'signal-handle',
    operation: 'signal-catch',
    minus: 'signal-send',
    less:
      'no FPU state: Linux 2.4 converts and copies 512 bytes of it out and back for a program that has used the FPU; ' +
      'how much of the difference that is, is not known',
  },
  {
    row: 'protection-fault',
    minus: 'signal-catch',
    plus: 'signal-send',
    less:
      'a small difference of larger numbers; here the exception, its return and CR2 are most of it; what Linux 2.4 ' +
      'does besides is not known',
  },
  {
    row: 'fork',
    less: {
      [PENTIUM]: `${SMALL}: with 256 pages more it is 922 us`,
      [XEON]: `${SMALL}: with 256 pages more it is 51 us; the rest is not explained`,
    },
  },
  {
    row: 'exec',
    less: {
      [PENTIUM]: `${SMALL}, no library and no dynamic linker; with 256 pages more in the parent alone it is 1,442 us`,
      [XEON]: `${SMALL}, no library and no dynamic linker; with 256 pages more in the parent alone it is 74 us`,
    },
  },
  { row: 'sh', less: `as exec, twice; and this shell is a hundredth of bash and reads no start-up files` },
  ring(2, 0, REFILL),
  ring(2, 16, REFILL),
  ring(2, 64, REFILL),
  ring(
    8,
    0,
    REFILL,
    `${HARDWARE_SWITCH}; its kernel stacks collide in the first-level cache (staggered as here, they save 0.8 us)`,
  ),
  ring(8, 16, COLLIDE, IN_L2),
  ring(8, 64, NO_PREFETCH),
  ring(16, 0, REFILL),
  ring(16, 16, COLLIDE, IN_L2),
  ring(16, 64, NO_PREFETCH),
  { row: 'pipe-latency', less: `two switches: ${HARDWARE_SWITCH}`, more: REFILL },
  { row: 'pipe-bandwidth', bytes: PIECE, less: 'pages of 4 KiB copied once in and once out, no locks' },
  { row: 'file-create-0k', less: JOURNAL },
  { row: 'file-delete-0k', less: JOURNAL },
  { row: 'file-create-10k', less: JOURNAL },
  { row: 'file-delete-10k', less: JOURNAL },
  {
    row: 'mmap',
    operation: { [PENTIUM]: 'mmap-untouched' },
    less: 'the size of the published mapping is not known; ours has 4 MiB',
    more: 'the size of the published mapping is not known; ours has 4 MiB, of which 102 pages are written',
  },
  {
    row: 'page-fault',
    less: 'two thirds are the exception and IRET; the page is found in one hash chain: no read-ahead state, no area tree',
  },
  { row: 'file-reread-bandwidth', bytes: PIECE, more: 'copies at the speed of the memory model' },
  {
    row: 'mmap-reread-bandwidth',
    bytes: PIECE,
    less:
      'nearly all of it is memory at the speed of the model (memory-read-bandwidth); what the published board reads at ' +
      'is not known',
  },
  { row: 'memory-read-bandwidth', bytes: PIECE },
  { row: 'memory-copy-bandwidth', bytes: PIECE },
  { row: 'select-10' },
  { row: 'zero-fault' },
];

/** The way in that Linux 2.4 had: the other one is held against no published figure. */
export const publishedEntry = 'int80';

/** The system of reference/figures.json whose native Linux stands beside a processor's column. */
export const nativeLinux: Readonly<Record<string, string>> = { [PENTIUM]: 'Linux', [XEON]: 'L-UP' };
