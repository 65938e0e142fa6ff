/**
 * Registers and memory operands of decoded entries.
 *
 * A segment's READ_END and WRITE_END say up to where an access of at most 4 bytes needs no check; anything at or above
 * them goes to `permitted`, which applies the manual's rules (SDM vol. 3, 5.3 and 5.5) and reports #GP or #SS.
 * After a read or write of memory a handler asks `faulted()` before it commits anything.
 */
import { flagsOf, segment, WORD_OPERAND } from './entry';
import { ES_NUMBER, SEGMENT_ATTRIBUTES, SEGMENT_BASE, SEGMENT_BYTES, SEGMENT_LIMIT, SEGMENT_READ_END,
  SEGMENT_WRITE_END, SS_NUMBER } from './generated/state';
import { EAX, ESP, FAULT_CODE, FAULT_VECTOR, SEGMENTS, STACK_MASK } from './generated/state';
import { probeModify, read16, read32, read8, write16, write32, write8 } from './memory/access';
import { filteredFrame } from './memory/frames';

export const DE: u32 = 0;
export const DB: u32 = 1;
export const BP: u32 = 3;
export const OVERFLOW: u32 = 4;
export const BR: u32 = 5;
export const UNDEFINED: u32 = 6;
export const NM: u32 = 7;
export const DOUBLE_FAULT: u32 = 8;
export const TS: u32 = 10;
export const NP: u32 = 11;
export const SS: u32 = 12;
export const GP: u32 = 13;
export const PF: u32 = 14;
export const MF: u32 = 16;

export const SS_RECORD: usize = SEGMENTS + SS_NUMBER * SEGMENT_BYTES;
export const ES_RECORD: usize = SEGMENTS + ES_NUMBER * SEGMENT_BYTES;

// @ts-ignore: decorator
@inline export function faulted(): bool { return load<i32>(FAULT_VECTOR) >= 0; }

/** Reports an exception of the instruction in progress; the result is false, for `return raise(...)`. */
export function raise(vector: u32, code: u32): bool {
  store<u32>(FAULT_VECTOR, vector);
  store<u32>(FAULT_CODE, code);
  return false;
}

/** Effective address: base + index << scale + displacement, all by offsets of the entry. */
// @ts-ignore: decorator
@inline export function effectiveAddress(p: usize): u32 {
  return (
    load<u32>(<usize>EAX + load<u8>(p, 4)) + (load<u32>(<usize>EAX + load<u8>(p, 5)) << load<u8>(p, 6)) + load<u32>(p, 8)
  );
}

/** May `size` bytes at `offset` of segment record `s` be read (written)? If not, #GP(0) or #SS(0) is reported. */
export function permitted(s: usize, offset: u32, size: u32, write: bool): bool {
  const attributes = load<u32>(s, SEGMENT_ATTRIBUTES);
  const vector = s == SS_RECORD ? SS : GP;
  if (attributes == 0) return raise(vector, 0);
  const code = (attributes & 0x800) != 0;
  if (write ? code || (attributes & 0x200) == 0 : code && (attributes & 0x200) == 0) return raise(GP, 0);
  const limit = load<u32>(s, SEGMENT_LIMIT);
  const last = offset + size - 1;
  if (!code && (attributes & 0x400) != 0) {
    const top: u32 = (attributes & 0x400000) != 0 ? 0xffffffff : 0xffff;
    if (offset <= limit || last > top || last < offset) return raise(vector, 0);
  } else if (limit != 0xffffffff && (last > limit || last < offset)) {
    // A segment of 4 GiB has no end: an access across it goes on at 0 (implementation-specific, SDM vol. 3, 5.3).
    return raise(vector, 0);
  }
  return true;
}

// @ts-ignore: decorator
@inline export function readable(s: usize, offset: u32, size: u32): bool {
  return offset < load<u32>(s, SEGMENT_READ_END) || permitted(s, offset, size, false);
}

// @ts-ignore: decorator
@inline export function writable(s: usize, offset: u32, size: u32): bool {
  return offset < load<u32>(s, SEGMENT_WRITE_END) || permitted(s, offset, size, true);
}

// @ts-ignore: decorator
@inline export function linear(s: usize, offset: u32): u32 { return load<u32>(s, SEGMENT_BASE) + offset; }

// ---- memory operands: value 0 and faulted() after a fault

export function readM8(p: usize): u32 {
  const s = segment(p);
  const offset = effectiveAddress(p);
  return readable(s, offset, 1) ? read8(linear(s, offset)) : 0;
}

export function readM16(p: usize): u32 {
  const s = segment(p);
  const offset = effectiveAddress(p);
  return readable(s, offset, 2) ? read16(linear(s, offset)) : 0;
}

export function readM32(p: usize): u32 {
  const s = segment(p);
  const offset = effectiveAddress(p);
  return readable(s, offset, 4) ? read32(linear(s, offset)) : 0;
}

