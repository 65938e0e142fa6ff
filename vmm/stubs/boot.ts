// From the boot loader (32-bit protected mode, flat segments, paging off, EAX magic, EBX information) to vmmMain: a page
// directory that shows the first 12 MiB both where they are and where the VMM is linked, paging on, write protection on
// (the VMM must not write through a guest's read-only mapping either).

import { pagingOn } from '../../kernels/lib/stubs/paging.js';
import { defineStubs, ds, eax, ebx, es, esi, esp, fs, gs, mem, ss, sym } from '../../toolchain/assembler/index.js';

const TABLES = 3;

export const bootStubs = defineStubs('vmm boot', (a) => {
  const { sizeof } = a.struct('UserRegs');
  a.global('_start');
  a.mov(esi, eax);
  const base = a.constant('DIRECT_MAP');
  pagingOn(a, { directory: 'bootDirectory', tables: 'bootTables', count: TABLES, base }, 'linear');

  a.global('linear');
  a.mov(esp, sym('guestFrame'));
  a.push(ebx);
  a.push(esi);
  a.call('__module_start');
  a.pop(eax);
  a.pop(ebx);
  a.mov(mem({ sym: 'bootInformation' }), ebx);
  a.call('vmmMain');
  a.mov(esp, sym('guestFrame'));
  a.jmp('testAllEvents');

  a.bss();
  a.align(4096);
  a.global('bootDirectory');
  a.space(4096);
  a.global('bootTables');
  a.space(TABLES * 4096);
  a.global('vmmStack');
  a.space(8192 - sizeof);
  a.global('guestFrame');
  a.space(sizeof);
  a.global('bootInformation');
  a.space(4);
});

/** loadVmmSegments(): reloads every segment register from the VMM's own GDT. */
export const segmentStubs = defineStubs('vmm segments', (a) => {
  a.global('loadVmmSegments');
  a.ljmp(a.constant('VMM_CODE'), sym('inVmmCode'));
  a.global('inVmmCode');
  a.mov(eax, a.constant('VMM_DATA'));
  for (const s of [ds, es, ss]) a.mov(s, eax);
  a.xor(eax, eax);
  a.mov(fs, eax);
  a.mov(gs, eax);
  a.ret();
});
