/** Instructions that enter the IDT, and the one that always faults (SDM vol. 2: INT, INT1, INTO, INT3, UD2). */
import { advance, immediate, lengthOf } from './entry';
import { IOPL, overflow, VM } from './flags';
import { debugInterrupt, softwareInterrupt } from './exception';
import { EFLAGS, EIP } from './generated/state';
import { BP, GP, OVERFLOW, raise, UNDEFINED } from './operands';

export function INT1(p: usize): void { debugInterrupt(load<u32>(EIP) + lengthOf(p)); }
export function INT3(p: usize): void { softwareInterrupt(BP, load<u32>(EIP) + lengthOf(p)); }

/** In virtual-8086 mode INT n is IOPL-sensitive; INT3 and INTO are not. */
export function INT_Ib(p: usize): void {
  const eflags = load<u32>(EFLAGS);
  if ((eflags & VM) != 0 && (eflags & IOPL) != IOPL) raise(GP, 0);
  else softwareInterrupt(immediate(p), load<u32>(EIP) + lengthOf(p));
}

export function INTO(p: usize): void {
  if (overflow() != 0) softwareInterrupt(OVERFLOW, load<u32>(EIP) + lengthOf(p));
  else advance(p);
}

export function UD(p: usize): void { raise(UNDEFINED, 0); }
