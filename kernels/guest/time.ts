// Those who wait for a tick, and the calls that tell the time or wait. Between two ticks the port's timer tells the
// microseconds.
import { EFAULT, EINTR, EINVAL } from '../lib/callnumbers';
import { SIGALRM } from '../lib/unix';
import { userRange } from '../lib/userlayout';
import { stackSlot } from '../lib/x86';
import { copyFromUser, copyToUser, tickMicroseconds } from '../ports/port';
import { clockTick, HZ, now, startSeconds, TICK_MICROSECONDS, ticks } from './clock';
import { MAX_PROCESSES, processNumber } from './process';
import { chargeTick, signalled, stopAs, wake } from './schedule';
import { sendSignal } from './signal';
import { Process, Thread } from './task';
import { self, THREAD_WAITING } from './thread';

/** Threads with a deadline, the earliest first. */
let sleepers: Thread = changetype<Thread>(0);
/** Processes with an alarm. */
let alarms: u32 = 0;

/** 100 times a second, from an interrupt. */
export function timerTick(): void {
  clockTick();
  chargeTick();
  while (changetype<usize>(sleepers) && <i32>(ticks - sleepers.deadline) >= 0) {
    const thread = sleepers;
    sleepers = thread.nextDeadline;
    thread.timed = 0;
    wake(thread);
  }
  if (alarms) ringAlarms();
}

function ringAlarms(): void {
  for (let i: u32 = 0; i < MAX_PROCESSES; i++) {
    const process = processNumber(i);
    if (!process.alarm || <i32>(ticks - process.alarm) < 0) continue;
    setAlarm(process, process.alarmInterval, process.alarmInterval);
    if (process.pid && !process.dead) sendSignal(process, SIGALRM);
  }
}

/** SIGALRM in `wait` ticks (0: never), and then every `interval` ticks. */
export function setAlarm(process: Process, wait: u32, interval: u32): void {
  if (process.alarm) alarms--;
  process.alarm = wait ? max(ticks + wait, 1) : 0;
  process.alarmInterval = interval;
  if (process.alarm) alarms++;
}

/** The current thread is woken at tick `deadline`, if nothing wakes it before. */
export function armDeadline(deadline: u32): void {
  const thread = self();
  thread.deadline = deadline;
  thread.timed = 1;
  if (!changetype<usize>(sleepers) || <i32>(deadline - sleepers.deadline) < 0) {
    thread.nextDeadline = sleepers;
    sleepers = thread;
    return;
  }
  let before = sleepers;
  while (changetype<usize>(before.nextDeadline) && <i32>(deadline - before.nextDeadline.deadline) >= 0) {
    before = before.nextDeadline;
  }
  thread.nextDeadline = before.nextDeadline;
  before.nextDeadline = thread;
}

export function disarmDeadline(): void {
  const thread = self();
  if (!thread.timed) return;
  thread.timed = 0;
  if (sleepers == thread) {
    sleepers = thread.nextDeadline;
    return;
  }
  let before = sleepers;
  while (before.nextDeadline != thread) before = before.nextDeadline;
  before.nextDeadline = thread.nextDeadline;
}

/** Waits until that tick or a signal; true when a signal came first. */
export function waitUntil(deadline: u32): bool {
  const process = self().process;
  if (changetype<usize>(process) && signalled(process)) return true;
  armDeadline(deadline);
  stopAs(THREAD_WAITING);
  const early = self().timed != 0;
  disarmDeadline();
  return early;
}

/** Ticks that last at least so long, and one more, since the current one has begun already. */
export function ticksFor(seconds: u32, microseconds: u32): u32 {
  return min(seconds, 0x1000000) * HZ + (microseconds + TICK_MICROSECONDS - 1) / TICK_MICROSECONDS + 1;
}

/** time(to) */
export function sysTime(to: u32, _b: u32, _c: u32): i32 {
  const at = stackSlot(4);
  store<u32>(at, now());
  if (to && (!userRange(to, 4) || copyToUser(to, at, 4) < 0)) return -EFAULT;
  return now();
}

