// A number that others change while we do: a device, an interrupt handler, another domain or processor. Each method is one
// locked instruction (Intel SDM vol. 3, "Locked Atomic Operations"); `value` is one plain access. As a field:
//
//   @embedded pending: Locked;          request.pending.or(4);
import { lockAdd32, lockAnd32, lockCmpxchg32, lockOr32, lockXadd32, vload32, vstore32, xchg32 } from './x86';

// @ts-ignore: decorator
@unmanaged
export class Locked {
  private word: u32;

  get value(): u32 {
    return vload32(changetype<usize>(this));
  }
  set value(value: u32) {
    vstore32(changetype<usize>(this), value);
  }
  or(bits: u32): void {
    lockOr32(changetype<usize>(this), bits);
  }
  and(bits: u32): void {
    lockAnd32(changetype<usize>(this), bits);
  }
  add(n: u32): void {
    lockAdd32(changetype<usize>(this), n);
  }
  /** Adds; what it held before. */
  fetchAdd(n: u32): u32 {
    return lockXadd32(changetype<usize>(this), n);
  }
  /** Stores; what it held before. */
  exchange(value: u32): u32 {
    return xchg32(changetype<usize>(this), value);
  }
  /** Stores `value` if it held `expected`; true: it did. */
  compareExchange(expected: u32, value: u32): bool {
    return lockCmpxchg32(changetype<usize>(this), expected, value) == expected;
  }
}
