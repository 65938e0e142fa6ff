/**
 * The x87 and SSE state (SDM vol. 1, 8.1 and 10.5; vol. 2: FLDCW, FLDENV, FNCLEX, FNINIT, FNSAVE, FNSTCW, FNSTENV, FNSTSW,
 * FRSTOR, FXRSTOR, FXSAVE, LDMXCSR, STMXCSR, WAIT). It can be initialised, saved and restored, under CR0.TS, EM, MP and
 * NE; nothing computes with it.
 *
 *     environment (7 words or doublewords):   control  status  tags  EIP  CS | opcode << 16  operand's offset, selector
 *     FXSAVE:  0 control  2 status  4 tags, one bit each  6 opcode  8 EIP  C CS  10 offset  14 selector  18 MXCSR  1C mask
 *             20 ST0..ST7, 16 bytes each  A0 XMM0..XMM7
 *
 * Only "empty or not" is kept of the tags, as in the processor: the rest follows from the registers when it is asked for.
 */
import { advance, flagsOf, segment, WORD_OPERAND } from './entry';
import { EVENT_FLOAT_CONTROL, EVENT_FLOAT_ENVIRONMENT, EVENT_FLOAT_INIT, EVENT_FLOAT_RESTORE,
  EVENT_FLOAT_SAVE } from './generated/events';
import { CR0, CR4, EAX, FPU_CONTROL, FPU_INSTRUCTION, FPU_OPERAND, FPU_REGISTERS, FPU_STATUS, FPU_TAGS, MXCSR,
  XMM } from './generated/state';
import { chargeEvent } from './memory/charge';
import { probeWrite, write16, write32, write8 } from './memory/access';
import { effectiveAddress, faulted, GP, linear, MF, NM, raise, readMAt, UNDEFINED, writable } from './operands';

const MONITOR: u32 = 0x02;
const EMULATION: u32 = 0x04;
const TASK_SWITCHED: u32 = 0x08;
const NUMERIC_ERROR: u32 = 0x20;
const OSFXSR: u32 = 0x200;

const INITIAL_CONTROL: u32 = 0x037f;
const ALL_MASKED: u32 = 0x3f;
/** Status: exception flags, summary and busy, top of stack. */
const EXCEPTIONS: u32 = 0x003f;
const SUMMARY: u32 = 0x8080;
const CLEARED: u32 = 0x7f00;
const INITIAL_MXCSR: u32 = 0x1f80;
const MXCSR_MASK: u32 = 0x0000ffff;

const INSTRUCTION_EIP: usize = FPU_INSTRUCTION;
const INSTRUCTION_CS: usize = FPU_INSTRUCTION + 4;
const OPERAND_OFFSET: usize = FPU_OPERAND;
const OPERAND_SELECTOR: usize = FPU_OPERAND + 4;

/** The state that firmware leaves: initialised. */
export function resetFloatingPoint(): void {
  initialise();
  store<u32>(MXCSR, INITIAL_MXCSR);
}

function initialise(): void {
  store<u32>(FPU_CONTROL, INITIAL_CONTROL);
  store<u32>(FPU_STATUS, 0);
  store<u32>(FPU_TAGS, 0);
  store<u64>(FPU_INSTRUCTION, 0);
  store<u64>(FPU_OPERAND, 0);
}

/** Status bits 7 and 15 say whether an exception is both flagged and unmasked. */
function summarise(): void {
  const status = load<u32>(FPU_STATUS) & ~SUMMARY;
  const pending = (status & ~load<u32>(FPU_CONTROL) & EXCEPTIONS) != 0;
  store<u32>(FPU_STATUS, pending ? status | SUMMARY : status);
}

/** Is there a coprocessor to talk to? Else #NM. */
function available(): bool {
  return (load<u32>(CR0) & (EMULATION | TASK_SWITCHED)) == 0 ? true : raise(NM, 0);
}

/** Waiting instructions report a pending exception first: #MF under CR0.NE, else nothing (there is no FERR# here). */
function settled(): bool {
  if ((load<u32>(FPU_STATUS) & SUMMARY) == 0 || (load<u32>(CR0) & NUMERIC_ERROR) == 0) return true;
  return raise(MF, 0);
}

/** Arithmetic: there is none. */
export function FPU(p: usize): void {
  if (available()) raise(UNDEFINED, 0);
}

