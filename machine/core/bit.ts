/**
 * Bits and bytes (SDM vol. 2: BOUND, BSF, BSR, BT/BTS/BTR/BTC, CMPXCHG, CMPXCHG8B, SETcc, XADD).
 * BT changes carry only; BSF and BSR change zero (the manual leaves the rest undefined).
 */
import { dst, flagsOf, immediate, operation, segment, src, WORD_ADDRESS } from './entry';
import { ADD, arithmeticFlags, CF, condition, setAdd, setExplicit, SUB, ZF } from './flags';
import { EAX, EBX, ECX, EDX } from './generated/state';
import { BR, effectiveAddress, faulted, linear, modifyAt, modifyM, raise, readable, readM16, readM32, readMAt, settle,
  writable, writeM8 } from './operands';
import { probeModify, read16, read32, write32 } from './memory/access';
import { refusesMisalignment } from './memory/alignment';

// ---- bit tests. `operation`: BT BTS BTR BTC

// @ts-ignore: decorator
@inline function changed(kind: u32, a: u32, bit: u32): u32 {
  const mask: u32 = 1 << bit;
  setExplicit((arithmeticFlags() & ~CF) | ((a >> bit) & 1));
  if (kind == 1) return a | mask;
  if (kind == 2) return a & ~mask;
  return kind == 3 ? a ^ mask : a;
}

export function BT_RwGw(p: usize): void {
  store<u16>(dst(p), changed(operation(p), load<u16>(dst(p)), load<u16>(src(p)) & 15));
}

export function BT_RdGd(p: usize): void {
  store<u32>(dst(p), changed(operation(p), load<u32>(dst(p)), load<u32>(src(p)) & 31));
}

export function BT_RwIb(p: usize): void {
  store<u16>(dst(p), changed(operation(p), load<u16>(dst(p)), immediate(p) & 15));
}

export function BT_RdIb(p: usize): void {
  store<u32>(dst(p), changed(operation(p), load<u32>(dst(p)), immediate(p) & 31));
}

/** Address of the word `delta` bytes into the bit string, by address size. */
function stringAddress(p: usize, delta: i32): u32 {
  const offset = effectiveAddress(p) + delta;
  return (flagsOf(p) & WORD_ADDRESS) != 0 ? offset & 0xffff : offset;
}

/** Bit strings: a bit number in a register reaches beyond the operand, in both directions. */
export function BT_MwGw(p: usize): bool {
  const bit = <i32>load<i16>(src(p));
  return bitInMemory(p, stringAddress(p, (bit >> 4) << 1), bit & 15, 2);
}

export function BT_MdGd(p: usize): bool {
  const bit = load<i32>(src(p));
  return bitInMemory(p, stringAddress(p, (bit >> 5) << 2), bit & 31, 4);
}

export function BT_MwIb(p: usize): bool { return bitInMemory(p, effectiveAddress(p), immediate(p) & 15, 2); }
export function BT_MdIb(p: usize): bool { return bitInMemory(p, effectiveAddress(p), immediate(p) & 31, 4); }

function bitInMemory(p: usize, offset: u32, bit: u32, size: u32): bool {
  const s = segment(p);
  if (operation(p) == 0) {
    if (!readable(s, offset, size)) return false;
    const value = size == 4 ? read32(linear(s, offset)) : read16(linear(s, offset));
    if (faulted()) return false;
    changed(0, value, bit);
    return true;
  }
  const host = modifyAt(s, offset, size);
  if (host < 0) return false;
  if (size == 4) store<u32>(host, changed(operation(p), load<u32>(host), bit));
  else store<u16>(host, changed(operation(p), load<u16>(host), bit));
  settle(host);
  return true;
}

// ---- bit scans: a source of 0 leaves the destination alone

function setScanned(value: u32): void {
  setExplicit((arithmeticFlags() & ~ZF) | (value == 0 ? ZF : 0));
}

function forward16(p: usize, value: u32): void {
  setScanned(value);
  if (value != 0) store<u16>(dst(p), ctz(value));
}

function forward32(p: usize, value: u32): void {
  setScanned(value);
  if (value != 0) store<u32>(dst(p), ctz(value));
}

function reverse16(p: usize, value: u32): void {
  setScanned(value);
  if (value != 0) store<u16>(dst(p), 31 - clz(value));
}

function reverse32(p: usize, value: u32): void {
  setScanned(value);
  if (value != 0) store<u32>(dst(p), 31 - clz(value));
}

export function BSF_GwRw(p: usize): void { forward16(p, load<u16>(src(p))); }
export function BSF_GdRd(p: usize): void { forward32(p, load<u32>(src(p))); }
export function BSR_GwRw(p: usize): void { reverse16(p, load<u16>(src(p))); }
export function BSR_GdRd(p: usize): void { reverse32(p, load<u32>(src(p))); }

export function BSF_GwMw(p: usize): bool {
  const value = readM16(p);
  if (faulted()) return false;
  forward16(p, value);
  return true;
}

export function BSF_GdMd(p: usize): bool {
  const value = readM32(p);
  if (faulted()) return false;
  forward32(p, value);
  return true;
}

export function BSR_GwMw(p: usize): bool {
  const value = readM16(p);
  if (faulted()) return false;
  reverse16(p, value);
  return true;
}

export function BSR_GdMd(p: usize): bool {
  const value = readM32(p);
  if (faulted()) return false;
  reverse32(p, value);
  return true;
}

export function SETCC_Rb(p: usize): void { store<u8>(dst(p), condition(operation(p)) ? 1 : 0); }
export function SETCC_Mb(p: usize): bool { return writeM8(p, condition(operation(p)) ? 1 : 0); }

// ---- exchanges

