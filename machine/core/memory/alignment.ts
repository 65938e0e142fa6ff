/* The alignment check (SDM vol. 3, 6.15, interrupt 17): for ring 3 alone, where CR0.AM and EFLAGS.AC ask for it. */
import { CLOCK_FILTER_HALF } from '../generated/layout';
import { CR0, EFLAGS, FAULT_CODE, FAULT_VECTOR } from '../generated/state';
import { SYSTEM } from './filter';

const ALIGNMENT: u32 = 17;
const ALIGNMENT_CHECK: u32 = 0x40000;
const ALIGNMENT_MASK: u32 = 0x40000;

/** Reports #AC for a misaligned access with the rights of filter half `half`, where that is refused. */
export function refusesMisaligned(half: u32): bool {
  if (half == SYSTEM || (load<u32>(EFLAGS) & ALIGNMENT_CHECK) == 0 || (load<u32>(CR0) & ALIGNMENT_MASK) == 0) return false;
  store<u32>(FAULT_VECTOR, ALIGNMENT);
  store<u32>(FAULT_CODE, 0);
  return true;
}

/** The same for an operand of several doublewords that must be aligned as a whole. */
export function refusesMisalignment(): bool { return refusesMisaligned(load<u32>(CLOCK_FILTER_HALF)); }