export function WAIT(p: usize): void {
  const both = MONITOR | TASK_SWITCHED;
  if ((load<u32>(CR0) & both) == both) raise(NM, 0);
  else if (settled()) advance(p);
}

/** Despite its name it waits, as arithmetic does. */
export function FNOP(p: usize): void {
  if (available() && settled()) advance(p);
}

/** FNENI, FNDISI and FNSETPM do nothing since the 387. */
export function FNENI(p: usize): void {
  if (available()) advance(p);
}

export function FNINIT(p: usize): void {
  if (!available()) return;
  initialise();
  chargeEvent(EVENT_FLOAT_INIT);
  advance(p);
}

export function FNCLEX(p: usize): void {
  if (!available()) return;
  store<u32>(FPU_STATUS, load<u32>(FPU_STATUS) & CLEARED);
  done(p, EVENT_FLOAT_CONTROL);
}

function done(p: usize, event: u32): void {
  chargeEvent(event);
  advance(p);
}

// ---- memory operands of many parts

function put(p: usize, delta: u32, size: u32, value: u32): bool {
  const s = segment(p);
  const offset = effectiveAddress(p) + delta;
  if (!writable(s, offset, size)) return false;
  const address = linear(s, offset);
  if (size == 4) write32(address, value);
  else if (size == 2) write16(address, value);
  else write8(address, value);
  return !faulted();
}

/** Can all `bytes` bytes of the operand be written? Then nothing is left half done. */
function reserve(p: usize, bytes: u32): bool {
  const s = segment(p);
  const first = effectiveAddress(p);
  const last = first + bytes - 1;
  if (!writable(s, first, 1) || !writable(s, last, 1)) return false;
  return probeWrite(linear(s, first), 1) != -1 && probeWrite(linear(s, last), 1) != -1;
}

/** Bytes of an environment. */
function environmentBytes(p: usize): u32 { return (flagsOf(p) & WORD_OPERAND) != 0 ? 14 : 28; }

/** The tag word: 0 valid, 1 zero, 2 special, 3 empty, by physical register. */
function tagWord(): u32 {
  let word: u32 = 0;
  for (let n: u32 = 0; n < 8; n++) word |= tagOf(n) << (n << 1);
  return word;
}

function tagOf(n: u32): u32 {
  if ((load<u32>(FPU_TAGS) & (1 << n)) == 0) return 3;
  const at = FPU_REGISTERS + (n << 4);
  const significand = load<u64>(at);
  const exponent: u32 = load<u16>(at, 8) & 0x7fff;
  if (exponent == 0 && significand == 0) return 1;
  return exponent == 0 || exponent == 0x7fff || <i64>significand >= 0 ? 2 : 0;
}

function setTagWord(word: u32): void {
  let tags: u32 = 0;
  for (let n: u32 = 0; n < 8; n++) if (((word >> (n << 1)) & 3) != 3) tags |= 1 << n;
  store<u32>(FPU_TAGS, tags);
}

function putEnvironment(p: usize): bool {
  const wide = environmentBytes(p) == 28;
  const size: u32 = wide ? 4 : 2;
  const upper: u32 = wide ? 0xffff0000 : 0;
  if (!put(p, 0, size, load<u32>(FPU_CONTROL) | upper)) return false;
  if (!put(p, size, size, load<u32>(FPU_STATUS) | upper)) return false;
  if (!put(p, 2 * size, size, tagWord() | upper)) return false;
  if (!put(p, 3 * size, size, load<u32>(INSTRUCTION_EIP))) return false;
  if (!put(p, 4 * size, size, load<u32>(INSTRUCTION_CS))) return false;
  if (!put(p, 5 * size, size, load<u32>(OPERAND_OFFSET))) return false;
  return put(p, 6 * size, size, load<u32>(OPERAND_SELECTOR) | upper);
}

/** Seven values, read before any is kept. */
const ENVIRONMENT: usize = memory.data(28, 4);

function fetchEnvironment(p: usize): bool {
  const size: u32 = environmentBytes(p) / 7;
  for (let i: u32 = 0; i < 7; i++) {
    store<u32>(ENVIRONMENT + (i << 2), readMAt(p, i * size, size));
    if (faulted()) return false;
  }
  return true;
}

