/** Moves, extensions, exchanges, address arithmetic (SDM vol. 2: BSWAP, CBW, CMOVcc, LEA, MOV, MOVSX, XCHG, XLAT). */
import { dst, flagsOf, immediate, operation, segment, src, WORD_ADDRESS } from './entry';
import { condition } from './flags';
import { EAX, EBX, EDX } from './generated/state';
import { effectiveAddress, faulted, linear, modifyM, readable, readM16, readM32, readM8, settle, writeM16, writeM32,
  writeM8 } from './operands';
import { read8 } from './memory/access';

// @ts-ignore: decorator
@inline export function NOP(p: usize): void {}
// @ts-ignore: decorator
@inline export function MOV_RbRb(p: usize): void { store<u8>(dst(p), load<u8>(src(p))); }
// @ts-ignore: decorator
@inline export function MOV_RwRw(p: usize): void { store<u16>(dst(p), load<u16>(src(p))); }
// @ts-ignore: decorator
@inline export function MOV_RdRd(p: usize): void { store<u32>(dst(p), load<u32>(src(p))); }
// @ts-ignore: decorator
@inline export function MOV_RbIb(p: usize): void { store<u8>(dst(p), immediate(p)); }
// @ts-ignore: decorator
@inline export function MOV_RwIw(p: usize): void { store<u16>(dst(p), immediate(p)); }
// @ts-ignore: decorator
@inline export function MOV_RdId(p: usize): void { store<u32>(dst(p), immediate(p)); }

// @ts-ignore: decorator
@inline export function LEA_Gw(p: usize): void { store<u16>(dst(p), effectiveAddress(p)); }
// @ts-ignore: decorator
@inline export function LEA_Gd(p: usize): void { store<u32>(dst(p), effectiveAddress(p)); }

// @ts-ignore: decorator
@inline export function MOVZX_GdRb(p: usize): void { store<u32>(dst(p), load<u8>(src(p))); }
// @ts-ignore: decorator
@inline export function MOVZX_GdRw(p: usize): void { store<u32>(dst(p), load<u16>(src(p))); }
// @ts-ignore: decorator
@inline export function MOVSX_GdRb(p: usize): void { store<i32>(dst(p), load<i8>(src(p))); }
// @ts-ignore: decorator
@inline export function MOVSX_GdRw(p: usize): void { store<i32>(dst(p), load<i16>(src(p))); }
export function MOVZX_GwRb(p: usize): void { store<u16>(dst(p), load<u8>(src(p))); }
export function MOVSX_GwRb(p: usize): void { store<i16>(dst(p), load<i8>(src(p))); }

export function XCHG_RbRb(p: usize): void {
  const value = load<u8>(dst(p));
  store<u8>(dst(p), load<u8>(src(p)));
  store<u8>(src(p), value);
}

export function XCHG_RwRw(p: usize): void {
  const value = load<u16>(dst(p));
  store<u16>(dst(p), load<u16>(src(p)));
  store<u16>(src(p), value);
}

export function XCHG_RdRd(p: usize): void {
  const value = load<u32>(dst(p));
  store<u32>(dst(p), load<u32>(src(p)));
  store<u32>(src(p), value);
}

export function BSWAP_Rd(p: usize): void { store<u32>(dst(p), bswap<u32>(load<u32>(dst(p)))); }

export function CMOV_GwRw(p: usize): void { if (condition(operation(p))) store<u16>(dst(p), load<u16>(src(p))); }
export function CMOV_GdRd(p: usize): void { if (condition(operation(p))) store<u32>(dst(p), load<u32>(src(p))); }

export function CBW(p: usize): void { store<i16>(EAX, load<i8>(EAX)); }
export function CWDE(p: usize): void { store<i32>(EAX, load<i16>(EAX)); }
export function CWD(p: usize): void { store<i16>(EDX, load<i16>(EAX) >> 15); }
// @ts-ignore: decorator
@inline export function CDQ(p: usize): void { store<i32>(EDX, load<i32>(EAX) >> 31); }

