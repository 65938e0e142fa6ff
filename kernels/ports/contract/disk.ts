// The block device: what is written is read, in pieces and over several sectors; the last sectors of the disk are used and
// put back as they were.

import { lockVolume, RUN_SIZE, Run, runAdd, runFlush, runInit, unlockVolume } from '../../guest/disk';
import { dropFrame, takeFrame } from '../../guest/page';
import { stackSlot } from '../../lib/x86';
import { diskSectors, frameAddress } from '../port';
import { begin, end, expect, skipped } from './say';

const PIECES: u32 = 4;

/** Moves PIECES frames to or from the disk's last sectors, in one request; true: done. */
function move(write: bool, frames: usize): bool {
  const run = changetype<Run>(stackSlot(RUN_SIZE));
  runInit(run, write);
  const first = diskSectors() - PIECES * 8;
  for (let i: u32 = 0; i < PIECES; i++) runAdd(run, first + i * 8, load<u32>(frames + (i << 2)), 4096);
  return runFlush(run) == 0;
}

function take(frames: usize): void {
  for (let i: u32 = 0; i < PIECES; i++) store<u32>(frames + (i << 2), takeFrame());
}

function give(frames: usize): void {
  for (let i: u32 = 0; i < PIECES; i++) dropFrame(load<u32>(frames + (i << 2)));
}

/** Words of the frames that are not what `fill` put there. */
function wrong(frames: usize, seed: u32): u32 {
  let n: u32 = 0;
  for (let i: u32 = 0; i < PIECES; i++) {
    const at = frameAddress(load<u32>(frames + (i << 2)));
    for (let j: u32 = 0; j < 4096; j += 4) if (load<u32>(at + j) != (i * 4096 + j) * seed + 1) n++;
  }
  return n;
}

function fill(frames: usize, seed: u32): void {
  for (let i: u32 = 0; i < PIECES; i++) {
    const at = frameAddress(load<u32>(frames + (i << 2)));
    for (let j: u32 = 0; j < 4096; j += 4) store<u32>(at + j, (i * 4096 + j) * seed + 1);
  }
}

export function checkDisk(): void {
  if (!diskSectors()) return skipped('disk', 'no block device');
  begin();
  const kept = stackSlot(16);
  const frames = stackSlot(16);
  take(kept);
  take(frames);
  lockVolume();
  expect(move(false, kept));
  fill(frames, 77);
  expect(move(true, frames));
  fill(frames, 3);
  expect(move(false, frames) && wrong(frames, 77) == 0);
  fill(frames, 5);
  expect(move(true, frames));
  fill(frames, 3);
  expect(move(false, frames) && wrong(frames, 5) == 0);
  expect(move(true, kept));
  unlockVolume();
  give(frames);
  give(kept);
  end('disk');
}
