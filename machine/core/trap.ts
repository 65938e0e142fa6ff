/** Instructions that enter the IDT, and those that always fault (SDM vol. 2: INT, INTO, INT3, UD2, WAIT). */
import { advance, immediate, lengthOf } from './entry';
import { overflow } from './flags';
import { softwareInterrupt } from './exception';
import { CR0, EIP } from './generated/state';
import { BP, NM, OVERFLOW, raise, UNDEFINED } from './operands';

const MONITOR_COPROCESSOR: u32 = 2;
const EMULATION: u32 = 4;
const TASK_SWITCHED: u32 = 8;

export function INT3(p: usize): void { softwareInterrupt(BP, load<u32>(EIP) + lengthOf(p)); }
export function INT_Ib(p: usize): void { softwareInterrupt(immediate(p), load<u32>(EIP) + lengthOf(p)); }

export function INTO(p: usize): void {
  if (overflow() != 0) softwareInterrupt(OVERFLOW, load<u32>(EIP) + lengthOf(p));
  else advance(p);
}

export function UD(p: usize): void { raise(UNDEFINED, 0); }

/** x87 instructions: #NM while CR0.EM or TS asks for it; their arithmetic does not exist here, so #UD. */
export function FPU(p: usize): void {
  raise((load<u32>(CR0) & (EMULATION | TASK_SWITCHED)) != 0 ? NM : UNDEFINED, 0);
}

export function WAIT(p: usize): void {
  const both = MONITOR_COPROCESSOR | TASK_SWITCHED;
  if ((load<u32>(CR0) & both) == both) raise(NM, 0);
  else advance(p);
}
