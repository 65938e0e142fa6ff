// Kernel-like routines, run one after another; a write to port 80h before each, and after it with its result. The same
// in C: ../routines.c.
import { outl } from '../../../../kernels/lib/x86';
import { list, revocation, runqueue } from './lists';
import { bitmapAllocator, descriptorTables, message, pagewalk, ringProtocol, time64 } from './tables';
import { checksum, dispatch, hash, print, sort, strings } from './texts';

export { list, revocation, runqueue } from './lists';
export { bitmapAllocator, descriptorTables, message, pagewalk, ringProtocol, time64 } from './tables';
export { checksum, dispatch, hash, print, sort, strings } from './texts';

const PORT: u32 = 0x80;

export function main(): void {
  outl(PORT, 0), outl(PORT, list(2000));
  outl(PORT, 0), outl(PORT, runqueue(2000));
  outl(PORT, 0), outl(PORT, pagewalk(8000));
  outl(PORT, 0), outl(PORT, ringProtocol(2000));
  outl(PORT, 0), outl(PORT, message(2000));
  outl(PORT, 0), outl(PORT, bitmapAllocator(1500));
  outl(PORT, 0), outl(PORT, hash(1000));
  outl(PORT, 0), outl(PORT, checksum(300));
  outl(PORT, 0), outl(PORT, strings(300));
  outl(PORT, 0), outl(PORT, descriptorTables(4000));
  outl(PORT, 0), outl(PORT, time64(1000));
  outl(PORT, 0), outl(PORT, dispatch(4000));
  outl(PORT, 0), outl(PORT, sort(10));
  outl(PORT, 0), outl(PORT, print(1000));
  outl(PORT, 0), outl(PORT, revocation(50));
}
