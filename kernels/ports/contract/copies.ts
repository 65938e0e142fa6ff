// Copies between kernel and program: all of the bytes and no others, whatever length and alignment; and -EFAULT where the
// program has no memory, also when the copy has begun.
import { EFAULT } from '../../lib/callnumbers';
import { allocateFrame, freeFrame } from '../../lib/frames';
import { PAGE_ACCESSED, PAGE_DIRTY, PAGE_PRESENT, PAGE_SIZE, PAGE_USER, PAGE_WRITE } from '../../lib/paging';
import { copyFromUser, copyToUser, frameAddress, setPageEntry, spaceCreate, spaceDestroy, spaceLoad } from '../port';
import { begin, end, expect } from './say';

const WRITABLE: u32 = PAGE_PRESENT | PAGE_WRITE | PAGE_USER | PAGE_ACCESSED | PAGE_DIRTY;
const AREA: u32 = 0x40000000;
const BORDER: u32 = AREA + PAGE_SIZE;
const buffer: usize = memory.data(8192, 4096);

/** Bytes of the program's area that differ from `value` in [from, to). */
function others(from: u32, to: u32, value: u32): u32 {
  let n: u32 = 0;
  for (let at = from; at < to; at++) if (<u32>load<u8>(at) != value) n++;
  return n;
}

export function checkCopies(): void {
  begin();
  const space = spaceCreate();
  const first = allocateFrame();
  const second = allocateFrame();
  setPageEntry(space, AREA, first | WRITABLE);
  setPageEntry(space, BORDER, second | WRITABLE);
  spaceLoad(space);
  for (let length: u32 = 0; length < 40; length++) {
    for (let shift: u32 = 0; shift < 8; shift++) {
      // Over the border of two frames that need not be neighbours.
      const at = BORDER - length / 2 - shift;
      memory.fill(frameAddress(first), 0x55, PAGE_SIZE);
      memory.fill(frameAddress(second), 0x55, PAGE_SIZE);
      memory.fill(buffer, 0xaa, 64);
      expect(copyToUser(at, buffer + (shift & 3), length) == 0);
      expect(others(at, at + length, 0xaa) == 0);
      expect(others(at - 16, at, 0x55) == 0 && others(at + length, at + length + 16, 0x55) == 0);
      expect(copyFromUser(buffer + 16, at - 4, length + 8) == 0);
      expect(others(<u32>buffer + 16, <u32>buffer + 20, 0x55) == 0);
      expect(others(<u32>buffer + 20, <u32>buffer + 20 + length, 0xaa) == 0);
    }
  }
  expect(copyFromUser(buffer, AREA, 2 * PAGE_SIZE) == 0);
  const top = BORDER + PAGE_SIZE;
  expect(copyFromUser(buffer, top, 4) == -EFAULT && copyToUser(top, buffer, 4) == -EFAULT);
  expect(copyFromUser(buffer, top, 1) == -EFAULT && copyToUser(top - 2, buffer, 4) == -EFAULT);
  expect(copyFromUser(buffer, top - 64, 100) == -EFAULT && copyToUser(top - 64, buffer, 101) == -EFAULT);
  expect(copyFromUser(buffer, AREA - 3, 7) == -EFAULT);
  spaceLoad(0);
  spaceDestroy(space);
  freeFrame(first);
  freeFrame(second);
  end('copies');
}
