// What the kernel has given away, so that a test can see that everything comes back (call 505).
import { EFAULT } from '../lib/callnumbers';
import { freeFrames } from '../lib/frames';
import { userRange } from '../lib/userlayout';
import { stackSlot } from '../lib/x86';
import { copyToUser } from '../ports/port';
import { openFiles } from './file';
import { inodesInUse } from './inode';
import { cachedPages } from './page';
import { pipeCount } from './pipe';
import { processCount } from './process';
import { regionCount } from './region';

/**
 * kernelCounts(to): seven words: frames that are free or hold cached pages, open files, pipes, processes, regions, inodes
 * referred to, cached pages
 */
export function sysKernelCounts(to: u32, _b: u32, _c: u32): i32 {
  const at = stackSlot(28);
  store<u32>(at, freeFrames() + cachedPages);
  store<u32>(at, openFiles, 4);
  store<u32>(at, pipeCount, 8);
  store<u32>(at, processCount(), 12);
  store<u32>(at, regionCount, 16);
  store<u32>(at, inodesInUse(), 20);
  store<u32>(at, cachedPages, 24);
  return userRange(to, 28) && copyToUser(to, at, 28) == 0 ? 0 : -EFAULT;
}
