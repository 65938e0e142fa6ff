// From the boot loader (32-bit protected mode, flat segments, paging off, EAX magic, EBX information) to vmmMain: a page
// directory that shows the first 12 MiB both where they are and where the VMM is linked, paging on, write protection on
// (the VMM must not write through a guest's read-only mapping either).
import {
  cr0,
  cr3,
  defineStubs,
  ds,
  eax,
  ebx,
  ecx,
  edi,
  es,
  esi,
  esp,
  fs,
  gs,
  mem,
  ss,
  sym,
} from '../../toolchain/assembler/index.js';
import { DIRECT_MAP, SELECTOR } from './offsets.js';

const physical = (name: string, disp = 0) => sym(name, (disp - DIRECT_MAP) | 0);
const ENTRIES = 3 * 1024;
const DIRECT_MAP_SLOT = DIRECT_MAP >>> 22;
const CR0_PG_WP_PE = 0x80010001;

export const bootStubs = defineStubs('vmm boot', (a) => {
  a.global('_start');
  a.mov(esp, physical('guestFrame'));
  a.mov(esi, eax);

  a.mov(edi, physical('bootTables'));
  a.mov(eax, 3);
  a.mov(ecx, ENTRIES);
  a.label('fill');
  a.mov(mem({ base: edi }), eax);
  a.add(eax, 0x1000);
  a.add(edi, 4);
  a.dec(ecx);
  a.jnz('fill');

  a.mov(edi, physical('bootDirectory'));
  for (let i = 0; i < 3; i++) {
    a.mov(eax, physical('bootTables', i * 4096 + 3));
    a.mov(mem({ base: edi, disp: i * 4 }), eax);
    a.mov(mem({ base: edi, disp: (DIRECT_MAP_SLOT + i) * 4 }), eax);
  }
  a.mov(cr3, edi);
  a.mov(eax, cr0);
  a.or(eax, CR0_PG_WP_PE | 0);
  a.mov(cr0, eax);
  a.mov(eax, sym('linear'));
  a.jmpIndirect(eax);

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
  a.space(3 * 4096);
  a.global('vmmStack');
  a.space(8192 - 68);
  a.global('guestFrame');
  a.space(68);
  a.global('bootInformation');
  a.space(4);
});

/** loadVmmSegments(): reloads every segment register from the VMM's own GDT. */
export const segmentStubs = defineStubs('vmm segments', (a) => {
  a.global('loadVmmSegments');
  a.ljmp(SELECTOR.vmmCode, sym('inVmmCode'));
  a.global('inVmmCode');
  a.mov(eax, SELECTOR.vmmData);
  for (const s of [ds, es, ss]) a.mov(s, eax);
  a.xor(eax, eax);
  a.mov(fs, eax);
  a.mov(gs, eax);
  a.ret();
});
