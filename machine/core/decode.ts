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
import { ACCUMULATOR, ALWAYS_LOCKED, BY_CL, BYTE_E, BYTE_G, ENDS_RUN, FIRST_GROUP, FIRST_MEMBER, FORCE_REGISTER, GROUP,
  GUARDS, INVALID, LOCKABLE, MEMBERS, MODRM, OFFSET, OPCODE_REGISTER, OPCODES, RECORD_BYTES, REG_FIRST, SPECIAL_REGISTER,
  STRING } from './generated/opcodes';
import { CODE_WIDTH, SEGMENT_BYTES } from './generated/state';
import { address16, address32, base, beginAt, byte, constant, cursor, defaultSegment, displacement, DS_SEGMENT, immediateOf,
  noAddress, offsetAddress, scale, scaled, scratchAddress, SS_SEGMENT, starved, ZERO_REGISTER } from './decode-operands';
import { COUNT_IN_CL, ENTRY_BYTES, MEMORY_OPERAND, REPEAT, REPEAT_NOT, WORD_ADDRESS, WORD_OPERAND } from './entry';

const NO_SEGMENT: u32 = 0xffff;
const LONGEST: u32 = 15;

/** Why an instruction could not be decoded. */
export const DECODED: u32 = 0;
/** It needs bytes beyond those at hand. */
export const NEEDS_BYTES: u32 = 1;
/** It is longer than 15 bytes. */
export const TOO_LONG: u32 = 2;

/** The first code byte of the run, and where entries go. */
let first: usize = 0;
let out: usize = 0;

/** State of the run being decoded. */
let ticks: u32 = 0;
let instructions: u32 = 0;

/** Prefixes of the instruction being decoded. */
let wordOperand: bool = false;
let wordAddress: bool = false;
let chosenSegment: u32 = NO_SEGMENT;
let repeats: u32 = 0;
let locked: bool = false;
/** It is a member of a group. */
let grouped: bool = false;

/** Where the entries of the last `decodeRun` end. */
export let entriesEnd: usize = 0;
/** How many bytes of code they cover. */
export let bytesDecoded: u32 = 0;

const CLI_OPCODE: u32 = 0xfa;

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
    const end = min(limit, at + LONGEST);
    beginAt(at, end);
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
    // What STI let in must be looked at before CLI shuts it out again.
    if (!last && at < limit && load<u8>(at) == CLI_OPCODE) break;
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
  let flags: u32 = load<u32>(row, 8);
  let modrm: u32 = 0;
  grouped = false;
  if ((flags & MODRM) != 0) {
    modrm = byte();
    if ((flags & GROUP) != 0) {
      row = OPCODES + (FIRST_GROUP + ((<u32>load<u8>(row, 17)) << 3) + ((modrm >> 3) & 7)) * RECORD_BYTES;
      flags = load<u32>(row, 8);
      grouped = true;
      if ((flags & MEMBERS) != 0 && modrm >= 0xc0) {
        row = OPCODES + (FIRST_MEMBER + ((<u32>load<u8>(row, 17)) << 3) + (modrm & 7)) * RECORD_BYTES;
        flags = load<u32>(row, 8);
      }
    }
  }
  const inMemory = (flags & OFFSET) != 0 ||
    ((flags & (MODRM | INVALID)) == MODRM && modrm < 0xc0 && (flags & FORCE_REGISTER) == 0);
  noAddress();
  if ((flags & OFFSET) != 0) offsetAddress(wordAddress);
  else if (inMemory) {
    if (wordAddress) address16(modrm);
    else address32(modrm);
  }
  const far = immediateOf(load<u8>(row, 12), wordOperand);
  let handler: u32 = load<u16>(row + (wordOperand ? 4 : 0) + (inMemory ? 2 : 0));
  const guard = load<u32>(GUARDS + ((<u32>load<u8>(row, 16)) << 2));
  const lacking = guard != 0 && (load<u32>(CONFIG_FEATURES) & guard) == 0;
  const badLock = locked && !(inMemory && (flags & LOCKABLE) != 0);
  if ((flags & INVALID) != 0 || lacking || badLock) handler = UD;
  if (handler != UD && inMemory && (locked || (flags & ALWAYS_LOCKED) != 0)) writeEntry(LOCK, start, start, 0, 0);
  if (inMemory && wordAddress && (flags & OFFSET) == 0) {
    writeEntry(EA16, start, start, 0, 0);
    writeAddress(out - ENTRY_BYTES);
    scratchAddress();
  }
  const issue: u32 = load<u8>(row + (inMemory ? 15 : 14));
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
      if (grouped) src = rm;
    }
  }
  let value = constant;
  if (handler == SHL_RdIb || handler == SHR_RdIb || handler == SAR_RdIb) {
    // A shift by a constant 0 takes the general handler, which leaves the flags alone.
    value &= 31;
    if (value == 0) handler = SHIFT_Rd;
  }
  const entry = out;
  writeEntry(handler, start, <u32>(cursor - first), price, 1);
  store<u8>(entry, dst, 2);
  store<u8>(entry, src, 3);
  writeAddress(entry);
  store<u8>(entry, chosenSegment == NO_SEGMENT ? defaultSegment : chosenSegment, 7);
  store<u32>(entry, value, 12);
  store<u8>(entry, load<u8>(row, 13), 18);
  let bits: u32 = 0;
  if (wordOperand) bits |= WORD_OPERAND;
  if (wordAddress) bits |= WORD_ADDRESS;
  if ((flags & STRING) != 0) bits |= repeats;
  if ((flags & BY_CL) != 0) bits |= COUNT_IN_CL;
  if (inMemory) bits |= MEMORY_OPERAND;
  store<u8>(entry, bits, 19);
  store<u16>(entry, second, 26);
}