export function MOV_GbMb(p: usize): bool {
  const value = readM8(p);
  if (faulted()) return false;
  store<u8>(dst(p), value);
  return true;
}

export function MOV_GwMw(p: usize): bool {
  const value = readM16(p);
  if (faulted()) return false;
  store<u16>(dst(p), value);
  return true;
}

// @ts-ignore: decorator
@inline export function MOV_GdMd(p: usize): bool {
  const value = readM32(p);
  if (faulted()) return false;
  store<u32>(dst(p), value);
  return true;
}

export function MOV_MbGb(p: usize): bool { return writeM8(p, load<u8>(src(p))); }
export function MOV_MwGw(p: usize): bool { return writeM16(p, load<u16>(src(p))); }
// @ts-ignore: decorator
@inline export function MOV_MdGd(p: usize): bool { return writeM32(p, load<u32>(src(p))); }
export function MOV_MbIb(p: usize): bool { return writeM8(p, immediate(p)); }
export function MOV_MwIw(p: usize): bool { return writeM16(p, immediate(p)); }
// @ts-ignore: decorator
@inline export function MOV_MdId(p: usize): bool { return writeM32(p, immediate(p)); }

// @ts-ignore: decorator
@inline export function MOVZX_GdMb(p: usize): bool {
  const value = readM8(p);
  if (faulted()) return false;
  store<u32>(dst(p), value);
  return true;
}

export function MOVZX_GdMw(p: usize): bool {
  const value = readM16(p);
  if (faulted()) return false;
  store<u32>(dst(p), value);
  return true;
}

export function MOVSX_GdMb(p: usize): bool {
  const value = readM8(p);
  if (faulted()) return false;
  store<i32>(dst(p), <i8>value);
  return true;
}

export function MOVSX_GdMw(p: usize): bool {
  const value = readM16(p);
  if (faulted()) return false;
  store<i32>(dst(p), <i16>value);
  return true;
}

export function MOVZX_GwMb(p: usize): bool {
  const value = readM8(p);
  if (faulted()) return false;
  store<u16>(dst(p), value);
  return true;
}

export function MOVSX_GwMb(p: usize): bool {
  const value = readM8(p);
  if (faulted()) return false;
  store<i16>(dst(p), <i8>value);
  return true;
}

export function XCHG_MbGb(p: usize): bool {
  const host = modifyM(p, 1);
  if (host < 0) return false;
  const value = load<u8>(host);
  store<u8>(host, load<u8>(src(p)));
  settle(host);
  store<u8>(src(p), value);
  return true;
}

export function XCHG_MwGw(p: usize): bool {
  const host = modifyM(p, 2);
  if (host < 0) return false;
  const value = load<u16>(host);
  store<u16>(host, load<u16>(src(p)));
  settle(host);
  store<u16>(src(p), value);
  return true;
}

export function XCHG_MdGd(p: usize): bool {
  const host = modifyM(p, 4);
  if (host < 0) return false;
  const value = load<u32>(host);
  store<u32>(host, load<u32>(src(p)));
  settle(host);
  store<u32>(src(p), value);
  return true;
}

/** The memory operand is read whatever the condition says. */
export function CMOV_GwMw(p: usize): bool {
  const value = readM16(p);
  if (faulted()) return false;
  if (condition(operation(p))) store<u16>(dst(p), value);
  return true;
}

export function CMOV_GdMd(p: usize): bool {
  const value = readM32(p);
  if (faulted()) return false;
  if (condition(operation(p))) store<u32>(dst(p), value);
  return true;
}

export function XLAT(p: usize): bool {
  const s = segment(p);
  const sum = load<u32>(EBX) + load<u8>(EAX);
  const offset = (flagsOf(p) & WORD_ADDRESS) != 0 ? sum & 0xffff : sum;
  if (!readable(s, offset, 1)) return false;
  const value = read8(linear(s, offset));
  if (faulted()) return false;
  store<u8>(EAX, value);
  return true;
}
