import { descriptor, gate, sel, stacks, stubOf, tss, tssField, type, vector } from '../scenarios/map.js';
import { FLAG, IOPL, type Scenario } from '../scenarios/scenario.js';
import { type Area, bochsAlone, both, maker, only16, product, RINGS } from './area.js';
import { badStacks } from './delivery.js';
import { CODE16, SP, segments, UD2, VM, virtual } from './virtual-start.js';

const TARGET = sel.free;
const kinds = { int32: type.int32, trap32: type.trap32, int16: type.int16, trap16: type.trap16 } as const;
const kindNames = Object.keys(kinds) as (keyof typeof kinds)[];
const ways: Record<string, readonly [vector: number, code: readonly number[]]> = {
  int: [vector.test, [0xcd, vector.test]],
  int3: [3, [0xcc]],
  into: [4, [0xb0, 0x7f, 0x04, 1, 0xce]],
  '#UD': [6, UD2],
  '#GP': [13, [0xf4]],
  '#DE': [0, [0x31, 0xc9, 0xf7, 0xf1]],
};

/** Interrupts and exceptions on their way out: always to ring 0, with the segment registers on its stack. */
export const leaving: Area = {
  id: 'v86-exit',
  about: 'Leaving Virtual-8086 Mode; Interrupt and Exception Handling in Virtual-8086 Mode',
  scenarios: () => {
    const scenario = maker('v86-exit');
    const list: Scenario[] = [];
    for (const [way, kind, dpl, iopl] of product(Object.keys(ways), kindNames, RINGS, RINGS)) {
      const [number, code] = ways[way];
      const s = scenario([way, kind, 'gate', dpl, 'iopl', iopl], 0);
      s.interrupt(number, gate(kinds[kind], sel.code[0], stubOf(number), { dpl }));
      list.push(virtual(s, code, { flags: FLAG.if | (iopl * IOPL) }).show(stacks.ring0 - 40, 10));
    }
    const targets: Record<string, readonly [selector: number, d?: readonly [number, number]]> = {
      null: [0],
      'code of ring 1': [sel.code[1]],
      'code of ring 3': [sel.code[3]],
      'conforming code': [sel.conforming],
      'conforming code of ring 3': [TARGET, descriptor(type.conforming, { dpl: 3 })],
      'absent code': [TARGET, descriptor(type.code, { absent: true })],
      'absent code of ring 3': [TARGET, descriptor(type.code, { absent: true, dpl: 3 })],
      data: [sel.data[0]],
      'beyond the GDT': [0x800],
      '16-bit code': [TARGET, descriptor(type.code, { small: true, limit: 0xffff })],
    };
    for (const [way, kind, target] of product(['int', '#UD', '#GP', 'int3'], kindNames, Object.keys(targets))) {
      const [selector, d] = targets[target];
      const [number, code] = ways[way];
      const offset = target === '16-bit code' ? 0x9800 : stubOf(number);
      const s = scenario([way, kind, 'to', target], 0).interrupt(
        number,
        gate(kinds[kind], selector, offset, { dpl: 3 }),
      );
      if (d) s.describe(selector, d);
      // A #GP that cannot be delivered is a double fault.
      list.push(virtual(s, code, { flags: 3 * IOPL }).show(stacks.ring0 - 44, 11));
    }
    for (const [way, state] of product(Object.keys(ways), ['absent', 'none', 'beyond the limit', 'a data segment'])) {
      const [number, code] = ways[way];
      if (state === 'beyond the limit' && number < 8) continue;
      const s = scenario([way, 'gate', state], 0);
      if (state === 'beyond the limit') s.set({ idtLimit: 8 * number + 6 });
      const as: Record<string, readonly [number, number]> = {
        absent: gate(type.int32, sel.code[0], stubOf(number), { dpl: 3, absent: true }),
        none: [0, 0],
        'a data segment': descriptor(type.data, { dpl: 3 }),
      };
      if (as[state]) s.interrupt(number, as[state]);
      list.push(virtual(s, code, { flags: 3 * IOPL }));
    }
    // The stack of ring 0 that the TSS names; what finds none there goes to a task.
    for (const [bad, way] of product(Object.keys(badStacks), ['int', '#UD', '#GP'])) {
      const [number, code] = ways[way];
      const s = scenario([way, 'with', bad], 0)
        .show(tss.E, 1)
        .show(tss.A + tssField.eip, 16);
      for (const fault of [8, 10, 12]) s.interrupt(fault, gate(type.task, sel.tssE, 0));
      s.interrupt(number, gate(type.int32, sel.code[0], stubOf(number), { dpl: 3 }));
      badStacks[bad](s, 0);
      list.push(virtual(s, code, { flags: 3 * IOPL }));
    }
    // Through a task gate the segments go into the TSS, and VM with the flags.
    for (const [way, target, dpl, iopl] of product(
      ['int', 'int3', '#UD', '#GP'],
      ['B', 'D'] as const,
      [0, 3],
      [0, 3],
    )) {
      const [number, code] = ways[way];
      // QEMU keeps VM in a task whose TSS has no place for it, and gets lost.
      const s = scenario([way, 'task gate', dpl, 'to', target, 'iopl', iopl], 0, target === 'D' ? bochsAlone : both);
      s.interrupt(number, gate(type.task, target === 'B' ? sel.tssB : sel.tssD, 0, { dpl }));
      virtual(s, code, { flags: FLAG.if | (iopl * IOPL) });
      s.show(tss.A + tssField.eip, 16)
        .show(tss.B)
        .show(tss.D);
      list.push(target === 'D' ? only16(s) : s);
    }
    // And back: a task whose flags have VM.
    for (const [way, iopl, back] of product(['jmp', 'call', 'iret'], [0, 3], [0, 1])) {
      const s = scenario([way, 'to a virtual task, iopl', iopl, back ? 'and back' : ''], 0);
      s.bytes(CODE16, ...(back ? [0xcd, vector.test] : UD2));
      s.task('B', { cs: segments.cs, ss: 0x700, ds: 0x500, es: 0x510, fs: 0x520, gs: 3, eip: 0, esp: SP });
      s.task('B', { eflags: VM | 2 | (iopl * IOPL), trap: 0x680000 }).interrupt(
        vector.test,
        gate(type.task, sel.tssC, 0, { dpl: 3 }),
      );
      const kind = way === 'iret' ? type.tss32Busy : type.tss32;
      s.describe(TARGET, descriptor(kind, { base: tss.B, limit: 0x67 }));
      if (way === 'iret') s.set({ eflags: FLAG.nt | 2 }).task('A', { link: TARGET });
      s.code((a) => (way === 'jmp' ? a.ljmp(TARGET, 0) : way === 'call' ? a.lcall(TARGET, 0) : a.iretd()));
      list.push(
        s
          .show(tss.B + tssField.eip, 16)
          .show(tss.C)
          .show(0x2004 + TARGET),
      );
    }
    return list;
  },
};

