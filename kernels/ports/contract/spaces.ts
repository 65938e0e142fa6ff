// Address spaces: what is entered is what is read, at once or at the end of a batch; and everything comes back.
import { allocateFrame, freeFrame, freeFrames } from '../../lib/frames';
import {
  FRAME_MASK,
  PAGE_ACCESSED,
  PAGE_AVAILABLE,
  PAGE_DIRTY,
  PAGE_PRESENT,
  PAGE_SIZE,
  PAGE_USER,
  PAGE_WRITE,
} from '../../lib/paging';
import { vload32, vstore32 } from '../../lib/x86';
import {
  closeBatch,
  copyToUser,
  frameAddress,
  nextPage,
  openBatch,
  pageEntry,
  setPageEntry,
  spaceCreate,
  spaceDestroy,
  spaceLoad,
} from '../port';
import { begin, end, expect } from './say';

const WRITABLE: u32 = PAGE_PRESENT | PAGE_WRITE | PAGE_USER | PAGE_ACCESSED | PAGE_DIRTY;
const READ_ONLY: u32 = PAGE_PRESENT | PAGE_USER | PAGE_ACCESSED;
const LOW: u32 = 0x08048000;
const HIGH: u32 = 0xbfff0000;
const word: usize = memory.data(4, 4);

/** A frame that begins with this word. */
function frameWith(value: u32): u32 {
  const frame = allocateFrame();
  store<u32>(frameAddress(frame), value);
  return frame;
}

/** The bits of an entry that a processor does not set by itself. */
function given(entry: u32): u32 {
  return entry & ~(PAGE_ACCESSED | PAGE_DIRTY);
}

export function checkSpaces(): void {
  begin();
  const before = freeFrames();
  const space = spaceCreate();
  const other = spaceCreate();
  expect(space != 0 && other != 0 && space != other);
  expect(pageEntry(space, LOW) == 0 && pageEntry(space, HIGH) == 0);
  expect(nextPage(space, 0, 0xc0000000) == 0xc0000000);
  const a = frameWith(0x1111);
  const b = frameWith(0x2222);
  expect(setPageEntry(space, LOW, a | WRITABLE) == 0);
  expect(setPageEntry(space, HIGH, b | READ_ONLY) == 0);
  expect(setPageEntry(other, LOW, b | WRITABLE) == 0);
  expect(given(pageEntry(space, LOW)) == given(a | WRITABLE));
  expect(given(pageEntry(space, HIGH)) == given(b | READ_ONLY));
  expect(pageEntry(space, LOW + PAGE_SIZE) == 0);
  expect(nextPage(space, 0, 0xc0000000) == LOW);
  expect(nextPage(space, LOW, LOW + PAGE_SIZE) == LOW);
  expect(nextPage(space, LOW + PAGE_SIZE, 0xc0000000) == HIGH);
  expect(nextPage(space, LOW + PAGE_SIZE, HIGH) == HIGH);

  spaceLoad(space);
  expect(vload32(LOW) == 0x1111 && vload32(HIGH) == 0x2222);
  vstore32(LOW, 0x3333);
  expect(load<u32>(frameAddress(a)) == 0x3333);
  // The kernel is held to what programs may not write.
  store<u32>(word, 7);
  expect(copyToUser(HIGH, word, 4) < 0 && vload32(HIGH) == 0x2222);
  spaceLoad(other);
  expect(vload32(LOW) == 0x2222);
  // A change shows at once, in the space that is loaded and in one that is not.
  setPageEntry(other, LOW, a | WRITABLE);
  expect(vload32(LOW) == 0x3333);
  setPageEntry(space, LOW, b | WRITABLE);
  spaceLoad(space);
  expect(vload32(LOW) == 0x2222);
  // An entry that is not present keeps what it holds.
  const kept = (a & FRAME_MASK) | PAGE_AVAILABLE;
  setPageEntry(space, LOW, kept);
  expect(pageEntry(space, LOW) == kept && nextPage(space, LOW, HIGH) == LOW);
  expect(copyToUser(LOW, word, 4) < 0);
  setPageEntry(space, LOW, 0);
  expect(pageEntry(space, LOW) == 0 && nextPage(space, 0, HIGH) == HIGH);

  spaceLoad(0);
  spaceDestroy(other);
  spaceDestroy(space);
  freeFrame(a);
  freeFrame(b);
  expect(freeFrames() == before);
  end('spaces');
}

const PAGES: u32 = 64;

export function checkBatches(): void {
  begin();
  const before = freeFrames();
  const space = spaceCreate();
  const a = frameWith(1);
  const b = frameWith(2);
  spaceLoad(space);
  openBatch(space);
  for (let i: u32 = 0; i < PAGES; i++) expect(setPageEntry(space, LOW + i * PAGE_SIZE, a | WRITABLE) == 0);
  closeBatch(space);
  for (let i: u32 = 0; i < PAGES; i++) expect(vload32(LOW + i * PAGE_SIZE) == 1);
  openBatch(space);
  for (let i: u32 = 0; i < PAGES; i++) setPageEntry(space, LOW + i * PAGE_SIZE, b | READ_ONLY);
  expect((pageEntry(space, LOW) & FRAME_MASK) == b);
  closeBatch(space);
  for (let i: u32 = 0; i < PAGES; i++) expect(vload32(LOW + i * PAGE_SIZE) == 2);
  store<u32>(word, 7);
  expect(copyToUser(LOW, word, 4) < 0);
  openBatch(space);
  for (let i: u32 = 0; i < PAGES; i++) setPageEntry(space, LOW + i * PAGE_SIZE, 0);
  closeBatch(space);
  expect(nextPage(space, 0, HIGH) == HIGH);
  expect(copyToUser(LOW, word, 4) < 0);
  spaceLoad(0);
  spaceDestroy(space);
  freeFrame(a);
  freeFrame(b);
  expect(freeFrames() == before);
  end('batches');
}
