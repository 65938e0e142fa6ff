import { descriptor, marker, sel, stacks, stubOf, tss, type } from '../scenarios/map.js';
import { CR0, CR4, IOPL, type Scenario } from '../scenarios/scenario.js';
import { type Area, bochsAlone, both, maker, product, RINGS } from './area.js';

const TARGET = sel.free;
/** Ports behind which no machine here has a device. */
const EMPTY = 0x2f0;

/** Instructions with a condition on CPL or IOPL; what they do in ring 0 must not get in the way. */
const instructions: Record<string, readonly number[]> = {
  clts: [0x0f, 0x06],
  invd: [0x0f, 0x08],
  wbinvd: [0x0f, 0x09],
  invlpg: [0x0f, 0x01, 0x3d, 0, 0, 0x40, 0],
  lgdt: [0x0f, 0x01, 0x15, 0, 0x50, 0, 0],
  lidt: [0x0f, 0x01, 0x1d, 0, 0x50, 0, 0],
  'lgdt, 16-bit': [0x66, 0x0f, 0x01, 0x15, 0, 0x50, 0, 0],
  sgdt: [0x0f, 0x01, 0x05, 0x10, 0x50, 0, 0],
  sidt: [0x0f, 0x01, 0x0d, 0x10, 0x50, 0, 0],
  sldt: [0x0f, 0x00, 0xc0],
  'sldt to memory': [0x0f, 0x00, 0x05, 0x10, 0x50, 0, 0],
  str: [0x0f, 0x00, 0xc8],
  'str to memory': [0x0f, 0x00, 0x0d, 0x10, 0x50, 0, 0],
  smsw: [0x0f, 0x01, 0xe0],
  'smsw to memory': [0x0f, 0x01, 0x25, 0x10, 0x50, 0, 0],
  'mov from cr3': [0x0f, 0x20, 0xd8],
  'mov to cr2': [0x0f, 0x22, 0xd0],
  'mov from cr4': [0x0f, 0x20, 0xe0],
  'mov to cr3': [0x0f, 0x22, 0xd8],
  'mov from dr0': [0x0f, 0x21, 0xc0],
  'mov to dr3': [0x0f, 0x23, 0xd8],
  'mov from dr6': [0x0f, 0x21, 0xf0],
  'mov to dr6': [0x0f, 0x23, 0xf0],
  'mov from dr7': [0x0f, 0x21, 0xf8],
  'mov from dr4': [0x0f, 0x21, 0xe0],
  'mov from dr5': [0x0f, 0x21, 0xe8],
  'rdmsr of nothing': [0xb9, 0xff, 0xff, 0xff, 0x0f, 0x0f, 0x32],
  'rdmsr sysenter': [0xb9, 0x74, 1, 0, 0, 0x0f, 0x32],
  'wrmsr sysenter': [0xb9, 0x75, 1, 0, 0, 0x0f, 0x30],
  rdtsc: [0x0f, 0x31, 0x31, 0xc0, 0x31, 0xd2],
  cli: [0xfa],
  sti: [0xfb],
  'sti, sti': [0xfb, 0xfb],
  pushf: [0x9c, 0x58],
  popf: [0x9d, 0x9c, 0x58],
  'popf, 16-bit': [0x66, 0x9d, 0x9c, 0x58],
  'in al': [0xe4, 0xf0],
  'in eax dx': [0xed],
  'out al': [0xe6, 0xf0],
  'out dx ax': [0x66, 0xef],
  insb: [0x6c],
  'rep outsb': [0xf3, 0x6e],
  ud2: [0x0f, 0x0b],
  sysexit: [0x0f, 0x35],
};

