import { gate, sel, stacks, stubOf, type, vector } from '../scenarios/map.js';
import { CR0, FLAG, IOPL, type Scenario } from '../scenarios/scenario.js';
import { type Area, bochsAlone, both, maker, product, RINGS } from './area.js';
import { sixteenBit } from './sixteen-bit.js';
import { leaving, limits, ports } from './virtual-exit.js';
import { CODE16, UD2, VM, virtual } from './virtual-start.js';

/** IRET to virtual-8086 mode, and what it takes for that. */
const entry: Area = {
  id: 'v86-entry',
  about: 'Entering Virtual-8086 Mode',
  scenarios: () => {
    const scenario = maker('v86-entry');
    const list: Scenario[] = [];
    const frames = [0, 0xcd5, FLAG.if, FLAG.nt, FLAG.tf, FLAG.rf, FLAG.ac, 0x200000, 0x4fd7, 0xffc08028];
    for (const [iopl, flags] of product(RINGS, frames)) {
      list.push(
        virtual(scenario(['flags', flags.toString(16), 'iopl', iopl], 0), [0x90, 0x90], {
          flags: flags | (iopl * IOPL),
        }),
      );
    }
    for (const [cpl, flags, wide] of product(RINGS, [0, FLAG.nt], [true, false])) {
      // Only ring 0 goes there, and only with 32 bits: elsewhere VM is a flag like another that may not be changed.
      if (cpl === 0 && wide && flags === 0) continue;
      const s = scenario(['iret', wide ? '' : '16-bit', 'cpl', cpl, flags ? 'NT' : ''], cpl).set({ eflags: flags | 2 });
      const words = [stubOf(0x111), sel.code[cpl], VM | 2, 0x7000, sel.data[3]];
      if (wide) s.write(s.start.esp, ...words);
      else s.bytes(s.start.esp, ...words.flatMap((w) => [w & 0xff, (w >> 8) & 0xff]));
      list.push(s.task('A', { link: sel.tssB }).raw(...(wide ? [] : [0x66]), 0xcf));
    }
    // Paragraphs are taken as they are; addresses are 16 times that, and a little above 1 MiB.
    for (const [name, selector] of product(['es', 'ds', 'fs', 'gs', 'ss'] as const, [0, 3, 0x2f, 0x500, 0xffff])) {
      if (name === 'ss' && selector > 0x700) continue;
      const prefix = { es: 0x26, ds: 0x3e, fs: 0x64, gs: 0x65, ss: 0x36 }[name];
      // mov eax, [segment:20h], where every machine has the same: not in the vectors of a BIOS
      const at = 0x1200 - 16 * (selector < 0x100 ? selector : 0x110);
      const code = [prefix, 0x66, 0xa1, at & 0xff, (at >> 8) & 0xff];
      const s = scenario([name, 'is', selector.toString(16)], 0);
      list.push(virtual(s, selector < 0xffff ? code : [prefix, 0x66, 0xa1, 0x10, 0], { frame: { [name]: selector } }));
    }
    for (const [field, value] of product(['ip', 'sp'] as const, [0x12340000, 0xfffe0004, 0x00010000])) {
      // An EIP above 64 KiB is beyond the limit of the segment, which QEMU does not look at.
      const s = scenario([field, 'with upper half', value.toString(16)], 0, field === 'ip' ? bochsAlone : both);
      list.push(virtual(s, [0x66, 0x90], { [field]: value }));
    }
    for (const [wp, user] of product([false, true], [false, true])) {
      // Pages decide as for ring 3.
      const s = scenario(['paging', wp ? 'WP' : '', user ? 'user' : 'supervisor', 'data'], 0);
      s.set({ cr0: (s.start.cr0 | CR0.pg | (wp ? CR0.wp : 0)) >>> 0 });
      s.write(0xb000 + 4 * 5, 0x5000 | (user ? 7 : 3));
      list.push(virtual(s, [0x66, 0xc7, 0x06, 0, 0, 1, 2, 3, 4]).show(0x5000));
    }
    return list;
  },
};

/** Instructions that IOPL guards there, and those that are the same at every IOPL. */
const instructions: Record<string, readonly number[]> = {
  ...sixteenBit,
  cli: [0xfa],
  sti: [0xfb],
  'sti, cli': [0xfb, 0xfa],
  popf: [0x68, 0xd7, 0x7f, 0x9d],
  'popf, 32-bit': [0x66, 0x68, 0xd7, 0x7f, 0x27, 0, 0x66, 0x9d],
  'popf of nothing': [0x6a, 0, 0x9d],
  'popf of IF': [0x68, 0, 2, 0x9d],
  'iret, 32-bit': [0x66, 0x68, 0xd7, 0x7e, 0x27, 0, 0x66, 0x68, 0x10, 4, 0, 0, 0x66, 0x6a, 0x20, 0x66, 0xcf],
  'int 3': [0xcd, 3],
  'int done': [0xcd, 0x20],
  hlt: [0xf4],
  wbinvd: [0x0f, 0x09],
  invlpg: [0x0f, 0x01, 0x3e, 0, 0],
  lgdt: [0x0f, 0x01, 0x16, 0, 0],
  lidt: [0x0f, 0x01, 0x1e, 0, 0],
  lmsw: [0x0f, 0x01, 0xf0],
  'mov to cr3': [0x0f, 0x22, 0xd8],
  'mov from dr7': [0x0f, 0x21, 0xf8],
  'mov to dr0': [0x0f, 0x23, 0xc0],
  rdmsr: [0x0f, 0x32],
  wrmsr: [0x0f, 0x30],
  ud2: UD2,
  'mov ds': [0x8e, 0xdb, 0x66, 0xa1, 0, 0],
  'push and pop of segments': [0x06, 0x0e, 0x16, 0x1e, 0x0f, 0xa0, 0x0f, 0xa8, 0x07, 0x1f, 0x0f, 0xa9, 0x0f, 0xa1],
  'mov cs': [0x8e, 0xcb],
  les: [0xc4, 0x06, 0, 0],
  lss: [0x0f, 0xb2, 0x26, 0, 0],
  'near call': [0xe8, 0x1a, 0],
  'lock where it is not allowed': [0xf0, 0x90],
  'fninit with TS': [0xdb, 0xe3],
};

const sensitive: Area = {
  id: 'v86-instructions',
  about: 'Sensitive Instructions; Instructions in Virtual-8086 Mode',
  scenarios: () => {
    const scenario = maker('v86-instructions');
    const list: Scenario[] = [];
    for (const [name, iopl, flags] of product(Object.keys(instructions), RINGS, [0, FLAG.if])) {
      const s = scenario([name, 'iopl', iopl, flags ? 'IF' : ''], 0).set({
        eax: 0x1234,
        ebx: 0x0500,
        edx: 0,
        ecx: 0x174,
      });
      s.bytes(CODE16 + 0x20, 0x47, ...UD2)
        .write(0x5000, 0x04100020, 0x07ff0700)
        .show(0x5000, 6);
      s.interrupt(vector.test, gate(type.int32, sel.code[0], stubOf(vector.test), { dpl: 3 }));
      s.set({ msrs: 1, sysenterCs: 8, sysenterEsp: stacks.ring0, sysenterEip: stubOf(0x111) });
      if (name.includes('TS')) s.set({ cr0: s.start.cr0 | CR0.ts });
      list.push(virtual(s, instructions[name], { flags: flags | (iopl * IOPL) }).show(0x70e0, 8));
    }
    return list;
  },
};

export const virtualAreas: readonly Area[] = [entry, sensitive, leaving, ports, limits];
