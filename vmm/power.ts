// The end. The machine is switched off, by a write to port F4h, when every domain that was given work (programs, or a
// benchmark of its kernel) has stopped; the status is 0 only if all of them ended well.

import { newline, print, printHex, printNumber } from '../kernels/lib/console';
import { cli, hlt, outb } from '../kernels/lib/x86';
import { SHUTDOWN_poweroff } from '../kernels/lib/xen/numbers';
import { Domain } from './domain';

const EXIT_PORT: u32 = 0xf4;
let working: u32 = 0;
let failed: u32 = 0;

/** A domain with work has been built. */
export function domainWorks(): void {
  working++;
}

export function powerOff(status: u32): void {
  outb(EXIT_PORT, status);
  cli();
  while (true) hlt();
}

export function domainStopped(domain: Domain, reason: u32): void {
  if (reason != SHUTDOWN_poweroff) failed = 1;
  if (domain.works == 0) return;
  working--;
  if (working == 0) powerOff(failed);
}

/** The VMM's own state is not what it must be. */
export function panic(what: string, value: u32): void {
  print('vmm: panic: ');
  print(what);
  print(' ');
  printHex(value);
  newline();
  powerOff(3);
}

export function crashMessage(domain: Domain, what: string, value: u32): void {
  print('vmm: domain ');
  printNumber(domain.id);
  print(' crashed: ');
  print(what);
  print(' ');
  printHex(value);
  newline();
}
