/**
 * The processor's state: one list of fields in the STATE area of the memory map.
 *
 * Offsets follow from the order, each field aligned to its size; snapshots save by name, never by offset. The
 * generator writes the same fields as AssemblyScript constants (`EAX`, `SEGMENTS`, ...), absolute addresses there.
 */
export interface StateField {
  readonly name: string;
  /** Bytes of one element. */
  readonly size: 1 | 4 | 8;
  /** Elements; 1 when left out. */
  readonly count?: number;
  readonly meaning: string;
}

/** Bytes of one segment record: see `segmentFields`. */
export const SEGMENT_BYTES = 32;

/** Byte offsets inside a segment register's record (selector and hidden part). */
export const segmentFields = {
  base: 0,
  /** First offset at which a 4-byte read is not known to be good: reads below it need no further check. */
  readEnd: 4,
  /** The same for 4-byte writes. */
  writeEnd: 8,
  /** Last offset in bytes, granularity applied (lower bound for expand-down segments). */
  limit: 12,
  /** High word of the descriptor (bits 8-23 are type, S, DPL, P, AVL, D/B, G); 0 = unusable (null selector). */
  attributes: 16,
  selector: 20,
} as const;

/** Order of the segment records, in the processor's own numbering, then the two system segments. */
export const segmentNames = ['es', 'cs', 'ss', 'ds', 'fs', 'gs', 'ldtr', 'tr'] as const;

