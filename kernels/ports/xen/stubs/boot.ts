// From the domain builder to AssemblyScript. At _start: ring 1, paging on, the kernel where it is linked, ESI = struct
// start_info, events masked.
import { defineStubs, ds, eax, ebx, edx, es, esi, esp, mem, sym } from '../../../../toolchain/assembler/index.js';

export const bootStubs = defineStubs('xen boot', (a) => {
  a.global('_start');
  a.mov(eax, a.constant('FLAT_RING3_DS'));
  a.mov(ds, eax);
  a.mov(es, eax);
  a.mov(esp, sym('bootStackTop'));
  a.push(esi);
  a.call('__module_start');
  a.pop(eax);
  a.call('xenStart');
  a.ud2();

  // hypercall2(number, a, b), hypercall4(number, a, b, c, d): the VMM keeps every register but EAX. B is in ECX already.
  a.align(16);
  a.global('hypercall2');
  a.push(ebx);
  a.mov(ebx, edx);
  a.int(a.constant('HYPERCALL_VECTOR'));
  a.pop(ebx);
  a.ret();

  a.align(16);
  a.global('hypercall4');
  a.push(ebx);
  a.push(esi);
  a.mov(ebx, edx);
  a.mov(edx, mem({ base: esp, disp: 12 }));
  a.mov(esi, mem({ base: esp, disp: 16 }));
  a.int(a.constant('HYPERCALL_VECTOR'));
  a.pop(esi);
  a.pop(ebx);
  a.ret();

  // systemCall(): for hostile.ts.
  a.global('systemCall');
  a.int(0x80);
  a.ret();

  a.bss();
  a.align(4096);
  a.global('fixmapTable');
  a.space(4096);
  a.space(8192);
  a.label('bootStackTop');
});
