// The stack frame of a signal handler, as Linux lays it out for the 386, and the return from it. Without SA_SIGINFO:
//
//   ESP -> return address | signal | struct sigcontext (22 words) | mask | code: pop eax; mov eax, 119; int 80h
//
// and with it:
//
//   ESP -> return address | signal | &info | &context | info (128) | context: flags, link, stack (3 words), sigcontext, mask
//          | code: mov eax, 173; int 80h
//
// The return address is the action's restorer, or the code on the stack. The signal is in EAX too, for handlers of the
// compiled convention. There is no x87 state: this kernel gives programs none.
import { TrapFrame } from '../lib/trapframe';
import { SA_RESTORER, SA_SIGINFO, SIGSEGV } from '../lib/unix';
import { userRange } from '../lib/userlayout';
import { stackSlot } from '../lib/x86';
import { copyFromUser, copyToUser } from '../ports/port';
import { Action } from './process';
import { requestWork, signalled } from './schedule';
import { callFrame, forceSignal, UNBLOCKABLE } from './signal';
import { Process } from './task';
import { self } from './thread';

// Words of struct sigcontext.
const CONTEXT_WORDS: u32 = 22;
const CONTEXT_EDI: usize = 16;
const CONTEXT_ESI: usize = 20;
const CONTEXT_EBP: usize = 24;
const CONTEXT_ESP: usize = 28;
const CONTEXT_EBX: usize = 32;
const CONTEXT_EDX: usize = 36;
const CONTEXT_ECX: usize = 40;
const CONTEXT_EAX: usize = 44;
const CONTEXT_EIP: usize = 56;
const CONTEXT_CS: usize = 60;
const CONTEXT_EFLAGS: usize = 64;
const CONTEXT_ESP_AT_SIGNAL: usize = 68;
const CONTEXT_SS: usize = 72;
const CONTEXT_MASK: usize = 80;
const CONTEXT_ADDRESS: usize = 84;

const SIMPLE_SIZE: u32 = 8 + 88 + 4 + 8;
const INFO_AT: u32 = 16;
const UCONTEXT_AT: u32 = 16 + 128;
const REAL_TIME_SIZE: u32 = 16 + 128 + 20 + 88 + 8 + 8;

/** Flags that a program may change: CF PF AF ZF SF TF DF OF, AC. */
const USER_FLAGS: u32 = 0x40dd5;
const TRAP_FLAG: u32 = 0x100;
const DIRECTION_FLAG: u32 = 0x400;

function putContext(at: usize, frame: TrapFrame, process: Process, mask: u32): void {
  memory.fill(at, 0, CONTEXT_WORDS * 4);
  store<u32>(at, frame.edi, CONTEXT_EDI);
  store<u32>(at, frame.esi, CONTEXT_ESI);
  store<u32>(at, frame.ebp, CONTEXT_EBP);
  store<u32>(at, frame.esp, CONTEXT_ESP);
  store<u32>(at, frame.ebx, CONTEXT_EBX);
  store<u32>(at, frame.edx, CONTEXT_EDX);
  store<u32>(at, frame.ecx, CONTEXT_ECX);
  store<u32>(at, frame.eax, CONTEXT_EAX);
  store<u32>(at, frame.eip, CONTEXT_EIP);
  store<u32>(at, frame.cs & 0xffff, CONTEXT_CS);
  store<u32>(at, frame.eflags, CONTEXT_EFLAGS);
  store<u32>(at, frame.esp, CONTEXT_ESP_AT_SIGNAL);
  store<u32>(at, frame.ss & 0xffff, CONTEXT_SS);
  store<u32>(at, mask, CONTEXT_MASK);
  store<u32>(at, process.faultAddress, CONTEXT_ADDRESS);
}

