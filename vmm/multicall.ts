// Hypercall 13: an array of { u32 op, result, args[6] }, done in order.
import { EFAULT, EINVAL, HYPERVISOR_multicall } from '../kernels/lib/xen/numbers';
import { guestReadable } from './guest';
import { dispatch } from './stubs';

const ENTRY_BYTES: u32 = 32;
const MAX_CALLS: u32 = 64;

export function multicall(calls: usize, count: u32): i32 {
  if (count > MAX_CALLS) return -EINVAL;
  if (!guestReadable(calls, count * ENTRY_BYTES)) return -EFAULT;
  for (let i: u32 = 0; i < count; i++, calls += ENTRY_BYTES) {
    const number = load<u32>(calls) & 31;
    const result =
      number == HYPERVISOR_multicall
        ? -EINVAL
        : dispatch(
            number,
            load<u32>(calls, 8),
            load<u32>(calls, 12),
            load<u32>(calls, 16),
            load<u32>(calls, 20),
            load<u32>(calls, 24),
          );
    store<i32>(calls, result, 4);
  }
  return 0;
}
