/**
 * Where a cycle can go: the columns of the ledger. Every cycle belongs to exactly one. `modelled` says how far to trust
 * it: 'well' = a serial price of the hardware, added where it arises; 'weak' = the in-order approximation of what a
 * superscalar or out-of-order processor overlaps (CAVEATS.md). The position is the column.
 */
export interface Cause {
  readonly id: string;
  readonly label: string;
  readonly modelled: 'well' | 'weak';
  readonly definition: string;
}

export const causes = [
  { id: 'issue', label: 'issue', modelled: 'weak', definition: 'issue cost of instructions, by class' },
  { id: 'branch', label: 'branch', modelled: 'weak', definition: 'mispredicted branches and returns' },
  { id: 'fetch', label: 'fetch', modelled: 'weak', definition: 'waiting for code: L1I or trace cache misses' },
  { id: 'cache', label: 'cache', modelled: 'weak', definition: 'data missed in L1 and found in L2 or L3' },
  { id: 'memory', label: 'memory', modelled: 'weak', definition: 'data missed in every cache' },
  {
    id: 'writeBuffer',
    label: 'write buffer',
    modelled: 'weak',
    definition: 'waiting for a full write buffer to drain',
  },
  { id: 'split', label: 'split', modelled: 'weak', definition: 'misaligned accesses and accesses across two lines' },
  { id: 'walk', label: 'TLB walk', modelled: 'well', definition: 'page walks, and setting accessed and dirty bits' },
  {
    id: 'trap',
    label: 'trap',
    modelled: 'well',
    definition: 'microcode of int, exceptions, interrupts, call gates, sysenter',
  },
  { id: 'return', label: 'return', modelled: 'well', definition: 'microcode of iret, outer far return, sysexit' },
  { id: 'segment', label: 'segment', modelled: 'well', definition: 'loads of segment and system-table registers' },
  {
    id: 'serialise',
    label: 'serialise',
    modelled: 'well',
    definition: 'control registers, invlpg, cpuid, MSRs, wbinvd',
  },
  { id: 'flags', label: 'flags', modelled: 'well', definition: 'cli, sti, pushf, popf' },
  { id: 'lock', label: 'lock', modelled: 'well', definition: 'locked read-modify-write cycles' },
  { id: 'io', label: 'I/O', modelled: 'well', definition: 'port and device-memory accesses' },
  { id: 'idle', label: 'idle', modelled: 'well', definition: 'halted, waiting for an interrupt' },
  { id: 'stretch', label: 'stretch', modelled: 'well', definition: 'added on purpose between two symbols of a path' },
  {
    id: 'floatState',
    label: 'FP state',
    modelled: 'well',
    definition: 'x87 and SSE state initialised, saved, restored',
  },
] as const satisfies readonly Cause[];

export type CauseId = (typeof causes)[number]['id'];

/** Columns a ledger row has room for; the rest is zero. */
export const CAUSE_LIMIT = 32;
