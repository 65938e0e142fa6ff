// Start of a measured program, whose arguments are one text, and its ways into the kernel.
import { defineStubs, eax, ebx, esp } from '../../toolchain/assembler/index.js';
import { longCalls, shortCalls } from './calls.js';

export const programStubs = defineStubs('program', (a) => {
  a.global('_start');
  a.mov(ebx, esp);
  a.call('__module_start');
  a.mov(eax, ebx);
  a.call('programStart');
  a.call('main');
  a.call('programEnd');
  a.ud2();

  shortCalls(a);
  longCalls(a);

  a.data();
  a.align(4);
  a.global('systemEntry');
  a.dd(0);
});
