/**
 * Shifts and rotates (SDM vol. 2: RCL/RCR/ROL/ROR, SAL/SAR/SHL/SHR, SHLD, SHRD). Counts are taken modulo 32; a count of 0
 * changes no flag. Overflow is defined for counts of 1 only; here it always follows the rule for 1.
 */
import { COUNT_IN_CL, dst, flagsOf, immediate, operation, src } from './entry';
import { arithmeticFlags, CARRY, carry, CF, OF, setCarryKept, setExplicit } from './flags';
import { ECX } from './generated/state';
import { modifyM, settle } from './operands';

// @ts-ignore: decorator
@inline function countOf(p: usize): u32 {
  return ((flagsOf(p) & COUNT_IN_CL) != 0 ? <u32>load<u8>(ECX) : <u32>immediate(p)) & 31;
}

// ---- the common forms: a constant count that is not 0 (the decoder sees to it)

// @ts-ignore: decorator
@inline export function SHL_RdIb(p: usize): void {
  const a = load<u32>(dst(p));
  const n = <u32>immediate(p);
  const r = a << n;
  const out = (a >> (32 - n)) & 1;
  store<u32>(dst(p), r);
  setCarryKept(CARRY, r, out | (((r >> 31) ^ out) << 11));
}

// @ts-ignore: decorator
@inline export function SHR_RdIb(p: usize): void {
  const a = load<u32>(dst(p));
  const n = <u32>immediate(p);
  const r = a >> n;
  store<u32>(dst(p), r);
  setCarryKept(CARRY, r, ((a >> (n - 1)) & 1) | ((a >> 20) & OF));
}

// @ts-ignore: decorator
@inline export function SAR_RdIb(p: usize): void {
  const a = load<i32>(dst(p));
  const n = immediate(p);
  const r = a >> n;
  store<i32>(dst(p), r);
  setCarryKept(CARRY, r, (a >> (n - 1)) & 1);
}

// ---- all kinds, all sizes. `operation`: ROL ROR RCL RCR SHL SHR SAL SAR

/** `a` in the low `width` bits; the result likewise. `n` is 1..31. */
function shift(kind: u32, a: u32, n: u32, width: u32): u32 {
  if (kind < 4) return rotate(kind, a, n, width);
  const up = 32 - width;
  let r: u32;
  let out: u32;
  let over: u32;
  if (kind == 5) {
    r = a >> n;
    out = (a >> (n - 1)) & 1;
    over = (a >> (width - 1)) & 1;
  } else if (kind == 7) {
    const signed = <i32>(a << up) >> up;
    r = signed >> n;
    out = (signed >> (n - 1)) & 1;
    over = 0;
  } else {
    const wide = <u64>a << n;
    r = <u32>wide;
    out = <u32>(wide >> width) & 1;
    over = ((r >> (width - 1)) & 1) ^ out;
  }
  setCarryKept(CARRY | (up << 8), r << up, out | (over << 11));
  return (r << up) >> up;
}

/** Rotates change carry and overflow only. */
function rotate(kind: u32, a: u32, n: u32, width: u32): u32 {
  const top = width - 1;
  const flags = arithmeticFlags();
  let r: u32 = a;
  let c = flags & CF;
  if (kind >= 2) {
    n %= width + 1;
    for (let i: u32 = 0; i < n; i++) {
      if (kind == 2) {
        const out = (r >> top) & 1;
        r = (r << 1) | c;
        c = out;
      } else {
        const out = r & 1;
        r = (((r << (32 - width)) >> (32 - width)) >> 1) | (c << top);
        c = out;
      }
    }
    if (n == 0) return a;
  } else {
    n &= top;
    const mask: u32 = width == 32 ? 0xffffffff : (1 << width) - 1;
    if (n != 0) r = kind == 0 ? ((a << n) | (a >> (width - n))) & mask : ((a >> n) | (a << (width - n))) & mask;
    c = kind == 0 ? r & 1 : (r >> top) & 1;
  }
  const left = (kind & 1) == 0;
  const over = left ? ((r >> top) & 1) ^ c : ((r >> top) ^ (r >> (top - 1))) & 1;
  setExplicit((flags & ~(CF | OF)) | c | (over << 11));
  return r;
}

