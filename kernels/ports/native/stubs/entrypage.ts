// The page that programs enter the kernel through. It is a page of the kernel's text, mapped a second time at ENTRY_PAGE,
// readable by programs; nothing else lies in it. Its offsets stand in layout.ts and in ../entries.ts.
import { defineStubs, ebp, ecx, edx, esp } from '../../../../toolchain/assembler/index.js';
import { ENTRY_LANDING, ENTRY_SYSENTER } from './layout.js';

/** Bytes of the code up to and with SYSENTER. */
const SYSENTER_LENGTH = 7;

export const entryPageStubs = defineStubs('entrypage', (a) => {
  a.align(4096);
  a.global('entryPageStart');
  a.hook('__stub_enter');
  a.int(0x80);
  a.hook('__stub_leave');
  a.ret();

  // SYSENTER saves nothing: the kernel finds the stack in EBP, and SYSEXIT comes back to ENTRY_LANDING with EDX and ECX
  // lost.
  a.align(ENTRY_SYSENTER);
  a.hook('__stub_enter');
  a.push(ecx);
  a.push(edx);
  a.push(ebp);
  a.mov(ebp, esp);
  a.sysenter();
  // A call that is made again after a signal starts two bytes before the landing (kernels/guest/deliver.ts).
  a.space(ENTRY_LANDING - ENTRY_SYSENTER - SYSENTER_LENGTH - 2);
  a.int(0x80);
  a.pop(ebp);
  a.pop(edx);
  a.pop(ecx);
  a.hook('__stub_leave');
  a.ret();
  a.align(4096);
});
