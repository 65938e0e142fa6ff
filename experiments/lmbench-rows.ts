/**
 * The rows of the lmbench table: from which measured operations each is made, and which published figure of native
 * Linux stands beside it. `less` and `more` say why a row may be cheaper or dearer than published by more than a
 * quarter, from the ledger of the row and from what the two kernels do. Nothing here changes a number.
 */

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
  less?: string;
  more?: string;
}

const PIECE = 65536;
const SMALL =
  'a static program of some 10 pages: few page-table entries and frames to copy, map and free, where the published ' +
  'programs have a C library';
const JOURNAL = 'ext2 in the page cache; the published system writes the journal of ext3';
const SCHEDULER =
  'no recalculation of priorities over all processes, no FPU state and no segment registers to save and load';
const REFILL =
  'most of it is fetching kernel code again: the model empties the trace cache at each load of CR3 (two-valued factor)';
const NO_PREFETCH = 'the arrays do not fit L2 and come from memory at its full latency: no prefetcher is modelled';

const ring = (processes: number, kib: number, more: string): LmbenchRow => ({
  row: `context-switch-${processes}p-${kib}k`,
  minus: `switch-overhead-${processes}p-${kib}k`,
  less:
    kib === 0
      ? SCHEDULER
      : 'pages lie as the seed shuffles them, so that arrays that fit L2 collide little in its sets',
  more,
});

export const lmbenchRows: readonly LmbenchRow[] = [
  { row: 'null-call', less: 'segment registers are neither saved nor loaded, and little is looked at on the way out' },
  { row: 'null-io', less: 'no locks and no inode times on devices' },
  { row: 'stat', more: 'each part of the path is compared in its directory where a name cache would hash' },
  { row: 'open-close', less: 'no name-cache entries and locks to take and give back' },
  { row: 'select', less: 'descriptors of a file, not of TCP sockets with their wait queues' },
  { row: 'signal-install', less: 'one small structure copied each way, no lock' },
  {
    row: 'signal-handle',
    operation: 'signal-catch',
    minus: 'signal-send',
    less: 'the frame has no FPU state, and there is none to save: Linux 2.4 saves and restores 108 to 512 bytes of it',
  },
  {
    row: 'protection-fault',
    minus: 'signal-catch',
    plus: 'signal-send',
    less: 'a small difference of larger numbers; here the exception is most of it, in Linux 2.4 the search for the area',
  },
  { row: 'fork', less: SMALL },
  { row: 'exec', less: `${SMALL} and a dynamic linker` },
  { row: 'sh', less: `${SMALL}; this shell is a hundredth of bash and reads no start-up files` },
  ring(2, 0, REFILL),
  ring(2, 16, REFILL),
  ring(2, 64, REFILL),
  ring(8, 0, REFILL),
  ring(8, 16, NO_PREFETCH),
  ring(8, 64, NO_PREFETCH),
  ring(16, 0, REFILL),
  ring(16, 16, NO_PREFETCH),
  ring(16, 64, NO_PREFETCH),
  { row: 'pipe-latency', less: SCHEDULER, more: REFILL },
  { row: 'pipe-bandwidth', bytes: PIECE, less: 'pages of 4 KiB copied once in and once out, no locks' },
  { row: 'file-create-0k', less: JOURNAL },
  { row: 'file-delete-0k', less: JOURNAL },
  { row: 'file-create-10k', less: JOURNAL },
  { row: 'file-delete-10k', less: JOURNAL },
  {
    row: 'mmap',
    operation: { 'pentium-133': 'mmap-untouched' },
    less: 'the size of the published mapping is not known; ours has 4 MiB',
    more: 'the size of the published mapping is not known; ours has 4 MiB, of which 102 pages are written',
  },
  { row: 'page-fault', less: 'the page is found in one hash chain and mapped; no read-ahead state, no area tree' },
  { row: 'file-reread-bandwidth', bytes: PIECE, more: 'copies at the speed of the memory model' },
  {
    row: 'mmap-reread-bandwidth',
    bytes: PIECE,
    less: 'one pass over memory at the speed of the model, and cheaper faults; the published board is slower at it',
  },
  { row: 'memory-read-bandwidth', bytes: PIECE },
  { row: 'memory-copy-bandwidth', bytes: PIECE },
  { row: 'select-10' },
  { row: 'zero-fault' },
];

/** The way in that Linux 2.4 had: the other one is held against no published figure. */
export const publishedEntry = 'int80';

/** The system of reference/figures.json whose native Linux stands beside a processor's column. */
export const nativeLinux: Readonly<Record<string, string>> = { 'pentium-133': 'Linux', 'xeon-p4-2400': 'L-UP' };
