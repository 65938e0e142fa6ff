// Reading and writing guest memory in place. The VMM runs on the guest's page tables, so a guest's pointer is used as it
// is, after a check that it lies below the VMM. Where the guest has mapped nothing there, or (CR0.WP) nothing writable,
// the access faults and the hypercall ends at once with -EFAULT (traps.ts). Hence the rule: *no reference is held and no
// change is half made across an access to guest memory*.
import { VIRT_START } from './layout';

export function guestReadable(address: usize, bytes: u32): bool {
  return <u32>address < VIRT_START && bytes <= VIRT_START - <u32>address;
}
