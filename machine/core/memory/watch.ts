/*
 * Data and I/O breakpoints as accesses see them (Intel SDM vol. 3, 17.2): BREAKPOINTS, which debug.ts keeps up to date,
 * says which of DR0 to DR3 watch what; a match is a bit of DEBUG_PENDING, reported when the instruction is over. While
 * BREAKPOINTS is 0 nobody calls.
 */
import { BREAKPOINTS, DEBUG_PENDING, DR } from '../generated/state';

const DR7: usize = DR + 28;
const ON_WRITE: u32 = 1;

/** Does breakpoint `n` cover any of the `size` bytes at `at`? Its length aligns its address. */
function covers(n: u32, at: u32, size: u32): bool {
  const mask = (load<u32>(DR7) >> (18 + (n << 2))) & 3;
  const low = load<u32>(<usize>DR + (n << 2)) & ~mask;
  return at <= low + mask && at + size - 1 >= low;
}

/** Bits of DR6 for the breakpoints of `group` that an access matches. */
export function matches(group: u32, at: u32, size: u32, write: bool): u32 {
  let found: u32 = 0;
  for (let n: u32 = 0; n < 4; n++) {
    const writesOnly = ((load<u32>(DR7) >> (16 + (n << 2))) & 3) == ON_WRITE;
    if ((group & (1 << n)) != 0 && covers(n, at, size) && (write || !writesOnly)) found |= 1 << n;
  }
  return found;
}

/** A data access of the instruction in progress. */
export function watchData(la: u32, size: u32, write: bool): void {
  const group = (load<u32>(BREAKPOINTS) >> 4) & 15;
  if (group != 0) store<u32>(DEBUG_PENDING, load<u32>(DEBUG_PENDING) | matches(group, la, size, write));
}

/** A port access, likewise. */
export function watchPort(port: u32, size: u32): void {
  const group = (load<u32>(BREAKPOINTS) >> 8) & 15;
  if (group != 0) store<u32>(DEBUG_PENDING, load<u32>(DEBUG_PENDING) | matches(group, port, size, true));
}
