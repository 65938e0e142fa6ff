/** 32-bit arithmetic (SDM vol. 2: ADC, ADD, CMP, DEC, INC, NEG, SBB, SUB); UNARY_Md is NOT in memory, too. */
import { dst, immediate, operation, src } from './entry';
import { ADD, AF, carry, CF, DEC, INC, OF, PF, setAdd, setCarryKept, setExplicit, SF, SUB, ZF } from './flags';
import { faulted, modifyM, readM32, settle } from './operands';

// ---- the operations: result, flags set

// @ts-ignore: decorator
@inline function add(a: u32, b: u32): u32 {
  setAdd(ADD, a, a + b);
  return a + b;
}

// @ts-ignore: decorator
@inline function sub(a: u32, b: u32): u32 {
  setAdd(SUB, a, a - b);
  return a - b;
}

function adc(a: u32, b: u32): u32 {
  const sum = <u64>a + b + carry();
  const r = <u32>sum;
  setExplicit(
    (<u32>(sum >> 32) & CF) |
    (~popcnt(r & 0xff) & 1 ? PF : 0) |
    ((a ^ b ^ r) & AF) |
    (r == 0 ? ZF : 0) |
    ((r >> 24) & SF) |
    ((((a ^ r) & (b ^ r)) >> 20) & OF),
  );
  return r;
}

function sbb(a: u32, b: u32): u32 {
  const difference = <u64>a - b - carry();
  const r = <u32>difference;
  setExplicit(
    (<u32>(difference >> 32) & CF) |
    (~popcnt(r & 0xff) & 1 ? PF : 0) |
    ((a ^ b ^ r) & AF) |
    (r == 0 ? ZF : 0) |
    ((r >> 24) & SF) |
    ((((a ^ b) & (a ^ r)) >> 20) & OF),
  );
  return r;
}

// ---- ADD

// @ts-ignore: decorator
@inline export function ADD_RdRd(p: usize): void { store<u32>(dst(p), add(load<u32>(dst(p)), load<u32>(src(p)))); }
// @ts-ignore: decorator
@inline export function ADD_RdId(p: usize): void { store<u32>(dst(p), add(load<u32>(dst(p)), immediate(p))); }

// @ts-ignore: decorator
@inline export function ADD_GdMd(p: usize): bool {
  const b = readM32(p);
  if (faulted()) return false;
  store<u32>(dst(p), add(load<u32>(dst(p)), b));
  return true;
}

export function ADD_MdGd(p: usize): bool {
  const host = modifyM(p, 4);
  if (host < 0) return false;
  store<u32>(host, add(load<u32>(host), load<u32>(src(p))));
  settle(host);
  return true;
}

export function ADD_MdId(p: usize): bool {
  const host = modifyM(p, 4);
  if (host < 0) return false;
  store<u32>(host, add(load<u32>(host), immediate(p)));
  settle(host);
  return true;
}

// ---- ADC

export function ADC_RdRd(p: usize): void { store<u32>(dst(p), adc(load<u32>(dst(p)), load<u32>(src(p)))); }
export function ADC_RdId(p: usize): void { store<u32>(dst(p), adc(load<u32>(dst(p)), immediate(p))); }

export function ADC_GdMd(p: usize): bool {
  const b = readM32(p);
  if (faulted()) return false;
  store<u32>(dst(p), adc(load<u32>(dst(p)), b));
  return true;
}

export function ADC_MdGd(p: usize): bool {
  const host = modifyM(p, 4);
  if (host < 0) return false;
  store<u32>(host, adc(load<u32>(host), load<u32>(src(p))));
  settle(host);
  return true;
}

export function ADC_MdId(p: usize): bool {
  const host = modifyM(p, 4);
  if (host < 0) return false;
  store<u32>(host, adc(load<u32>(host), immediate(p)));
  settle(host);
  return true;
}

// ---- SBB

export function SBB_RdRd(p: usize): void { store<u32>(dst(p), sbb(load<u32>(dst(p)), load<u32>(src(p)))); }
export function SBB_RdId(p: usize): void { store<u32>(dst(p), sbb(load<u32>(dst(p)), immediate(p))); }

