/**
 * Multiplication and division (SDM vol. 2: AAD, AAM, DIV, IDIV, IMUL, MUL). Carry and overflow say whether the upper half
 * matters; the manual leaves the other flags undefined, here they follow the low half of the product, and a division
 * leaves all of them alone. A quotient that does not fit raises #DE.
 */
import { dst, immediate, operation, src } from './entry';
import { CARRY, CF, LOGIC, OF, setCarryKept, setLogic } from './flags';
import { EAX, EDX } from './generated/state';
import { DE, faulted, raise, readM16, readM32, readM8 } from './operands';

const MUL: u32 = 0;
const IMUL: u32 = 1;
const DIV: u32 = 2;

// @ts-ignore: decorator
@inline function setProduct(low: u32, shift: u32, overflows: bool): void {
  setCarryKept(CARRY | (shift << 8), low << shift, overflows ? CF | OF : 0);
}

function muldiv8(kind: u32, b: u32): bool {
  const ax: u32 = load<u16>(EAX);
  if (kind == MUL) {
    const product = (ax & 0xff) * b;
    store<u16>(EAX, product);
    setProduct(product, 24, product > 0xff);
    return true;
  }
  if (kind == IMUL) {
    const product = <i32>(<i8>ax) * <i32>(<i8>b);
    store<u16>(EAX, product);
    setProduct(product, 24, product != <i32>(<i8>product));
    return true;
  }
  if (b == 0) return raise(DE, 0);
  if (kind == DIV) {
    const quotient = ax / b;
    if (quotient > 0xff) return raise(DE, 0);
    store<u16>(EAX, quotient | ((ax % b) << 8));
    return true;
  }
  const dividend = <i32>(<i16>ax);
  const divisor = <i32>(<i8>b);
  const quotient = dividend / divisor;
  if (quotient != <i32>(<i8>quotient)) return raise(DE, 0);
  store<u16>(EAX, (quotient & 0xff) | ((dividend % divisor) << 8));
  return true;
}

function muldiv16(kind: u32, b: u32): bool {
  const ax: u32 = load<u16>(EAX);
  if (kind == MUL) {
    const product = ax * b;
    store<u16>(EAX, product);
    store<u16>(EDX, product >> 16);
    setProduct(product, 16, product > 0xffff);
    return true;
  }
  if (kind == IMUL) {
    const product = <i32>(<i16>ax) * <i32>(<i16>b);
    store<u16>(EAX, product);
    store<u16>(EDX, product >> 16);
    setProduct(product, 16, product != <i32>(<i16>product));
    return true;
  }
  if (b == 0) return raise(DE, 0);
  const dividend = ax | (<u32>load<u16>(EDX) << 16);
  if (kind == DIV) {
    const quotient = dividend / b;
    if (quotient > 0xffff) return raise(DE, 0);
    store<u16>(EAX, quotient);
    store<u16>(EDX, dividend % b);
    return true;
  }
  const quotient = <i64>(<i32>dividend) / <i64>(<i16>b);
  if (quotient != <i64>(<i16>quotient)) return raise(DE, 0);
  store<u16>(EAX, <u16>quotient);
  store<u16>(EDX, <u16>(<i64>(<i32>dividend) % <i64>(<i16>b)));
  return true;
}

