// The console, by way of the VMM, and the end of this domain.
import {
  CONSOLEIO_write,
  HYPERVISOR_console_io,
  HYPERVISOR_sched_op,
  SCHEDOP_shutdown,
  SHUTDOWN_crash,
  SHUTDOWN_poweroff,
} from '../../lib/xen/numbers';
import { isPrivileged, moduleCount } from './boot';
import { idle } from './events';
import { hypercall2, hypercall4 } from './stubs';

const LINE: u32 = 128;
const line: usize = memory.data(128, 4);
let lineLength: u32 = 0;

/** Lines go to the VMM whole, one hypercall each. */
export function putByte(byte: u32): void {
  store<u8>(line + lineLength++, byte);
  if (byte == 0x0a || lineLength == LINE) flushLine();
}

function flushLine(): void {
  hypercall4(HYPERVISOR_console_io, CONSOLEIO_write, lineLength, <u32>line, 0);
  lineLength = 0;
}

/** Domain 0 without programs of its own stays, to serve the other domain. */
export function powerOff(status: u32): void {
  if (lineLength) flushLine();
  while (isPrivileged() && !moduleCount() && !status) idle();
  for (;;) hypercall2(HYPERVISOR_sched_op, SCHEDOP_shutdown, status ? SHUTDOWN_crash : SHUTDOWN_poweroff);
}
