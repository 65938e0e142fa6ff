/**
 * The decoder: code bytes -> a run of entries (entry.ts). A run starts anywhere and ends
 * - after a control transfer or a complex instruction,
 * - where the next instruction starts in another 32-byte granule,
 * - before an instruction that reaches into the next granule, which makes a run of its own: its second granule must be
 *   fetched, with the faults of that, when it executes and no sooner.
 * So the places where interrupts are recognised and `run` returns are a property of the code, not of its history.
 */
import { hooked } from './hooks';
import { CONFIG_FEATURES, CONFIG_ISSUE_PRICES } from './generated/config';
import { EA16, END, HOOK, LOCK, SAR_RdIb, SHIFT_Rd, SHL_RdIb, SHR_RdIb, UD } from './generated/handlers';
import { ISSUE_DIVIDE16, ISSUE_DIVIDE32 } from './generated/issue';
import { ACCUMULATOR, ALWAYS_LOCKED, BY_CL, BYTE_E, BYTE_G, ENDS_RUN, FIRST_GROUP, FORCE_REGISTER, GROUP, GUARDS,
  IMMEDIATE_FAR, IMMEDIATE_I16, IMMEDIATE_I16U8, IMMEDIATE_I8, IMMEDIATE_IZ, IMMEDIATE_J8, IMMEDIATE_JZ,
  IMMEDIATE_NONE, IMMEDIATE_ONE, IMMEDIATE_U8, INVALID, LOCKABLE, MODRM, OFFSET, OPCODE_REGISTER, OPCODES, RECORD_BYTES,
  REG_FIRST, SPECIAL_REGISTER, STRING } from './generated/opcodes';
import { CODE_WIDTH, SEGMENT_BYTES } from './generated/state';
import { COUNT_IN_CL, ENTRY_BYTES, MEMORY_OPERAND, REPEAT, REPEAT_NOT, WORD_ADDRESS, WORD_OPERAND } from './entry';

/** Register offset of "none", of the computed 16-bit address, and of ESP, EBP. */
const ZERO_REGISTER: u32 = 32;
const SCRATCH_REGISTER: u32 = 36;
const EBX_OFFSET: u32 = 12;
const ESP_OFFSET: u32 = 16;
const EBP_OFFSET: u32 = 20;
const ESI_OFFSET: u32 = 24;
const EDI_OFFSET: u32 = 28;
const DS_SEGMENT: u32 = 3 * SEGMENT_BYTES;
const SS_SEGMENT: u32 = 2 * SEGMENT_BYTES;
const NO_SEGMENT: u32 = 0xffff;
const LONGEST: u32 = 15;

/** Why an instruction could not be decoded. */
export const DECODED: u32 = 0;
/** It needs bytes beyond those at hand. */
export const NEEDS_BYTES: u32 = 1;
/** It is longer than 15 bytes. */
export const TOO_LONG: u32 = 2;

/** The code bytes at hand, and where the decoder is in them. */
let first: usize = 0;
let cursor: usize = 0;
let end: usize = 0;
/** Where entries go. */
let out: usize = 0;
let starved: bool = false;

/** State of the run being decoded. */
let ticks: u32 = 0;
let instructions: u32 = 0;

