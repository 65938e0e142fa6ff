// Asks a partner program (service-server) with messages of the given sizes and waits for each answer.
import { CHECKSUM_START, checksum } from '../kernels/lib/bytes';
import { __region_begin, __region_end } from '../kernels/lib/hooks';
import { measureInit, pollute, repetitions, sizeAt, sizeCount, stateCount } from '../kernels/lib/measure';
import { failed, report } from './lib/report';
import { ask } from './lib/service';

export { programEnd, programStart } from './lib/start';

const buffer: usize = memory.data(4096, 4096);

export function main(text: usize): i32 {
  measureInit(text, 4);
  let operations: u32 = 0;
  let sum: u32 = CHECKSUM_START;
  for (let s: u32 = 0; s < sizeCount; s++) {
    const size = sizeAt(s);
    for (let i: u32 = 0; i < size; i += 4) store<u32>(buffer + i, i * 0x01010101);
    for (let i: u32 = 0; i < stateCount; i++) {
      for (let n = repetitions(i); n; n--) {
        pollute(i);
        __region_begin();
        const result = ask(buffer, size);
        __region_end();
        if (result != size) return failed(text, 'ask', result);
        operations++;
      }
    }
    sum = checksum(sum, buffer, size);
  }
  report(text, operations, sum);
  return 0;
}