export function SBB_GdMd(p: usize): bool {
  const b = readM32(p);
  if (faulted()) return false;
  store<u32>(dst(p), sbb(load<u32>(dst(p)), b));
  return true;
}

export function SBB_MdGd(p: usize): bool {
  const host = modifyM(p, 4);
  if (host < 0) return false;
  store<u32>(host, sbb(load<u32>(host), load<u32>(src(p))));
  settle(host);
  return true;
}

export function SBB_MdId(p: usize): bool {
  const host = modifyM(p, 4);
  if (host < 0) return false;
  store<u32>(host, sbb(load<u32>(host), immediate(p)));
  settle(host);
  return true;
}

// ---- SUB

// @ts-ignore: decorator
@inline export function SUB_RdRd(p: usize): void { store<u32>(dst(p), sub(load<u32>(dst(p)), load<u32>(src(p)))); }
// @ts-ignore: decorator
@inline export function SUB_RdId(p: usize): void { store<u32>(dst(p), sub(load<u32>(dst(p)), immediate(p))); }

// @ts-ignore: decorator
@inline export function SUB_GdMd(p: usize): bool {
  const b = readM32(p);
  if (faulted()) return false;
  store<u32>(dst(p), sub(load<u32>(dst(p)), b));
  return true;
}

export function SUB_MdGd(p: usize): bool {
  const host = modifyM(p, 4);
  if (host < 0) return false;
  store<u32>(host, sub(load<u32>(host), load<u32>(src(p))));
  settle(host);
  return true;
}

export function SUB_MdId(p: usize): bool {
  const host = modifyM(p, 4);
  if (host < 0) return false;
  store<u32>(host, sub(load<u32>(host), immediate(p)));
  settle(host);
  return true;
}

// ---- CMP: flags only

// @ts-ignore: decorator
@inline export function CMP_RdRd(p: usize): void { sub(load<u32>(dst(p)), load<u32>(src(p))); }
// @ts-ignore: decorator
@inline export function CMP_RdId(p: usize): void { sub(load<u32>(dst(p)), immediate(p)); }

// @ts-ignore: decorator
@inline export function CMP_GdMd(p: usize): bool {
  const value = readM32(p);
  if (faulted()) return false;
  sub(load<u32>(dst(p)), value);
  return true;
}

// @ts-ignore: decorator
@inline export function CMP_MdGd(p: usize): bool {
  const value = readM32(p);
  if (faulted()) return false;
  sub(value, load<u32>(src(p)));
  return true;
}

// @ts-ignore: decorator
@inline export function CMP_MdId(p: usize): bool {
  const value = readM32(p);
  if (faulted()) return false;
  sub(value, immediate(p));
  return true;
}

// ---- INC, DEC, NEG

// @ts-ignore: decorator
@inline function inc(a: u32): u32 {
  setCarryKept(INC, a + 1, carry());
  return a + 1;
}

// @ts-ignore: decorator
@inline function dec(a: u32): u32 {
  setCarryKept(DEC, a - 1, carry());
  return a - 1;
}

// @ts-ignore: decorator
@inline export function INC_Rd(p: usize): void { store<u32>(dst(p), inc(load<u32>(dst(p)))); }
// @ts-ignore: decorator
@inline export function DEC_Rd(p: usize): void { store<u32>(dst(p), dec(load<u32>(dst(p)))); }
// @ts-ignore: decorator
@inline export function NEG_Rd(p: usize): void { store<u32>(dst(p), sub(0, load<u32>(dst(p)))); }

/** `operation`: 0 INC, 1 DEC, 2 NOT, 3 NEG. */
export function UNARY_Md(p: usize): bool {
  const host = modifyM(p, 4);
  if (host < 0) return false;
  const a = load<u32>(host);
  const kind = operation(p);
  let r: u32;
  if (kind == 0) r = inc(a);
  else if (kind == 1) r = dec(a);
  else if (kind == 2) r = ~a;
  else r = sub(0, a);
  store<u32>(host, r);
  settle(host);
  return true;
}
