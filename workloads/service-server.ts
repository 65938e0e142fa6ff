// Answers every request of service-client with its own bytes, the first and the last word counted up. It takes the same
// lists of sizes and states, so it knows how many requests will come.
import { CHECKSUM_START, checksum } from '../kernels/lib/bytes';
import { measureInit, repetitionsOfAll, sizeCount } from '../kernels/lib/measure';
import { failed, report } from './lib/report';
import { answer, answerLast } from './lib/service';

export { programEnd, programStart } from './lib/start';

const buffer: usize = memory.data(4096, 4096);

export function main(text: usize): i32 {
  measureInit(text, 4);
  const requests = repetitionsOfAll() * sizeCount;
  let length: i32 = 0;
  for (let i: u32 = 0; i < requests; i++) {
    length = answer(buffer, length);
    if (length < 4) return failed(text, 'answer', length);
    const last = buffer + length - 4;
    store<u32>(buffer, load<u32>(buffer) + 1);
    store<u32>(last, load<u32>(last) + 1);
  }
  const result = answerLast(buffer, length);
  if (result < 0) return failed(text, 'the last answer', result);
  report(text, requests, checksum(CHECKSUM_START, buffer, length));
  return 0;
}
