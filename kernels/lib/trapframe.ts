// What every kernel entry leaves on the kernel stack, lowest address first. The stubs push it in this order: the
// processor pushes ss..eip (ss and esp only when the privilege level changed) and, for some exceptions, the error code;
// the stub pushes the rest.
//
//      ss   esp   eflags   cs   eip   error   eax   ecx   edx   ebx   -   ebp   esi   edi
//      +52  +48   +44      +40  +36   +32     +28   +24   +20   +16  +12  +8    +4    +0   <- frame
//
// `error` holds the number of the call for a system call, the error code or 0 for an exception.
@unmanaged
export class TrapFrame {
  edi: u32;
  esi: u32;
  ebp: u32;
  unused: u32;
  ebx: u32;
  edx: u32;
  ecx: u32;
  eax: u32;
  error: u32;
  eip: u32;
  cs: u32;
  eflags: u32;
  esp: u32;
  ss: u32;
}

export const TRAP_FRAME_SIZE: u32 = 56;
