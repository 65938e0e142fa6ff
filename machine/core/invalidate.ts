import { dropAllRuns } from './decode-cache';
import { noticeWrite } from './memory/granules';

/** Above this, forgetting all decoded code is cheaper than looking. */
const MOST_BYTES: u32 = 0x10000;

/** After DMA or a host write of `length` bytes at `physical`: code decoded from them is forgotten. */
export function invalidateCode(physical: u32, length: u32): void {
  if (length > MOST_BYTES) dropAllRuns();
  else if (length != 0) noticeWrite(physical, length);
}
