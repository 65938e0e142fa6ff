// The microkernel's ready lists and flexpages.
import { fpageBase, fpageShift, ioCount, ioFirst, isIoFpage } from '../../../microkernel/kernel/fpage';
import { dequeue, enqueue } from '../../../microkernel/kernel/schedule';
import { Tcb } from '../../../microkernel/kernel/tcb';
import { begin, equal, holds, result } from './check';

const blocks: usize = memory.data(16 * 256, 256);

function thread(n: u32, priority: u32): Tcb {
  const t = changetype<Tcb>(blocks + n * 256);
  t.priority = priority;
  t.queued = 0;
  return t;
}

export function readyListKeepsOrder(): u32 {
  begin();
  const a = thread(0, 100);
  const b = thread(1, 100);
  const c = thread(2, 100);
  enqueue(a);
  enqueue(b);
  enqueue(b);
  enqueue(c);
  holds(a.readyNext == b && b.readyNext == c && c.readyNext == a);
  holds(a.readyPrevious == c && c.readyPrevious == b && b.readyPrevious == a);
  dequeue(b);
  dequeue(b);
  holds(a.readyNext == c && c.readyPrevious == a);
  equal(b.queued, 0);
  dequeue(a);
  holds(c.readyNext == c && c.readyPrevious == c);
  enqueue(a);
  holds(c.readyNext == a && a.readyNext == c);
  dequeue(c);
  dequeue(a);
  return result();
}

export function readyListsOfPrioritiesAreApart(): u32 {
  begin();
  for (let n: u32 = 0; n < 16; n++) enqueue(thread(n, (n & 3) * 85));
  for (let n: u32 = 0; n < 16; n++) {
    const t = changetype<Tcb>(blocks + n * 256);
    equal(t.readyNext.priority, t.priority);
    holds(t.readyNext == changetype<Tcb>(blocks + ((n + 4) & 15) * 256));
  }
  for (let n: u32 = 0; n < 16; n++) dequeue(changetype<Tcb>(blocks + ((n * 5) & 15) * 256));
  for (let n: u32 = 0; n < 16; n++) equal(changetype<Tcb>(blocks + n * 256).queued, 0);
  return result();
}

export function flexpages(): u32 {
  begin();
  equal(fpageShift(0), 0);
  equal(fpageShift((1 << 4) | 7), 32);
  equal(fpageShift((1 << 10) | (1 << 4)), 0);
  equal(fpageShift((11 << 4) | 7), 0);
  equal(fpageShift(0x00401000 | (12 << 4) | 7), 12);
  equal(fpageBase(0x00403c00 | (12 << 4) | 7, 12), 0x00403000);
  equal(fpageBase(0xffffffff, 32), 0);
  holds(isIoFpage((0x3f8 << 16) | (3 << 10) | (2 << 4)));
  equal(ioFirst((0x3f8 << 16) | (3 << 10) | (2 << 4)), 0x3f8);
  equal(ioCount((0x3f8 << 16) | (3 << 10) | (2 << 4)), 8);
  equal(ioCount((63 << 10) | (2 << 4)), 65536);
  return result();
}
