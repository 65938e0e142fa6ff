// From the boot loader to AssemblyScript. At _start: EAX = Multiboot's magic number, EBX = physical address of its
// information, paging off, flat segments. The first 8 MiB of physical memory are mapped twice, at 0 and at KERNEL_BASE,
// by two page tables; nativeStart replaces them.
import {
  cr0,
  cr3,
  defineStubs,
  eax,
  ebx,
  ecx,
  edi,
  edx,
  esi,
  esp,
  mem,
  sym,
} from '../../../../toolchain/assembler/index.js';
import { KERNEL_BASE } from './layout.js';

const PRESENT_WRITABLE = 3;
const PG_WP = 0x80010000;
const LOW = -KERNEL_BASE;

export const bootStubs = defineStubs('boot', (a) => {
  a.global('_start');
  a.mov(esi, eax);
  a.mov(edi, sym('bootTables', LOW));
  a.mov(eax, PRESENT_WRITABLE);
  a.mov(ecx, 2048);
  a.label('fill');
  a.mov(mem({ base: edi }), eax);
  a.add(eax, 4096);
  a.add(edi, 4);
  a.dec(ecx);
  a.jnz('fill');
  const directory = (entry: number) => mem({ sym: 'kernelDirectory', disp: LOW + entry * 4 });
  a.mov(eax, sym('bootTables', LOW + PRESENT_WRITABLE));
  a.mov(directory(0), eax);
  a.mov(directory(768), eax);
  a.add(eax, 4096);
  a.mov(directory(1), eax);
  a.mov(directory(769), eax);
  a.mov(eax, sym('kernelDirectory', LOW));
  a.mov(cr3, eax);
  a.mov(eax, cr0);
  a.or(eax, PG_WP);
  a.mov(cr0, eax);
  a.mov(eax, sym('high'));
  a.jmpIndirect(eax);

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
  a.space(8192);
  a.space(8192);
  a.label('bootStackTop');
});
