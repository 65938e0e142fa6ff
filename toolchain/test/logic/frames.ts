// The frame allocator, the reader of command lines, and the VMM's rules on frames and their types.
import { allocateFrame, framesInit, freeFrame, freeFrames } from '../../../kernels/lib/frames';
import { seedRandom } from '../../../kernels/lib/random';
import { numberOption, startsWith, textLength, wordIs } from '../../../kernels/lib/text';
import {
  Frame,
  frameInfo,
  getFrame,
  putFrame,
  setFrameCount,
  TYPE_L1,
  TYPE_L2,
  TYPE_WRITABLE,
  unused,
} from '../../../vmm/frame';
import { getType, putType } from '../../../vmm/pagetable';
import { begin, equal, holds, result } from './check';

const FRAMES: u32 = 500;
const FIRST: u32 = 0x00400000;
const seen: usize = memory.data(512, 4);

export function framesAreHandedOutOnce(): u32 {
  begin();
  seedRandom(7);
  framesInit(FIRST, FIRST + (FRAMES << 12));
  equal(freeFrames(), FRAMES);
  let moved: u32 = 0;
  for (let i: u32 = 0; i < FRAMES; i++) {
    const n = (allocateFrame() - FIRST) >> 12;
    holds(n < FRAMES);
    equal(load<u8>(seen + n), 0);
    store<u8>(seen + n, 1);
    if (n != FRAMES - 1 - i) moved++;
  }
  equal(allocateFrame(), 0);
  holds(moved > FRAMES / 2);
  freeFrame(FIRST + 0x5000);
  equal(allocateFrame(), FIRST + 0x5000);
  return result();
}

const line: usize = memory.data(64, 4);

function write(text: string): usize {
  for (let i: u32 = 0; i < <u32>text.length; i++) store<u8>(line + i, <u8>text.charCodeAt(i));
  store<u8>(line + text.length, 0);
  return line;
}

export function commandLines(): u32 {
  begin();
  const at = write('kernel seed=42 timer=off');
  equal(textLength(at), 24);
  holds(startsWith(at, 'kernel'));
  holds(!startsWith(at, 'kernels'));
  holds(wordIs(at, 'kernel'));
  holds(!wordIs(at, 'kern'));
  equal(numberOption(at, 'seed', 1), 42);
  equal(numberOption(at, 'phase', 9), 9);
  return result();
}

const OWNER: u32 = 0x1000;

function frame(n: u32, owner: u32): Frame {
  const info = frameInfo(n);
  info.owner = owner;
  info.references = 1;
  info.use = unused(0);
  info.flushedAt = 0;
  return info;
}

export function frameReferences(): u32 {
  begin();
  setFrameCount(64);
  const info = frame(5, OWNER);
  holds(getFrame(5, OWNER));
  equal(info.references, 2);
  holds(!getFrame(5, OWNER + 1));
  equal(info.references, 2);
  holds(!getFrame(64, OWNER));
  putFrame(5);
  equal(info.references, 1);
  return result();
}

/** A frame is writable or a table, never both; another type only when no use is left. */
export function pageTypesExclude(): u32 {
  begin();
  setFrameCount(64);
  const info = frame(6, OWNER);
  holds(getType(6, TYPE_WRITABLE));
  holds(getType(6, TYPE_WRITABLE));
  equal(info.use.type, TYPE_WRITABLE);
  equal(info.use.uses, 2);
  holds(!getType(6, TYPE_L1));
  holds(!getType(6, TYPE_L2));
  putType(6);
  equal(info.use.uses, 1);
  holds(!getType(6, TYPE_L1));
  putType(6);
  equal(info.use.uses, 0);
  return result();
}
