/** Time, performance counters, model-specific registers, identification (SDM vol. 2: CPUID, RDMSR, RDPMC, RDTSC, WRMSR). */
import { advance } from './entry';
import { CONFIG_CPUID, CONFIG_CPUID_EXTENDED_LEAVES, CONFIG_CPUID_LEAVES, CONFIG_FEATURES, FEATURE_APIC, FEATURE_CMOV,
  FEATURE_NX, FEATURE_SYSCALL, FEATURE_SYSENTER, FEATURE_TSC } from './generated/config';
import { EVENT_CPUID, EVENT_RDMSR, EVENT_RDTSC, EVENT_WRMSR } from './generated/events';
import { APIC_BASE, CPL, CR4, CYCLE, EAX, EBX, ECX, EDX, EFER, STAR_EIP, STAR_SELECTORS, SYSENTER_CS, SYSENTER_EIP,
  SYSENTER_ESP, TSC_OFFSET } from './generated/state';
import { chargeEvent } from './memory/charge';
import { flushTlb } from './memory/control';
import { GP, raise } from './operands';

const TSD: u32 = 0x004;
const PCE: u32 = 0x100;

function privileged(): bool {
  return load<u32>(CPL) == 0 ? true : raise(GP, 0);
}

export function RDTSC(p: usize): void {
  if ((load<u32>(CR4) & TSD) != 0 && !privileged()) return;
  chargeEvent(EVENT_RDTSC);
  const time = load<u64>(CYCLE) + load<u64>(TSC_OFFSET);
  store<u32>(EAX, <u32>time);
  store<u32>(EDX, <u32>(time >> 32));
  advance(p);
}

/** Two counters, as the P6 family has; neither counts anything here (CAVEATS.md). */
const PERFORMANCE_COUNTERS: u32 = 2;

export function RDPMC(p: usize): void {
  if ((load<u32>(CR4) & PCE) == 0 && !privileged()) return;
  if (load<u32>(ECX) >= PERFORMANCE_COUNTERS) {
    raise(GP, 0);
    return;
  }
  chargeEvent(EVENT_RDTSC);
  store<u32>(EAX, 0);
  store<u32>(EDX, 0);
  advance(p);
}

const MSR_TSC: u32 = 0x10;
const MSR_APIC_BASE: u32 = 0x1b;
const MSR_SYSENTER_CS: u32 = 0x174;
const MSR_SYSENTER_ESP: u32 = 0x175;
const MSR_SYSENTER_EIP: u32 = 0x176;
const MSR_EFER: u32 = 0xc0000080;
const MSR_STAR: u32 = 0xc0000081;

const SYSCALL_ENABLE: u32 = 0x001;
const NO_EXECUTE_ENABLE: u32 = 0x800;

/**
 * Registers that kernels touch unasked and that change nothing here: they read 0 and forget what is written. P6: platform
 * (17h), power-on (2Ah), microcode (79h, 8Bh), performance counters (C1h, C2h, 186h, 187h), DebugCtl (1D9h). AMD: system
 * configuration (C0010000h to C001001Fh).
 */
function insignificant(number: u32): bool {
  const features = load<u32>(CONFIG_FEATURES);
  if (number >= 0xc0010000 && number < 0xc0010020) return (features & FEATURE_SYSCALL) != 0;
  if ((features & FEATURE_CMOV) == 0) return false;
  if (number == 0x17 || number == 0x2a || number == 0x79 || number == 0x8b || number == 0x1d9) return true;
  return number == 0xc1 || number == 0xc2 || number == 0x186 || number == 0x187;
}

/** Does the processor have this register? If not, #GP(0) is reported. */
function known(number: u32): bool {
  if (insignificant(number)) return true;
  const features = load<u32>(CONFIG_FEATURES);
  let needed: u32 = 0;
  if (number == MSR_TSC) needed = FEATURE_TSC;
  else if (number == MSR_APIC_BASE) needed = FEATURE_APIC;
  else if (number >= MSR_SYSENTER_CS && number <= MSR_SYSENTER_EIP) needed = FEATURE_SYSENTER;
  else if (number == MSR_EFER) needed = FEATURE_NX | FEATURE_SYSCALL;
  else if (number == MSR_STAR) needed = FEATURE_SYSCALL;
  return (features & needed) != 0 ? true : raise(GP, 0);
}