function keepEnvironment(): void {
  store<u32>(FPU_CONTROL, (load<u32>(ENVIRONMENT) & 0x1f3f) | 0x40);
  store<u32>(FPU_STATUS, load<u32>(ENVIRONMENT, 4) & 0xffff);
  setTagWord(load<u32>(ENVIRONMENT, 8));
  store<u32>(INSTRUCTION_EIP, load<u32>(ENVIRONMENT, 12));
  store<u32>(INSTRUCTION_CS, load<u32>(ENVIRONMENT, 16) & 0x07ffffff);
  store<u32>(OPERAND_OFFSET, load<u32>(ENVIRONMENT, 20));
  store<u32>(OPERAND_SELECTOR, load<u32>(ENVIRONMENT, 24) & 0xffff);
  summarise();
}

// ---- control and status words

export function FLDCW(p: usize): void {
  if (!available() || !settled()) return;
  const value = readMAt(p, 0, 2);
  if (faulted()) return;
  store<u32>(FPU_CONTROL, (value & 0x1f3f) | 0x40);
  summarise();
  done(p, EVENT_FLOAT_CONTROL);
}

export function FNSTCW(p: usize): void {
  if (available() && put(p, 0, 2, load<u32>(FPU_CONTROL))) done(p, EVENT_FLOAT_CONTROL);
}

export function FNSTSW(p: usize): void {
  if (available() && put(p, 0, 2, load<u32>(FPU_STATUS))) done(p, EVENT_FLOAT_CONTROL);
}

export function FNSTSW_AX(p: usize): void {
  if (!available()) return;
  store<u16>(EAX, load<u32>(FPU_STATUS));
  done(p, EVENT_FLOAT_CONTROL);
}

// ---- environment and whole state

export function FLDENV(p: usize): void {
  if (!available() || !settled() || !fetchEnvironment(p)) return;
  keepEnvironment();
  done(p, EVENT_FLOAT_ENVIRONMENT);
}

export function FNSTENV(p: usize): void {
  if (!available() || !reserve(p, environmentBytes(p)) || !putEnvironment(p)) return;
  store<u32>(FPU_CONTROL, load<u32>(FPU_CONTROL) | ALL_MASKED);
  summarise();
  done(p, EVENT_FLOAT_ENVIRONMENT);
}

/**
 * Physical register of ST(i) for a status word. FNSAVE and FRSTOR move registers by words: what is aligned is the operand
 * as a whole.
 */
function registerOf(status: u32, i: u32): usize {
  return FPU_REGISTERS + ((((status >> 11) + i) & 7) << 4);
}

export function FNSAVE(p: usize): void {
  const start = environmentBytes(p);
  if (!available() || !reserve(p, start + 80) || !putEnvironment(p)) return;
  const status = load<u32>(FPU_STATUS);
  for (let i: u32 = 0; i < 8; i++) {
    const from = registerOf(status, i);
    const to = start + i * 10;
    for (let part: u32 = 0; part < 10; part += 2) if (!put(p, to + part, 2, load<u16>(from + part))) return;
  }
  initialise();
  done(p, EVENT_FLOAT_SAVE);
}

/** Register contents, read before any is kept: 16 of 16 bytes. */
const CONTENTS: usize = memory.data(256, 8);

export function FRSTOR(p: usize): void {
  if (!available() || !settled() || !fetchEnvironment(p)) return;
  const start = environmentBytes(p);
  for (let i: u32 = 0; i < 8; i++) {
    const from = start + i * 10;
    const to = CONTENTS + (i << 4);
    for (let part: u32 = 0; part < 10; part += 2) {
      store<u16>(to + part, readMAt(p, from + part, 2));
      if (faulted()) return;
    }
  }
  keepEnvironment();
  const status = load<u32>(FPU_STATUS);
  for (let i: u32 = 0; i < 8; i++) memory.copy(registerOf(status, i), CONTENTS + (i << 4), 10);
  done(p, EVENT_FLOAT_RESTORE);
}

/** What FXSAVE and FXRSTOR check: coprocessor, then alignment. */
function wholeOperand(p: usize): bool {
  if (!available()) return false;
  return (linear(segment(p), effectiveAddress(p)) & 15) == 0 ? true : raise(GP, 0);
}

