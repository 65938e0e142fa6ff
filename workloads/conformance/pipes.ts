// pipe, and select and poll on pipes and files.
import { CALL_POLL } from '../../kernels/lib/callnumbers';
import {
  close,
  F_GETFL,
  F_SETFL,
  fileControl,
  fileStat,
  O_CREAT,
  O_NONBLOCK,
  O_RDWR,
  open,
  pipe,
  read,
  readAt,
  S_IFMT,
  SEEK_SET,
  Stat,
  seek,
  select,
  write,
} from '../lib/files';
import { exit, finish, fork } from '../lib/processes';
import { disposeSignal, SIG_DFL, SIG_IGN, SIGPIPE } from '../lib/signals';
import { systemCall1, systemCall3 } from '../lib/stubs';
import { text } from '../lib/text';
import { CLOSED, inChild, NOWHERE, same, say } from './say';

const ends: usize = memory.data(8, 4);
const buffer: usize = memory.data(8192, 4096);
const reading: usize = memory.data(128, 4);
const writing: usize = memory.data(128, 4);
const timeout: usize = memory.data(8, 4);
const polled: usize = memory.data(24, 4);
const CALL_PIPE: u32 = 42;

let from: u32 = 0;
let to: u32 = 0;

function make(): i32 {
  const result = pipe(ends);
  from = load<u32>(ends);
  to = load<u32>(ends + 4);
  return result;
}

function drop(): void {
  close(from);
  close(to);
}

function writeUnread(): i32 {
  disposeSignal(SIGPIPE, SIG_DFL);
  make();
  close(from);
  write(to, buffer, 1);
  return 0;
}

export function pipeCases(): void {
  say('pipe', make());
  say('pipe.read-end', from);
  say('pipe.write-end', to);
  say('pipe.bad-pointer', systemCall1(CALL_PIPE, NOWHERE));
  say('pipe.nothing-left-open', make() || from);
  drop();
  from = 3;
  to = 4;
  say('pipe.write', write(to, text('message'), 7));
  say('pipe.read', read(from, buffer, 3));
  say('pipe.read-rest', read(from, buffer + 3, 100));
  say('pipe.bytes', same(buffer, text('message'), 7) ? 1 : 0);
  say('pipe.read-write-end', read(to, buffer, 1));
  say('pipe.write-read-end', write(from, buffer, 1));
  say('pipe.seek', seek(from, 0, SEEK_SET));
  say('pipe.pread', readAt(from, buffer, 1, 0));
  say('pipe.kind', (fileStat(from, buffer), changetype<Stat>(buffer).mode & S_IFMT));
  say('pipe.write-bad-pointer', write(to, NOWHERE, 4));
  say('pipe.setfl', fileControl(from, F_SETFL, O_NONBLOCK));
  say('pipe.getfl', fileControl(from, F_GETFL, 0) & (O_NONBLOCK | 3));
  say('pipe.empty', read(from, buffer, 1));
  fileControl(to, F_SETFL, O_NONBLOCK);
  let room: u32 = 0;
  for (let n = write(to, buffer, 4096); n > 0; n = write(to, buffer, 4096)) room += n;
  say('pipe.full', write(to, buffer, 4096));
  say('pipe.holds-a-page', room >= 4096 ? 1 : 0);
  close(to);
  while (room) room -= read(from, buffer, 4096);
  say('pipe.end', read(from, buffer, 1));
  close(from);
  make();
  close(from);
  disposeSignal(SIGPIPE, SIG_IGN);
  say('pipe.no-reader', write(to, buffer, 1));
  disposeSignal(SIGPIPE, SIG_DFL);
  close(to);
  say('pipe.no-reader-kills', inChild(writeUnread.index));
  transfer();
}

/** More than a pipe holds, through two processes; the bytes' sum arrives. */
function transfer(): void {
  make();
  const child = fork();
  if (!child) {
    close(from);
    for (let i: u32 = 0; i < 50; i++) {
      memory.fill(buffer, <u8>i, 3000);
      for (let at: u32 = 0; at < 3000; ) at += write(to, buffer + at, 3000 - at);
    }
    exit(7);
  }
  close(to);
  let sum: u32 = 0;
  let length: u32 = 0;
  for (let n = read(from, buffer, 8192); n > 0; n = read(from, buffer, 8192)) {
    length += n;
    for (let i: i32 = 0; i < n; i++) sum += load<u8>(buffer + i);
  }
  close(from);
  say('transfer.length', length);
  say('transfer.sum', sum);
  say('transfer.child', finish(child));
}