/** Ports: the bit map decides whatever IOPL is. */
export const ports: Area = {
  id: 'v86-ports',
  about: 'Virtual-8086 Mode I/O',
  scenarios: () => {
    const scenario = maker('v86-ports');
    const list: Scenario[] = [];
    const EMPTY = 0x2f0;
    const forms: Record<string, readonly number[]> = {
      'in al': [0xec],
      'in ax': [0xed],
      'in eax': [0x66, 0xed],
      'out al': [0xee],
      'out eax': [0x66, 0xef],
      insb: [0x6c],
      outsw: [0x6f],
      'rep outsb': [0xf3, 0x6e],
    };
    for (const [form, iopl, bits, offset] of product(
      Object.keys(forms),
      RINGS,
      [0, 0xffff, 2, 0x10, 0x100],
      [0, 1, 5],
    )) {
      const s = scenario([form, 'iopl', iopl, 'bits', bits.toString(16), 'port', offset], 0);
      s.set({ tr: TARGET, edx: EMPTY + offset, esi: 0, edi: 0, ecx: 3, eax: 0xffffffff });
      s.describe(TARGET, descriptor(type.tss32, { base: tss.A, limit: 0x68 + EMPTY / 8 + 4 }));
      s.write(tss.A + 0x68 + EMPTY / 8, bits);
      list.push(virtual(s, forms[form], { flags: iopl * IOPL }).ignore('eax'));
    }
    return list;
  },
};

