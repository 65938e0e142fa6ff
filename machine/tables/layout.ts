/**
 * The map of the core's one WebAssembly.Memory: byte offsets. The host makes the memory, the core imports it; both
 * address it by this table (the core by the generated twin). Guest RAM comes last, so its size is the only variable.
 *
 *     000000  static data of the core itself        130000  filters in front of TLB + first-level cache
 *     010000  CPU state, constants, counters        140000  cache tags: L1I, L1D, L2
 *     020000  ledger rows                           1C0000  branch prediction
 *     120000  TLBs and their search hints           200000  code granules: 1 bit for 32 bytes of guest RAM
 *                                                   400000  decode cache, then the translator's
 *                                                   E00000  cache tags of L3
 *                                                  1000000  guest RAM
 */
export const layout = {
  /** CPU state, see state.ts. */
  STATE: 0x010000,
  /** Constants of the processor preset, see config.ts; written by the host before `configure()`. */
  CONFIG: 0x011000,
  /** u64 each, see counters.ts. */
  COUNTERS: 0x012000,
  /** u64 each: how often each event of events.ts was charged. */
  EVENT_COUNTS: 0x012400,
  /** State of the timing model that is not a table, see `clock` below. */
  CLOCK: 0x012800,
  /** Ledger rows: LEDGER_ROW_BYTES each, one i64 a cause; row 0 is where a machine starts. */
  LEDGER_ROWS: 0x020000,
  LEDGER_ROW_BYTES: 0x100,
  LEDGER_ROW_LIMIT: 4096,

  /** TLBs: payloads of 32 bytes, at most 256 each, see core/memory/tlb.ts; the tags, u32 each, lie apart. */
  ITLB_4K: 0x120000,
  ITLB_4M: 0x122000,
  DTLB_4K: 0x124000,
  DTLB_4M: 0x126000,
  /** u32[256] each: where a page was last found. They speed the search up and mean nothing. */
  ITLB_HINT: 0x128000,
  DTLB_HINT: 0x128400,
  /** Page-directory-entry cache: 8-byte entries, at most 64. */
  PDE_CACHE: 0x128800,
  /** u16[256] each: the replacement hand of each set. */
  ITLB_4K_HANDS: 0x129000,
  ITLB_4M_HANDS: 0x129200,
  DTLB_4K_HANDS: 0x129400,
  DTLB_4M_HANDS: 0x129600,

  ITLB_4K_TAGS: 0x12a000,
  ITLB_4M_TAGS: 0x12a400,
  DTLB_4K_TAGS: 0x12a800,
  DTLB_4M_TAGS: 0x12ac00,

  /** Filters: 16-byte slots, see core/memory/filter.ts; supervisor half first, then the user half. */
  DATA_FILTER: 0x130000,
  CODE_FILTER: 0x138000,
  FILTER_SLOTS: 1024,
  FILTER_MODE_BYTES: 0x4000,
  /** Slots in use, so that emptying a filter is cheap. */
  FILTER_JOURNAL: 0x12b000,
  FILTER_JOURNAL_LIMIT: 4096,

  /** Cache tags, see core/memory/lines.ts; those of L1 have a second array 0x4000 bytes further. */
  L1I: 0x140000,
  L1D: 0x148000,
  L2: 0x150000,
  L1I_HANDS: 0x190000,
  L1D_HANDS: 0x192000,
  L2_HANDS: 0x194000,
  L3_HANDS: 0x1a4000,
  /** i64[64]: when each entry of the write buffer will have drained. */
  WRITE_BUFFER: 0x1b8000,

  /** Branch targets: 16-byte entries, at most 4096. */
  BTB: 0x1c0000,
  BTB_HANDS: 0x1d0000,
  /** u32[1024]: where a branch was last found. It speeds the search up and means nothing. */
  BTB_HINT: 0x1d4000,
  /** u32[32]: the return stack. */
  RETURN_STACK: 0x1d8000,

  /** One bit for each 32 bytes of guest RAM: some decoded instruction lies in them. */
  CODE_GRANULES: 0x200000,
  /** The CPU's decode cache. */
  DECODE: 0x400000,
  DECODE_BYTES: 0x800000,
  /** The translator's tables. */
  TRANSLATE: 0xc00000,
  /** 64-byte memos of walks, 512: see core/memory/walk-memo.ts. They mean nothing. */
  WALK_MEMO: 0xd00000,
  /** Second-level TLBs: 16-byte entries, at most 4096 each, see core/memory/second-tlb.ts; and their hands. */
  ITLB_SECOND: 0xdc0000,
  DTLB_SECOND: 0xdd0000,
  ITLB_SECOND_HANDS: 0xde0000,
  DTLB_SECOND_HANDS: 0xde2000,
  L3: 0xe00000,
  RAM_BASE: 0x1000000,
  RAM_LIMIT: 0x20000000,
} as const;

/** Lines that the tag arrays have room for. */
export const LINE_LIMITS = { L2: 65536, L3: 524288 } as const;

/** Offsets within CLOCK. The cycle counter itself is a field of the CPU state. */
export const clock = {
  /** i64: cycles of issue and of memory stalls alone; the write buffer drains against it. */
  DRAIN: 0,
  /** i64: when the last entry of the write buffer will have drained, on the DRAIN clock. */
  DRAINED: 8,
  /** u32: next entry of the write buffer. */
  WRITE_SLOT: 16,
  /** u32: entries in the filter journal. */
  JOURNAL_LENGTH: 20,
  /** u32: top of the return stack. */
  RETURN_TOP: 24,
  /** u32: 0 to 31; lines of the trace cache that carry another number are empty. */
  TRACE_GENERATION: 36,
  /** u32 each: lifetimes of second-level entries, global ones apart; an entry of a past one is empty. */
  SECOND_GENERATION: 40,
  SECOND_GLOBAL_GENERATION: 44,
  /** u32: offset of the filter half in use: 0 for rings 0 to 2, FILTER_MODE_BYTES for ring 3. */
  FILTER_HALF: 28,
} as const;

export interface Area {
  readonly name: string;
  readonly start: number;
  readonly bytes: number;
}

/**
 * What a snapshot of the core's memory consists of, STATE (saved by its fields), CONFIG (the preset) and guest RAM
 * aside: every area up to where the next one begins. Decoded code is made again.
 */
export function savedAreas(): Area[] {
  const starts = Object.entries(layout)
    .filter(([name, at]) => !/_(BYTES|LIMIT|SLOTS)$/.test(name) && at >= layout.STATE && at <= layout.RAM_BASE)
    .sort(([, a], [, b]) => a - b);
  const left = ['STATE', 'CONFIG', 'DECODE', 'TRANSLATE', 'RAM_BASE'];
  return starts.flatMap(([name, start], i) =>
    left.includes(name) ? [] : [{ name, start, bytes: starts[i + 1][1] - start }],
  );
}

/** Areas that speed the simulation up and mean nothing: two machines in the same state may differ in them. */
export const meaningless: readonly string[] = [
  'ITLB_HINT',
  'DTLB_HINT',
  'BTB_HINT',
  'DATA_FILTER',
  'CODE_FILTER',
  'FILTER_JOURNAL',
  'CODE_GRANULES',
  'WALK_MEMO',
];
