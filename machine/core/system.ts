/** System instructions (SDM vol. 2 and vol. 3, chapter 2). */
import { advance, dst, flagsOf, isMemory, segment, srcNumber, WORD_OPERAND } from './entry';
import { CONFIG_CPUID, CONFIG_CPUID_EXTENDED_LEAVES, CONFIG_CPUID_LEAVES, CONFIG_FEATURES, FEATURE_APIC, FEATURE_PGE,
  FEATURE_PSE, FEATURE_SYSENTER, FEATURE_TSC } from './generated/config';
import { COUNTER_ADDRESS_SPACE } from './generated/counters';
import { EVENT_CLTS, EVENT_CPUID, EVENT_DEBUG_REGISTER, EVENT_INVLPG, EVENT_RDMSR, EVENT_RDTSC, EVENT_READ_CONTROL,
  EVENT_WBINVD, EVENT_WRITE_CR0, EVENT_WRITE_CR3, EVENT_WRITE_CR4, EVENT_WRMSR } from './generated/events';
import { APIC_BASE, CPL, CR0, CR2, CR3, CR4, CYCLE, DR, EAX, EBX, ECX, EDX, HALTED, SYSENTER_CS, SYSENTER_EIP,
  SYSENTER_ESP, TSC_OFFSET } from './generated/state';
import { chargeEvent, count } from './memory/charge';
import { flushTlb, invalidatePage } from './memory/control';
import { effectiveAddress, faulted, GP, linear, raise, readM16, UNDEFINED, writeM16 } from './operands';

const PE: u32 = 0x00000001;
const MP_EM_TS: u32 = 0x0000000e;
const TASK_SWITCHED: u32 = 0x00000008;
const EXTENSION_TYPE: u32 = 0x00000010;
const WP: u32 = 0x00010000;
const PG: u32 = 0x80000000;
const CR0_WRITABLE: u32 = 0xe005002f;
const TSD: u32 = 0x004;
const PSE: u32 = 0x010;
const PGE: u32 = 0x080;
const PCE: u32 = 0x100;

function privileged(): bool {
  return load<u32>(CPL) == 0 ? true : raise(GP, 0);
}

// ---- control and debug registers

export function MOV_RC(p: usize): void {
  if (!privileged()) return;
  const number = srcNumber(p);
  if (number == 0) store<u32>(dst(p), load<u32>(CR0));
  else if (number == 2) store<u32>(dst(p), load<u32>(CR2));
  else if (number == 3) store<u32>(dst(p), load<u32>(CR3));
  else if (number == 4) store<u32>(dst(p), load<u32>(CR4));
  else {
    raise(UNDEFINED, 0);
    return;
  }
  chargeEvent(EVENT_READ_CONTROL);
  advance(p);
}

export function MOV_CR(p: usize): void {
  if (!privileged()) return;
  const value = load<u32>(dst(p));
  const number = srcNumber(p);
  let done: bool = false;
  if (number == 0) done = writeCr0(value);
  else if (number == 2) {
    store<u32>(CR2, value);
    done = true;
  } else if (number == 3) done = writeCr3(value);
  else if (number == 4) done = writeCr4(value);
  else raise(UNDEFINED, 0);
  if (done) advance(p);
}

function writeCr0(value: u32): bool {
  if ((value & (PG | PE)) == PG) return raise(GP, 0);
  // Real mode is not modelled: PE stays set.
  const next = (value & CR0_WRITABLE) | EXTENSION_TYPE | PE;
  const changed = next ^ load<u32>(CR0);
  store<u32>(CR0, next);
  chargeEvent(EVENT_WRITE_CR0);
  if ((changed & (PG | WP)) != 0) flushTlb(true);
  return true;
}

/** A load flushes whatever the value; only a change of it is an address-space crossing. */
function writeCr3(value: u32): bool {
  if (value != load<u32>(CR3)) count(COUNTER_ADDRESS_SPACE);
  store<u32>(CR3, value);
  chargeEvent(EVENT_WRITE_CR3);
  flushTlb(false);
  return true;
}

function writeCr4(value: u32): bool {
  const features = load<u32>(CONFIG_FEATURES);
  let allowed = PCE | 0x08;
  if ((features & FEATURE_TSC) != 0) allowed |= TSD;
  if ((features & FEATURE_PSE) != 0) allowed |= PSE;
  if ((features & FEATURE_PGE) != 0) allowed |= PGE;
  if ((value & ~allowed) != 0) return raise(GP, 0);
  const changed = value ^ load<u32>(CR4);
  store<u32>(CR4, value);
  chargeEvent(EVENT_WRITE_CR4);
  if ((changed & (PSE | PGE)) != 0) flushTlb(true);
  return true;
}

