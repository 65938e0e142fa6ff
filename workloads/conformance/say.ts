// One case, one line: its name and a number. Nothing that differs from run to run is ever a number here.

import { close, O_CREAT, O_TRUNC, O_WRONLY, open, writeAll } from '../lib/files';
import { flushOutput, newline, print, printSigned, printText } from '../lib/output';
import { exit, fork, waitFor } from '../lib/processes';
import { text, textLength } from '../lib/text';

/** An address that no process has: below everything, where no stack grows to either. */
export const NOWHERE: usize = 0x2000;
/** A descriptor that is not open. */
export const CLOSED: u32 = 77;

const word: usize = memory.data(4, 4);

export function say(name: string, value: i32): void {
  print(name);
  print(' ');
  printSigned(value);
  newline();
}

/** As `say`, for a text in place of a number. */
export function sayText(name: string, value: usize): void {
  print(name);
  print(' ');
  printText(value);
  newline();
}

/** Runs a function of no arguments as a child, which exits with its result; returns the status word of the wait. */
export function inChild(body: u32): i32 {
  flushOutput();
  const child = fork();
  if (!child) {
    const status = call_indirect<i32>(body);
    flushOutput();
    exit(status);
  }
  const result = waitFor(child, word, 0);
  // Whether memory was dumped is the host's setting.
  return result < 0 ? result : load<i32>(word) & ~0x80;
}

/** The answer, or what this one answer stands for where file systems differ. */
export function alike(answer: i32, variant: i32, usual: i32): i32 {
  return answer == variant ? usual : answer;
}

/** Makes a file with a text in it. */
export function makeFile(name: string, contents: string): void {
  const fd = open(text(name), O_WRONLY | O_CREAT | O_TRUNC, 0o644);
  const bytes = text(contents);
  writeAll(fd, bytes, textLength(bytes));
  close(fd);
}

export function same(a: usize, b: usize, length: u32): bool {
  return memory.compare(a, b, length) == 0;
}
