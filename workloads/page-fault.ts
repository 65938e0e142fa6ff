// One write to one page that is not there (demand-zero) or not writable (write-protect): what resolving a fault costs.
// Every repetition takes the next page of an area that is as long as there are repetitions.
import { CHECKSUM_START, checksum } from '../kernels/lib/bytes';
import { __region_begin, __region_end } from '../kernels/lib/hooks';
import { measureInit, pollute, repetitions, repetitionsOfAll, stateCount } from '../kernels/lib/measure';
import { nextItem, option, wordIs } from '../kernels/lib/text';
import { vstore32 } from '../kernels/lib/x86';
import { failed, report } from './lib/report';
import { mapMemory, unmapMemory, writeProtect } from './lib/system';

export { programEnd, programStart } from './lib/start';

const PAGE: u32 = 4096;
/** Written at the begin of each repetition: an instruction that faults is restarted, so no label may stand on it. */
const started: usize = memory.data(4, 4);
let operations: u32 = 0;
let sum: u32 = CHECKSUM_START;

export function main(text: usize): i32 {
  measureInit(text, 0);
  for (let at = option(text, 'operations'); at; at = nextItem(at)) {
    const pages = repetitionsOfAll();
    const area = mapMemory(pages * PAGE);
    if (<i32>area < 0 && <i32>area > -4096) return failed(text, 'mmap2', area);
    if (wordIs(at, 'write-protect')) {
      for (let i: u32 = 0; i < pages; i++) store<u32>(area + i * PAGE, ~i);
      const result = writeProtect(area, pages * PAGE);
      if (result < 0) return failed(text, 'writeProtect', result);
    } else if (!wordIs(at, 'demand-zero'))
      return failed(text, 'operations: allowed are demand-zero and write-protect;', 0);
    touchAll(area);
    for (let i: u32 = 0; i < pages; i++) sum = checksum(sum, area + i * PAGE, 8);
    const result = unmapMemory(area, pages * PAGE);
    if (result < 0) return failed(text, 'munmap', result);
  }
  report(text, operations, sum);
  return 0;
}

function touchAll(area: usize): void {
  let page = area;
  for (let i: u32 = 0; i < stateCount; i++) {
    for (let n = repetitions(i); n; n--, page += PAGE) {
      pollute(i);
      __region_begin();
      vstore32(started, n);
      store<u32>(page, n);
      __region_end();
      operations++;
    }
  }
}
