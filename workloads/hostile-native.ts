// Four attempts at the kernel, each of which it must refuse: `refused NAME`, or `ALLOWED NAME`. Then three null calls with a
// processor state that it must not rely on: `survived NAME`, if anything is left to print it.
import { EFAULT, FD_CONSOLE } from '../kernels/lib/callnumbers';
import { newline, print } from '../kernels/lib/console';
import { __region_begin, __region_end } from '../kernels/lib/hooks';
import {
  addressOf_attemptRefused,
  attemptPort,
  attemptPrivileged,
  attemptRead,
  attemptWrite,
  callBackwards,
  callInNestedTask,
  callWithNullSegments,
} from './hostile/stubs';
import { catchFault, getppid, write } from './lib/system';

export { programEnd, programStart } from './lib/start';

const KERNEL: usize = 0xc0100000;
let allowed: u32 = 0;

function result(name: string, refused: bool): void {
  if (refused) print('refused ');
  else {
    print('ALLOWED ');
    allowed++;
  }
  print(name);
  newline();
}

function survived(name: string, answer: i32): void {
  if (answer != getppid()) {
    allowed++;
    print('WRONG ANSWER ');
  } else print('survived ');
  print(name);
  newline();
}

function armed(): void {
  catchFault(addressOf_attemptRefused());
}

export function main(): i32 {
  __region_begin();
  armed();
  const read = attemptRead(KERNEL);
  armed();
  const written = attemptWrite(KERNEL, 0x90909090);
  result('kernel-memory', read && written);
  armed();
  result('io-port', attemptPort() != 0);
  armed();
  result('privileged-instruction', attemptPrivileged() != 0);
  result('pointer-into-kernel', write(FD_CONSOLE, KERNEL, 16) == -EFAULT);
  survived('null-segments', callWithNullSegments());
  survived('direction-flag', callBackwards());
  survived('nested-task-flag', callInNestedTask());
  __region_end();
  return allowed ? 1 : 0;
}
