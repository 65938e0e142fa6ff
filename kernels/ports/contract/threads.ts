// Threads: a stack that prepareStack readied begins in threadMain(); switchContext goes to and fro, writes the word by
// which observers know who runs, and keeps what each was doing.
import { Thread } from '../../guest/task';
import { freeThread, makeKernelThread, self } from '../../guest/thread';
import { componentRemove } from '../../lib/components';
import { switchContext } from '../port';
import { begin, end, expect } from './say';

const ROUNDS: u32 = 100;
let boot: Thread = changetype<Thread>(0);
let sum: u32 = 0;

function switchTo(thread: Thread): void {
  switchContext(changetype<usize>(self()), changetype<usize>(thread));
}

/** What a check's thread runs; its `word` says which it is. */
function count(): void {
  let own: u32 = self().word;
  for (;;) {
    sum += own;
    own += 10;
    switchTo(boot);
  }
}

function start(word: u32): Thread {
  const thread = makeKernelThread(count.index);
  thread.word = word;
  return thread;
}

function stop(thread: Thread): void {
  componentRemove(<u32>changetype<usize>(thread));
  freeThread(thread);
}

export function checkSwitches(): void {
  begin();
  boot = self();
  const one = start(1);
  const two = start(2);
  let expected: u32 = 0;
  for (let i: u32 = 0; i < ROUNDS; i++) {
    switchTo(one);
    expect(self() == boot);
    switchTo(two);
    expected += 3 + 20 * i;
    expect(self() == boot && sum == expected);
  }
  stop(one);
  stop(two);
  end('switches');
}
