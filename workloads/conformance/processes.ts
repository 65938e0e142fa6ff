// fork, exec, wait, exit, kill, priorities: the life of a process.
import { CALL_GETEGID, CALL_GETEUID, CALL_GETGID, CALL_GETUID, CALL_SCHED_YIELD } from '../../kernels/lib/callnumbers';
import {
  chmod,
  close,
  dup,
  F_SETFD,
  fileControl,
  O_CREAT,
  O_RDONLY,
  O_RDWR,
  open,
  pipe,
  read,
  seek,
  write,
} from '../lib/files';
import {
  execute,
  exit,
  exitStatus,
  finish,
  fork,
  getPriority,
  getpid,
  getppid,
  kill,
  nice,
  setPriority,
  WNOHANG,
  wait4,
  waitFor,
} from '../lib/processes';
import { SIGKILL, SIGTERM } from '../lib/signals';
import { systemCall0 } from '../lib/stubs';
import { text } from '../lib/text';
import { environment } from '../lib/unix';
import { inChild, makeFile, NOWHERE, say } from './say';

const word: usize = memory.data(4, 4);
const usage: usize = memory.data(72, 4);
const ends: usize = memory.data(8, 4);
const arguments_: usize = memory.data(32, 4);
const setting: usize = memory.data(8, 4);
/** Above all numbers that processes have. */
const NOBODY: u32 = 0x7ffffff0;
let self: usize = 0;
let shared: u32 = 0;

/** The program's own path: exec runs it again, as `conformance again ...`. */
export function processesInit(path: usize): void {
  self = path;
}

/** What this program does when exec ran it again: its status tells what it saw. */
export function again(count: u32, words: usize): i32 {
  const what = load<u8>(load<u32>(words + 8));
  switch (what) {
    case 0x63: // count of arguments
      return count;
    case 0x65: // environment
      return load<u32>(environment) && load<u8>(load<u32>(environment)) == 0x56 && !load<u32>(environment + 4) ? 1 : 0;
    case 0x66: // descriptors 3, which stays, and 4, which is closed on exec
      return (read(3, word, 1) == 1 ? 1 : 0) | (dup(4) < 0 ? 2 : 0);
    case 0x73: // static data are fresh
      return shared;
  }
  return 99;
}

function childOfParent(): i32 {
  return getppid() == <i32>shared ? 1 : 0;
}

function exit300(): i32 {
  return 300;
}

function spin(): i32 {
  while (true) systemCall0(CALL_SCHED_YIELD);
}

function writeShared(): i32 {
  shared = 1234;
  return shared == 1234 ? 5 : 6;
}

export function identityCases(): void {
  say('getpid', getpid() > 0 ? 1 : 0);
  say('getuid', systemCall0(CALL_GETUID));
  say('geteuid', systemCall0(CALL_GETEUID));
  say('getgid', systemCall0(CALL_GETGID));
  say('getegid', systemCall0(CALL_GETEGID));
  shared = getpid();
  say('getppid', exitStatus(inChild(childOfParent.index)));
  say('unknown-call', systemCall0(1000));
  say('sched_yield', systemCall0(CALL_SCHED_YIELD));
}

export function forkCases(): void {
  shared = 1;
  say('fork.private', exitStatus(inChild(writeShared.index)));
  say('fork.parent-unchanged', shared);
  say('exit.low-byte', inChild(exit300.index));
  say('wait.none', waitFor(-1, word, 0));
  say('wait.not-a-child', waitFor(1, word, 0));
  const child = fork();
  if (!child) spin();
  say('wait.no-hang', waitFor(child, word, WNOHANG));
  say('kill', kill(child, SIGTERM));
  say('wait.killed', waitFor(child, word, 0) == child ? load<u32>(word) : -1);
  say('wait.again', waitFor(child, word, 0));
  const second = fork();
  if (!second) exit(3);
  say('wait.bad-pointer', waitFor(second, NOWHERE, 0));
  say('wait.consumed', waitFor(second, word, 0));
  say('wait.options', waitFor(-1, word, 0xffff));
  const third = fork();
  if (!third) spin();
  kill(third, SIGKILL);
  say('wait4', wait4(-1, word, 0, usage) == third ? 1 : 0);
  say('wait4.status', load<u32>(word));
  say('fork.descriptor-shared', sharedOffset());
  say('fork.many', many());
}

