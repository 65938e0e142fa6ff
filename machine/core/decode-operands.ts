/** The decoder's second half: bytes of code, addresses by ModRM and SIB, immediates (SDM vol. 2, chapter 2). */
import { IMMEDIATE_FAR, IMMEDIATE_I16, IMMEDIATE_I16U8, IMMEDIATE_I8, IMMEDIATE_IZ, IMMEDIATE_J8, IMMEDIATE_JZ,
  IMMEDIATE_ONE, IMMEDIATE_U8 } from './generated/opcodes';
import { SEGMENT_BYTES } from './generated/state';

/** Register offset of "none", of the computed 16-bit address, and of ESP, EBP. */
export const ZERO_REGISTER: u32 = 32;
export const SCRATCH_REGISTER: u32 = 36;
const EBX_OFFSET: u32 = 12;
const ESP_OFFSET: u32 = 16;
const EBP_OFFSET: u32 = 20;
const ESI_OFFSET: u32 = 24;
const EDI_OFFSET: u32 = 28;
export const DS_SEGMENT: u32 = 3 * SEGMENT_BYTES;
export const SS_SEGMENT: u32 = 2 * SEGMENT_BYTES;

/** The code bytes at hand, and where the decoder is in them; `starved`: more were needed. */
export let cursor: usize = 0;
export let starved: bool = false;
let end: usize = 0;

/** The next instruction starts at `at` and must end before `limit`. */
export function beginAt(at: usize, limit: usize): void {
  cursor = at;
  end = limit;
  starved = false;
}

export function byte(): u32 {
  if (cursor >= end) {
    starved = true;
    return 0;
  }
  return load<u8>(cursor++);
}

function word(): u32 {
  const low = byte();
  return low | (byte() << 8);
}

function double(): u32 {
  const low = word();
  return low | (word() << 16);
}

/** Operand fields of the instruction: register offsets, scale, displacement, and the segment unless one is named. */
export let base: u32 = 0;
export let scaled: u32 = 0;
export let scale: u32 = 0;
export let displacement: u32 = 0;
export let defaultSegment: u32 = 0;

export function noAddress(): void {
  base = ZERO_REGISTER;
  scaled = ZERO_REGISTER;
  scale = 0;
  displacement = 0;
  defaultSegment = DS_SEGMENT;
}

/** The address is what a pseudo-entry before the instruction computes. */
export function scratchAddress(): void {
  base = SCRATCH_REGISTER;
  scaled = ZERO_REGISTER;
  scale = 0;
  displacement = 0;
}

/** An absolute offset. */
export function offsetAddress(wordAddress: bool): void {
  displacement = wordAddress ? word() : double();
}

/** ModRM and SIB (SDM vol. 2, tables 2-2 and 2-3). */
export function address32(modrm: u32): void {
  const mod = modrm >> 6;
  const rm = modrm & 7;
  let number = rm;
  if (rm == 4) {
    const sib = byte();
    const indexed = (sib >> 3) & 7;
    if (indexed != 4) {
      scaled = indexed << 2;
      scale = sib >> 6;
    }
    number = sib & 7;
  }
  if (number == 5 && mod == 0) displacement = double();
  else {
    base = number << 2;
    if (base == ESP_OFFSET || base == EBP_OFFSET) defaultSegment = SS_SEGMENT;
  }
  if (mod == 1) displacement = <i32>(<i8>byte());
  else if (mod == 2) displacement = double();
}

/** 16-bit addressing (table 2-1): BX or BP, plus SI or DI. */
export function address16(modrm: u32): void {
  const mod = modrm >> 6;
  const rm = modrm & 7;
  if (rm == 6 && mod == 0) {
    displacement = word();
    return;
  }
  if (rm < 4) {
    base = rm < 2 ? EBX_OFFSET : EBP_OFFSET;
    scaled = (rm & 1) == 0 ? ESI_OFFSET : EDI_OFFSET;
  } else base = rm == 4 ? ESI_OFFSET : rm == 5 ? EDI_OFFSET : rm == 6 ? EBP_OFFSET : EBX_OFFSET;
  if (base == EBP_OFFSET) defaultSegment = SS_SEGMENT;
  if (mod == 1) displacement = <i32>(<i8>byte());
  else if (mod == 2) displacement = word();
}

/** What `immediateOf` read. */
export let constant: u32 = 0;

/** Sets `constant`; returns the second immediate of far pointers and ENTER. */
export function immediateOf(kind: u32, wordOperand: bool): u32 {
  constant = 0;
  switch (kind) {
    case IMMEDIATE_I8:
    case IMMEDIATE_J8:
      constant = <i32>(<i8>byte());
      break;
    case IMMEDIATE_U8:
      constant = byte();
      break;
    case IMMEDIATE_IZ:
      constant = wordOperand ? word() : double();
      break;
    case IMMEDIATE_JZ:
      constant = wordOperand ? <i32>(<i16>word()) : double();
      break;
    case IMMEDIATE_I16:
      constant = word();
      break;
    case IMMEDIATE_ONE:
      constant = 1;
      break;
    case IMMEDIATE_I16U8:
      constant = word();
      return byte();
    case IMMEDIATE_FAR:
      constant = wordOperand ? word() : double();
      return word();
  }
  return 0;
}