const privileged: Area = {
  id: 'privileged',
  about: 'Privileged Instructions; I/O Privilege Level',
  scenarios: () => {
    const scenario = maker('privileged');
    const list: Scenario[] = [];
    for (const [name, cpl, iopl] of product(Object.keys(instructions), RINGS, RINGS)) {
      // QEMU answers for registers that are none.
      const s = scenario([name, 'cpl', cpl, 'iopl', iopl], cpl, name === 'rdmsr of nothing' ? bochsAlone : both);
      s.set({ eflags: 2 | (iopl * IOPL), eax: 0, edx: EMPTY, ecx: 2, esi: 0x5020, edi: 0x5030 });
      s.write(0x5000, 0x200007ff, 0).write(0x5010, 0xeeeeeeee, 0xeeeeeeee).show(0x5010, 2).show(0x5030);
      if (name.startsWith('mov to cr3')) s.set({ eax: 0xa000 });
      if (name.startsWith('lidt')) s.write(0x5000, 0x100007ff, 0);
      if (name.startsWith('popf')) s.write(s.start.esp, 0x00247fd7);
      if (name.startsWith('mov from cr4')) s.ignore('eax', 0);
      if (name === 'sysexit') s.set({ msrs: 1, sysenterCs: 0x28, ecx: stacks.ring3, edx: stubOf(marker.place) });
      list.push(s.raw(...instructions[name]));
    }
    for (const [cpl, tsd, name] of product(RINGS, [0, CR4.tsd], ['rdtsc', 'rdpmc'])) {
      // xor eax, eax; xor edx, edx afterwards: the count is nobody's.
      const oracles = name === 'rdpmc' ? bochsAlone : both;
      const s = scenario([name, 'cpl', cpl, tsd ? 'TSD' : ''], cpl, oracles).set({ cr4: tsd, ecx: 0 });
      list.push(
        s
          .raw(0x0f, name === 'rdtsc' ? 0x31 : 0x33, 0x31, 0xc0, 0x31, 0xd2)
          .ignore('stack2', 0x8d5)
          .ignore('stack3', 0x8d5)
          .ignore('eflags', 0x8d5),
      );
    }
    for (const cpl of RINGS) {
      // The vendor's name; how many leaves there are is the model's matter.
      list.push(scenario(['cpuid 0 cpl', cpl], cpl).set({ eax: 0 }).raw(0x0f, 0xa2).ignore('eax'));
    }
    for (const [cpl, iopl, value, wide] of product(
      RINGS,
      RINGS,
      [0, 0xffffffff, 0x200, 0x3000, 0x4000, 0x10000, 0x240000, 0x100],
      [true, false],
    )) {
      const s = scenario(['popf', wide ? '' : '16-bit', 'cpl', cpl, 'iopl', iopl, value.toString(16)], cpl);
      // Bits 19-20 belong to virtual-8086 extensions that not all have; TF traps behind the next instruction.
      s.set({ eflags: 2 | (iopl * IOPL) }).write(s.start.esp, value & ~0x1a0000 & (value === 0x100 ? ~0 : ~0x100));
      list.push(s.raw(...(wide ? [] : [0x66]), 0x9d, 0x90, 0x90));
    }
    return list;
  },
};

/** The I/O permission bitmap of the TSS. */
const bitmap: Area = {
  id: 'io-bitmap',
  about: 'I/O Permission Bit Map',
  scenarios: () => {
    const scenario = maker('io-bitmap');
    const list: Scenario[] = [];
    const forms: Record<string, readonly [number, readonly number[]]> = {
      'in 1': [1, [0xec]],
      'in 2': [2, [0x66, 0xed]],
      'in 4': [4, [0xed]],
      'out 1': [1, [0xee]],
      'out 4': [4, [0xef]],
      'ins 2': [2, [0x66, 0x6d]],
      'outs 1': [1, [0x6e]],
    };
    // Bits of ports EMPTY to EMPTY + 15, with the byte behind.
    for (const [form, cpl, iopl, bits, offset] of product(
      Object.keys(forms),
      [0, 1, 3],
      [0, 1, 3],
      [0, 0xffff, 0x0002, 0x0010, 0x0100],
      [0, 1, 5, 7],
    )) {
      const s = scenario([form, 'cpl', cpl, 'iopl', iopl, 'bits', bits.toString(16), 'port', offset], cpl);
      s.set({ tr: TARGET, eflags: 2 | (iopl * IOPL), edx: EMPTY + offset, esi: 0x5000, edi: 0x5000, eax: 0xffffffff });
      s.describe(TARGET, descriptor(type.tss32, { base: tss.A, limit: 0x68 + EMPTY / 8 + 4 }));
      s.write(tss.A + 0x68 + EMPTY / 8, bits);
      // What an empty port answers is the device's matter.
      list.push(s.raw(...forms[form][1]).ignore('eax'));
    }
    const base = 0x68;
    for (const [form, limit, start] of product(
      Object.keys(forms),
      [base - 1, base, base + EMPTY / 8 - 1, base + EMPTY / 8, base + EMPTY / 8 + 1, base + EMPTY / 8 + 2],
      [base, 0, 0xdfff, 0xffff, 0x40],
    )) {
      const s = scenario([form, 'TSS limit', limit, 'map at', start.toString(16)], 3);
      s.set({ tr: TARGET, edx: EMPTY + 7, esi: 0x5000, edi: 0x5000, eax: 0xffffffff });
      s.describe(TARGET, descriptor(type.tss32, { base: tss.A, limit })).task('A', { trap: start << 16 });
      if (start === base) s.write(tss.A + base + EMPTY / 8, 0, 0);
      // What an empty port answers is the device's matter.
      list.push(s.raw(...forms[form][1]).ignore('eax'));
    }
    for (const [form, cpl] of product(Object.keys(forms), [0, 3])) {
      const s = scenario([form, '16-bit TSS, cpl', cpl], cpl).set({
        tr: sel.tssD,
        edx: EMPTY,
        eax: 0xffffffff,
        esi: 0x5000,
        edi: 0x5000,
      });
      // What an empty port answers is the device's matter.
      list.push(s.raw(...forms[form][1]).ignore('eax'));
    }
    return list;
  },
};

