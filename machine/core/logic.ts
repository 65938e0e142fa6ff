/** 32-bit logic (SDM vol. 2: AND, NOT, OR, TEST, XOR). */
import { dst, immediate, src } from './entry';
import { LOGIC, setLogic } from './flags';
import { faulted, modifyM, readM32, settle } from './operands';

// ---- the operations: result, flags set

// @ts-ignore: decorator
@inline function or(a: u32, b: u32): u32 {
  setLogic(LOGIC, a | b);
  return a | b;
}

// @ts-ignore: decorator
@inline function and(a: u32, b: u32): u32 {
  setLogic(LOGIC, a & b);
  return a & b;
}

// @ts-ignore: decorator
@inline function xor(a: u32, b: u32): u32 {
  setLogic(LOGIC, a ^ b);
  return a ^ b;
}

// ---- OR

// @ts-ignore: decorator
@inline export function OR_RdRd(p: usize): void { store<u32>(dst(p), or(load<u32>(dst(p)), load<u32>(src(p)))); }
// @ts-ignore: decorator
@inline export function OR_RdId(p: usize): void { store<u32>(dst(p), or(load<u32>(dst(p)), immediate(p))); }

// @ts-ignore: decorator
@inline export function OR_GdMd(p: usize): bool {
  const b = readM32(p);
  if (faulted()) return false;
  store<u32>(dst(p), or(load<u32>(dst(p)), b));
  return true;
}

export function OR_MdGd(p: usize): bool {
  const host = modifyM(p, 4);
  if (host < 0) return false;
  store<u32>(host, or(load<u32>(host), load<u32>(src(p))));
  settle(host);
  return true;
}

export function OR_MdId(p: usize): bool {
  const host = modifyM(p, 4);
  if (host < 0) return false;
  store<u32>(host, or(load<u32>(host), immediate(p)));
  settle(host);
  return true;
}

// ---- AND

// @ts-ignore: decorator
@inline export function AND_RdRd(p: usize): void { store<u32>(dst(p), and(load<u32>(dst(p)), load<u32>(src(p)))); }
// @ts-ignore: decorator
@inline export function AND_RdId(p: usize): void { store<u32>(dst(p), and(load<u32>(dst(p)), immediate(p))); }

// @ts-ignore: decorator
@inline export function AND_GdMd(p: usize): bool {
  const b = readM32(p);
  if (faulted()) return false;
  store<u32>(dst(p), and(load<u32>(dst(p)), b));
  return true;
}

export function AND_MdGd(p: usize): bool {
  const host = modifyM(p, 4);
  if (host < 0) return false;
  store<u32>(host, and(load<u32>(host), load<u32>(src(p))));
  settle(host);
  return true;
}

export function AND_MdId(p: usize): bool {
  const host = modifyM(p, 4);
  if (host < 0) return false;
  store<u32>(host, and(load<u32>(host), immediate(p)));
  settle(host);
  return true;
}

// ---- XOR

// @ts-ignore: decorator
@inline export function XOR_RdRd(p: usize): void { store<u32>(dst(p), xor(load<u32>(dst(p)), load<u32>(src(p)))); }
// @ts-ignore: decorator
@inline export function XOR_RdId(p: usize): void { store<u32>(dst(p), xor(load<u32>(dst(p)), immediate(p))); }

// @ts-ignore: decorator
@inline export function XOR_GdMd(p: usize): bool {
  const b = readM32(p);
  if (faulted()) return false;
  store<u32>(dst(p), xor(load<u32>(dst(p)), b));
  return true;
}

export function XOR_MdGd(p: usize): bool {
  const host = modifyM(p, 4);
  if (host < 0) return false;
  store<u32>(host, xor(load<u32>(host), load<u32>(src(p))));
  settle(host);
  return true;
}

export function XOR_MdId(p: usize): bool {
  const host = modifyM(p, 4);
  if (host < 0) return false;
  store<u32>(host, xor(load<u32>(host), immediate(p)));
  settle(host);
  return true;
}

// ---- TEST: flags only

// @ts-ignore: decorator
@inline export function TEST_RdRd(p: usize): void { and(load<u32>(dst(p)), load<u32>(src(p))); }
// @ts-ignore: decorator
@inline export function TEST_RdId(p: usize): void { and(load<u32>(dst(p)), immediate(p)); }

// @ts-ignore: decorator
@inline export function TEST_MdGd(p: usize): bool {
  const value = readM32(p);
  if (faulted()) return false;
  and(value, load<u32>(src(p)));
  return true;
}

// @ts-ignore: decorator
@inline export function TEST_MdId(p: usize): bool {
  const value = readM32(p);
  if (faulted()) return false;
  and(value, immediate(p));
  return true;
}

// ---- NOT

// @ts-ignore: decorator
@inline export function NOT_Rd(p: usize): void { store<u32>(dst(p), ~load<u32>(dst(p))); }
