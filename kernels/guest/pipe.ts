// A pipe: 4 KiB in a frame of its own, read and written in order, copied twice. When it runs empty it starts again at
// its beginning, so a message that fits is one piece.
import { EFAULT, EPIPE } from '../lib/callnumbers';
import { allocateFrame, freeFrame } from '../lib/frames';
import { copyFromUser, copyToUser, frameAddress } from '../ports/port';
import { sleepOn, wakeAll } from './schedule';

export const PIPE_SIZE: u32 = 4096;

@unmanaged
export class Pipe {
  frame: u32;
  buffer: usize;
  /** Bytes in it, and where the oldest lies. */
  count: u32;
  start: u32;
  /** Open descriptors of each end. */
  readers: u32;
  writers: u32;
  /** Threads that wait for bytes, and for room. */
  readQueue: u32;
  writeQueue: u32;
}

const MAX_PIPES: u32 = 16;
const pipes: usize = memory.data(16 * 32, 32);

/** An empty pipe with one reader and one writer, or null. */
export function createPipe(): Pipe {
  for (let i: u32 = 0; i < MAX_PIPES; i++) {
    const pipe = changetype<Pipe>(pipes + i * offsetof<Pipe>());
    if (pipe.frame) continue;
    const frame = allocateFrame();
    if (!frame) break;
    pipe.frame = frame;
    pipe.buffer = frameAddress(frame);
    pipe.count = 0;
    pipe.start = 0;
    pipe.readers = 1;
    pipe.writers = 1;
    pipe.readQueue = 0;
    pipe.writeQueue = 0;
    return pipe;
  }
  return changetype<Pipe>(0);
}

function readQueue(pipe: Pipe): usize {
  return changetype<usize>(pipe) + offsetof<Pipe>('readQueue');
}

function writeQueue(pipe: Pipe): usize {
  return changetype<usize>(pipe) + offsetof<Pipe>('writeQueue');
}

/** Waits for at least one byte; 0 when it is empty and nobody can write any more. */
export function pipeRead(pipe: Pipe, to: u32, length: u32): i32 {
  while (!pipe.count) {
    if (!pipe.writers) return 0;
    sleepOn(readQueue(pipe));
  }
  let done: u32 = 0;
  while (done < length && pipe.count) {
    const piece = min(min(length - done, pipe.count), PIPE_SIZE - pipe.start);
    if (copyToUser(to + done, pipe.buffer + pipe.start, piece) < 0) return -EFAULT;
    pipe.start = (pipe.start + piece) & (PIPE_SIZE - 1);
    pipe.count -= piece;
    done += piece;
  }
  if (!pipe.count) pipe.start = 0;
  if (pipe.writeQueue) wakeAll(writeQueue(pipe));
  return done;
}

/** Writes all of it, waiting for room; -EPIPE when nobody can read any more. */
export function pipeWrite(pipe: Pipe, from: u32, length: u32): i32 {
  let done: u32 = 0;
  while (done < length) {
    if (!pipe.readers) return -EPIPE;
    const room = PIPE_SIZE - pipe.count;
    if (!room || (room < length - done && length <= PIPE_SIZE)) {
      sleepOn(writeQueue(pipe));
      continue;
    }
    const end = (pipe.start + pipe.count) & (PIPE_SIZE - 1);
    const piece = min(min(length - done, room), PIPE_SIZE - end);
    if (copyFromUser(pipe.buffer + end, from + done, piece) < 0) return -EFAULT;
    pipe.count += piece;
    done += piece;
    if (pipe.readQueue) wakeAll(readQueue(pipe));
  }
  return done;
}

export function closeReader(pipe: Pipe): void {
  pipe.readers--;
  wakeAll(writeQueue(pipe));
  release(pipe);
}

export function closeWriter(pipe: Pipe): void {
  pipe.writers--;
  wakeAll(readQueue(pipe));
  release(pipe);
}

function release(pipe: Pipe): void {
  if (pipe.readers || pipe.writers) return;
  freeFrame(pipe.frame);
  pipe.frame = 0;
}
