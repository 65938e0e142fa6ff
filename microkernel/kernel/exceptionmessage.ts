// The message of an exception (L4 X.2, ia32: "Exception Message Format"): what the kernel says to the exception handler in
// the thread's name, and what it takes from the answer.
import { USER_FLAGS, USER_FLAGS_MASK } from './layout';
import { Tcb } from './tcb';

const TAG_EXCEPTION: u32 = 0xffb0000c;
const EXCEPTION_WORDS: u32 = 12;

/** MR0 and up. */
@unmanaged
@size(52)
class ExceptionMessage {
  tag: u32;
  eip: u32;
  eflags: u32;
  exceptionNumber: u32;
  errorCode: u32;
  edi: u32;
  esi: u32;
  ebp: u32;
  esp: u32;
  ebx: u32;
  edx: u32;
  ecx: u32;
  eax: u32;
}

/** Writes the exception message of `t` to a UTCB and returns its tag. */
export function exceptionMessage(t: Tcb, to: usize): u32 {
  const frame = t.frame;
  const message = changetype<ExceptionMessage>(to);
  message.eip = frame.eip;
  message.eflags = frame.eflags;
  message.exceptionNumber = t.word0;
  message.errorCode = frame.error;
  message.edi = frame.edi;
  message.esi = frame.esi;
  message.ebp = frame.ebp;
  message.esp = frame.esp;
  message.ebx = frame.ebx;
  message.edx = frame.edx;
  message.ecx = frame.ecx;
  message.eax = frame.eax;
  return TAG_EXCEPTION;
}

/** Takes the registers of a thread from the answer to its exception; of EFLAGS only what a user may set. */
export function restoreException(t: Tcb, from: usize): void {
  const answer = changetype<ExceptionMessage>(from);
  if ((answer.tag & 63) < EXCEPTION_WORDS) return;
  const frame = t.frame;
  frame.eip = answer.eip;
  frame.eflags = USER_FLAGS | (answer.eflags & USER_FLAGS_MASK);
  frame.edi = answer.edi;
  frame.esi = answer.esi;
  frame.ebp = answer.ebp;
  frame.esp = answer.esp;
  frame.ebx = answer.ebx;
  frame.edx = answer.edx;
  frame.ecx = answer.ecx;
  frame.eax = answer.eax;
}
