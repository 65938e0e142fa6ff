// A pipe: 4 KiB in a frame of its own, read and written in order, copied twice. When it runs empty it starts again at
// its beginning, so a message that fits is one piece.
import { EAGAIN, EFAULT, EPIPE } from '../lib/callnumbers';
import { SIGPIPE } from '../lib/unix';
import { copyFromUser, copyToUser, frameAddress } from '../ports/port';
import { dropFrame, takeFrame } from './page';
import { pollChanged } from './poll';
import { RESTART_IF_ASKED } from './process';
import { waitOn, wakeAll } from './schedule';
import { interrupted, sendSignal } from './signal';
import { self } from './thread';

export const PIPE_SIZE: u32 = 4096;

@unmanaged
export class Pipe {
  frame: u32;
  buffer: usize;
  /** Bytes in it, and where the oldest lies. */
  count: u32;
  start: u32;
  /** Open files of each end. */
  readers: u32;
  writers: u32;
  /** Threads that wait for bytes, and for room. */
  readQueue: u32;
  writeQueue: u32;
  unused3: u32;
  unused0: u32;
  unused1: u32;
  unused2: u32;
}

const MAX_PIPES: u32 = 128;
const pipes: usize = memory.data(128 * 48, 16);
export let pipeCount: u32 = 0;

/** An empty pipe with one reader and one writer, or null. */
export function createPipe(): Pipe {
  for (let i: u32 = 0; i < MAX_PIPES; i++) {
    const pipe = changetype<Pipe>(pipes + i * offsetof<Pipe>());
    if (pipe.frame) continue;
    const frame = takeFrame();
    if (!frame) break;
    memory.fill(changetype<usize>(pipe), 0, offsetof<Pipe>());
    pipe.frame = frame;
    pipe.buffer = frameAddress(frame);
    pipe.readers = 1;
    pipe.writers = 1;
    pipeCount++;
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
export function pipeRead(pipe: Pipe, to: u32, length: u32, mayWait: bool): i32 {
  if (!length) return 0;
  let signalCame: bool = false;
  while (!pipe.count) {
    if (!pipe.writers) return 0;
    if (!mayWait) return -EAGAIN;
    if (signalCame) return interrupted(RESTART_IF_ASKED);
    signalCame = waitOn(readQueue(pipe));
  }
  let done: u32 = 0;
  while (done < length && pipe.count) {
    const piece = min(min(length - done, pipe.count), PIPE_SIZE - pipe.start);
    if (copyToUser(to + done, pipe.buffer + pipe.start, piece) < 0) return done ? done : -EFAULT;
    pipe.start = (pipe.start + piece) & (PIPE_SIZE - 1);
    pipe.count -= piece;
    done += piece;
  }
  if (!pipe.count) pipe.start = 0;
  if (pipe.writeQueue) wakeAll(writeQueue(pipe));
  pollChanged();
  return done;
}

/** Writes all of it, waiting for room; what fits into the pipe is one piece. -EPIPE when nobody can read any more. */
export function pipeWrite(pipe: Pipe, from: u32, length: u32, mayWait: bool): i32 {
  let done: u32 = 0;
  let signalCame: bool = false;
  while (done < length) {
    if (!pipe.readers) {
      if (done) return done;
      sendSignal(self().process, SIGPIPE);
      return -EPIPE;
    }
    const room = PIPE_SIZE - pipe.count;
    if (!room || (room < length - done && length <= PIPE_SIZE)) {
      if (!mayWait) return done ? done : -EAGAIN;
      if (signalCame) return done ? done : interrupted(RESTART_IF_ASKED);
      signalCame = waitOn(writeQueue(pipe));
      continue;
    }
    const end = (pipe.start + pipe.count) & (PIPE_SIZE - 1);
    const piece = min(min(length - done, room), PIPE_SIZE - end);
    if (copyFromUser(pipe.buffer + end, from + done, piece) < 0) return done ? done : -EFAULT;
    pipe.count += piece;
    done += piece;
    if (pipe.readQueue) wakeAll(readQueue(pipe));
    pollChanged();
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
  pollChanged();
  if (pipe.readers || pipe.writers) return;
  dropFrame(pipe.frame);
  pipe.frame = 0;
  pipeCount--;
}