export function MOV_RD(p: usize): void {
  if (!privileged()) return;
  store<u32>(dst(p), load<u32>(<usize>DR + (srcNumber(p) << 2)));
  chargeEvent(EVENT_DEBUG_REGISTER);
  advance(p);
}

/** Debug registers keep their values; breakpoints in them are not modelled (CAVEATS.md). */
export function MOV_DR(p: usize): void {
  if (!privileged()) return;
  store<u32>(<usize>DR + (srcNumber(p) << 2), load<u32>(dst(p)));
  chargeEvent(EVENT_DEBUG_REGISTER);
  advance(p);
}

export function CLTS(p: usize): void {
  if (!privileged()) return;
  store<u32>(CR0, load<u32>(CR0) & ~TASK_SWITCHED);
  chargeEvent(EVENT_CLTS);
  advance(p);
}

export function LMSW(p: usize): void {
  if (!privileged()) return;
  const value = isMemory(p) ? readM16(p) : <u32>load<u16>(dst(p));
  if (faulted()) return;
  store<u32>(CR0, (load<u32>(CR0) & ~MP_EM_TS) | (value & MP_EM_TS));
  chargeEvent(EVENT_WRITE_CR0);
  advance(p);
}

export function SMSW(p: usize): void {
  if (isMemory(p)) {
    if (!writeM16(p, load<u32>(CR0) & 0xffff)) return;
  } else if ((flagsOf(p) & WORD_OPERAND) != 0) store<u16>(dst(p), load<u32>(CR0));
  else store<u32>(dst(p), load<u32>(CR0));
  advance(p);
}

// ---- TLB and caches

export function INVLPG(p: usize): void {
  if (!privileged()) return;
  chargeEvent(EVENT_INVLPG);
  invalidatePage(linear(segment(p), effectiveAddress(p)));
  advance(p);
}

/** The caches hold no data here, so writing them back changes nothing but time. */
export function INVD(p: usize): void { WBINVD(p); }

export function WBINVD(p: usize): void {
  if (!privileged()) return;
  chargeEvent(EVENT_WBINVD);
  advance(p);
}

export function HLT(p: usize): void {
  if (!privileged()) return;
  advance(p);
  store<u32>(HALTED, 1);
}

// ---- time, model-specific registers, identification

export function RDTSC(p: usize): void {
  if ((load<u32>(CR4) & TSD) != 0 && !privileged()) return;
  chargeEvent(EVENT_RDTSC);
  const time = load<u64>(CYCLE) + load<u64>(TSC_OFFSET);
  store<u32>(EAX, <u32>time);
  store<u32>(EDX, <u32>(time >> 32));
  advance(p);
}

/** No performance counter is modelled: each reads 0. */
export function RDPMC(p: usize): void {
  if ((load<u32>(CR4) & PCE) == 0 && !privileged()) return;
  chargeEvent(EVENT_RDTSC);
  store<u32>(EAX, 0);
  store<u32>(EDX, 0);
  advance(p);
}

const MSR_TSC: u32 = 0x10;
const MSR_APIC_BASE: u32 = 0x1b;
const MSR_SYSENTER_CS: u32 = 0x174;

/** Where a 32-bit MSR is kept; 0 if the processor has none of that number. */
function msrField(number: u32): u32 {
  const features = load<u32>(CONFIG_FEATURES);
  if (number == MSR_APIC_BASE && (features & FEATURE_APIC) != 0) return APIC_BASE;
  if ((features & FEATURE_SYSENTER) == 0) return 0;
  if (number == MSR_SYSENTER_CS) return SYSENTER_CS;
  if (number == MSR_SYSENTER_CS + 1) return SYSENTER_ESP;
  return number == MSR_SYSENTER_CS + 2 ? SYSENTER_EIP : 0;
}

export function RDMSR(p: usize): void {
  if (!privileged()) return;
  const number = load<u32>(ECX);
  const field = msrField(number);
  if (field == 0 && number != MSR_TSC) {
    raise(GP, 0);
    return;
  }
  chargeEvent(EVENT_RDMSR);
  const value = number == MSR_TSC ? load<u64>(CYCLE) + load<u64>(TSC_OFFSET) : <u64>load<u32>(field);
  store<u32>(EAX, <u32>value);
  store<u32>(EDX, <u32>(value >> 32));
  advance(p);
}

export function WRMSR(p: usize): void {
  if (!privileged()) return;
  const number = load<u32>(ECX);
  const field = msrField(number);
  if (field == 0 && number != MSR_TSC) {
    raise(GP, 0);
    return;
  }
  chargeEvent(EVENT_WRMSR);
  if (number == MSR_TSC) {
    const value = <u64>load<u32>(EAX) | (<u64>load<u32>(EDX) << 32);
    store<u64>(TSC_OFFSET, value - load<u64>(CYCLE));
  } else store<u32>(field, load<u32>(EAX));
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
