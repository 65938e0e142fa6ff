/** Control registers, TLB and cache instructions, HLT (SDM vol. 2 and vol. 3, chapter 2). */
import { updateBreakpoints } from './debug';
import { advance, dst, flagsOf, isMemory, segment, srcNumber, WORD_OPERAND } from './entry';
import { CONFIG_FEATURES, FEATURE_CMOV, FEATURE_DE, FEATURE_FXSR, FEATURE_PAE, FEATURE_PGE, FEATURE_PSE,
  FEATURE_TSC } from './generated/config';
import { COUNTER_ADDRESS_SPACE } from './generated/counters';
import { EVENT_CLTS, EVENT_INVLPG, EVENT_READ_CONTROL, EVENT_WBINVD, EVENT_WRITE_CR0, EVENT_WRITE_CR3,
  EVENT_WRITE_CR4 } from './generated/events';
import { CPL, CR0, CR2, CR3, CR4, HALTED } from './generated/state';
import { chargeEvent, count } from './memory/charge';
import { flushTlb, invalidatePage } from './memory/control';
import { loadDirectoryPointers, setPageSizes } from './memory/directory-pointers';
import { effectiveAddress, faulted, GP, linear, raise, readM16, UNDEFINED, writeM16 } from './operands';

const PE: u32 = 0x00000001;
const PE_MP_EM_TS: u32 = 0x0000000f;
const TASK_SWITCHED: u32 = 0x00000008;
const EXTENSION_TYPE: u32 = 0x00000010;
const WP: u32 = 0x00010000;
const NW: u32 = 0x20000000;
const CD: u32 = 0x40000000;
const PG: u32 = 0x80000000;
const CR0_WRITABLE: u32 = 0xe005002f;
const TSD: u32 = 0x004;
const DE: u32 = 0x008;
const PSE: u32 = 0x010;
const PAE: u32 = 0x020;
const MCE: u32 = 0x040;
const PGE: u32 = 0x080;
const PCE: u32 = 0x100;
const OSFXSR: u32 = 0x200;
const OSXMMEXCPT: u32 = 0x400;

function privileged(): bool {
  return load<u32>(CPL) == 0 ? true : raise(GP, 0);
}

// ---- control registers

/** Is there a control register of this number? CR4 came with the Pentium. */
function exists(number: u32): bool {
  if (number == 0 || number == 2 || number == 3) return true;
  return number == 4 && load<u32>(CONFIG_FEATURES) != 0 ? true : raise(UNDEFINED, 0);
}

export function MOV_RC(p: usize): void {
  const number = srcNumber(p);
  if (!exists(number) || !privileged()) return;
  store<u32>(dst(p), load<u32>(number == 0 ? CR0 : number == 2 ? CR2 : number == 3 ? CR3 : CR4));
  chargeEvent(EVENT_READ_CONTROL);
  advance(p);
}

export function MOV_CR(p: usize): void {
  const number = srcNumber(p);
  if (!exists(number) || !privileged()) return;
  const value = load<u32>(dst(p));
  let done: bool = true;
  if (number == 0) done = writeCr0(value);
  else if (number == 2) store<u32>(CR2, value);
  else if (number == 3) done = writeCr3(value);
  else done = writeCr4(value);
  if (done) advance(p);
}

/** PG needs PE, NW needs CD; with PAE, paging begins with the four directory pointers (SDM vol. 3, 2.5 and 4.4.1). */
function writeCr0(value: u32): bool {
  if ((value & (PG | PE)) == PG || (value & (NW | CD)) == NW) return raise(GP, 0);
  const next = (value & CR0_WRITABLE) | EXTENSION_TYPE;
  const changed = next ^ load<u32>(CR0);
  if ((changed & next & PG) != 0 && !loadDirectoryPointers(load<u32>(CR3))) return false;
  store<u32>(CR0, next);
  chargeEvent(EVENT_WRITE_CR0);
  if ((changed & (PG | WP | PE)) != 0) flushTlb(true);
  return true;
}

/** A load flushes whatever the value; only a change of it is an address-space crossing. */
function writeCr3(value: u32): bool {
  if ((load<u32>(CR0) & PG) != 0 && !loadDirectoryPointers(value)) return false;
  if (value != load<u32>(CR3)) count(COUNTER_ADDRESS_SPACE);
  store<u32>(CR3, value);
  chargeEvent(EVENT_WRITE_CR3);
  flushTlb(false);
  return true;
}

/** Bits of CR4 that this processor has. */
function cr4Bits(): u32 {
  const features = load<u32>(CONFIG_FEATURES);
  let bits: u32 = MCE;
  if ((features & FEATURE_TSC) != 0) bits |= TSD;
  if ((features & FEATURE_DE) != 0) bits |= DE;
  if ((features & FEATURE_PSE) != 0) bits |= PSE;
  if ((features & FEATURE_PAE) != 0) bits |= PAE;
  if ((features & FEATURE_PGE) != 0) bits |= PGE;
  if ((features & FEATURE_CMOV) != 0) bits |= PCE;
  if ((features & FEATURE_FXSR) != 0) bits |= OSFXSR | OSXMMEXCPT;
  return bits;
}

/** The directory pointers are read again whenever page sizes or PGE change under paging. */
function writeCr4(value: u32): bool {
  if ((value & ~cr4Bits()) != 0) return raise(GP, 0);
  const before = load<u32>(CR4);
  const changed = value ^ before;
  store<u32>(CR4, value);
  const translation = (changed & (PSE | PAE | PGE)) != 0;
  if (translation && (load<u32>(CR0) & PG) != 0 && !loadDirectoryPointers(load<u32>(CR3))) {
    store<u32>(CR4, before);
    return false;
  }
  chargeEvent(EVENT_WRITE_CR4);
  setPageSizes();
  if (translation) flushTlb(true);
  if ((changed & DE) != 0) updateBreakpoints();
  return true;
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
  // PE can be set and not cleared.
  const bits = (value & PE_MP_EM_TS) | (load<u32>(CR0) & PE);
  if (writeCr0((load<u32>(CR0) & ~PE_MP_EM_TS) | bits)) advance(p);
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
