// Pipes: a byte there and back, and as many bytes as go through.
import { __region_begin, __region_end } from '../../kernels/lib/hooks';
import { close, pipe, read, readFully, write, writeAll } from '../lib/files';
import { zeros } from '../lib/memory';
import { exit, fork, kill, waitFor } from '../lib/processes';
import { SIGKILL } from '../lib/signals';

export const PIECE: u32 = 64 * 1024;
const there: usize = memory.data(8, 4);
const back: usize = memory.data(8, 4);
const byte: usize = memory.data(4, 4);
const status: usize = memory.data(4, 4);
let buffer: usize = 0;
/** Bytes that went through. */
export let received: u32 = 0;

export function pipesInit(): void {
  buffer = zeros(PIECE);
}

function end(child: i32): void {
  kill(child, SIGKILL);
  waitFor(child, status, 0);
  for (let i: u32 = 0; i < 8; i += 4) {
    close(load<u32>(there + i));
    close(load<u32>(back + i));
  }
}

export function pipeLatency(batch: u32, n: u32): void {
  pipe(there);
  pipe(back);
  const child = fork();
  if (!child) while (read(load<u32>(there), byte, 1) == 1) write(load<u32>(back + 4), byte, 1);
  if (!child) exit(0);
  for (; n; n--) {
    __region_begin();
    for (let i: u32 = 0; i < batch; i++) {
      write(load<u32>(there + 4), byte, 1);
      received += read(load<u32>(back), byte, 1);
    }
    __region_end();
  }
  end(child);
}

/** One operation is PIECE bytes; the child writes when it is told to, so that nothing is in the pipe before. */
export function pipeBandwidth(batch: u32, n: u32): void {
  pipe(there);
  pipe(back);
  memory.fill(buffer, 1, PIECE);
  const child = fork();
  if (!child) {
    while (read(load<u32>(back), byte, 1) == 1)
      for (let i: u32 = 0; i < batch; i++) writeAll(load<u32>(there + 4), buffer, PIECE);
    exit(0);
  }
  for (; n; n--) {
    __region_begin();
    write(load<u32>(back + 4), byte, 1);
    for (let i: u32 = 0; i < batch; i++) received += readFully(load<u32>(there), buffer, PIECE);
    __region_end();
  }
  end(child);
}
