// Sends Ethernet frames of the given sizes in batches (one writev each) and waits until they are out.
//
// A frame: broadcast, from 52:54:00:12:34:56, type 88B5h (IEEE 802: local experiments), then a sequence number and a
// pattern.
import { CHECKSUM_START, checksum } from '../kernels/lib/bytes';
import { FD_PACKET } from '../kernels/lib/callnumbers';
import { __region_begin, __region_end } from '../kernels/lib/hooks';
import {
  batchAt,
  batchCount,
  measureInit,
  pollute,
  repetitions,
  sizeAt,
  sizeCount,
  stateCount,
} from '../kernels/lib/measure';
import { failed, report } from './lib/report';
import { writev } from './lib/system';

export { programEnd, programStart } from './lib/start';

const BATCH_MAX: u32 = 16;
const FRAME_MAX: u32 = 2048;
const SEQUENCE: u32 = 14;
const frames: usize = memory.data(16 * 2048, 4096);
const vector: usize = memory.data(16 * 8, 8);
let sequence: u32 = 0;
let sum: u32 = CHECKSUM_START;

export function main(text: usize): i32 {
  measureInit(text, 64);
  let operations: u32 = 0;
  for (let i: u32 = 0; i < BATCH_MAX; i++) fill(frames + i * FRAME_MAX);
  for (let s: u32 = 0; s < sizeCount; s++) {
    const size = sizeAt(s);
    for (let b: u32 = 0; b < batchCount; b++) {
      const batch = min(batchAt(b), BATCH_MAX);
      for (let i: u32 = 0; i < stateCount; i++) {
        for (let n = repetitions(i); n; n--) {
          number(batch, size);
          pollute(i);
          __region_begin();
          const result = writev(FD_PACKET, vector, batch);
          __region_end();
          if (result != batch * size) return failed(text, 'writev', result);
          operations++;
        }
      }
    }
  }
  report(text, operations, sum);
  return 0;
}

function fill(frame: usize): void {
  for (let i: u32 = 0; i < FRAME_MAX; i++) store<u8>(frame + i, i);
  store<u32>(frame, 0xffffffff);
  store<u32>(frame + 4, 0x5452ffff);
  store<u32>(frame + 8, 0x56341200);
  store<u16>(frame + 12, 0xb588);
}

/** Gives the next `batch` frames their numbers. */
function number(batch: u32, size: u32): void {
  for (let i: u32 = 0; i < batch; i++) {
    const frame = frames + i * FRAME_MAX;
    store<u32>(frame + SEQUENCE, sequence++);
    store<u32>(vector + (i << 3), frame);
    store<u32>(vector + (i << 3) + 4, size);
    sum = checksum(sum, frame + SEQUENCE, 4);
  }
}
