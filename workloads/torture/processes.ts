// Random work of several processes: children that exit, die or are killed, pipes between them, signals.
import { close, pipe, read, readFully, writeAll } from '../lib/files';
import { exit, exitStatus, finish, fork, getpid, kill, WNOHANG, waitFor, yieldProcessor } from '../lib/processes';
import { catchSignal, SIG_BLOCK, SIG_UNBLOCK, SIGKILL, SIGTERM, SIGUSR1, signalMask } from '../lib/signals';
import { fail } from './failure';
import { draw } from './random';

const ends: usize = memory.data(8, 4);
const word: usize = memory.data(4, 4);
const set: usize = memory.data(4, 4);
const buffer: usize = memory.data(4096, 4);
let caught: u32 = 0;

function count(_signal: u32): void {
  caught++;
}

export function processesInit(): void {
  catchSignal(SIGUSR1, count.index);
}

export function processOperation(): void {
  switch (draw(6)) {
    case 0:
      return exits();
    case 1:
      return killed();
    case 2:
      return stream();
    case 3:
      return signals();
    case 4:
      return broken();
    default:
      return several();
  }
}

function exits(): void {
  const status = draw(256);
  const child = fork();
  if (!child) exit(status);
  if (child < 0) return fail('fork');
  if (finish(child) != <i32>status) fail('exit status');
}

/** A child that would go on for ever, killed at some moment; nobody else is left to wait for. */
function killed(): void {
  const child = fork();
  if (!child) while (true) yieldProcessor();
  for (let i = draw(5); i; i--) yieldProcessor();
  if (waitFor(child, word, WNOHANG) != 0) fail('a living child');
  const signal = draw(2) ? SIGKILL : SIGTERM;
  if (kill(child, signal) < 0) fail('kill');
  if (finish(child) != <i32>(128 + signal)) fail('the signal that killed');
  if (kill(child, 0) != -3) fail('a process that is gone');
}

/** A child writes, the parent reads; what arrives is what was sent. */
function stream(): void {
  const length: u32 = 1 + draw(20000);
  const first = draw(256);
  if (pipe(ends) < 0) return fail('pipe');
  const child = fork();
  if (!child) {
    close(load<u32>(ends));
    for (let at: u32 = 0; at < length; ) {
      const n: u32 = min<u32>(length - at, 1 + draw(4095));
      for (let i: u32 = 0; i < n; i++) store<u8>(buffer + i, first + at + i);
      if (writeAll(load<u32>(ends + 4), buffer, n) < 0) exit(1);
      at += n;
    }
    exit(0);
  }
  close(load<u32>(ends + 4));
  let at: u32 = 0;
  for (let n = read(load<u32>(ends), buffer, 4096); n > 0; n = read(load<u32>(ends), buffer, 4096)) {
    for (let i: i32 = 0; i < n; i++) if (load<u8>(buffer + i) != <u8>(first + at + i)) return fail('bytes of a pipe');
    at += n;
  }
  close(load<u32>(ends));
  if (at != length) fail('length of a pipe');
  if (finish(child) != 0) fail('the writer of a pipe');
}

/** Sent to itself, blocked and not. */
function signals(): void {
  caught = 0;
  kill(getpid(), SIGUSR1);
  if (caught != 1) fail('a signal');
  store<u32>(set, 1 << (SIGUSR1 - 1));
  signalMask(SIG_BLOCK, set, 0);
  kill(getpid(), SIGUSR1);
  if (caught != 1) fail('a blocked signal');
  signalMask(SIG_UNBLOCK, set, 0);
  if (caught != 2) fail('a signal let through');
}

/** Nobody reads: the writer dies of it. */
function broken(): void {
  if (pipe(ends) < 0) return fail('pipe');
  close(load<u32>(ends));
  const child = fork();
  if (!child) {
    writeAll(load<u32>(ends + 4), buffer, 100);
    exit(0);
  }
  close(load<u32>(ends + 4));
  if (finish(child) != 128 + 13) fail('a pipe without reader');
}

/** Some children at once, a byte from each. */
function several(): void {
  const many: u32 = 2 + draw(4);
  if (pipe(ends) < 0) return fail('pipe');
  for (let i: u32 = 0; i < many; i++) {
    const child = fork();
    if (child) continue;
    store<u8>(buffer, i);
    for (let n = draw(4); n; n--) yieldProcessor();
    writeAll(load<u32>(ends + 4), buffer, 1);
    exit(i);
  }
  close(load<u32>(ends + 4));
  let sum: u32 = 0;
  if (readFully(load<u32>(ends), buffer, 16) != <i32>many) fail('bytes of several');
  for (let i: u32 = 0; i < many; i++) sum += load<u8>(buffer + i);
  close(load<u32>(ends));
  let statuses: u32 = 0;
  for (let i: u32 = 0; i < many; i++) {
    if (waitFor(-1, word, 0) <= 0) fail('wait');
    statuses += exitStatus(load<u32>(word));
  }
  if (sum != (many * (many - 1)) / 2 || statuses != sum) fail('several children');
}
