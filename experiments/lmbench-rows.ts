/**
 * The rows of the lmbench table: from which measured operations each is made, and which published figure of native Linux
 * stands beside it. `why` is printed where the two differ by more than a quarter. Nothing here changes a number.
 */

export interface LmbenchRow {
  /** As in reference/figures.json. */
  row: string;
  /** What is measured, where its name is another; by processor, where the published methods differ. */
  operation?: string | Partial<Record<string, string>>;
  /** Operations whose cost is taken off, and put back, as lmbench does. */
  less?: string;
  plus?: string;
  /** Bytes of one operation: the row is a bandwidth, in MB/s of 2^20 bytes. */
  bytes?: number;
  why?: string;
}

const PIECE = 65536;
const smaller = 'fewer pages and mappings to copy and free: a static program of some 10 pages, no shared libraries';
const noPrefetch =
  'the arrays come from memory at full latency each time: the model has no hardware prefetch and L2 is not shared out ' +
  'by page colour';

const ring = (processes: number, kib: number, why?: string): LmbenchRow => ({
  row: `context-switch-${processes}p-${kib}k`,
  less: `switch-overhead-${processes}p-${kib}k`,
  why,
});

const scheduler = 'a simpler scheduler: no recalculation over all processes, no FPU state, no segment registers reloaded';

export const lmbenchRows: readonly LmbenchRow[] = [
  { row: 'null-call', why: 'a shorter entry path than Linux 2.0: segment registers are neither saved nor loaded' },
  { row: 'null-io', why: 'a thinner path from descriptor to device' },
  { row: 'stat', why: 'path lookup in a smaller name cache' },
  { row: 'open-close', why: 'no dentry and file locks, smaller structures to set up' },
  { row: 'select', why: 'files where the published row has TCP sockets, which take part in wait queues' },
  { row: 'signal-install', why: 'no signal lock, one smaller structure copied' },
  {
    row: 'signal-handle',
    operation: 'signal-catch',
    less: 'signal-send',
    why: 'Linux 2.4 saves and restores FPU state and copies a larger frame',
  },
  {
    row: 'protection-fault',
    less: 'signal-catch',
    plus: 'signal-send',
    why: 'a difference of two close numbers; find_vma and siginfo of Linux 2.4 are longer paths',
  },
  { row: 'fork', why: smaller },
  { row: 'exec', why: `${smaller}, no dynamic linker` },
  { row: 'sh', why: `${smaller}; a shell without start-up files, a hundredth of bash's size` },
  ring(2, 0, scheduler),
  ring(2, 16, scheduler),
  ring(2, 64, noPrefetch),
  ring(8, 0, scheduler),
  ring(8, 16, noPrefetch),
  ring(8, 64, noPrefetch),
  ring(16, 16, noPrefetch),
  ring(16, 64, noPrefetch),
  { row: 'pipe-latency', why: `${scheduler}; a thinner pipe` },
  { row: 'pipe-bandwidth', bytes: PIECE, why: 'copies at the speed of the memory model' },
  { row: 'file-create-0k', why: 'ext2 in a page cache; the published system has ext3 with a journal' },
  { row: 'file-delete-0k', why: 'ext2 in a page cache; the published system has ext3 with a journal' },
  { row: 'file-create-10k', why: 'ext2 in a page cache; the published system has ext3 with a journal' },
  { row: 'file-delete-10k', why: 'ext2 in a page cache; the published system has ext3 with a journal' },
  {
    row: 'mmap',
    operation: { 'pentium-133': 'mmap-untouched' },
    why: 'the size of the published mapping is not known; the method of lmbench 1 touches no page, later ones a tenth',
  },
  { row: 'page-fault', why: 'a smaller page cache lookup, no read-ahead state' },
  { row: 'file-reread-bandwidth', bytes: PIECE, why: 'copies at the speed of the memory model' },
  { row: 'mmap-reread-bandwidth', bytes: PIECE, why: 'reads at the speed of the memory model, and fewer faults' },
  { row: 'memory-read-bandwidth', bytes: PIECE },
  { row: 'memory-copy-bandwidth', bytes: PIECE },
  { row: 'select-10' },
  { row: 'zero-fault' },
];

/** The system of reference/figures.json whose native Linux stands beside a processor's column. */
export const nativeLinux: Readonly<Record<string, string>> = { 'pentium-133': 'Linux', 'xeon-p4-2400': 'L-UP' };