/** A second 32-bit (or other) word of a memory operand, `delta` bytes further. */
export function readMAt(p: usize, delta: u32, size: u32): u32 {
  const s = segment(p);
  const offset = effectiveAddress(p) + delta;
  if (!readable(s, offset, size)) return 0;
  return size == 4 ? read32(linear(s, offset)) : size == 2 ? read16(linear(s, offset)) : read8(linear(s, offset));
}

export function writeM8(p: usize, value: u32): bool {
  const s = segment(p);
  const offset = effectiveAddress(p);
  if (!writable(s, offset, 1)) return false;
  write8(linear(s, offset), value);
  return !faulted();
}

export function writeM16(p: usize, value: u32): bool {
  const s = segment(p);
  const offset = effectiveAddress(p);
  if (!writable(s, offset, 2)) return false;
  write16(linear(s, offset), value);
  return !faulted();
}

export function writeM32(p: usize, value: u32): bool {
  const s = segment(p);
  const offset = effectiveAddress(p);
  if (!writable(s, offset, 4)) return false;
  write32(linear(s, offset), value);
  return !faulted();
}

/** Stands in for an operand that has no single host address: device memory, or both sides of a granule. */
const STAND_IN: i32 = <i32>memory.data(8, 8);
let standsFor: u32 = 0;
let standInSize: u32 = 0;

/**
 * Read-modify-write of a memory operand: its host address, or -1 with a fault reported. After the store the caller
 * calls `settle` with that address.
 */
export function modifyM(p: usize, size: u32): i32 {
  return modifyAt(segment(p), effectiveAddress(p), size);
}

// @ts-ignore: decorator
@inline export function modifyAt(s: usize, offset: u32, size: u32): i32 {
  if (!writable(s, offset, size)) return -1;
  const address = linear(s, offset);
  const host = probeModify(address, size);
  if (host >= -1) return host;
  standsFor = address;
  standInSize = size;
  const value = size == 4 ? read32(address) : size == 2 ? read16(address) : read8(address);
  store<u32>(STAND_IN, value);
  return STAND_IN;
}

// @ts-ignore: decorator
@inline export function settle(host: i32): void {
  if (host == STAND_IN) settleStandIn();
}

function settleStandIn(): void {
  const value = load<u32>(STAND_IN);
  if (standInSize == 4) write32(standsFor, value);
  else if (standInSize == 2) write16(standsFor, value);
  else write8(standsFor, value);
}

// ---- the stack

/** Pushes a doubleword; false after a fault, with ESP unchanged. */
export function push32(value: u32): bool {
  const esp = load<u32>(ESP);
  const mask = load<u32>(STACK_MASK);
  const offset = (esp - 4) & mask;
  if (!writable(SS_RECORD, offset, 4)) return false;
  write32(linear(SS_RECORD, offset), value);
  if (faulted()) return false;
  store<u32>(ESP, (esp & ~mask) | offset);
  return true;
}

export function push16(value: u32): bool {
  const esp = load<u32>(ESP);
  const mask = load<u32>(STACK_MASK);
  const offset = (esp - 2) & mask;
  if (!writable(SS_RECORD, offset, 2)) return false;
  write16(linear(SS_RECORD, offset), value);
  if (faulted()) return false;
  store<u32>(ESP, (esp & ~mask) | offset);
  return true;
}

/** The operand `depth` bytes above the top of the stack; ESP stays. */
export function peek32(depth: u32): u32 {
  const offset = (load<u32>(ESP) + depth) & load<u32>(STACK_MASK);
  return readable(SS_RECORD, offset, 4) ? read32(linear(SS_RECORD, offset)) : 0;
}

export function peek16(depth: u32): u32 {
  const offset = (load<u32>(ESP) + depth) & load<u32>(STACK_MASK);
  return readable(SS_RECORD, offset, 2) ? read16(linear(SS_RECORD, offset)) : 0;
}

/**
 * Host address of `bytes` bytes, 32 at most, `depth` above the top of the stack, if reading them as doublewords would
 * neither fault nor change any state; else 0.
 */
// @ts-ignore: decorator
@inline export function peekFrame(depth: u32, bytes: u32): u32 {
  const mask = load<u32>(STACK_MASK);
  const offset = (load<u32>(ESP) + depth) & mask;
  const last = offset + bytes - 4;
  if (last < offset || last > mask || last >= load<u32>(SS_RECORD, SEGMENT_READ_END)) return 0;
  return filteredFrame(linear(SS_RECORD, offset), bytes);
}

// @ts-ignore: decorator
@inline export function moveEsp(delta: u32): void {
  const esp = load<u32>(ESP);
  const mask = load<u32>(STACK_MASK);
  store<u32>(ESP, (esp & ~mask) | ((esp + delta) & mask));
}

/** Push and peek by the operand size of an instruction. */
export function pushSized(p: usize, value: u32): bool {
  return (flagsOf(p) & WORD_OPERAND) != 0 ? push16(value) : push32(value);
}
