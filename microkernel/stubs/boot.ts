// From the boot loader to AssemblyScript. At _start: EAX = Multiboot's magic number, EBX = physical address of its
// information, paging off, flat segments. The first 4 MiB of physical memory are mapped twice, at 0 and at KERNEL_BASE;
// kernel/boot.ts builds the real directory.
import { cr0, cr3, defineStubs, eax, ebx, ecx, edi, edx, esi, esp, mem, sym } from '../../toolchain/assembler/index.js';
import { KERNEL_BASE } from './offsets.js';

const PRESENT_WRITABLE = 3;
const PG_WP = 0x80010000;
const LOW = -KERNEL_BASE;

export const bootStubs = defineStubs('boot', (a) => {
  a.global('_start');
  a.mov(esi, eax);
  a.mov(edi, sym('bootTable', LOW));
  a.mov(eax, PRESENT_WRITABLE);
  a.mov(ecx, 1024);
  a.label('fill');
  a.mov(mem({ base: edi }), eax);
  a.add(eax, 4096);
  a.add(edi, 4);
  a.dec(ecx);
  a.jnz('fill');
  const directory = (linear: number) => mem({ sym: 'bootDirectory', disp: LOW + (linear >>> 22) * 4 });
  a.mov(eax, sym('bootTable', LOW + PRESENT_WRITABLE));
  a.mov(directory(0), eax);
  a.mov(directory(KERNEL_BASE), eax);
  a.mov(eax, sym('bootDirectory', LOW));
  a.mov(cr3, eax);
  a.mov(eax, cr0);
  a.or(eax, PG_WP);
  a.mov(cr0, eax);
  a.mov(eax, sym('high'));
  a.jmpIndirect(eax);

  a.label('high');
  a.mov(esp, sym('kernelStackTop'));
  a.call('__module_start');
  a.mov(eax, esi);
  a.mov(edx, ebx);
  a.call('kernelMain');
  a.jmp('exitKernel');

  a.bss();
  a.align(4096);
  a.label('bootDirectory');
  a.space(4096);
  a.label('bootTable');
  a.space(4096);
});