export const stateFields: readonly StateField[] = [
  { name: 'cycle', size: 8, meaning: 'time stamp: model cycles since reset' },
  { name: 'nextDue', size: 8, meaning: 'cycle at which run() returns DUE for the devices; set by the host' },
  { name: 'eax', size: 4, meaning: 'general registers, in the encoding order' },
  { name: 'ecx', size: 4, meaning: '' },
  { name: 'edx', size: 4, meaning: '' },
  { name: 'ebx', size: 4, meaning: '' },
  { name: 'esp', size: 4, meaning: '' },
  { name: 'ebp', size: 4, meaning: '' },
  { name: 'esi', size: 4, meaning: '' },
  { name: 'edi', size: 4, meaning: '' },
  { name: 'zero', size: 4, meaning: 'always 0: the base or index of an address that has none' },
  { name: 'scratchAddress', size: 4, meaning: 'effective address of an instruction with 16-bit addressing' },
  { name: 'eip', size: 4, meaning: 'next instruction (inside a run: its first instruction)' },
  { name: 'eflags', size: 4, meaning: 'EFLAGS without the six arithmetic flags, which are lazy' },
  { name: 'flagOp', size: 4, meaning: 'lazy flags: kind of the last operation that set them, see core/flags.ts' },
  { name: 'flagResult', size: 4, meaning: 'its result, shifted to the top of the word' },
  { name: 'flagSource', size: 4, meaning: 'its first operand, shifted likewise' },
  { name: 'flagCarry', size: 4, meaning: 'a carry kept apart, or all six flags as EFLAGS bits' },
  { name: 'cpl', size: 4, meaning: 'current privilege level' },
  { name: 'cr0', size: 4, meaning: '' },
  { name: 'cr2', size: 4, meaning: 'linear address of the last page fault' },
  { name: 'cr3', size: 4, meaning: '' },
  { name: 'cr4', size: 4, meaning: '' },
  { name: 'dr', size: 4, count: 8, meaning: 'debug registers' },
  { name: 'gdtrBase', size: 4, meaning: '' },
  { name: 'gdtrLimit', size: 4, meaning: '' },
  { name: 'idtrBase', size: 4, meaning: '' },
  { name: 'idtrLimit', size: 4, meaning: '' },
  { name: 'sysenterCs', size: 4, meaning: 'MSR 174h' },
  { name: 'sysenterEsp', size: 4, meaning: 'MSR 175h' },
  { name: 'sysenterEip', size: 4, meaning: 'MSR 176h' },
  { name: 'efer', size: 4, meaning: 'MSR C0000080h, low word' },
  { name: 'starEip', size: 4, meaning: 'MSR C0000081h, low word' },
  { name: 'starSelectors', size: 4, meaning: 'MSR C0000081h, high word' },
  { name: 'pdpte', size: 8, count: 4, meaning: 'page-directory pointers that the last load of CR3 read; PAE only' },
  {
    name: 'largeMask',
    size: 4,
    meaning: 'what of a linear address names a large page: 4 MiB, or 2 MiB while CR4.PAE is set',
  },
  { name: 'apicBase', size: 4, meaning: 'MSR 1Bh, low word' },
  { name: 'tscOffset', size: 8, meaning: 'what WRMSR 10h added to the cycle' },
  { name: 'segments', size: 1, count: 8 * SEGMENT_BYTES, meaning: 'segment registers, see segmentFields' },
  { name: 'faultVector', size: 4, meaning: 'pending exception of the instruction in progress, -1 = none' },
  { name: 'faultCode', size: 4, meaning: 'its error code' },
  { name: 'issueTicks', size: 4, meaning: 'issue time not yet charged: less than a cycle, in ticks' },
  { name: 'runLimit', size: 8, meaning: 'the limit of the run() in progress' },
  // The four words that the run loop looks at between runs, as two u64.
  { name: 'interruptLine', size: 4, meaning: '1 while the 8259 asserts INTR; set by the host' },
  { name: 'stopRequest', size: 4, meaning: 'non-zero: run() returns STOPPED at the next boundary; set by the host' },
  { name: 'halted', size: 4, meaning: '1 after HLT until an interrupt' },
  { name: 'nmiLine', size: 4, meaning: '1 while an NMI waits; set by the host, cleared by the core at delivery' },
  { name: 'nmiBlocked', size: 4, meaning: '1 from the delivery of an NMI until the next IRET' },
  { name: 'stackMask', size: 4, meaning: 'FFFFFFFF or FFFF: how much of ESP the stack uses (B of SS)' },
  {
    name: 'shadow',
    size: 4,
    meaning: 'instructions retired (low word) at an STI or load of SS: no interrupt until more are',
  },
  {
    name: 'repeating',
    size: 4,
    meaning: 'linear address of a REP instruction that gave way to an interrupt; -1 = none',
  },
  { name: 'repeatingSpace', size: 4, meaning: 'CR3 at that time' },
  {
    name: 'stackShadow',
    size: 4,
    meaning: 'instructions retired (low word) at a load of SS: no debug trap until more are',
  },
  {
    name: 'resumeMark',
    size: 4,
    meaning: 'instructions retired (low word) when EFLAGS.RF was set: it is set until more are',
  },
  { name: 'breakpoints', size: 4, meaning: 'what DR7 enables: bits 0-3 code, 4-7 data, 8-11 I/O; 0 = nothing' },
  { name: 'debugPending', size: 4, meaning: 'bits of DR6 for the debug trap after the instruction in progress' },
  { name: 'codeWidth', size: 4, meaning: '0 in 32-bit code, bit 31 in 16-bit code: part of the tag of a decoded run' },
  {
    name: 'fetchEnd',
    size: 4,
    meaning: 'EIPs below it are far from the limit of CS; 0 while single-stepping or watching',
  },
  { name: 'observeExceptions', size: 4, meaning: '1 while an observer wants host.exception; set by the host' },
  { name: 'observeCrossings', size: 4, meaning: '1 while an observer wants host.cplChanged; set by the host' },
  { name: 'currentRow', size: 4, meaning: 'address of the ledger row in use' },
  { name: 'rowAfterTrap', size: 4, count: 4, meaning: 'row for the new CPL when privilege rises' },
  { name: 'rowAfterReturn', size: 4, count: 4, meaning: 'row for the new CPL when privilege falls' },
  { name: 'fpuControl', size: 4, meaning: 'x87 control word' },
  { name: 'fpuStatus', size: 4, meaning: 'x87 status word' },
  { name: 'fpuTags', size: 4, meaning: 'x87 tag word, two bits a physical register' },
  { name: 'fpuInstruction', size: 4, count: 2, meaning: 'last x87 instruction: EIP, and CS with the opcode above it' },
  { name: 'fpuOperand', size: 4, count: 2, meaning: 'its operand: offset and selector' },
  { name: 'mxcsr', size: 4, meaning: '' },
  { name: 'fpuRegisters', size: 8, count: 16, meaning: 'x87 registers by physical number: 10 of 16 bytes each' },
  { name: 'xmm', size: 8, count: 16, meaning: 'SSE registers, 16 bytes each' },
  { name: 'fetchLine', size: 4, meaning: 'linear address of the 32-byte code granule last fetched, -1 = none' },
  { name: 'fetchHost', size: 4, meaning: 'where that granule lies in the memory map' },
];

/** Byte offset of every field inside the STATE area. */
export const stateOffset: Readonly<Record<string, number>> = (() => {
  const offsets: Record<string, number> = {};
  let at = 0;
  for (const { name, size, count = 1 } of stateFields) {
    at = Math.ceil(at / size) * size;
    offsets[name] = at;
    at += size * count;
  }
  return offsets;
})();

/** Bytes that the fields take. */
export const stateBytes = (() => {
  const last = stateFields[stateFields.length - 1];
  return stateOffset[last.name] + last.size * (last.count ?? 1);
})();
