// The ways of a program into the kernel (`entry=`), as routines on the page of stubs/entrypage.ts.
import { wordIs } from '../../lib/text';
import { physicalOf } from './physical';
import { addressOf_entryPageStart } from './stubs';
import { openSysenter } from './traps';

// As in stubs/layout.ts.
const ENTRY_SYSENTER: u32 = 32;

export function entryNames(): string {
  return 'int80, and sysenter where the processor has it';
}

export function entryPage(variant: usize): u32 {
  const page = physicalOf(addressOf_entryPageStart());
  if (!variant || wordIs(variant, 'int80')) return page;
  return wordIs(variant, 'sysenter') && openSysenter() ? page + ENTRY_SYSENTER : 0;
}
