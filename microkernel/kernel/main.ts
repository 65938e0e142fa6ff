// The L4-style microkernel: what its stubs call, and the symbols that an observer of the machine looks for.
import { newline, print, printHex } from '../../kernels/lib/console';
import { outb } from '../../kernels/lib/x86';
import { boot } from './boot';

export { componentCount, components } from '../../kernels/lib/components';
export { userException } from './exception';
export { interrupt } from './interrupt';
export { ipc } from './ipc';
export { componentName, notImplemented, spaceControl, systemClock, unmap } from './spaces';
export { currentThread } from './tcb';
export { exchangeRegisters, schedule, threadControl, threadSwitch } from './threads';

export function kernelMain(magic: u32, information: u32): void {
  boot(magic, information);
}

/** An exception of the kernel itself. */
export function panic(vector: u32, eip: u32, cr2: u32): void {
  print('microkernel: exception ');
  printHex(vector);
  print(' at ');
  printHex(eip);
  print(' address ');
  printHex(cr2);
  newline();
  outb(0xf4, 1);
  for (;;) {}
}
