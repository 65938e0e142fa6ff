/**
 * Every counter of the core, once: id, label, unit, definition. It drives counting (COUNTERS + 8 x position), printing,
 * CSV and docs. Hits are not counted: they are what the filter answers without the model; misses are exact.
 */
export interface Counter {
  readonly id: string;
  readonly label: string;
  readonly unit: string;
  readonly definition: string;
}

export const counters = [
  {
    id: 'instructions',
    label: 'instructions',
    unit: '',
    definition: 'instructions retired; a REP instruction counts once',
  },
  { id: 'privilege', label: 'privilege crossings', unit: '', definition: 'changes of CPL' },
  { id: 'addressSpace', label: 'address-space crossings', unit: '', definition: 'changes of the value of CR3' },
  { id: 'tlbFlushes', label: 'TLB flushes', unit: '', definition: 'flushes by CR3, CR0 or CR4' },
  { id: 'pageInvalidations', label: 'page invalidations', unit: '', definition: 'invlpg executed' },
  { id: 'itlbMisses', label: 'ITLB misses', unit: '', definition: 'code pages looked up and not found' },
  { id: 'dtlbMisses', label: 'DTLB misses', unit: '', definition: 'data pages looked up and not found' },
  { id: 'walkReads', label: 'walk reads', unit: '', definition: 'page-directory and page-table entries read by walks' },
  {
    id: 'pdeCacheHits',
    label: 'PDE cache hits',
    unit: '',
    definition: 'walks that found their directory entry cached',
  },
  { id: 'l1iMisses', label: 'L1I misses', unit: 'lines', definition: 'code lines missed in L1I or the trace cache' },
  { id: 'l1dMisses', label: 'L1D misses', unit: 'lines', definition: 'data lines missed in L1D, reads and writes' },
  { id: 'l1dWriteBacks', label: 'L1D write-backs', unit: 'lines', definition: 'modified lines evicted from L1D' },
  {
    id: 'l2Accesses',
    label: 'L2 accesses',
    unit: 'lines',
    definition: 'lookups in L2 by fetches, data, walks and write-backs',
  },
  { id: 'l2Misses', label: 'L2 misses', unit: 'lines', definition: 'lines missed in L2' },
  { id: 'l3Misses', label: 'L3 misses', unit: 'lines', definition: 'lines missed in L3' },
  { id: 'memoryReads', label: 'memory reads', unit: 'lines', definition: 'lines or words read from memory' },
  { id: 'memoryWrites', label: 'memory writes', unit: 'lines', definition: 'lines or words written to memory' },
  { id: 'bufferedWrites', label: 'buffered writes', unit: '', definition: 'writes that went through the write buffer' },
  { id: 'bufferStalls', label: 'write buffer stalls', unit: '', definition: 'writes that found the write buffer full' },
  { id: 'branches', label: 'branches', unit: '', definition: 'branches, calls and returns executed' },
  { id: 'mispredictions', label: 'mispredictions', unit: '', definition: 'branches and returns predicted wrongly' },
  { id: 'codeWrites', label: 'code writes', unit: '', definition: 'writes to 32-byte granules that held decoded code' },
  { id: 'interrupts', label: 'interrupts', unit: '', definition: 'hardware interrupts taken' },
  { id: 'exceptions', label: 'exceptions', unit: '', definition: 'exceptions delivered' },
] as const satisfies readonly Counter[];

export type CounterId = (typeof counters)[number]['id'];

/** Counters that COUNTERS has room for. */
export const COUNTER_LIMIT = 128;