/** Puts the frame on the program's stack and lets `frame` enter the handler; false: the stack cannot take it. */
export function pushSignalFrame(process: Process, signal: u32, action: Action, frame: TrapFrame, mask: u32): bool {
  const realTime = (action.flags & SA_SIGINFO) != 0;
  const size = realTime ? REAL_TIME_SIZE : SIMPLE_SIZE;
  const at = (frame.esp - size) & ~15;
  const image = stackSlot(REAL_TIME_SIZE);
  memory.fill(image, 0, size);
  const restores = (action.flags & SA_RESTORER) != 0;
  store<u32>(image, restores ? action.restorer : at + size - 8);
  store<u32>(image + 4, signal);
  if (realTime) {
    store<u32>(image + 8, at + INFO_AT);
    store<u32>(image + 12, at + UCONTEXT_AT);
    store<u32>(image + INFO_AT, signal);
    store<u32>(image + INFO_AT + 12, process.faultAddress);
    putContext(image + UCONTEXT_AT + 20, frame, process, mask);
    store<u32>(image + UCONTEXT_AT + 108, mask);
    // mov eax, 173; int 80h
    store<u32>(image + size - 8, 0x0000adb8);
    store<u32>(image + size - 4, 0x0080cd00);
  } else {
    putContext(image + 8, frame, process, mask);
    // pop eax; mov eax, 119; int 80h
    store<u32>(image + size - 8, 0x0077b858);
    store<u32>(image + size - 4, 0x80cd0000);
  }
  if (!userRange(at, size) || copyToUser(at, image, size) < 0) return false;
  frame.esp = at;
  frame.eip = action.handler;
  frame.eax = signal;
  frame.edx = realTime ? at + INFO_AT : 0;
  frame.ecx = realTime ? at + UCONTEXT_AT : 0;
  frame.eflags &= ~(TRAP_FLAG | DIRECTION_FLAG);
  requestWork();
  return true;
}

/** Goes back to what struct sigcontext at user address `from` says, with `mask` blocked. */
function restore(from: u32, mask: u32): i32 {
  const process = self().process;
  const frame = callFrame();
  const image = stackSlot(88);
  if (!userRange(from, 88) || copyFromUser(image, from, 88) < 0) {
    forceSignal(process, SIGSEGV);
    return 0;
  }
  process.blocked = mask & ~UNBLOCKABLE;
  process.restart = 0;
  frame.edi = load<u32>(image, CONTEXT_EDI);
  frame.esi = load<u32>(image, CONTEXT_ESI);
  frame.ebp = load<u32>(image, CONTEXT_EBP);
  frame.ebx = load<u32>(image, CONTEXT_EBX);
  frame.edx = load<u32>(image, CONTEXT_EDX);
  frame.ecx = load<u32>(image, CONTEXT_ECX);
  frame.eip = load<u32>(image, CONTEXT_EIP);
  frame.esp = load<u32>(image, CONTEXT_ESP_AT_SIGNAL);
  frame.eflags = (frame.eflags & ~USER_FLAGS) | (load<u32>(image, CONTEXT_EFLAGS) & USER_FLAGS);
  requestWork();
  if (signalled(process)) requestWork();
  return load<u32>(image, CONTEXT_EAX);
}

/** sigreturn: ESP at the call, behind the restorer's POP, is struct sigcontext's address. */
export function sysSigreturn(_a: u32, _b: u32, _c: u32): i32 {
  const at = callFrame().esp;
  const mask = stackSlot(4);
  if (!userRange(at, 92) || copyFromUser(mask, at + CONTEXT_MASK, 4) < 0) {
    forceSignal(self().process, SIGSEGV);
    return 0;
  }
  return restore(at, load<u32>(mask));
}

/** rt_sigreturn: ESP at the call lies behind the return address. */
export function sysRtSigreturn(_a: u32, _b: u32, _c: u32): i32 {
  const at = callFrame().esp - 4 + UCONTEXT_AT;
  const mask = stackSlot(4);
  if (!userRange(at, 112) || copyFromUser(mask, at + 108, 4) < 0) {
    forceSignal(self().process, SIGSEGV);
    return 0;
  }
  return restore(at + 20, load<u32>(mask));
}
