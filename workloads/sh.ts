// The shell: `sh` reads commands from the console or its input, `sh FILE ARGUMENTS` a script, `sh -c TEXT` its
// argument.
import { EFBIG, EINTR, ENOMEM } from '../kernels/lib/callnumbers';
import { isTerminal, O_RDONLY, open, read, readFully } from './lib/files';
import { allocate, release } from './lib/memory';
import { complain, complainOf, flushOutput, print } from './lib/output';
import { getpid, WNOHANG, waitFor } from './lib/processes';
import { text, textIs } from './lib/text';
import { environment } from './lib/unix';
import { arenaMark, arenaReset } from './sh/arena';
import { run } from './sh/execute';
import { lastStatus, setParameters, setStatus } from './sh/expand';
import { beginConversation, forgetInterrupt, interrupted } from './sh/interrupt';
import { failed, incomplete, parseLine, tree } from './sh/parser';
import { assign, valueOf, variablesInit } from './sh/variables';

export { signalDispatch, unixEnd, unixStart } from './lib/unix';

const SCRIPT_MAX: u32 = 64 * 1024;
const LINE_MAX: u32 = 4096;
const line: usize = memory.data(4096, 4);
const word: usize = memory.data(4, 4);

export function main(count: u32, words: usize): i32 {
  variablesInit(environment);
  if (!valueOf(text('PATH'), 4)) assign(text('PATH=/bin'), true);
  if (count > 2 && textIs(load<u32>(words + 4), '-c')) {
    setParameters(getpid(), words + 12, count - 3);
    return script(load<u32>(words + 8));
  }
  setParameters(getpid(), count > 1 ? words + 4 : words, max(count - 1, 1));
  if (count > 1) return file(load<u32>(words + 4));
  if (isTerminal(0)) return converse();
  return fileOf(0, text('input'));
}

function file(path: usize): i32 {
  const fd = open(path, O_RDONLY);
  if (fd < 0) {
    complain('sh', path, fd);
    return 127;
  }
  return fileOf(fd, path);
}

function fileOf(fd: u32, path: usize): i32 {
  const buffer = allocate(SCRIPT_MAX);
  const length = buffer ? readFully(fd, buffer, SCRIPT_MAX) : -ENOMEM;
  if (length < 0) return complain('sh', path, length);
  if (length == SCRIPT_MAX) return complain('sh', path, -EFBIG);
  store<u8>(buffer + length, 0);
  const status = script(buffer);
  release(buffer);
  return status;
}

/** Runs a whole text, line by line. */
function script(at: usize): i32 {
  while (load<u8>(at)) {
    const mark = arenaMark();
    at = parseLine(at);
    if (failed || incomplete) return complainOf('sh', 'syntax error') + 1;
    if (tree) run(tree);
    arenaReset(mark);
  }
  return lastStatus;
}

/** Prompts, reads until the command is complete, runs it; ends with the input. */
function converse(): i32 {
  beginConversation();
  let length: u32 = 0;
  while (true) {
    while (waitFor(-1, word, WNOHANG) > 0);
    print(length ? '> ' : '$ ');
    flushOutput();
    const n = read(0, line + length, LINE_MAX - 1 - length);
    if (n == -EINTR) {
      // ^C: what was typed is gone.
      print('\n');
      length = 0;
    }
    forgetInterrupt();
    if (n == -EINTR) continue;
    if (n <= 0) {
      print('\n');
      return lastStatus;
    }
    length += n;
    store<u8>(line + length, 0);
    const mark = arenaMark();
    parseLine(line);
    if (failed || (incomplete && length == LINE_MAX - 1)) {
      complainOf('sh', 'syntax error');
      setStatus(2);
    } else if (!incomplete && tree) run(tree);
    // The cursor stands behind the echo of ^C.
    if (interrupted) print('\n');
    if (!incomplete || length == LINE_MAX - 1) length = 0;
    arenaReset(mark);
  }
}
