// The packet device: a call copies its frames into transmit buffers, starts the device, and sleeps until all are out. One
// call has the device at a time.
import { EFAULT, EINVAL } from '../lib/callnumbers';
import { __work_packet } from '../lib/hooks';
import { userRange } from '../lib/userlayout';
import { stackSlot } from '../lib/x86';
import { copyFromUser, packetBuffer, packetBuffers, packetQueue, packetStart } from '../ports/port';
import { sleepOn, wakeAll } from './schedule';

const FRAME_MIN: u32 = 14;
const FRAME_MAX: u32 = 1514;

let busy: bool = false;
/** Frames that the device still has. */
let outstanding: u32 = 0;
/** Threads that wait for the device, and for its completion: a word each. */
const waiting: usize = memory.data(8, 4);
const lengths: usize = memory.data(64 * 4, 4);

/** Copies one element of a program's vector (address, length) to `to`; false: not a user range. */
export function vectorEntry(to: usize, at: u32): bool {
  return copyFromUser(to, at, 8) == 0;
}

/** Sends `count` frames; `vector` is an address of pairs of address and length, in the program when `user`. */
export function sendFrames(vector: usize, count: u32, user: bool): i32 {
  if (!count || count > packetBuffers()) return -EINVAL;
  while (busy) sleepOn(waiting);
  busy = true;
  const result = copyFrames(vector, count, user);
  if (result > 0) {
    outstanding = count;
    packetStart();
    while (outstanding) sleepOn(waiting + 4);
  }
  busy = false;
  if (load<u32>(waiting)) wakeAll(waiting);
  return result;
}

/** Checks all frames before the first is queued: a call sends all of them or none. */
function copyFrames(vector: usize, count: u32, user: bool): i32 {
  let total: i32 = 0;
  const entry = stackSlot(8);
  for (let i: u32 = 0; i < count; i++) {
    let at = vector + (i << 3);
    if (user) {
      if (!vectorEntry(entry, <u32>at)) return -EFAULT;
      at = entry;
    }
    const length = load<u32>(at + 4);
    if (length < FRAME_MIN || length > FRAME_MAX) return -EINVAL;
    if (!userRange(load<u32>(at), length)) return -EFAULT;
    if (copyFromUser(packetBuffer(i), load<u32>(at), length) < 0) return -EFAULT;
    store<u32>(lengths + (i << 2), length);
    total += length;
  }
  for (let i: u32 = 0; i < count; i++) {
    packetQueue(i, load<u32>(lengths + (i << 2)));
    __work_packet();
  }
  return total;
}

/** From an interrupt: n frames are out. */
export function packetsDone(n: u32): void {
  outstanding -= n;
  if (!outstanding) wakeAll(waiting + 4);
}