function sharedOffset(): i32 {
  const fd = open(text('offset'), O_RDWR | O_CREAT, 0o600);
  const child = fork();
  if (!child) {
    write(fd, text('12345'), 5);
    exit(0);
  }
  finish(child);
  const at = seek(fd, 0, 1);
  close(fd);
  return at;
}

/** Twenty children at once, where so many may be; the sum of what they exit with. */
function many(): i32 {
  let sum = 0;
  for (let i: u32 = 0; i < 20; i++) {
    let child = fork();
    while (child < 0 && waitFor(-1, word, 0) > 0) {
      sum += exitStatus(load<u32>(word));
      child = fork();
    }
    if (!child) exit(i);
  }
  while (waitFor(-1, word, 0) > 0) sum += exitStatus(load<u32>(word));
  return sum;
}

function words(first: usize, second: usize, third: usize): usize {
  store<u32>(arguments_, self);
  store<u32>(arguments_ + 4, first);
  store<u32>(arguments_ + 8, second);
  store<u32>(arguments_ + 12, third);
  store<u32>(arguments_ + 16, 0);
  return arguments_;
}

function runCount(): i32 {
  return execute(self, words(text('again'), text('count'), text('four')), environment);
}

function runEnvironment(): i32 {
  store<u32>(setting, text('V=1'));
  return execute(self, words(text('again'), text('environment'), 0), setting);
}

function runFiles(): i32 {
  pipe(ends);
  write(load<u32>(ends + 4), word, 1);
  const fd = dup(load<u32>(ends + 4));
  if (fd != 5) return 50;
  fileControl(4, F_SETFD, 1);
  return execute(self, words(text('again'), text('files'), 0), environment);
}

function runStatic(): i32 {
  shared = 77;
  return execute(self, words(text('again'), text('static'), 0), environment);
}

function runNoWords(): i32 {
  return -execute(text('missing'), words(0, 0, 0), 0);
}

export function execCases(): void {
  say('exec.arguments', inChild(runCount.index));
  say('exec.environment', inChild(runEnvironment.index));
  say('exec.descriptors', inChild(runFiles.index));
  say('exec.fresh-data', inChild(runStatic.index));
  say('exec.missing-in-child', inChild(runNoWords.index));
  say('exec.missing', execute(text('missing'), words(0, 0, 0), environment));
  say('exec.folder', execute(text('.'), words(0, 0, 0), environment));
  makeFile('script', 'echo no program');
  say('exec.not-executable', execute(text('script'), words(0, 0, 0), environment));
  chmod(text('script'), 0o755);
  say('exec.no-program', execute(text('script'), words(0, 0, 0), environment));
  close(open(text('nothing-in-it'), O_RDWR | O_CREAT, 0o755));
  say('exec.empty-file', execute(text('nothing-in-it'), words(0, 0, 0), environment));
  makeFile('broken', '\x7fELF');
  chmod(text('broken'), 0o755);
  say('exec.broken-program', execute(text('broken'), words(0, 0, 0), environment));
  say('exec.below-a-file', execute(text('script/x'), words(0, 0, 0), environment));
  say('exec.bad-path', execute(NOWHERE, words(0, 0, 0), environment));
  say('exec.bad-arguments', execute(self, NOWHERE, environment));
  say('exec.bad-argument', execute(self, words(NOWHERE, 0, 0), environment));
  say('exec.bad-environment', execute(self, words(0, 0, 0), NOWHERE));
  const fd = open(text('script'), O_RDONLY);
  say('exec.failure-keeps-files', read(fd, word, 4));
  close(fd);
}

/** Five steps down, or to the lowest there is. */
function lowerPriority(): i32 {
  const before = getPriority(0, 0);
  return nice(5) == 0 && getPriority(0, 0) == max(before - 5, 1) ? 1 : 0;
}

export function killCases(): void {
  // Whoever started this may have made it nice, for good. The call answers 20 less the nice value.
  const priority = getPriority(0, 0);
  say('kill.test', kill(getpid(), 0));
  say('kill.missing', kill(NOBODY, 0));
  say('kill.signal', kill(getpid(), 99));
  say('kill.negative-signal', kill(getpid(), <u32>-1));
  say('getpriority', priority >= 1 && priority <= 40 ? 1 : 0);
  say('getpriority.which', getPriority(9, 0));
  say('getpriority.missing', getPriority(0, NOBODY));
  say('nice', inChild(lowerPriority.index));
  say('setpriority', setPriority(0, 0, 20 - priority));
  say('setpriority.which', setPriority(9, 0, 0));
  say('setpriority.missing', setPriority(0, NOBODY, 0));
}
