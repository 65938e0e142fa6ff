// What CPUID says, asked once at boot. A processor without CPUID (EFLAGS.ID does not toggle) has none of it; the stub that
// can test this is `hasCpuid` (kernels/lib/stubs/processor.ts).

import { hasCpuid } from './stubs';
import { cpuidEax, cpuidEdx } from './x86';

export const FEATURE_PSE: u32 = 1 << 3;
export const FEATURE_TSC: u32 = 1 << 4;
export const FEATURE_MSR: u32 = 1 << 5;
export const FEATURE_APIC: u32 = 1 << 9;
export const FEATURE_SEP: u32 = 1 << 11;
export const FEATURE_PGE: u32 = 1 << 13;
export const FEATURE_CMOV: u32 = 1 << 15;
export const FEATURE_FXSR: u32 = 1 << 24;

/** EDX of leaf 1, 0 without CPUID. SEP is cleared where the Pentium Pro claims it wrongly (Intel AP-485, SEP check). */
export function processorFeatures(): u32 {
  if (!hasCpuid() || cpuidEax(0) == 0) return 0;
  const features = cpuidEdx(1);
  const signature = cpuidEax(1) & 0xfff;
  return signature >> 8 == 6 && (signature & 0xff) < 0x33 ? features & ~FEATURE_SEP : features;
}
