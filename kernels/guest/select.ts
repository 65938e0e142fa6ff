// Waiting for several files: select and poll. Whoever waits sleeps in one queue; every event that can make a file ready
// wakes them all, and each looks at its files again.
import { EBADF, EFAULT, EINTR, EINVAL } from '../lib/callnumbers';
import { POLLERR, POLLHUP, POLLIN, POLLNVAL, POLLOUT } from '../lib/unix';
import { userRange } from '../lib/userlayout';
import { stackSlot } from '../lib/x86';
import { copyFromUser, copyToUser } from '../ports/port';
import { HZ, ticks } from './clock';
import { FILE_CONSOLE, FILE_PIPE_READ, FILE_PIPE_WRITE, File, fileOf } from './file';
import { PIPE_SIZE } from './pipe';
import { waitForChange } from './poll';
import { MAX_FILES } from './process';
import { callFrame } from './signal';
import { armDeadline, disarmDeadline, ticksFor } from './time';
import { ttyReadable } from './tty';

/** What the file is ready for, in poll's bits. */
function readiness(file: File): u32 {
  switch (file.kind) {
    case FILE_PIPE_READ:
      return (file.pipe.count ? POLLIN : 0) | (file.pipe.writers ? 0 : POLLHUP);
    case FILE_PIPE_WRITE:
      return (file.pipe.count < PIPE_SIZE ? POLLOUT : 0) | (file.pipe.readers ? 0 : POLLERR);
    case FILE_CONSOLE:
      return (ttyReadable() ? POLLIN : 0) | POLLOUT;
    default:
      return POLLIN | POLLOUT;
  }
}

/** Sleeps until an event, the deadline (if `timed`) or a signal: true when a signal came. */
function waitForEvent(deadline: u32, timed: bool): bool {
  if (timed) armDeadline(deadline);
  const signalCame = waitForChange();
  if (timed) disarmDeadline();
  return signalCame;
}

/** newselect(count, read, write, except, timeout) */
export function sysNewselect(count: u32, reads: u32, writes: u32): i32 {
  const frame = callFrame();
  return select(count, reads, writes, frame.esi, frame.edi);
}

/** select(arguments): the old form, five words in memory */
export function sysOldSelect(from: u32, _b: u32, _c: u32): i32 {
  const at = stackSlot(20);
  if (!userRange(from, 20) || copyFromUser(at, from, 20) < 0) return -EFAULT;
  return select(load<u32>(at), load<u32>(at + 4), load<u32>(at + 8), load<u32>(at + 12), load<u32>(at + 16));
}

function select(count: u32, reads: u32, writes: u32, excepts: u32, timeout: u32): i32 {
  if (<i32>count < 0) return -EINVAL;
  count = min(count, MAX_FILES);
  const bytes = ((count + 31) >> 5) << 2;
  // Three sets asked for, three found.
  const sets = stackSlot(192);
  memory.fill(sets, 0, 192);
  if (!getSet(sets, reads, bytes) || !getSet(sets + 32, writes, bytes) || !getSet(sets + 64, excepts, bytes))
    return -EFAULT;
  let deadline: u32 = 0;
  let poll = false;
  if (timeout) {
    const time = stackSlot(8);
    if (!userRange(timeout, 8) || copyFromUser(time, timeout, 8) < 0) return -EFAULT;
    if (<i32>load<u32>(time) < 0 || load<u32>(time + 4) >= 1000000) return -EINVAL;
    poll = !load<u32>(time) && !load<u32>(time + 4);
    deadline = ticks + ticksFor(load<u32>(time), load<u32>(time + 4));
  }
  let found: i32 = 0;
  while (true) {
    found = scan(sets, count);
    if (found || poll) break;
    if (timeout && <i32>(ticks - deadline) >= 0) break;
    if (waitForEvent(deadline, timeout != 0)) return -EINTR;
  }
  if (found < 0) return found;
  if (!putSet(sets + 96, reads, bytes) || !putSet(sets + 128, writes, bytes) || !putSet(sets + 160, excepts, bytes)) {
    return -EFAULT;
  }
  if (timeout) putLeft(timeout, deadline, poll);
  return found;
}

/** Linux says how much of the time was left. */
function putLeft(timeout: u32, deadline: u32, poll: bool): void {
  const time = stackSlot(8);
  const left = poll ? 0 : <u32>max(<i32>(deadline - ticks), 0);
  store<u32>(time, left / HZ);
  store<u32>(time + 4, (left % HZ) * (1000000 / HZ));
  copyToUser(timeout, time, 8);
}

function getSet(to: usize, from: u32, bytes: u32): bool {
  return !from || (userRange(from, bytes) && copyFromUser(to, from, bytes) == 0);
}

function putSet(from: usize, to: u32, bytes: u32): bool {
  return !to || (userRange(to, bytes) && copyToUser(to, from, bytes) == 0);
}

/** Fills the sets found from those asked for; how many bits there are, or -EBADF. */
function scan(sets: usize, count: u32): i32 {
  let found: i32 = 0;
  memory.fill(sets + 96, 0, 96);
  for (let word: u32 = 0; word << 5 < count; word++) {
    const at = sets + (word << 2);
    let asked = load<u32>(at) | load<u32>(at + 32) | load<u32>(at + 64);
    while (asked) {
      const bit = <u32>ctz(asked);
      asked &= asked - 1;
      const fd = (word << 5) + bit;
      if (fd >= count) break;
      const file = fileOf(fd);
      if (!changetype<usize>(file)) return -EBADF;
      const ready = readiness(file);
      const mask: u32 = 1 << bit;
      if (load<u32>(at) & mask && ready & (POLLIN | POLLHUP | POLLERR)) {
        store<u32>(at + 96, load<u32>(at + 96) | mask);
        found++;
      }
      if (load<u32>(at + 32) & mask && ready & (POLLOUT | POLLERR)) {
        store<u32>(at + 128, load<u32>(at + 128) | mask);
        found++;
      }
    }
  }
  return found;
}

/** poll(array of { fd, events (16), found (16) }, count, milliseconds) */
export function sysPoll(array: u32, count: u32, milliseconds: u32): i32 {
  if (count > MAX_FILES) return -EINVAL;
  if (!userRange(array, count << 3)) return -EFAULT;
  const timed = <i32>milliseconds > 0;
  const deadline = ticks + (timed ? ticksFor(milliseconds / 1000, (milliseconds % 1000) * 1000) : 0);
  const entry = stackSlot(8);
  while (true) {
    let found: i32 = 0;
    for (let i: u32 = 0; i < count; i++) {
      if (copyFromUser(entry, array + (i << 3), 8) < 0) return -EFAULT;
      const fd = load<u32>(entry);
      let ready: u32 = 0;
      if (<i32>fd >= 0) {
        const file = fileOf(fd);
        const asked = <u32>load<u16>(entry + 4) | POLLERR | POLLHUP;
        ready = changetype<usize>(file) ? readiness(file) & asked : POLLNVAL;
      }
      store<u16>(entry + 6, <u16>ready);
      if (ready) found++;
      if (copyToUser(array + (i << 3), entry, 8) < 0) return -EFAULT;
    }
    if (found || !milliseconds) return found;
    if (timed && <i32>(ticks - deadline) >= 0) return 0;
    if (waitForEvent(deadline, timed)) return -EINTR;
  }
}
