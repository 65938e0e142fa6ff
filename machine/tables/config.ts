/**
 * The CONFIG area: u32 words at CONFIG + offset, written by the host from a preset (processors/config.ts) before the
 * core's `configure()`. Offsets are bytes.
 */
export const config = {
  /** By event number: cycles in bits 0-23, cause in bits 24-30, bit 31 = serialises. */
  EVENT_PRICES: 0x000,
  /** 1/16 cycles, by issue class. */
  ISSUE_PRICES: 0x100,
  /** Bytes of guest RAM. */
  RAM_BYTES: 0x200,
  /** Bit set of `features`. */
  FEATURES: 0x204,
  /** CPUID: number of standard leaves and of extended ones (from 80000000h on); then EAX, EBX, ECX, EDX of each. */
  CPUID_LEAVES: 0x210,
  CPUID_EXTENDED_LEAVES: 0x214,
  CPUID: 0x220,

  /** TLB geometry: sets and ways, by TLB; 0 sets = pages of that size go to the 4 KiB TLB. */
  ITLB_4K_SETS: 0x300,
  ITLB_4K_WAYS: 0x304,
  ITLB_4M_SETS: 0x308,
  ITLB_4M_WAYS: 0x30c,
  DTLB_4K_SETS: 0x310,
  DTLB_4K_WAYS: 0x314,
  DTLB_4M_SETS: 0x318,
  DTLB_4M_WAYS: 0x31c,
  /** Level at which a walk's reads enter the hierarchy: 1 = L1D, 2 = L2, 3 = memory. */
  WALK_ENTERS_AT: 0x320,
  /** Entries of the page-directory-entry cache, 0 = none. */
  PDE_CACHE_ENTRIES: 0x324,
  /** Second-level TLBs of 4 KiB pages: sets and ways; 0 sets = none. SHARED 1 = code looks into the data one. */
  ITLB_SECOND_SETS: 0x328,
  ITLB_SECOND_WAYS: 0x32c,
  DTLB_SECOND_SETS: 0x330,
  DTLB_SECOND_WAYS: 0x334,
  SECOND_SHARED: 0x338,

  /** Caches: sets, ways, log2 of the line in bytes, mask of a line's address. Sets 0 = there is none. */
  L1I_SETS: 0x340,
  L1I_WAYS: 0x344,
  L1I_SHIFT: 0x348,
  L1I_MASK: 0x34c,
  L1D_SETS: 0x350,
  L1D_WAYS: 0x354,
  L1D_SHIFT: 0x358,
  L1D_MASK: 0x35c,
  L2_SETS: 0x360,
  L2_WAYS: 0x364,
  L2_SHIFT: 0x368,
  L2_MASK: 0x36c,
  L3_SETS: 0x370,
  L3_WAYS: 0x374,
  L3_SHIFT: 0x378,
  L3_MASK: 0x37c,
  /** 1 = code comes from a trace cache: linear tags, decoded by `traceBuild`. */
  TRACE_CACHE: 0x380,
  /** 1 = a CR3 load empties the trace cache. */
  TRACE_FLUSH: 0x384,
  /** 1 = a write that misses L1D allocates the line there. */
  WRITE_ALLOCATE: 0x388,
  /** 1 = L1D writes through: a modified line leaves it for nothing. */
  WRITE_THROUGH: 0x38c,

  /** Stalls in cycles, overlap already taken off. */
  L2_STALL: 0x390,
  L3_STALL: 0x394,
  MEMORY_STALL: 0x398,
  /** The same for code and for walks, where nothing overlaps. */
  L2_LATENCY: 0x39c,
  L3_LATENCY: 0x3a0,
  MEMORY_LATENCY: 0x3a4,

  /** Write buffer: entries; cycles to drain one into L2 and into memory. */
  WRITE_BUFFER_DEPTH: 0x3b0,
  DRAIN_L2: 0x3b4,
  DRAIN_MEMORY: 0x3b8,

  /** Branch prediction: sets and ways of the BTB, depth of the return stack, cycles lost. */
  BTB_SETS: 0x3c0,
  BTB_WAYS: 0x3c4,
  RETURN_STACK_DEPTH: 0x3c8,
  MISPREDICT: 0x3cc,
  /** A direct branch, taken, of which the BTB knows nothing and which static prediction gets right. */
  BTB_MISS: 0x3d0,
  /** 1 = a conditional branch unknown to the BTB is predicted taken if it goes backwards. */
  STATIC_BACKWARD: 0x3d4,

  /** Stalls of writes that allocate their line, in the order of the stalls of reads. */
  L2_STORE_STALL: 0x3d8,
  L3_STORE_STALL: 0x3dc,
  MEMORY_STORE_STALL: 0x3e0,

  /** 1 = code and data share the TLB that is the data one here; the same of the first-level cache. */
  UNIFIED_TLB: 0x3e4,
  UNIFIED_CACHE: 0x3e8,
} as const;

/** Bits of FEATURES. */
export const features = {
  pse: 0x001,
  pge: 0x002,
  sysenter: 0x004,
  cmov: 0x008,
  tsc: 0x010,
  apic: 0x020,
  cx8: 0x040,
  msr: 0x080,
  /** Physical-address extension: three levels of 64-bit entries. */
  pae: 0x100,
  /** Execute-disable bit in such entries (EFER.NXE). */
  nx: 0x200,
  /** syscall and sysret in protected mode (AMD; Intel has them in 64-bit mode only). */
  syscall: 0x400,
  /** fxsave and fxrstor. */
  fxsr: 0x800,
  /** Debugging extensions: CR4.DE, I/O breakpoints. */
  de: 0x1000,
} as const;

export type FeatureId = keyof typeof features;
