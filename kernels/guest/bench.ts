// bench=ipc-primitive: two kernel threads pass one word to and fro, each waking the other and going to sleep. It is what
// this kernel has for "wake the other party and pass one word": no copy, no buffer, the scheduler entered twice a round.
import { CHECKSUM_START } from '../lib/bytes';
import { newline, print, printHex, printNumber } from '../lib/console';
import { __region_begin, __region_end } from '../lib/hooks';
import { measureInit, pollute, repetitions, stateCount } from '../lib/measure';
import { wordIs } from '../lib/text';
import { benchmark } from '../ports/port';
import { sleep, wake } from './schedule';
import { Thread } from './task';
import { makeKernelThread, self } from './thread';

/** Runs the benchmark at `name`; false: there is none of that name. */
export function runBenchmark(name: usize, commandLine: usize): bool {
  measureInit(commandLine, 4);
  if (benchmark(name)) return true;
  if (!wordIs(name, 'ipc-primitive')) return false;
  pingPong();
  return true;
}

let partner: Thread = changetype<Thread>(0);
let asker: Thread = changetype<Thread>(0);

function answerWords(): void {
  for (;;) {
    asker.word = self().word + 1;
    wake(asker);
    sleep();
  }
}

function pingPong(): void {
  asker = self();
  partner = makeKernelThread(answerWords.index);
  let operations: u32 = 0;
  let sum: u32 = CHECKSUM_START;
  for (let i: u32 = 0; i < stateCount; i++) {
    for (let n = repetitions(i); n; n--) {
      pollute(i);
      __region_begin();
      partner.word = operations;
      wake(partner);
      sleep();
      __region_end();
      sum = (sum ^ asker.word) * 0x01000193;
      operations++;
    }
  }
  print('ipc-primitive operations=');
  printNumber(operations);
  print(' checksum=');
  printHex(sum);
  newline();
}
