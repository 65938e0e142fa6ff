// The VMM's own memory: pages between its image (and the boot modules behind it) and 12 MiB, handed out at boot for good.
import { repStosd } from '../kernels/lib/x86';
import { directMap, HEAP_END, PAGE } from './layout';
import { panic } from './power';

let next: u32 = 0;

/** The heap starts at the first page at or above this physical address. */
export function heapInit(from: u32): void {
  next = (from + PAGE - 1) & ~(PAGE - 1);
}

/** Linear address of `count` cleared pages, one after the other. */
export function allocatePages(count: u32): usize {
  const at = next;
  next += count * PAGE;
  if (next > HEAP_END) panic('out of heap', next);
  const address = directMap(at);
  repStosd(address, 0, count << 10);
  return address;
}

export function physicalOf(address: usize): u32 {
  return <u32>(address - directMap(0));
}
