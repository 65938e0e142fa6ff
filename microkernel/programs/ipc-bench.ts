// One word to another thread and one back, by call and reply-and-wait: the primitive, without any service around it.
// `ipc-bench threads=2 states=...`: partner in the same space. Two programs, the second with `role=server`: in another.
import { CHECKSUM_START } from '../../kernels/lib/bytes';
import { newline, print, printHex, printNumber } from '../../kernels/lib/console';
import { __region_begin, __region_end } from '../../kernels/lib/hooks';
import { measureInit, pollute, repetitions, stateCount } from '../../kernels/lib/measure';
import { option } from '../../kernels/lib/text';
import { ANY, myself, NEVER, NIL, TAG_ONE_WORD } from '../servers/l4';
import { PERSONALITY, Personality } from '../servers/personality';
import { ipc, utcb } from '../servers/stubs';
import { finish, programInit } from './program';

export function main(stack: usize): void {
  const personality = changetype<Personality>(<usize>PERSONALITY);
  if (myself() == personality.partner) return serve();
  const text = programInit(stack);
  if (option(text, 'role')) return serve();
  measureInit(text, 4);
  measure(personality.partner);
}

/** Answers each word with the next one. */
function serve(): void {
  const message = utcb();
  let to = NIL;
  for (;;) {
    to = ipc(to, ANY, NEVER);
    store<u32>(message, TAG_ONE_WORD);
    store<u32>(message + 4, load<u32>(message + 4) + 1);
  }
}

function measure(partner: u32): void {
  const message = utcb();
  let operations: u32 = 0;
  let sum: u32 = CHECKSUM_START;
  for (let i: u32 = 0; i < stateCount; i++) {
    for (let n = repetitions(i); n; n--) {
      pollute(i);
      __region_begin();
      store<u32>(message, TAG_ONE_WORD);
      store<u32>(message + 4, operations);
      ipc(partner, partner, NEVER);
      const word = load<u32>(message + 4);
      __region_end();
      sum = (sum ^ word) * 0x01000193;
      operations++;
    }
  }
  print('ipc-primitive operations=');
  printNumber(operations);
  print(' checksum=');
  printHex(sum);
  newline();
  finish(0);
}