function clear(): void {
  memory.fill(reading, 0, 128);
  memory.fill(writing, 0, 128);
}

function setBit(set: usize, fd: u32): void {
  store<u32>(set + ((fd >> 5) << 2), load<u32>(set + ((fd >> 5) << 2)) | (1 << (fd & 31)));
}

function wait(microseconds: u32): usize {
  store<u32>(timeout, 0);
  store<u32>(timeout + 4, microseconds);
  return timeout;
}

export function selectCases(): void {
  make();
  clear();
  setBit(reading, from);
  say('select.empty', select(from + 1, reading, 0, 0, wait(0)));
  say('select.empty-set', load<u32>(reading));
  setBit(reading, from);
  say('select.times-out', select(from + 1, reading, 0, 0, wait(20000)));
  setBit(writing, to);
  say('select.writable', select(to + 1, 0, writing, 0, wait(0)));
  say('select.writable-set', load<u32>(writing));
  write(to, buffer, 1);
  setBit(reading, from);
  setBit(writing, to);
  say('select.both', select(to + 1, reading, writing, 0, 0));
  say('select.both-set', load<u32>(reading) | load<u32>(writing));
  setBit(reading, from);
  say('select.count-below', select(from, reading, 0, 0, wait(0)));
  close(to);
  read(from, buffer, 1);
  clear();
  setBit(reading, from);
  say('select.end', select(from + 1, reading, 0, 0, 0));
  close(from);
  clear();
  // A low one: Linux cuts the count to the size of its descriptor table, which a process has from its parent.
  setBit(reading, from);
  say('select.closed', select(from + 1, reading, 0, 0, wait(0)));
  say('select.negative', select(<u32>-1, reading, 0, 0, wait(0)));
  say('select.bad-pointer', select(8, NOWHERE, 0, 0, wait(0)));
  say('select.bad-timeout', select(0, 0, 0, 0, NOWHERE));
  say('select.nothing', select(0, 0, 0, 0, wait(1000)));
  const fd = open(text('selected'), O_RDWR | O_CREAT, 0o600);
  clear();
  setBit(reading, fd);
  setBit(writing, fd);
  say('select.file', select(fd + 1, reading, writing, 0, 0));
  close(fd);
  woken();
}

/** select waits until a child writes. */
function woken(): void {
  make();
  const child = fork();
  if (!child) {
    select(0, 0, 0, 0, wait(30000));
    write(to, buffer, 1);
    exit(0);
  }
  clear();
  setBit(reading, from);
  say('select.woken', select(from + 1, reading, 0, 0, 0));
  finish(child);
  drop();
}

function entry(i: u32, fd: i32, events: u32): void {
  store<i32>(polled + (i << 3), fd);
  store<u32>(polled + (i << 3) + 4, events);
}

export function pollCases(): void {
  make();
  entry(0, from, 1);
  entry(1, to, 4);
  say('poll.writable', systemCall3(CALL_POLL, polled, 2, 0));
  say('poll.events', load<u16>(polled + 6) | (load<u16>(polled + 14) << 8));
  write(to, buffer, 1);
  say('poll.both', systemCall3(CALL_POLL, polled, 2, <u32>-1));
  entry(0, CLOSED, 1);
  say('poll.closed', systemCall3(CALL_POLL, polled, 1, 0));
  say('poll.closed-event', load<u16>(polled + 6));
  entry(0, -1, 1);
  say('poll.ignored', systemCall3(CALL_POLL, polled, 1, 0));
  close(to);
  read(from, buffer, 1);
  entry(0, from, 1);
  say('poll.end', systemCall3(CALL_POLL, polled, 1, 0));
  say('poll.end-event', load<u16>(polled + 6));
  say('poll.bad-pointer', systemCall3(CALL_POLL, NOWHERE, 1, 0));
  say('poll.times-out', systemCall3(CALL_POLL, polled, 0, 10));
  close(from);
}
