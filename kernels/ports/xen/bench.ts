// Measurements between kernels, the hostile kernel (hostile.ts), and checks of the interface (checks.ts).
//
// `bench=ipc-primitive`: the guest's kernel writes one word where domain 0's kernel sees it, sends an event, and blocks;
// domain 0's kernel is woken, answers with that word and an event, and blocks. One crossing of domains each way: what Xen
// has for "wake the other party and pass one word".
import { CHECKSUM_START } from '../../lib/bytes';
import { newline, print, printHex, printNumber } from '../../lib/console';
import { __region_begin, __region_end } from '../../lib/hooks';
import { pollute, repetitions, stateCount } from '../../lib/measure';
import { wordIs } from '../../lib/text';
import { PING_answer, PING_ask } from './backends';
import { isPrivileged } from './boot';
import { interfaceChecks } from './checks';
import { idle } from './events';
import { hostileKernel } from './hostile';
import { powerOff } from './power';
import { ring, setStoreWord, storeWord } from './store';

export function benchmark(name: usize): bool {
  if (wordIs(name, 'ipc-primitive') && !isPrivileged()) {
    ping();
    return true;
  }
  if (wordIs(name, 'hostile') && !isPrivileged()) {
    hostileKernel();
    return true;
  }
  if (wordIs(name, 'interface') && !isPrivileged()) {
    if (!interfaceChecks()) powerOff(1);
    return true;
  }
  return false;
}

function ping(): void {
  let operations: u32 = 0;
  let sum: u32 = CHECKSUM_START;
  for (let i: u32 = 0; i < stateCount; i++) {
    for (let n = repetitions(i); n; n--) {
      pollute(i);
      operations++;
      __region_begin();
      setStoreWord(PING_ask, operations);
      ring();
      while (storeWord(PING_answer) != operations) idle();
      __region_end();
      sum = (sum ^ storeWord(PING_answer)) * 0x01000193;
    }
  }
  print('ipc-primitive operations=');
  printNumber(operations);
  print(' checksum=');
  printHex(sum);
  newline();
}
