// What the port says of the machine at the start, and that the guest may use all of the frames it was given.
import { clearPage } from '../../lib/bytes';
import { allocateFrame, freeFrame, freeFrames } from '../../lib/frames';
import { endFrame, entryPage, firstFrame, frameAddress, moduleCount, moduleEnd, moduleStart } from '../port';
import { begin, end, expect } from './say';

export function checkStart(): void {
  begin();
  expect(firstFrame() % 4096 == 0);
  expect(endFrame() % 4096 == 0);
  expect(firstFrame() < endFrame());
  for (let i: u32 = 0; i < moduleCount(); i++) expect(moduleStart(i) <= moduleEnd(i));
  expect(entryPage(0) != 0);
  end('start');
}

/** Every free frame holds what is written to it, and no two are the same memory. */
export function checkFrames(): void {
  begin();
  expect(frameAddress(endFrame()) - frameAddress(firstFrame()) == endFrame() - firstFrame());
  const count = freeFrames();
  let list: u32 = 0;
  // Each frame's first word links to the one taken before it; its last word is its own number.
  for (let i: u32 = 0; i < count; i++) {
    const frame = allocateFrame();
    expect(frame >= firstFrame() && frame < endFrame() && frame % 4096 == 0);
    clearPage(frameAddress(frame));
    store<u32>(frameAddress(frame), list);
    store<u32>(frameAddress(frame) + 4092, frame);
    list = frame;
  }
  expect(allocateFrame() == 0);
  let found: u32 = 0;
  while (list) {
    const next = load<u32>(frameAddress(list));
    expect(load<u32>(frameAddress(list) + 4092) == list);
    freeFrame(list);
    list = next;
    found++;
  }
  expect(found == count);
  end('frames');
}