/** Opcodes that are none, LOCK where it is not allowed, and instructions that are too long. */
const opcodes: Area = {
  id: 'opcodes',
  about: 'Instruction Format; LOCK; Invalid Opcode Exception',
  scenarios: () => {
    const scenario = maker('opcodes');
    const list: Scenario[] = [];
    const undefinedOnes: Record<string, readonly number[]> = {
      '0f 04': [0x0f, 0x04],
      '0f 07': [0x0f, 0x07],
      '0f 0a': [0x0f, 0x0a],
      '0f 0c': [0x0f, 0x0c],
      '0f 24': [0x0f, 0x24, 0xc0],
      '0f 26': [0x0f, 0x26, 0xc0],
      '0f 36': [0x0f, 0x36],
      '0f 3f': [0x0f, 0x3f],
      '0f a6': [0x0f, 0xa6, 0xc0],
      '0f a7': [0x0f, 0xa7, 0xc0],
      '0f b9': [0x0f, 0xb9, 0xc0],
      '0f ff': [0x0f, 0xff, 0xc0],
      'fe /2': [0xfe, 0xd0],
      'fe /7': [0xfe, 0xf8],
      'ff /7': [0xff, 0xf8],
      '8f /1': [0x8f, 0xc8],
      'c6 /1': [0xc6, 0xc8, 0],
      'c7 /1': [0xc7, 0xc8, 0, 0, 0, 0],
      '0f 00 /6': [0x0f, 0x00, 0xf0],
      '0f 00 /7': [0x0f, 0x00, 0xf8],
      '0f 01 /5': [0x0f, 0x01, 0xe8],
      '0f ba /0': [0x0f, 0xba, 0xc0, 0],
      '0f ba /3': [0x0f, 0xba, 0xd8, 0],
      '0f c7 /0': [0x0f, 0xc7, 0x05, 0, 0x50, 0, 0],
      '0f c7 /1 register': [0x0f, 0xc7, 0xc8],
      'lea register': [0x8d, 0xc0],
      'les register': [0xc4, 0xc0, 0, 0, 0, 0],
      'lgdt register': [0x0f, 0x01, 0xd0],
      'sgdt register': [0x0f, 0x01, 0xc0],
      'invlpg register': [0x0f, 0x01, 0xf8],
      'call far register': [0xff, 0xd8],
      'jmp far register': [0xff, 0xe8],
      'mov cs': [0x8e, 0xc8],
      'mov sreg 6': [0x8e, 0xf0],
      'mov sreg 7': [0x8c, 0xf8],
      'bound register': [0x62, 0xc0, 0, 0],
      'mov to cr1': [0x0f, 0x22, 0xc8],
      'lss register': [0x0f, 0xb2, 0xc0],
      '0f 0b': [0x0f, 0x0b],
      'sidt register': [0x0f, 0x01, 0xc8],
    };
    for (const [name, cpl, prefix] of product(Object.keys(undefinedOnes), [0, 3], ['', '66', 'f3', 'lock'])) {
      // A mandatory prefix makes others of some; FEATURES of later processors lie in these.
      if (prefix === 'f3' && /0f (b9|ff|a6|a7|c7|01)|register|cr1/.test(name)) continue;
      const bytes = { '': [], '66': [0x66], f3: [0xf3], lock: [0xf0] }[prefix]!;
      // QEMU looks neither at LOCK everywhere nor at the reg field of MOV and POP.
      const oracles = prefix === 'lock' || /^(c6|c7|8f)/.test(name) ? bochsAlone : both;
      list.push(scenario([prefix, name, 'cpl', cpl], cpl, oracles).raw(...bytes, ...undefinedOnes[name]));
    }
    const locked: Record<string, readonly number[]> = {
      'add [m], r': [0x01, 0x1d],
      'or [m], r': [0x09, 0x1d],
      'adc [m], r': [0x11, 0x1d],
      'sbb [m], r': [0x19, 0x1d],
      'and [m], r': [0x21, 0x1d],
      'sub [m], r': [0x29, 0x1d],
      'xor [m], r': [0x31, 0x1d],
      'cmp [m], r': [0x39, 0x1d],
      'mov [m], r': [0x89, 0x1d],
      'mov r, [m]': [0x8b, 0x1d],
      'add r, [m]': [0x03, 0x1d],
      'test [m], r': [0x85, 0x1d],
      'xchg [m], r': [0x87, 0x1d],
      'inc [m]': [0xff, 0x05],
      'dec [m]': [0xff, 0x0d],
      'push [m]': [0xff, 0x35],
      'not [m]': [0xf7, 0x15],
      'neg [m]': [0xf7, 0x1d],
      'mul [m]': [0xf7, 0x25],
      'xadd [m], r': [0x0f, 0xc1, 0x1d],
      'cmpxchg [m], r': [0x0f, 0xb1, 0x1d],
      'cmpxchg8b [m]': [0x0f, 0xc7, 0x0d],
      'bts [m], r': [0x0f, 0xab, 0x0d],
      'bt [m], r': [0x0f, 0xa3, 0x0d],
      'btr [m], r': [0x0f, 0xb3, 0x0d],
      'btc [m], r': [0x0f, 0xbb, 0x0d],
      'shl [m]': [0xd1, 0x25],
      'lea r, m': [0x8d, 0x1d],
      'movzx r, [m]': [0x0f, 0xb6, 0x1d],
      'sete [m]': [0x0f, 0x94, 0x05],
      'pop [m]': [0x8f, 0x05],
      'imul r, [m]': [0x0f, 0xaf, 0x1d],
      'invlpg m': [0x0f, 0x01, 0x3d],
      'sgdt [m]': [0x0f, 0x01, 0x05],
    };
    for (const [name, cpl] of product(Object.keys(locked), [0, 3])) {
      const s = scenario(['lock', name, 'cpl', cpl], cpl, bochsAlone)
        .set({ ecx: 3, eax: 2, edx: 0 })
        .write(0x5000, 2, 0);
      list.push(
        s
          .raw(0xf0, ...locked[name], 0, 0x50, 0, 0)
          .show(0x5000, 2)
          .ignore('stack2', 0x8d5)
          .ignore('eflags', 0x8d5),
      );
    }
    for (const [opcode, cpl] of product([0x90, 0x50, 0x9c, 0xc3, 0xcd, 0xfa, 0xa4, 0xe8, 0x70, 0x99, 0xf4], [0, 3])) {
      list.push(scenario(['lock', opcode.toString(16), 'cpl', cpl], cpl, bochsAlone).raw(0xf0, opcode, 0, 0, 0, 0));
    }
    for (const [prefix, count, cpl] of product(
      [0x66, 0x67, 0x2e, 0x36, 0x3e, 0xf2, 0xf3, 0x64],
      [12, 13, 14, 15, 16],
      [0, 3],
    )) {
      const s = scenario([count, 'prefixes', prefix.toString(16), 'cpl', cpl], cpl);
      list.push(s.raw(...Array.from({ length: count }, () => prefix), 0x40));
    }
    for (const [before, after, cpl] of product(
      [
        [0x66, 0x2e],
        [0xf3, 0x64, 0x3e],
        [0x26, 0x36, 0x2e, 0x3e],
      ],
      [8, 9, 10, 11, 12],
      [0, 3],
    )) {
      const s = scenario(
        ['prefixes', before.join('.'), 'and', after, 'of the same before mov [m], imm, cpl', cpl],
        cpl,
      );
      const bytes = [...before, ...Array.from({ length: after }, () => 0x3e), 0xc6, 0x05, 0, 0x50, 0, 0, 7];
      list.push(s.raw(...bytes));
    }
    // Which of several faults comes first.
    const races: Record<string, readonly number[]> = {
      'hlt with lock': [0xf0, 0xf4],
      'clts with TS': [0x0f, 0x06],
      'x87 beyond the segment': [0xd9, 0x3d, 0, 0, 0x40, 0],
      'lgdt from an absent page': [0x0f, 0x01, 0x15, 0, 0, 0x40, 0],
      'in to an absent page': [0xbf, 0, 0, 0x40, 0, 0x6c],
      'div by zero from an absent page': [0xf7, 0x35, 0, 0, 0x40, 0],
      'bound on an absent page': [0x62, 0x05, 0, 0, 0x40, 0],
      'mov ss from an absent page': [0x8e, 0x15, 0, 0, 0x40, 0],
      'cmpxchg8b on an absent page': [0x0f, 0xc7, 0x0d, 0, 0, 0x40, 0],
      'les from an absent page': [0xc4, 0x05, 0, 0, 0x40, 0],
      'pop to an absent page': [0x8f, 0x05, 0, 0, 0x40, 0],
      'push from an absent page': [0xff, 0x35, 0, 0, 0x40, 0],
      'call through an absent page': [0xff, 0x15, 0, 0, 0x40, 0],
      'far call through an absent page': [0xff, 0x1d, 0, 0, 0x40, 0],
      'movs between absent pages': [0xbe, 0, 0, 0x40, 0, 0xbf, 0, 0x10, 0x40, 0, 0xa4],
      'cmps of absent pages': [0xbe, 0, 0, 0x40, 0, 0xbf, 0, 0x10, 0x40, 0, 0xa6],
      'rep movs into an absent page': [0xbe, 0, 0x50, 0, 0, 0xbf, 0xfc, 0x5f, 0, 0, 0xb9, 0, 0, 0x10, 0, 0xf3, 0xa4],
      'enter on an absent page': [0xbc, 8, 0, 0x40, 0, 0xc8, 0x20, 0, 3],
      'xlat on an absent page': [0xbb, 0, 0, 0x40, 0, 0xd7],
      'fxsave to an absent page': [0x0f, 0xae, 0x05, 4, 0, 0x40, 0],
      'sldt to an absent page': [0x0f, 0x00, 0x05, 0, 0, 0x40, 0],
      'verr from an absent page': [0x0f, 0x00, 0x25, 0, 0, 0x40, 0],
    };
    for (const [name, cpl, cr0, iopl] of product(Object.keys(races), [0, 3], [0, CR0.ts], [0, 3])) {
      const s = scenario(
        [name, 'cpl', cpl, cr0 ? 'TS' : '', 'iopl', iopl],
        cpl,
        /^(enter|hlt)/.test(name) ? bochsAlone : both,
      );
      if (name.startsWith('rep') || (name.startsWith('enter') && cpl === 0)) continue;
      // Which of two operands is read first is nobody's rule.
      if (/^(les|cmps|movs)/.test(name)) s.ignore('cr2', 0x1004);
      list.push(
        s.set({ cr0: (s.start.cr0 | cr0 | CR0.pg) >>> 0, eflags: 2 | (iopl * IOPL), edx: EMPTY }).raw(...races[name]),
      );
    }
    return list;
  },
};

export const privilegeAreas: readonly Area[] = [privileged, bitmap, opcodes];