/** Offsets above 64 KiB, which only Bochs looks at, and traps. */
export const limits: Area = {
  id: 'v86-limits',
  about: 'Limit Checking; Debug Exceptions in Virtual-8086 Mode',
  scenarios: () => {
    const scenario = maker('v86-limits');
    const list: Scenario[] = [];
    const codes: Record<string, readonly number[]> = {
      'word at FFFFh': [0xa1, 0xff, 0xff],
      'doubleword at FFFDh': [0x66, 0xa1, 0xfd, 0xff],
      'word at FFFEh': [0x89, 0x0e, 0xfe, 0xff],
      'a32 at 10000h': [0x67, 0xa0, 0, 0, 1, 0],
      'a32 at FFFFh': [0x67, 0xa0, 0xff, 0xff, 0, 0],
      'a32 at FFFFFFFFh': [0x67, 0xa0, 0xff, 0xff, 0xff, 0xff],
      'bp at FFFFh': [0xbd, 0xff, 0xff, 0x89, 0x46, 0],
      'push at 1': [0xbc, 1, 0, 0x50],
      'push at 0': [0xbc, 0, 0, 0x50],
      'push at 2, 32-bit': [0xbc, 2, 0, 0x66, 0x50],
      'pop at FFFFh': [0xbc, 0xff, 0xff, 0x58],
      'pop at FFFEh': [0xbc, 0xfe, 0xff, 0x58],
      'near jmp to 10000h': [0x66, 0xe9, 0xfa, 0xff, 0, 0],
      'near jmp that wraps': [0xe9, 0xfd, 0xfe],
      'stosw at FFFFh': [0xbf, 0xff, 0xff, 0xab],
      'rep movsb across the end': [0xbe, 0xfe, 0xff, 0xbf, 0xfe, 0xff, 0xb9, 4, 0, 0xf3, 0xa4],
    };
    for (const name of Object.keys(codes)) {
      // The segments end where no machine has a device: 6000h:FFFFh is 6FFFFh.
      const frame = { ds: 0x6000, es: 0x6000, ss: 0x6000 };
      const s = scenario([name], 0, bochsAlone).write(0x60000, 0x11223344).write(0x6fff8, 0x55667788, 0x99aabbcc);
      list.push(virtual(s, codes[name], { frame }).show(0x60000).show(0x6fff8, 2));
    }
    for (const [code, iopl, flags] of product(Object.keys(steps), [0, 3], [FLAG.tf, FLAG.tf | FLAG.if])) {
      const s = scenario(['step over', code, 'iopl', iopl, flags & FLAG.if ? 'IF' : ''], 0).set({ ecx: 3, eax: 0x700 });
      s.interrupt(vector.test, gate(type.int32, sel.code[0], stubOf(vector.test), { dpl: 3 }));
      // Whether a breakpoint that is not enabled has its bit set in DR6 is left open.
      list.push(virtual(s, steps[code], { flags: flags | (iopl * IOPL) }).ignore('dr6', 15));
    }
    for (const [kind, length, rf] of product([0, 1, 3], [0, 1, 3], [0, FLAG.rf])) {
      if (kind === 0 && length > 0) continue;
      // QEMU holds EIP against the linear address of a breakpoint, and stays there for ever.
      const s = scenario(['breakpoint', kind, 'length', length + 1, rf ? 'RF' : ''], 0, kind === 0 ? bochsAlone : both);
      const where = kind === 0 ? CODE16 : 0x5000;
      s.set({ dr2: where, dr7: ((2 << 4) | (kind << 24) | (length << 26) | 0x400) >>> 0 });
      list.push(virtual(s, [0x89, 0x0e, 2, 0, 0xa0, 1, 0], { flags: rf }).show(0x5000));
    }
    return list;
  },
};
const steps: Record<string, readonly number[]> = {
  nop: [0x90, 0x41],
  'mov ss': [0x8e, 0xd0, 0x41, 0x42],
  cli: [0xfa, 0x41],
  int: [0xcd, vector.test],
  int3: [0xcc],
  pushf: [0x9c, 0x58],
  'popf that clears TF': [0x6a, 2, 0x9d, 0x41],
  ud2: UD2,
  'rep stosb': [0xf3, 0xaa],
  'far jmp': [0xea, 0x10, 0, 0x10, 4],
};