export function SHIFT_Rb(p: usize): void {
  const n = countOf(p);
  if (n != 0) store<u8>(dst(p), shift(operation(p), load<u8>(dst(p)), n, 8));
}

export function SHIFT_Rw(p: usize): void {
  const n = countOf(p);
  if (n != 0) store<u16>(dst(p), shift(operation(p), load<u16>(dst(p)), n, 16));
}

export function SHIFT_Rd(p: usize): void {
  const n = countOf(p);
  if (n != 0) store<u32>(dst(p), shift(operation(p), load<u32>(dst(p)), n, 32));
}

export function SHIFT_Mb(p: usize): bool {
  const n = countOf(p);
  const host = modifyM(p, 1);
  if (host < 0) return false;
  if (n != 0) store<u8>(host, shift(operation(p), load<u8>(host), n, 8));
  settle(host);
  return true;
}

export function SHIFT_Mw(p: usize): bool {
  const n = countOf(p);
  const host = modifyM(p, 2);
  if (host < 0) return false;
  if (n != 0) store<u16>(host, shift(operation(p), load<u16>(host), n, 16));
  settle(host);
  return true;
}

export function SHIFT_Md(p: usize): bool {
  const n = countOf(p);
  const host = modifyM(p, 4);
  if (host < 0) return false;
  if (n != 0) store<u32>(host, shift(operation(p), load<u32>(host), n, 32));
  settle(host);
  return true;
}

// ---- double shifts. `operation`: SHLD SHRD

function shiftDouble(kind: u32, a: u32, b: u32, n: u32, width: u32): u32 {
  const up = 32 - width;
  const both = kind == 0 ? (<u64>a << width) | b : (<u64>b << width) | a;
  const top = width - 1;
  let r: u32;
  let out: u32;
  if (kind == 0) {
    // Counts above 16 of the 16-bit form go on with the first operand, as processors do.
    const wide = n <= width ? both << n : ((both << width) | a) << (n - width);
    r = <u32>(wide >> width);
    out = n <= width ? <u32>(both >> (2 * width - n)) & 1 : (b >> (2 * width - n)) & 1;
  } else {
    const wide = n <= width ? both >> n : ((<u64>a << width) | b) >> (n - width);
    r = <u32>wide;
    out = n <= width ? <u32>(both >> (n - 1)) & 1 : <u32>(((<u64>a << width) | b) >> (n - width - 1)) & 1;
  }
  const over = ((r >> top) ^ (a >> top)) & 1;
  setCarryKept(CARRY | (up << 8), r << up, out | (over << 11));
  return (r << up) >> up;
}

export function SHIFTD_Rw(p: usize): void {
  const n = countOf(p);
  if (n != 0) store<u16>(dst(p), shiftDouble(operation(p), load<u16>(dst(p)), load<u16>(src(p)), n, 16));
}

export function SHIFTD_Rd(p: usize): void {
  const n = countOf(p);
  if (n != 0) store<u32>(dst(p), shiftDouble(operation(p), load<u32>(dst(p)), load<u32>(src(p)), n, 32));
}

export function SHIFTD_Mw(p: usize): bool {
  const n = countOf(p);
  const host = modifyM(p, 2);
  if (host < 0) return false;
  if (n != 0) store<u16>(host, shiftDouble(operation(p), load<u16>(host), load<u16>(src(p)), n, 16));
  settle(host);
  return true;
}

export function SHIFTD_Md(p: usize): bool {
  const n = countOf(p);
  const host = modifyM(p, 4);
  if (host < 0) return false;
  if (n != 0) store<u32>(host, shiftDouble(operation(p), load<u32>(host), load<u32>(src(p)), n, 32));
  settle(host);
  return true;
}