function muldiv32(kind: u32, b: u32): bool {
  const eax = load<u32>(EAX);
  if (kind == MUL) {
    const product = <u64>eax * b;
    store<u32>(EAX, <u32>product);
    store<u32>(EDX, <u32>(product >> 32));
    setProduct(<u32>product, 0, product >> 32 != 0);
    return true;
  }
  if (kind == IMUL) {
    const product = <i64>(<i32>eax) * <i64>(<i32>b);
    store<u32>(EAX, <u32>product);
    store<u32>(EDX, <u32>(product >> 32));
    setProduct(<u32>product, 0, product != <i64>(<i32>product));
    return true;
  }
  if (b == 0) return raise(DE, 0);
  const dividend = <u64>eax | (<u64>load<u32>(EDX) << 32);
  if (kind == DIV) {
    const quotient = dividend / b;
    if (quotient > 0xffffffff) return raise(DE, 0);
    store<u32>(EAX, <u32>quotient);
    store<u32>(EDX, <u32>(dividend % b));
    return true;
  }
  const divisor = <i64>(<i32>b);
  if (divisor == -1 && <i64>dividend == i64.MIN_VALUE) return raise(DE, 0);
  const quotient = <i64>dividend / divisor;
  if (quotient != <i64>(<i32>quotient)) return raise(DE, 0);
  store<u32>(EAX, <u32>quotient);
  store<u32>(EDX, <u32>(<i64>dividend % divisor));
  return true;
}

export function MULDIV_Rb(p: usize): bool { return muldiv8(operation(p), load<u8>(src(p))); }
export function MULDIV_Rw(p: usize): bool { return muldiv16(operation(p), load<u16>(src(p))); }
export function MULDIV_Rd(p: usize): bool { return muldiv32(operation(p), load<u32>(src(p))); }

export function MULDIV_Mb(p: usize): bool {
  const b = readM8(p);
  return !faulted() && muldiv8(operation(p), b);
}

export function MULDIV_Mw(p: usize): bool {
  const b = readM16(p);
  return !faulted() && muldiv16(operation(p), b);
}

export function MULDIV_Md(p: usize): bool {
  const b = readM32(p);
  return !faulted() && muldiv32(operation(p), b);
}

// @ts-ignore: decorator
@inline function imul32(p: usize, a: u32, b: u32): void {
  const product = <i64>(<i32>a) * <i64>(<i32>b);
  store<u32>(dst(p), <u32>product);
  setProduct(<u32>product, 0, product != <i64>(<i32>product));
}

function imul16(p: usize, a: u32, b: u32): void {
  const product = <i32>(<i16>a) * <i32>(<i16>b);
  store<u16>(dst(p), product);
  setProduct(product, 16, product != <i32>(<i16>product));
}

export function IMUL_GwRw(p: usize): void { imul16(p, load<u16>(dst(p)), load<u16>(src(p))); }
// @ts-ignore: decorator
@inline export function IMUL_GdRd(p: usize): void { imul32(p, load<u32>(dst(p)), load<u32>(src(p))); }
export function IMUL_GwRwIw(p: usize): void { imul16(p, load<u16>(src(p)), immediate(p)); }
// @ts-ignore: decorator
@inline export function IMUL_GdRdId(p: usize): void { imul32(p, load<u32>(src(p)), immediate(p)); }

export function IMUL_GwMw(p: usize): bool {
  const b = readM16(p);
  if (faulted()) return false;
  imul16(p, load<u16>(dst(p)), b);
  return true;
}

export function IMUL_GdMd(p: usize): bool {
  const b = readM32(p);
  if (faulted()) return false;
  imul32(p, load<u32>(dst(p)), b);
  return true;
}

export function IMUL_GwMwIw(p: usize): bool {
  const a = readM16(p);
  if (faulted()) return false;
  imul16(p, a, immediate(p));
  return true;
}

export function IMUL_GdMdId(p: usize): bool {
  const a = readM32(p);
  if (faulted()) return false;
  imul32(p, a, immediate(p));
  return true;
}

export function AAM(p: usize): bool {
  const base: u32 = immediate(p);
  if (base == 0) return raise(DE, 0);
  const al: u32 = load<u8>(EAX);
  store<u16>(EAX, ((al / base) << 8) | (al % base));
  setLogic(LOGIC | (24 << 8), (al % base) << 24);
  return true;
}

export function AAD(p: usize): void {
  const al = (<u32>load<u8>(EAX) + <u32>load<u8>(EAX, 1) * <u32>immediate(p)) & 0xff;
  store<u16>(EAX, al);
  setLogic(LOGIC | (24 << 8), al << 24);
}
