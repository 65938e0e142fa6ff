/*
 * What PAE adds to a load of CR3: four page-directory pointers, read into the processor at once and kept until the next
 * load (Intel SDM vol. 3, 4.4.1), and pages of 2 MiB in place of 4 MiB.
 *
 *     pointer:  0 present   1-2, 5-8, 36-63 reserved   12-35 page directory
 */
import { CONFIG_RAM_BYTES } from '../generated/config';
import { RAM_BASE } from '../generated/layout';
import { CR4, FAULT_CODE, FAULT_VECTOR, LARGE_MASK, PDPTE } from '../generated/state';

const GENERAL_PROTECTION: u32 = 13;
export const CR4_PAE: u32 = 0x20;
const PRESENT: u64 = 1;
const RESERVED: u64 = 0xfffffff0000001e6;

/** Under PAE, reads the pointers for `cr3`; false, with #GP(0) reported and nothing changed, if one is malformed. */
// @ts-ignore: decorator
@inline export function loadDirectoryPointers(cr3: u32): bool {
  return (load<u32>(CR4) & CR4_PAE) == 0 || readPointers(cr3);
}

function readPointers(cr3: u32): bool {
  const table = cr3 & 0xffffffe0;
  for (let i: u32 = 0; i < 4; i++) {
    const pointer = readPointer(table + (i << 3));
    if ((pointer & PRESENT) != 0 && (pointer & RESERVED) != 0) {
      store<u32>(FAULT_VECTOR, GENERAL_PROTECTION);
      store<u32>(FAULT_CODE, 0);
      return false;
    }
  }
  for (let i: u32 = 0; i < 4; i++) store<u64>(PDPTE + (i << 3), readPointer(table + (i << 3)));
  return true;
}

function readPointer(physical: u32): u64 {
  return physical < load<u32>(CONFIG_RAM_BYTES) ? load<u64>(RAM_BASE + physical) : u64.MAX_VALUE;
}

/** After CR4.PAE has changed. */
export function setPageSizes(): void {
  store<u32>(LARGE_MASK, (load<u32>(CR4) & CR4_PAE) != 0 ? 0xffe00000 : 0xffc00000);
}
