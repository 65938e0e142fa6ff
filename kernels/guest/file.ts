// Descriptors and the calls on them. A descriptor is two words, a kind and an object; a kind decides what read and write
// do.
import {
  EBADF,
  EFAULT,
  EINVAL,
  EMFILE,
  ENOMEM,
  FD_CHANNEL_READ,
  FD_CHANNEL_WRITE,
  FD_PACKET,
} from '../lib/callnumbers';
import { printBytes } from '../lib/console';
import { channelRead, channelWrite, copyFromUser, copyToUser } from '../ports/port';
import { userRange } from './memory';
import { sendFrames, vectorEntry } from './packet';
import { closeReader, closeWriter, createPipe, Pipe, pipeRead, pipeWrite } from './pipe';
import { fileSlot, MAX_FILES, Process } from './process';
import { self } from './thread';

const FILE_NONE: u32 = 0;
const FILE_CONSOLE: u32 = 1;
const FILE_PIPE_READ: u32 = 2;
const FILE_PIPE_WRITE: u32 = 3;
const FILE_PACKET: u32 = 4;
const FILE_CHANNEL: u32 = 5;

const CHUNK: u32 = 128;
const chunk: usize = memory.data(128, 4);
const pair: usize = memory.data(8, 4);

function open(process: Process, fd: u32, kind: u32, object: u32): void {
  const slot = fileSlot(process, fd);
  store<u32>(slot, kind);
  store<u32>(slot + 4, object);
}

function kindOf(fd: u32): u32 {
  return fd < MAX_FILES ? load<u32>(fileSlot(self().process, fd)) : FILE_NONE;
}

function objectOf(fd: u32): Pipe {
  return changetype<Pipe>(load<usize>(fileSlot(self().process, fd) + 4));
}

/** Descriptors 0 to 2 are the console, FD_PACKET the packet device. */
export function openStandard(process: Process): void {
  for (let fd: u32 = 0; fd < 3; fd++) open(process, fd, FILE_CONSOLE, 0);
  open(process, FD_PACKET, FILE_PACKET, 0);
}

/** What one of the two writes on FD_CHANNEL_WRITE the other reads on FD_CHANNEL_READ. False: out of pipes. */
export function connect(a: Process, b: Process): bool {
  const there = createPipe();
  const back = createPipe();
  if (!changetype<usize>(there) || !changetype<usize>(back)) return false;
  open(a, FD_CHANNEL_WRITE, FILE_PIPE_WRITE, <u32>changetype<usize>(there));
  open(b, FD_CHANNEL_READ, FILE_PIPE_READ, <u32>changetype<usize>(there));
  open(b, FD_CHANNEL_WRITE, FILE_PIPE_WRITE, <u32>changetype<usize>(back));
  open(a, FD_CHANNEL_READ, FILE_PIPE_READ, <u32>changetype<usize>(back));
  return true;
}

/** The channel's descriptors reach a party outside this kernel. */
export function connectChannel(process: Process): void {
  open(process, FD_CHANNEL_READ, FILE_CHANNEL, 0);
  open(process, FD_CHANNEL_WRITE, FILE_CHANNEL, 0);
}

export function closeAll(process: Process): void {
  for (let fd: u32 = 0; fd < MAX_FILES; fd++) {
    const kind = load<u32>(fileSlot(process, fd));
    const pipe = changetype<Pipe>(load<usize>(fileSlot(process, fd) + 4));
    store<u32>(fileSlot(process, fd), FILE_NONE);
    if (kind == FILE_PIPE_READ) closeReader(pipe);
    if (kind == FILE_PIPE_WRITE) closeWriter(pipe);
  }
}

/** read(fd, to, length) */
export function sysRead(fd: u32, to: u32, length: u32): i32 {
  if (!userRange(to, length)) return -EFAULT;
  switch (kindOf(fd)) {
    case FILE_PIPE_READ:
      return pipeRead(objectOf(fd), to, length);
    case FILE_CHANNEL:
      return channelRead(to, length);
    default:
      return -EBADF;
  }
}

/** write(fd, from, length) */
export function sysWrite(fd: u32, from: u32, length: u32): i32 {
  if (!userRange(from, length)) return -EFAULT;
  switch (kindOf(fd)) {
    case FILE_PIPE_WRITE:
      return pipeWrite(objectOf(fd), from, length);
    case FILE_CHANNEL:
      return channelWrite(from, length);
    case FILE_CONSOLE:
      return consoleWrite(from, length);
    case FILE_PACKET:
      store<u32>(pair, from);
      store<u32>(pair + 4, length);
      return sendFrames(pair, 1, false);
    default:
      return -EBADF;
  }
}

/** writev(fd, vector, count) */
export function sysWritev(fd: u32, vector: u32, count: u32): i32 {
  if (count > 1024 || !userRange(vector, count << 3)) return -EINVAL;
  if (kindOf(fd) == FILE_PACKET) return sendFrames(vector, count, true);
  let total: i32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    if (!vectorEntry(pair, vector + (i << 3))) return -EFAULT;
    const result = sysWrite(fd, load<u32>(pair), load<u32>(pair + 4));
    if (result < 0) return result;
    total += result;
  }
  return total;
}

function consoleWrite(from: u32, length: u32): i32 {
  for (let done: u32 = 0; done < length; done += CHUNK) {
    const piece = min(length - done, CHUNK);
    if (copyFromUser(chunk, from + done, piece) < 0) return -EFAULT;
    printBytes(chunk, piece);
  }
  return length;
}

function freeDescriptor(process: Process, from: u32): u32 {
  let fd = from;
  while (fd < MAX_FILES && load<u32>(fileSlot(process, fd)) != FILE_NONE) fd++;
  return fd;
}

/** pipe(to): two descriptors, the one to read from first */
export function sysPipe(to: u32, _b: u32, _c: u32): i32 {
  if (!userRange(to, 8)) return -EFAULT;
  const process = self().process;
  const reader = freeDescriptor(process, 0);
  const writer = freeDescriptor(process, reader + 1);
  if (writer >= MAX_FILES) return -EMFILE;
  store<u32>(pair, reader);
  store<u32>(pair + 4, writer);
  if (copyToUser(to, pair, 8) < 0) return -EFAULT;
  const pipe = createPipe();
  if (!changetype<usize>(pipe)) return -ENOMEM;
  open(process, reader, FILE_PIPE_READ, <u32>changetype<usize>(pipe));
  open(process, writer, FILE_PIPE_WRITE, <u32>changetype<usize>(pipe));
  return 0;
}
