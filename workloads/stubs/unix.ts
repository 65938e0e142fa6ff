// Start of a UNIX program, main(count, words), and its ways into the kernel. The entry routine is the raw gate until
// the auxiliary vector names another one, so that the same file runs where there is none.
import { defineStubs, eax, ebx, edx, esp, mem, sym } from '../../toolchain/assembler/index.js';
import { longCalls, shortCalls, signalReturn } from './calls.js';

export const unixStubs = defineStubs('unix', (a) => {
  a.global('_start');
  a.mov(ebx, esp);
  a.call('__module_start');
  a.mov(eax, ebx);
  a.call('unixStart');
  a.mov(eax, mem({ base: ebx }));
  a.lea(edx, mem({ base: ebx, disp: 4 }));
  a.call('main');
  a.call('unixEnd');
  a.ud2();

  a.align(16);
  a.global('rawEntry');
  a.int(0x80);
  a.ret();

  shortCalls(a);
  longCalls(a);
  signalReturn(a);

  a.data();
  a.align(4);
  a.global('systemEntry');
  a.dd(sym('rawEntry'));
});
