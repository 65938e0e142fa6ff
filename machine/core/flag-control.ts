/** Flag instructions (SDM vol. 2: CLC, CLD, CLI, CMC, LAHF, POPF, PUSHF, SAHF, STC, STD, STI). */
import { advance, flagsOf, WORD_OPERAND } from './entry';
import { AC, AF, ARITHMETIC, arithmeticFlags, carry, CF, DF, ID, IF, IOPL, NT, OF, PF, setExplicit, SF, TF, VM, ZF } from './flags';
import { COUNTER_INSTRUCTIONS } from './generated/counters';
import { EVENT_CLI, EVENT_POPF, EVENT_PUSHF, EVENT_STI } from './generated/events';
import { CPL, EAX, EFLAGS, SHADOW } from './generated/state';
import { chargeEvent } from './memory/charge';
import { faulted, GP, moveEsp, peek16, peek32, pushSized, raise } from './operands';
import { updateFetchEnd } from './segments';

/** EFLAGS as a program sees it; RF is kept apart (debug.ts). */
export function readFlags(): u32 {
  return load<u32>(EFLAGS) | arithmeticFlags() | 2;
}

/** Loads the flags in `mask` from `value`. */
export function writeFlags(value: u32, mask: u32): void {
  const kept = ~mask & ARITHMETIC;
  setExplicit((kept != 0 ? arithmeticFlags() & kept : 0) | (value & mask & ARITHMETIC));
  const system = ~ARITHMETIC & mask;
  store<u32>(EFLAGS, (load<u32>(EFLAGS) & ~system) | (value & system));
  updateFetchEnd();
}

/** Flags that POPF or IRET may change at this privilege level (SDM vol. 2, POPF, table 4-19). */
export function loadableFlags(): u32 {
  let mask = ARITHMETIC | TF | DF | NT | AC | ID;
  const cpl = load<u32>(CPL);
  if (cpl == 0) mask |= IOPL;
  if (cpl <= ioPrivilege()) mask |= IF;
  return mask;
}

// @ts-ignore: decorator
@inline export function ioPrivilege(): u32 { return (load<u32>(EFLAGS) >> 12) & 3; }

/** No interrupt until one more instruction has retired. */
export function inhibitInterrupts(): void { store<u32>(SHADOW, load<u32>(COUNTER_INSTRUCTIONS)); }

export function LAHF(p: usize): void {
  store<u8>(EAX, (arithmeticFlags() & (SF | ZF | AF | PF | CF)) | 2, 1);
}

export function SAHF(p: usize): void {
  setExplicit((arithmeticFlags() & OF) | (<u32>load<u8>(EAX, 1) & (SF | ZF | AF | PF | CF)));
}

export function CLC(p: usize): void { setExplicit(arithmeticFlags() & ~CF); }
export function STC(p: usize): void { setExplicit(arithmeticFlags() | CF); }
export function CMC(p: usize): void { setExplicit(arithmeticFlags() ^ CF); }
export function CLD(p: usize): void { store<u32>(EFLAGS, load<u32>(EFLAGS) & ~DF); }
export function STD(p: usize): void { store<u32>(EFLAGS, load<u32>(EFLAGS) | DF); }

/** AL = CF ? FFh : 0; in no manual for long, and in every processor. */
export function SALC(p: usize): void { store<u8>(EAX, carry() != 0 ? 0xff : 0); }

/** Virtual-8086 mode leaves the flags to the monitor unless IOPL is 3 (SDM vol. 3, 20.2.7). */
function flagsAllowed(): bool {
  const eflags = load<u32>(EFLAGS);
  return (eflags & VM) == 0 || (eflags & IOPL) == IOPL ? true : raise(GP, 0);
}

export function PUSHF(p: usize): void {
  if (!flagsAllowed() || !pushSized(p, readFlags() & ~VM)) return;
  chargeEvent(EVENT_PUSHF);
  advance(p);
}

export function POPF(p: usize): void {
  if (!flagsAllowed()) return;
  const word = (flagsOf(p) & WORD_OPERAND) != 0;
  const value = word ? peek16(0) : peek32(0);
  if (faulted()) return;
  chargeEvent(EVENT_POPF);
  moveEsp(word ? 2 : 4);
  writeFlags(value, word ? loadableFlags() & 0xffff : loadableFlags());
  advance(p);
}

export function CLI(p: usize): void {
  if (load<u32>(CPL) > ioPrivilege()) {
    raise(GP, 0);
    return;
  }
  chargeEvent(EVENT_CLI);
  store<u32>(EFLAGS, load<u32>(EFLAGS) & ~IF);
  advance(p);
}

export function STI(p: usize): void {
  if (load<u32>(CPL) > ioPrivilege()) {
    raise(GP, 0);
    return;
  }
  chargeEvent(EVENT_STI);
  if ((load<u32>(EFLAGS) & IF) == 0) inhibitInterrupts();
  store<u32>(EFLAGS, load<u32>(EFLAGS) | IF);
  advance(p);
}
