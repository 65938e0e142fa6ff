// The service server: it answers the programs' system calls (stubs/programs.ts brings them as IPC: label = number, MR1
// up = arguments; MR1 of the reply = result). Console output goes through COM1. When the last program has ended, so
// does the machine.
import {
  CALL_EXIT,
  CALL_GETPID,
  CALL_GETPPID,
  CALL_PIPE,
  CALL_READ,
  CALL_SCHED_YIELD,
  CALL_WRITE,
  EBADF,
  ENOSYS,
  FD_CONSOLE,
} from '../../kernels/lib/callnumbers';
import { consoleTo, newline, print, printBytes, printHex } from '../../kernels/lib/console';
import { __work_syscall } from '../../kernels/lib/hooks';
import { uartPut } from '../../kernels/lib/uart';
import { outb } from '../../kernels/lib/x86';
import { ANY, COMPLETE, call, l4Init, mr, NEVER, NIL, ROOT, setAcceptor, setMr, tag } from './l4';
import { ROOT_EXIT, ROOT_PORTS, SERVICE_INIT, SERVICE_KILLED } from './protocol';
import { ipc, utcb } from './stubs';

const POWER_PORT: u32 = 0xf4;
const TEXT_MAX: u32 = 240;
let running: u32 = 0;
let status: u32 = 0;
let pager: u32 = NIL;

export function main(): void {
  l4Init();
  setAcceptor(COMPLETE);
  setMr(0, tag(ROOT_PORTS, 0, 0));
  call(ROOT);
  setAcceptor(0);
  consoleTo(uartPut.index);
  let to = NIL;
  for (;;) {
    const from = ipc(to, ANY, NEVER);
    to = serve(from, mr(0) >> 16) ? from : NIL;
  }
}

/** Handles the message in the UTCB and puts the answer there; false: the sender gets none. */
function serve(from: u32, label: u32): bool {
  if (from == ROOT || from == pager) return control(label);
  __work_syscall();
  let result: i32 = -ENOSYS;
  switch (label) {
    case CALL_GETPPID:
    case CALL_SCHED_YIELD:
      result = 0;
      break;
    case CALL_GETPID:
      result = from >> 14;
      break;
    case CALL_WRITE:
      result = write(mr(1), mr(2));
      break;
    case CALL_READ:
      result = -EBADF;
      break;
    case CALL_EXIT:
      end(from, mr(1));
      return false;
  }
  setMr(0, tag(0, 1, 0));
  setMr(1, result);
  return true;
}

/** `length` bytes of text from MR3 up. */
function write(fd: u32, length: u32): i32 {
  if (fd > FD_CONSOLE + 1 || length > TEXT_MAX) return -EBADF;
  printBytes(utcb() + 12, length);
  return length;
}

/** One program less: the root task deletes it. After the last one the machine ends with the largest status. */
function end(thread: u32, code: u32): void {
  status = max(status, code);
  if (--running == 0) {
    outb(POWER_PORT, status);
    for (;;) {}
  }
  setMr(0, tag(ROOT_EXIT, 1, 0));
  setMr(1, thread);
  ipc(ROOT, NIL, NEVER);
}

function control(label: u32): bool {
  if (label == SERVICE_INIT) {
    running = mr(1);
    pager = mr(2);
    setMr(0, 0);
    return true;
  }
  if (label != SERVICE_KILLED) return false;
  print('killed: thread ');
  printHex(mr(1));
  print(' exception ');
  printHex(mr(2));
  print(' at ');
  printHex(mr(3));
  print(' address ');
  printHex(mr(4));
  newline();
  end(mr(1), 1);
  setMr(0, 0);
  return true;
}
