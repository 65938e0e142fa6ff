// The empty service: what getting into the kernel and back costs.
import { CHECKSUM_START } from '../kernels/lib/bytes';
import { __region_begin, __region_end } from '../kernels/lib/hooks';
import { measureInit, pollute, repetitions, stateCount } from '../kernels/lib/measure';
import { report } from './lib/report';
import { getppid } from './lib/system';

export { programEnd, programStart } from './lib/start';

export function main(text: usize): i32 {
  measureInit(text, 0);
  let operations: u32 = 0;
  let sum: u32 = CHECKSUM_START;
  for (let i: u32 = 0; i < stateCount; i++) {
    for (let n = repetitions(i); n; n--) {
      pollute(i);
      __region_begin();
      const result = getppid();
      __region_end();
      sum = (sum ^ result) * 0x01000193;
      operations++;
    }
  }
  report(text, operations, sum);
  return 0;
}
