// The page that programs enter the kernel through: a page of the kernel's text, mapped a second time, readable by
// programs; nothing else lies in it.
import { defineStubs } from '../../../../toolchain/assembler/index.js';

export const entryPageStubs = defineStubs('xen entrypage', (a) => {
  a.align(4096);
  a.global('entryPageStart');
  a.hook('__stub_enter');
  a.int(0x80);
  a.hook('__stub_leave');
  a.ret();
  a.align(4096);
});
