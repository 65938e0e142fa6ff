// Context switches: a token goes round a ring of processes by pipes; whoever gets it sums an array of its own and hands
// it on. What one process alone needs for the same pipes and the same sum is measured apart, to be taken off.
import { __region_begin, __region_end } from '../../kernels/lib/hooks';
import { close, pipe, read, write } from '../lib/files';
import { zeros } from '../lib/memory';
import { exit, fork, kill, waitFor } from '../lib/processes';
import { SIGKILL } from '../lib/signals';

const ends: usize = memory.data(16 * 8, 4);
const children: usize = memory.data(16 * 4, 4);
const token: usize = memory.data(4, 4);
const status: usize = memory.data(4, 4);
let array: usize = 0;
export let sum: u32 = 0;

export function switchesInit(): void {
  array = zeros(64 * 1024);
}

function readEnd(i: u32): u32 {
  return load<u32>(ends + (i << 3));
}

function writeEnd(i: u32): u32 {
  return load<u32>(ends + (i << 3) + 4);
}

/** lmbench's `bread`: every word of the array. */
function work(bytes: u32): void {
  let total: u32 = 0;
  for (let at: u32 = 0; at < bytes; at += 32) {
    total += load<u32>(array + at) + load<u32>(array + at + 4) + load<u32>(array + at + 8) + load<u32>(array + at + 12);
    total += load<u32>(array + at + 16) + load<u32>(array + at + 20);
    total += load<u32>(array + at + 24) + load<u32>(array + at + 28);
  }
  sum += total;
}

/** Reads its pipe, works, writes the next one's; never ends. */
function member(i: u32, processes: u32, bytes: u32): void {
  memory.fill(array, 1, bytes);
  while (true) {
    if (read(readEnd(i), token, 4) != 4) exit(1);
    work(bytes);
    if (write(writeEnd((i + 1) % processes), token, 4) != 4) exit(1);
  }
}

function openRing(count: u32): void {
  for (let i: u32 = 0; i < count; i++) pipe(ends + (i << 3));
}

function closeRing(count: u32): void {
  for (let i: u32 = 0; i < count; i++) {
    close(readEnd(i));
    close(writeEnd(i));
  }
}

export function contextSwitch(processes: u32, bytes: u32, n: u32): void {
  openRing(processes);
  for (let i: u32 = 1; i < processes; i++) {
    const child = fork();
    if (!child) member(i, processes, bytes);
    store<i32>(children + (i << 2), child);
  }
  memory.fill(array, 1, bytes);
  for (; n; n--) {
    __region_begin();
    write(writeEnd(1 % processes), token, 4);
    read(readEnd(0), token, 4);
    work(bytes);
    __region_end();
  }
  for (let i: u32 = 1; i < processes; i++) {
    kill(load<i32>(children + (i << 2)), SIGKILL);
    waitFor(load<i32>(children + (i << 2)), status, 0);
  }
  closeRing(processes);
}

export function switchOverhead(processes: u32, bytes: u32, n: u32): void {
  openRing(processes);
  memory.fill(array, 1, bytes);
  for (; n; n--) {
    __region_begin();
    for (let i: u32 = 0; i < processes; i++) {
      write(writeEnd(i), token, 4);
      read(readEnd(i), token, 4);
      work(bytes);
    }
    __region_end();
  }
  closeRing(processes);
}