/** gettimeofday(to, zone) */
export function sysGettimeofday(to: u32, zone: u32, _c: u32): i32 {
  const at = stackSlot(8);
  // A tick that is due but has not been taken yet shows as more than one tick's microseconds.
  const micro = (ticks % HZ) * TICK_MICROSECONDS + tickMicroseconds();
  store<u32>(at, startSeconds + ticks / HZ + micro / 1000000);
  store<u32>(at + 4, micro % 1000000);
  if (to && (!userRange(to, 8) || copyToUser(to, at, 8) < 0)) return -EFAULT;
  store<u32>(at, 0);
  store<u32>(at + 4, 0);
  if (zone && (!userRange(zone, 8) || copyToUser(zone, at, 8) < 0)) return -EFAULT;
  return 0;
}

/** times(to): user, system, and the children's; a tick counts as the user's. */
export function sysTimes(to: u32, _b: u32, _c: u32): i32 {
  const process = self().process;
  const at = stackSlot(16);
  store<u32>(at, process.ticks);
  store<u32>(at + 4, 0);
  store<u32>(at + 8, process.childTicks);
  store<u32>(at + 12, 0);
  if (to && (!userRange(to, 16) || copyToUser(to, at, 16) < 0)) return -EFAULT;
  return ticks;
}

/** nanosleep(wanted, left) */
export function sysNanosleep(wanted: u32, left: u32, _c: u32): i32 {
  const at = stackSlot(8);
  if (!userRange(wanted, 8) || copyFromUser(at, wanted, 8) < 0) return -EFAULT;
  const seconds = load<u32>(at);
  const nanoseconds = load<u32>(at + 4);
  if (<i32>seconds < 0 || nanoseconds >= 1000000000) return -EINVAL;
  if (!seconds && !nanoseconds) return 0;
  const deadline = ticks + ticksFor(seconds, (nanoseconds + 999) / 1000);
  if (!waitUntil(deadline)) return 0;
  const rest = <u32>max(<i32>(deadline - ticks), 0);
  store<u32>(at, rest / HZ);
  store<u32>(at + 4, (rest % HZ) * TICK_MICROSECONDS * 1000);
  if (left && (!userRange(left, 8) || copyToUser(left, at, 8) < 0)) return -EFAULT;
  return -EINTR;
}

function alarmLeft(process: Process): u32 {
  return process.alarm ? <u32>max(<i32>(process.alarm - ticks), 1) : 0;
}

/** alarm(seconds) */
export function sysAlarm(seconds: u32, _b: u32, _c: u32): i32 {
  const process = self().process;
  const left = (alarmLeft(process) + HZ - 1) / HZ;
  setAlarm(process, min(seconds, 0x1000000) * HZ, 0);
  return left;
}

/** setitimer(which, new, old): ITIMER_REAL only */
export function sysSetitimer(which: u32, value: u32, old: u32): i32 {
  if (which) return -EINVAL;
  const process = self().process;
  const at = stackSlot(16);
  const before = stackSlot(16);
  putTimeval(before, process.alarmInterval);
  putTimeval(before + 8, alarmLeft(process));
  if (value) {
    if (!userRange(value, 16) || copyFromUser(at, value, 16) < 0) return -EFAULT;
    if (load<u32>(at + 4) >= 1000000 || load<u32>(at + 12) >= 1000000) return -EINVAL;
    setAlarm(process, timevalTicks(at + 8), timevalTicks(at));
  }
  if (old && (!userRange(old, 16) || copyToUser(old, before, 16) < 0)) return -EFAULT;
  return 0;
}

function putTimeval(at: usize, count: u32): void {
  store<u32>(at, count / HZ);
  store<u32>(at + 4, (count % HZ) * TICK_MICROSECONDS);
}

function timevalTicks(at: usize): u32 {
  if (!load<u32>(at) && !load<u32>(at + 4)) return 0;
  return min(load<u32>(at), 0x1000000) * HZ + (load<u32>(at + 4) + TICK_MICROSECONDS - 1) / TICK_MICROSECONDS;
}