function byte(): u32 {
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

/** Prefixes of the instruction being decoded. */
let wordOperand: bool = false;
let wordAddress: bool = false;
let chosenSegment: u32 = NO_SEGMENT;
let repeats: u32 = 0;
let locked: bool = false;

/** Operand fields of it. */
let base: u32 = 0;
let scaled: u32 = 0;
let scale: u32 = 0;
let displacement: u32 = 0;
let defaultSegment: u32 = 0;

/** Where the entries of the last `decodeRun` end. */
export let entriesEnd: usize = 0;
/** How many bytes of code they cover. */
export let bytesDecoded: u32 = 0;

/**
 * Decodes a run for linear address `la` from `bytes` bytes at `code` into `entries`. At most `most` instructions, all
 * within the bytes. Returns DECODED when there is at least one.
 */
export function decodeRun(la: u32, code: usize, bytes: u32, entries: usize, most: u32): u32 {
  out = entries;
  ticks = 0;
  instructions = 0;
  first = code;
  let at = code;
  const limit = code + bytes;
  let last: bool = false;
  while (!last && at < limit && instructions < most) {
    cursor = at;
    end = min(limit, at + LONGEST);
    starved = false;
    const before = out;
    const issued = ticks;
    last = decodeOne(la + <u32>(at - code), <u32>(at - code));
    if (starved) {
      out = before;
      ticks = issued;
      last = false;
      if (instructions != 0) break;
      return end == at + LONGEST ? TOO_LONG : NEEDS_BYTES;
    }
    at = cursor;
    instructions++;
  }
  if (!last) writeEntry(END, <u32>(at - code), <u32>(at - code), 0, 0);
  entriesEnd = out;
  bytesDecoded = <u32>(at - code);
  return DECODED;
}

/** Writes the fields that every entry has; the rest is zero. `counts`: 1 for an instruction, 0 for a pseudo-entry. */
function writeEntry(handler: u32, start: u32, next: u32, price: u32, counts: u32): void {
  memory.fill(out, 0, ENTRY_BYTES);
  store<u16>(out, handler);
  store<u8>(out, ZERO_REGISTER, 4);
  store<u8>(out, ZERO_REGISTER, 5);
  store<u8>(out, start, 16);
  store<u8>(out, next, 17);
  store<u16>(out, ticks, 20);
  ticks += price;
  store<u16>(out, ticks, 22);
  store<u8>(out, instructions, 24);
  store<u8>(out, instructions + counts, 25);
  out += ENTRY_BYTES;
}

/** One instruction, with its pseudo-entries; true if it ends the run. */
function decodeOne(la: u32, start: u32): bool {
  if (hooked(la)) {
    writeEntry(HOOK, start, start, 0, 0);
    store<u32>(out - ENTRY_BYTES, la, 8);
  }
  const wide = load<u32>(CODE_WIDTH) == 0;
  wordOperand = !wide;
  wordAddress = !wide;
  chosenSegment = NO_SEGMENT;
  repeats = 0;
  locked = false;
  let opcode = byte();
  while (!starved && prefix(opcode, wide)) opcode = byte();
  if (opcode == 0x0f) opcode = 0x100 | byte();
  return decodeOpcode(opcode, start);
}

function prefix(opcode: u32, wide: bool): bool {
  switch (opcode) {
    case 0x26: chosenSegment = 0; return true;
    case 0x2e: chosenSegment = SEGMENT_BYTES; return true;
    case 0x36: chosenSegment = SS_SEGMENT; return true;
    case 0x3e: chosenSegment = DS_SEGMENT; return true;
    case 0x64: chosenSegment = 4 * SEGMENT_BYTES; return true;
    case 0x65: chosenSegment = 5 * SEGMENT_BYTES; return true;
    case 0x66: wordOperand = wide; return true;
    case 0x67: wordAddress = wide; return true;
    case 0xf0: locked = true; return true;
    case 0xf2: repeats = REPEAT_NOT; return true;
    case 0xf3: repeats = REPEAT; return true;
  }
  return false;
}

function decodeOpcode(opcode: u32, start: u32): bool {
  let row = OPCODES + opcode * RECORD_BYTES;
  let flags: u32 = load<u16>(row, 8);
  let modrm: u32 = 0;
  if ((flags & MODRM) != 0) {
    modrm = byte();
    if ((flags & GROUP) != 0) {
      row = OPCODES + (FIRST_GROUP + ((<u32>load<u8>(row, 15)) << 3) + ((modrm >> 3) & 7)) * RECORD_BYTES;
      flags = load<u16>(row, 8);
    }
  }
  const inMemory = (flags & OFFSET) != 0 ||
    ((flags & (MODRM | INVALID)) == MODRM && modrm < 0xc0 && (flags & FORCE_REGISTER) == 0);
  base = ZERO_REGISTER;
  scaled = ZERO_REGISTER;
  scale = 0;
  displacement = 0;
  defaultSegment = DS_SEGMENT;
  if ((flags & OFFSET) != 0) displacement = wordAddress ? word() : double();
  else if (inMemory) {
    if (wordAddress) address16(modrm);
    else address32(modrm);
  }
  const far = immediateOf(load<u8>(row, 10));
  let handler: u32 = load<u16>(row + (wordOperand ? 4 : 0) + (inMemory ? 2 : 0));
  const guard = load<u32>(GUARDS + ((<u32>load<u8>(row, 14)) << 2));
  const lacking = guard != 0 && (load<u32>(CONFIG_FEATURES) & guard) == 0;
  const badLock = locked && !(inMemory && (flags & LOCKABLE) != 0);
  if ((flags & INVALID) != 0 || lacking || badLock) handler = UD;
  if (handler != UD && inMemory && (locked || (flags & ALWAYS_LOCKED) != 0)) writeEntry(LOCK, start, start, 0, 0);
  if (inMemory && wordAddress && (flags & OFFSET) == 0) {
    writeEntry(EA16, start, start, 0, 0);
    writeAddress(out - ENTRY_BYTES);
    base = SCRATCH_REGISTER;
    scaled = ZERO_REGISTER;
    scale = 0;
    displacement = 0;
  }
  const issue: u32 = load<u8>(row + (inMemory ? 13 : 12));
  const priced = issue == ISSUE_DIVIDE32 && wordOperand ? ISSUE_DIVIDE16 : issue;
  // String instructions charge each iteration themselves: they may give way in the middle.
  const price = (flags & STRING) != 0 ? 0 : load<u32>(CONFIG_ISSUE_PRICES + (priced << 2));
  finish(handler, row, flags, modrm, opcode, inMemory, start, price, far);
  return handler == UD || (flags & ENDS_RUN) != 0;
}

function writeAddress(entry: usize): void {
  store<u8>(entry, base, 4);
  store<u8>(entry, scaled, 5);
  store<u8>(entry, scale, 6);
  store<u32>(entry, displacement, 8);
}

/** ModRM and SIB (SDM vol. 2, tables 2-2 and 2-3). */
function address32(modrm: u32): void {
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
function address16(modrm: u32): void {
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

/** Sets `constant`; returns the second immediate of far pointers and ENTER. */
let constant: u32 = 0;

function immediateOf(kind: u32): u32 {
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

/** Byte registers 4-7 are AH, CH, DH, BH. */
function registerOffset(number: u32, isByte: bool): u32 {
  return isByte && number >= 4 ? ((number - 4) << 2) + 1 : number << 2;
}

function finish(
  handler: u32, row: usize, flags: u32, modrm: u32, opcode: u32, inMemory: bool, start: u32, price: u32, second: u32,
): void {
  const field = (modrm >> 3) & 7;
  const reg = (flags & SPECIAL_REGISTER) != 0 ? field : registerOffset(field, (flags & BYTE_G) != 0);
  const rm = registerOffset(modrm & 7, (flags & BYTE_E) != 0);
  let dst = reg;
  let src = reg;
  if ((flags & OPCODE_REGISTER) != 0) {
    src = registerOffset(opcode & 7, (flags & BYTE_G) != 0);
    dst = (flags & ACCUMULATOR) != 0 ? 0 : src;
  } else if ((flags & ACCUMULATOR) != 0) {
    dst = 0;
    src = 0;
  } else if ((flags & MODRM) != 0 && !inMemory) {
    if ((flags & SPECIAL_REGISTER) != 0) dst = rm;
    else if ((flags & REG_FIRST) != 0) src = rm;
    else {
      dst = rm;
      if (row >= OPCODES + FIRST_GROUP * RECORD_BYTES) src = rm;
    }
  }
  if (handler == SHL_RdIb || handler == SHR_RdIb || handler == SAR_RdIb) {
    // A shift by a constant 0 takes the general handler, which leaves the flags alone.
    constant &= 31;
    if (constant == 0) handler = SHIFT_Rd;
  }
  const entry = out;
  writeEntry(handler, start, <u32>(cursor - first), price, 1);
  store<u8>(entry, dst, 2);
  store<u8>(entry, src, 3);
  writeAddress(entry);
  store<u8>(entry, chosenSegment == NO_SEGMENT ? defaultSegment : chosenSegment, 7);
  store<u32>(entry, constant, 12);
  store<u8>(entry, load<u8>(row, 11), 18);
  let bits: u32 = 0;
  if (wordOperand) bits |= WORD_OPERAND;
  if (wordAddress) bits |= WORD_ADDRESS;
  if ((flags & STRING) != 0) bits |= repeats;
  if ((flags & BY_CL) != 0) bits |= COUNT_IN_CL;
  if (inMemory) bits |= MEMORY_OPERAND;
  store<u8>(entry, bits, 19);
  store<u16>(entry, second, 26);
}
