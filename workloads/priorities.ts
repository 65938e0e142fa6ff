// Does the scheduler keep its promise? Two children count for a second, one of them as nice as can be: both get on, the
// other one several times as far, and the parent is on time although both would like to go on.
import { MAP_ANONYMOUS, MAP_SHARED, map, PROT_READ, PROT_WRITE } from './lib/memory';
import { flushOutput, newline, print, printNumber } from './lib/output';
import { fork, kill, nice, waitFor } from './lib/processes';
import { SIGKILL } from './lib/signals';
import { now, sleepSeconds } from './lib/time';

export { signalDispatch, unixEnd, unixStart } from './lib/unix';

const NICEST: i32 = 19;
/** Shares are 6 ticks and 1 at these two nice values: as far apart at least, whatever the two begin with. */
const TIMES: u32 = 3;

/** A child that counts in the word at `counter` until it is killed. */
function counting(counter: usize, niceness: i32): i32 {
  const child = fork();
  if (child) return child;
  nice(niceness);
  while (true) store<u32>(counter, load<u32>(counter) + 1);
}

export function main(_count: u32, _words: usize): i32 {
  const counters = map(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  const eager = counting(counters, 0);
  const modest = counting(counters + 4, NICEST);
  const start = now();
  sleepSeconds(1);
  const late = now() - start > 2;
  kill(eager, SIGKILL);
  kill(modest, SIGKILL);
  waitFor(eager, 0, 0);
  waitFor(modest, 0, 0);
  const fast = load<u32>(counters);
  const slow = load<u32>(counters + 4);
  const good = !late && slow > 0 && fast / slow >= TIMES;
  print(good ? 'priorities ok' : 'priorities FAILED: ');
  if (!good) {
    printNumber(fast);
    print(' and ');
    printNumber(slow);
  }
  newline();
  flushOutput();
  return good ? 0 : 1;
}
