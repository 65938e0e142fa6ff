// From the boot loader to AssemblyScript. At _start: EAX = Multiboot's magic number, EBX = physical address of its
// information, paging off, flat segments. The first 8 MiB of physical memory are mapped twice, at 0 and at KERNEL_BASE,
// by two page tables; nativeStart replaces them.
import { defineStubs, eax, ebx, edx, esi, esp, sym } from '../../../../toolchain/assembler/index.js';
import { pagingOn } from '../../../lib/stubs/paging.js';

const TABLES = 2;

export const bootStubs = defineStubs('boot', (a) => {
  a.global('_start');
  a.mov(esi, eax);
  pagingOn(
    a,
    { directory: 'kernelDirectory', tables: 'bootTables', count: TABLES, base: a.constant('KERNEL_BASE') },
    'high',
  );

  a.label('high');
  a.mov(esp, sym('bootStackTop'));
  a.call('__module_start');
  a.mov(eax, esi);
  a.mov(edx, ebx);
  a.call('nativeStart');
  a.ud2();

  a.bss();
  a.align(4096);
  a.global('kernelDirectory');
  a.space(4096);
  a.label('bootTables');
  a.space(TABLES * 4096);
  a.space(8192);
  a.label('bootStackTop');
});