export function FXSAVE(p: usize): void {
  if (!wholeOperand(p) || !reserve(p, 512)) return;
  const status = load<u32>(FPU_STATUS);
  if (!put(p, 0x00, 4, load<u32>(FPU_CONTROL) | (status << 16))) return;
  if (!put(p, 0x04, 4, load<u32>(FPU_TAGS) | (load<u32>(INSTRUCTION_CS) & 0x07ff0000))) return;
  if (!put(p, 0x08, 4, load<u32>(INSTRUCTION_EIP)) || !put(p, 0x0c, 4, load<u32>(INSTRUCTION_CS) & 0xffff)) return;
  if (!put(p, 0x10, 4, load<u32>(OPERAND_OFFSET)) || !put(p, 0x14, 4, load<u32>(OPERAND_SELECTOR))) return;
  if (!put(p, 0x18, 4, load<u32>(MXCSR)) || !put(p, 0x1c, 4, MXCSR_MASK)) return;
  for (let i: u32 = 0; i < 8; i++) {
    const from = registerOf(status, i);
    for (let part: u32 = 0; part < 16; part += 4) {
      // Ten bytes of a register; the other six are zero.
      if (!put(p, 0x20 + (i << 4) + part, 4, part < 12 ? load<u32>(from + part) : 0)) return;
    }
  }
  for (let part: u32 = 0; part < 128; part += 4) if (!put(p, 0xa0 + part, 4, load<u32>(XMM + part))) return;
  done(p, EVENT_FLOAT_SAVE);
}

export function FXRSTOR(p: usize): void {
  if (!wholeOperand(p)) return;
  for (let part: u32 = 0; part < 256; part += 4) {
    store<u32>(CONTENTS + part, readMAt(p, 0x20 + part, 4));
    if (faulted()) return;
  }
  for (let i: u32 = 0; i < 7; i++) {
    store<u32>(ENVIRONMENT + (i << 2), readMAt(p, i << 2, 4));
    if (faulted()) return;
  }
  const mxcsr = load<u32>(ENVIRONMENT, 24);
  if ((mxcsr & ~MXCSR_MASK) != 0) {
    raise(GP, 0);
    return;
  }
  const tags = load<u32>(ENVIRONMENT, 4);
  store<u32>(FPU_CONTROL, (load<u16>(ENVIRONMENT) & 0x1f3f) | 0x40);
  store<u32>(FPU_STATUS, load<u16>(ENVIRONMENT, 2));
  store<u32>(FPU_TAGS, tags & 0xff);
  store<u32>(INSTRUCTION_EIP, load<u32>(ENVIRONMENT, 8));
  store<u32>(INSTRUCTION_CS, (load<u32>(ENVIRONMENT, 12) & 0xffff) | (tags & 0x07ff0000));
  store<u32>(OPERAND_OFFSET, load<u32>(ENVIRONMENT, 16));
  store<u32>(OPERAND_SELECTOR, load<u32>(ENVIRONMENT, 20) & 0xffff);
  store<u32>(MXCSR, mxcsr);
  summarise();
  const status = load<u32>(FPU_STATUS);
  for (let i: u32 = 0; i < 8; i++) memory.copy(registerOf(status, i), CONTENTS + (i << 4), 10);
  memory.copy(XMM, CONTENTS + 128, 128);
  done(p, EVENT_FLOAT_RESTORE);
}

/** SSE exists for a kernel that has set CR4.OSFXSR and left CR0.EM clear. */
function streaming(): bool {
  if ((load<u32>(CR0) & EMULATION) != 0 || (load<u32>(CR4) & OSFXSR) == 0) return raise(UNDEFINED, 0);
  return (load<u32>(CR0) & TASK_SWITCHED) == 0 ? true : raise(NM, 0);
}

export function LDMXCSR(p: usize): void {
  if (!streaming()) return;
  const value = readMAt(p, 0, 4);
  if (faulted()) return;
  if ((value & ~MXCSR_MASK) != 0) {
    raise(GP, 0);
    return;
  }
  store<u32>(MXCSR, value);
  done(p, EVENT_FLOAT_CONTROL);
}

export function STMXCSR(p: usize): void {
  if (streaming() && put(p, 0, 4, load<u32>(MXCSR))) done(p, EVENT_FLOAT_CONTROL);
}
