// From the boot loader to AssemblyScript. At _start: EAX = Multiboot's magic number, EBX = physical address of its
// information, paging off, flat segments. The first 4 MiB of physical memory are mapped twice, at 0 and at KERNEL_BASE;
// kernel/boot.ts builds the real directory.

import { pagingOn } from '../../kernels/lib/stubs/paging.js';
import { defineStubs, eax, ebx, edx, esi, esp, sym } from '../../toolchain/assembler/index.js';

export const bootStubs = defineStubs('boot', (a) => {
  a.global('_start');
  a.mov(esi, eax);
  pagingOn(a, { directory: 'bootDirectory', tables: 'bootTable', count: 1, base: a.constant('KERNEL_BASE') }, 'high');

  a.label('high');
  a.mov(esp, sym('kernelStackTop'));
  a.call('__module_start');
  a.mov(eax, esi);
  a.mov(edx, ebx);
  a.call('kernelMain');
  a.jmp('exitKernel');

  a.bss();
  a.align(4096);
  a.global('bootDirectory');
  a.space(4096);
  a.global('bootTable');
  a.space(4096);
});
