/**
 * The arithmetic flags, lazily: FLAG_OP says which kind of operation set them last, the other words hold its operands.
 * Results and operands of 8 and 16 bits are kept shifted to the top of the word, so that carry, sign, zero and overflow
 * are computed alike for all sizes; only parity and the auxiliary carry need the shift back.
 *
 *     FLAG_OP      kind in bits 0-7, shift (0, 16, 24) in bits 8-15
 *     EXPLICIT     all six flags stand in FLAG_CARRY, at their places in EFLAGS
 *     ADD, SUB     FLAG_RESULT, FLAG_SOURCE = first operand; the second follows from them
 *     LOGIC        FLAG_RESULT; carry, overflow and auxiliary carry are 0
 *     INC, DEC     FLAG_RESULT; the carry from before in bit 0 of FLAG_CARRY
 *     CARRY        FLAG_RESULT; carry and overflow at their EFLAGS places in FLAG_CARRY, auxiliary carry 0
 */
import { FLAG_CARRY, FLAG_OP, FLAG_RESULT, FLAG_SOURCE } from './generated/state';

export const EXPLICIT: u32 = 0;
export const ADD: u32 = 1;
export const SUB: u32 = 2;
export const LOGIC: u32 = 3;
export const INC: u32 = 4;
export const DEC: u32 = 5;
export const CARRY: u32 = 6;

export const CF: u32 = 0x001;
export const PF: u32 = 0x004;
export const AF: u32 = 0x010;
export const ZF: u32 = 0x040;
export const SF: u32 = 0x080;
export const TF: u32 = 0x100;
export const IF: u32 = 0x200;
export const DF: u32 = 0x400;
export const OF: u32 = 0x800;
export const IOPL: u32 = 0x3000;
export const NT: u32 = 0x4000;
export const RF: u32 = 0x10000;
export const VM: u32 = 0x20000;
export const AC: u32 = 0x40000;
export const ID: u32 = 0x200000;
export const ARITHMETIC: u32 = CF | PF | AF | ZF | SF | OF;

/** Operands and result must be shifted to the top already. */
// @ts-ignore: decorator
@inline export function setAdd(op: u32, source: u32, result: u32): void {
  store<u32>(FLAG_OP, op);
  store<u32>(FLAG_RESULT, result);
  store<u32>(FLAG_SOURCE, source);
}

// @ts-ignore: decorator
@inline export function setLogic(op: u32, result: u32): void {
  store<u32>(FLAG_OP, op);
  store<u32>(FLAG_RESULT, result);
}

// @ts-ignore: decorator
@inline export function setCarryKept(op: u32, result: u32, carry: u32): void {
  store<u32>(FLAG_OP, op);
  store<u32>(FLAG_RESULT, result);
  store<u32>(FLAG_CARRY, carry);
}

// @ts-ignore: decorator
@inline export function setExplicit(flags: u32): void {
  store<u32>(FLAG_OP, EXPLICIT);
  store<u32>(FLAG_CARRY, flags & ARITHMETIC);
}

/** Carry, 0 or 1. */
// @ts-ignore: decorator
@inline export function carry(): u32 {
  const kind = load<u8>(FLAG_OP);
  if (kind == SUB) return u32(load<u32>(FLAG_SOURCE) < load<u32>(FLAG_SOURCE) - load<u32>(FLAG_RESULT));
  if (kind == ADD) return u32(load<u32>(FLAG_RESULT) < load<u32>(FLAG_SOURCE));
  if (kind == LOGIC) return 0;
  return load<u32>(FLAG_CARRY) & 1;
}

// @ts-ignore: decorator
@inline export function zero(): bool {
  if (load<u8>(FLAG_OP) == EXPLICIT) return (load<u32>(FLAG_CARRY) & ZF) != 0;
  return load<u32>(FLAG_RESULT) == 0;
}

// @ts-ignore: decorator
@inline export function sign(): u32 {
  if (load<u8>(FLAG_OP) == EXPLICIT) return (load<u32>(FLAG_CARRY) >> 7) & 1;
  return load<u32>(FLAG_RESULT) >> 31;
}

export function overflow(): u32 {
  const kind = load<u8>(FLAG_OP);
  const result = load<u32>(FLAG_RESULT);
  const source = load<u32>(FLAG_SOURCE);
  if (kind == SUB) return ((source ^ (source - result)) & (source ^ result)) >> 31;
  if (kind == ADD) return ((source ^ result) & (result - source ^ result)) >> 31;
  if (kind == LOGIC) return 0;
  if (kind == INC) return u32(result == 0x80000000);
  if (kind == DEC) {
    const shift = load<u8>(FLAG_OP, 1);
    return u32(result == (0x7fffffff >> shift) << shift);
  }
  return (load<u32>(FLAG_CARRY) >> 11) & 1;
}

export function parity(): u32 {
  if (load<u8>(FLAG_OP) == EXPLICIT) return (load<u32>(FLAG_CARRY) >> 2) & 1;
  return ~popcnt((load<u32>(FLAG_RESULT) >> load<u8>(FLAG_OP, 1)) & 0xff) & 1;
}

function auxiliary(): u32 {
  const kind = load<u8>(FLAG_OP);
  const shift = load<u8>(FLAG_OP, 1);
  const result = load<u32>(FLAG_RESULT);
  const source = load<u32>(FLAG_SOURCE);
  if (kind == SUB) return ((source ^ (source - result) ^ result) >> (shift + 4)) & 1;
  if (kind == ADD) return ((source ^ (result - source) ^ result) >> (shift + 4)) & 1;
  if (kind == INC) return u32(((result >> shift) & 15) == 0);
  if (kind == DEC) return u32(((result >> shift) & 15) == 15);
  if (kind == EXPLICIT) return (load<u32>(FLAG_CARRY) >> 4) & 1;
  return 0;
}

/** The six arithmetic flags at their places in EFLAGS. */
export function arithmeticFlags(): u32 {
  const kind = load<u8>(FLAG_OP);
  if (kind == EXPLICIT) return load<u32>(FLAG_CARRY);
  const result = load<u32>(FLAG_RESULT);
  const flags = (parity() << 2) | (u32(result == 0) << 6) | ((result >> 24) & SF);
  return kind == LOGIC ? flags : flags | carry() | (auxiliary() << 4) | (overflow() << 11);
}

/** Source below result's subtrahend, signed: SF != OF, without computing either after a subtraction. */
// @ts-ignore: decorator
@inline export function less(): bool {
  if (load<u8>(FLAG_OP) == SUB) {
    const source = load<u32>(FLAG_SOURCE);
    return <i32>source < <i32>(source - load<u32>(FLAG_RESULT));
  }
  return sign() != overflow();
}

/** One of the sixteen conditions, in the encoding of Jcc (SDM vol. 2, appendix B, "tttn"). */
export function condition(number: u32): bool {
  let holds: bool = false;
  switch (number >> 1) {
    case 0: holds = overflow() != 0; break;
    case 1: holds = carry() != 0; break;
    case 2: holds = zero(); break;
    case 3: holds = carry() != 0 || zero(); break;
    case 4: holds = sign() != 0; break;
    case 5: holds = parity() != 0; break;
    case 6: holds = less(); break;
    case 7: holds = zero() || less(); break;
  }
  return holds != ((number & 1) != 0);
}