/** Compares the accumulator with `a` (flags as CMP); returns what the operand becomes, and loads the accumulator if not
 * equal. Operands are shifted up by `shift`. */
function exchanged(a: u32, b: u32, shift: u32): u32 {
  const mask: u32 = <u32>0xffffffff >> shift;
  const accumulator = load<u32>(EAX) & mask;
  setAdd((shift << 8) | SUB, accumulator << shift, (accumulator - a) << shift);
  if (accumulator == a) return b;
  store<u32>(EAX, (load<u32>(EAX) & ~mask) | a);
  return a;
}

export function CMPXCHG_RbGb(p: usize): void {
  const a: u32 = load<u8>(dst(p));
  const b: u32 = load<u8>(src(p));
  const equal = a == <u32>load<u8>(EAX);
  exchanged(a, b, 24);
  if (equal) store<u8>(dst(p), b);
}

export function CMPXCHG_RwGw(p: usize): void {
  const a: u32 = load<u16>(dst(p));
  const b: u32 = load<u16>(src(p));
  const equal = a == <u32>load<u16>(EAX);
  exchanged(a, b, 16);
  if (equal) store<u16>(dst(p), b);
}

export function CMPXCHG_RdGd(p: usize): void {
  const a = load<u32>(dst(p));
  const b = load<u32>(src(p));
  const equal = a == load<u32>(EAX);
  exchanged(a, b, 0);
  if (equal) store<u32>(dst(p), b);
}

export function CMPXCHG_MbGb(p: usize): bool {
  const host = modifyM(p, 1);
  if (host < 0) return false;
  const b: u32 = load<u8>(src(p));
  store<u8>(host, exchanged(load<u8>(host), b, 24));
  settle(host);
  return true;
}

export function CMPXCHG_MwGw(p: usize): bool {
  const host = modifyM(p, 2);
  if (host < 0) return false;
  const b: u32 = load<u16>(src(p));
  store<u16>(host, exchanged(load<u16>(host), b, 16));
  settle(host);
  return true;
}

export function CMPXCHG_MdGd(p: usize): bool {
  const host = modifyM(p, 4);
  if (host < 0) return false;
  const b = load<u32>(src(p));
  store<u32>(host, exchanged(load<u32>(host), b, 0));
  settle(host);
  return true;
}

/** Both halves are probed before either is written. */
export function CMPXCHG8B_M(p: usize): bool {
  const s = segment(p);
  const offset = effectiveAddress(p);
  if (!writable(s, offset, 4) || !writable(s, offset + 4, 4)) return false;
  const address = linear(s, offset);
  if ((address & 7) != 0 && refusesMisalignment()) return false;
  if (probeModify(address, 4) == -1 || probeModify(address + 4, 4) == -1) return false;
  const low = read32(address);
  const high = read32(address + 4);
  const equal = low == load<u32>(EAX) && high == load<u32>(EDX);
  write32(address, equal ? load<u32>(EBX) : low);
  write32(address + 4, equal ? load<u32>(ECX) : high);
  if (!equal) {
    store<u32>(EAX, low);
    store<u32>(EDX, high);
  }
  setExplicit((arithmeticFlags() & ~ZF) | (equal ? ZF : 0));
  return true;
}

// @ts-ignore: decorator
@inline function sum(a: u32, b: u32, shift: u32): u32 {
  setAdd((shift << 8) | ADD, a << shift, (a + b) << shift);
  return a + b;
}

export function XADD_RbGb(p: usize): void {
  const a: u32 = load<u8>(dst(p));
  const r = sum(a, load<u8>(src(p)), 24);
  store<u8>(src(p), a);
  store<u8>(dst(p), r);
}

export function XADD_RwGw(p: usize): void {
  const a: u32 = load<u16>(dst(p));
  const r = sum(a, load<u16>(src(p)), 16);
  store<u16>(src(p), a);
  store<u16>(dst(p), r);
}

export function XADD_RdGd(p: usize): void {
  const a = load<u32>(dst(p));
  const r = sum(a, load<u32>(src(p)), 0);
  store<u32>(src(p), a);
  store<u32>(dst(p), r);
}

export function XADD_MbGb(p: usize): bool {
  const host = modifyM(p, 1);
  if (host < 0) return false;
  const a: u32 = load<u8>(host);
  store<u8>(host, sum(a, load<u8>(src(p)), 24));
  settle(host);
  store<u8>(src(p), a);
  return true;
}

export function XADD_MwGw(p: usize): bool {
  const host = modifyM(p, 2);
  if (host < 0) return false;
  const a: u32 = load<u16>(host);
  store<u16>(host, sum(a, load<u16>(src(p)), 16));
  settle(host);
  store<u16>(src(p), a);
  return true;
}

export function XADD_MdGd(p: usize): bool {
  const host = modifyM(p, 4);
  if (host < 0) return false;
  const a = load<u32>(host);
  store<u32>(host, sum(a, load<u32>(src(p)), 0));
  settle(host);
  store<u32>(src(p), a);
  return true;
}

// ---- BOUND

export function BOUND_Gw(p: usize): bool {
  const lower = <i32>(<i16>readMAt(p, 0, 2));
  if (faulted()) return false;
  const upper = <i32>(<i16>readMAt(p, 2, 2));
  if (faulted()) return false;
  const index = <i32>load<i16>(src(p));
  return index >= lower && index <= upper ? true : raise(BR, 0);
}

export function BOUND_Gd(p: usize): bool {
  const lower = <i32>readMAt(p, 0, 4);
  if (faulted()) return false;
  const upper = <i32>readMAt(p, 4, 4);
  if (faulted()) return false;
  const index = load<i32>(src(p));
  return index >= lower && index <= upper ? true : raise(BR, 0);
}
