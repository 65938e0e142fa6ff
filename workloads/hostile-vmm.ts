// Four attempts of a program at the VMM and at the guest kernel under it, each of which must be refused: `refused NAME`,
// or `ALLOWED NAME`.

import { newline, print } from '../kernels/lib/console';
import { __region_begin, __region_end } from '../kernels/lib/hooks';
import {
  addressOf_attemptRefused,
  attemptHypercall,
  attemptPort,
  attemptPrivileged,
  attemptRead,
  attemptWrite,
} from './hostile/stubs';
import { catchFault } from './lib/system';

export { programEnd, programStart } from './lib/start';

const VMM: usize = 0xff100000;
const GUEST_KERNEL: usize = 0xc0100000;
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

function armed(): void {
  catchFault(addressOf_attemptRefused());
}

function memoryRefused(address: usize): bool {
  armed();
  const read = attemptRead(address);
  armed();
  return (read & attemptWrite(address, 0x90909090)) != 0;
}

export function main(): i32 {
  __region_begin();
  result('vmm-memory', memoryRefused(VMM));
  result('kernel-memory', memoryRefused(GUEST_KERNEL));
  armed();
  result('hypercall', attemptHypercall() != 0);
  armed();
  const port = attemptPort();
  armed();
  result('privileged-instruction', (port & attemptPrivileged()) != 0);
  __region_end();
  return allowed ? 1 : 0;
}