function readRegister(number: u32): u64 {
  if (insignificant(number)) return 0;
  if (number == MSR_TSC) return load<u64>(CYCLE) + load<u64>(TSC_OFFSET);
  if (number == MSR_APIC_BASE) return load<u32>(APIC_BASE);
  if (number == MSR_SYSENTER_CS) return load<u32>(SYSENTER_CS);
  if (number == MSR_SYSENTER_ESP) return load<u32>(SYSENTER_ESP);
  if (number == MSR_SYSENTER_EIP) return load<u32>(SYSENTER_EIP);
  if (number == MSR_EFER) return load<u32>(EFER);
  return <u64>load<u32>(STAR_EIP) | (<u64>load<u32>(STAR_SELECTORS) << 32);
}

function writeRegister(number: u32, low: u32, high: u32): bool {
  if (insignificant(number)) return true;
  if (number == MSR_TSC) store<u64>(TSC_OFFSET, (<u64>low | (<u64>high << 32)) - load<u64>(CYCLE));
  else if (number == MSR_APIC_BASE) store<u32>(APIC_BASE, low);
  else if (number == MSR_SYSENTER_CS) store<u32>(SYSENTER_CS, low);
  else if (number == MSR_SYSENTER_ESP) store<u32>(SYSENTER_ESP, low);
  else if (number == MSR_SYSENTER_EIP) store<u32>(SYSENTER_EIP, low);
  else if (number == MSR_EFER) return writeEfer(low, high);
  else {
    store<u32>(STAR_EIP, low);
    store<u32>(STAR_SELECTORS, high);
  }
  return true;
}

/** Bits that the processor lacks are reserved; a change of NXE changes what page-table entries mean. */
function writeEfer(low: u32, high: u32): bool {
  const features = load<u32>(CONFIG_FEATURES);
  let bits: u32 = 0;
  if ((features & FEATURE_SYSCALL) != 0) bits |= SYSCALL_ENABLE;
  if ((features & FEATURE_NX) != 0) bits |= NO_EXECUTE_ENABLE;
  if (high != 0 || (low & ~bits) != 0) return raise(GP, 0);
  const changed = low ^ load<u32>(EFER);
  store<u32>(EFER, low);
  if ((changed & NO_EXECUTE_ENABLE) != 0) flushTlb(true);
  return true;
}

export function RDMSR(p: usize): void {
  const number = load<u32>(ECX);
  if (!privileged() || !known(number)) return;
  chargeEvent(EVENT_RDMSR);
  const value = readRegister(number);
  store<u32>(EAX, <u32>value);
  store<u32>(EDX, <u32>(value >> 32));
  advance(p);
}

export function WRMSR(p: usize): void {
  const number = load<u32>(ECX);
  if (!privileged() || !known(number)) return;
  if (!writeRegister(number, load<u32>(EAX), load<u32>(EDX))) return;
  chargeEvent(EVENT_WRMSR);
  advance(p);
}

/** A leaf beyond the last answers like the last standard one, as Intel's processors do. */
export function CPUID(p: usize): void {
  const leaves = load<u32>(CONFIG_CPUID_LEAVES);
  chargeEvent(EVENT_CPUID);
  const leaf = load<u32>(EAX);
  let at = leaves == 0 ? 0 : min(leaf, leaves - 1);
  if (leaf >= 0x80000000 && leaf - 0x80000000 < load<u32>(CONFIG_CPUID_EXTENDED_LEAVES)) at = leaves + leaf - 0x80000000;
  const row = <usize>CONFIG_CPUID + (at << 4);
  store<u32>(EAX, load<u32>(row));
  store<u32>(EBX, load<u32>(row, 4));
  store<u32>(ECX, load<u32>(row, 8));
  store<u32>(EDX, load<u32>(row, 12));
  advance(p);
}
