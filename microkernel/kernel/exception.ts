// Faults and exceptions of user level, as IPC (L4 X.2, "Protocols": Page Fault, Exception).
//
//   page fault   to the pager:              tag label -2 * 16 + rwx, MR1 = address, MR2 = EIP; the answer maps
//   exception    to the exception handler:  tag label -5 * 16, 12 registers; the answer brings their new values
//                (exceptionmessage.ts)
//
// A thread whose pager or handler does not exist is halted for good.

import { newline, print, printHex } from '../../kernels/lib/console';
import { __ipc_slow } from '../../kernels/lib/hooks';
import { FAULT_WRITE, FRAME_MASK } from '../../kernels/lib/paging';
import { outb, readCr2 } from '../../kernels/lib/x86';
import { RIGHT_READ, RIGHT_WRITE } from './fpage';
import { sendForKernel } from './ipc';
import { kernelInterface } from './kip';
import { window } from './layout';
import { isSigma0, mapSigma0 } from './mapping';
import { userPhysical } from './pages';
import { isPrivileged } from './privilege';
import { dispatch } from './schedule';
import { repairSegments } from './stubs';
import {
  current,
  lookup,
  MESSAGE_EXCEPTION,
  MESSAGE_FAULT,
  register,
  STATE_HALTED,
  TCR_EXCEPTION_HANDLER,
  TCR_PAGER,
  Tcb,
} from './tcb';

const TAG_FAULT: u32 = 0xffe00002;

/** Ends the machine: nothing goes on without sigma0 and the root task. */
const POWER_PORT: u32 = 0xf4;
const VECTOR_INVALID_OPCODE: u32 = 6;
const VECTOR_GENERAL_PROTECTION: u32 = 13;
const VECTOR_PAGE_FAULT: u32 = 14;

/** An exception of the running thread in user mode; its registers are in its frame. */
export function userException(vector: u32): void {
  const t = current();
  if (vector == VECTOR_PAGE_FAULT) return pageFault(t, readCr2());
  if (vector == VECTOR_INVALID_OPCODE && isKernelInterfaceCall(t)) return kernelInterface(t.frame);
  if (vector == VECTOR_GENERAL_PROTECTION && repairSegments()) return;
  const handler = lookup(register(t, TCR_EXCEPTION_HANDLER));
  if (!handler || handler == t) return halt(t, vector);
  __ipc_slow();
  t.message = MESSAGE_EXCEPTION;
  t.word0 = vector;
  sendForKernel(t, handler);
}

function pageFault(t: Tcb, address: u32): void {
  const frame = t.frame;
  if (isSigma0(t.space)) {
    if (mapSigma0(address & FRAME_MASK)) return;
    return halt(t, VECTOR_PAGE_FAULT);
  }
  const pager = lookup(register(t, TCR_PAGER));
  if (!pager || pager == t) return halt(t, VECTOR_PAGE_FAULT);
  __ipc_slow();
  t.message = MESSAGE_FAULT;
  t.word0 = TAG_FAULT | ((frame.error & FAULT_WRITE ? RIGHT_WRITE : RIGHT_READ) << 16);
  t.word1 = address;
  t.word2 = frame.eip;
  sendForKernel(t, pager);
}

/** LOCK NOP, the one way to find the kernel interface page without knowing anything (L4 X.2, ia32: KernelInterface). */
function isKernelInterfaceCall(t: Tcb): bool {
  const first = userPhysical(t.space, t.frame.eip);
  const second = userPhysical(t.space, t.frame.eip + 1);
  return first != 0 && second != 0 && load<u8>(window(first)) == 0xf0 && load<u8>(window(second)) == 0x90;
}

function halt(t: Tcb, vector: u32): void {
  print('microkernel: thread ');
  printHex(t.globalId);
  print(' halted by exception ');
  printHex(vector);
  print(' at ');
  printHex(t.frame.eip);
  print(' address ');
  printHex(readCr2());
  newline();
  if (isPrivileged(t.space)) outb(POWER_PORT, 1);
  t.state = STATE_HALTED;
  dispatch(null);
}
