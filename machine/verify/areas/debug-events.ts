import { CODE, DATA, descriptor, gate, sel, stacks, stubOf, tss, tssField, type, vector } from '../scenarios/map.js';
import { CR0, CR4, FLAG, type Scenario } from '../scenarios/scenario.js';
import { type Area, bochsAlone, both, maker, product, RINGS } from './area.js';

const TARGET = sel.free;
const GD = 0x2000;
const kinds = { execute: 0, write: 1, io: 2, access: 3 } as const;
const control = (n: number, kind: number, length: number) =>
  ((2 << (2 * n)) | (kind << (16 + 4 * n)) | (length << (18 + 4 * n)) | 0x400) >>> 0;
const strings: Record<string, readonly number[]> = {
  movsb: [0xa4],
  movsd: [0xa5],
  stosw: [0x66, 0xab],
  lodsb: [0xac],
  cmpsb: [0xa6],
  scasb: [0xae],
  insb: [0x6c],
  outsb: [0x6e],
};

/** What a debug exception finds when others come with it: REP, faults, gates, task switches. */
export const debugEvents: Area = {
  id: 'debug-events',
  about: 'Debug Exceptions together with others; General-Detect Exception',
  scenarios: () => {
    const scenario = maker('debug-events');
    const list: Scenario[] = [];
    const registers = { esi: DATA, edi: DATA + 0x40, edx: 0x2f0, eax: 0x55 };
    // Single steps of a repeated instruction: one for each iteration, at the instruction until the last one.
    for (const [name, repeat, ecx, cpl] of product(Object.keys(strings), [0xf3, 0xf2], [0, 1, 2, 4], [0, 3])) {
      if (repeat === 0xf2 && !/cmps|scas/.test(name)) continue;
      const s = scenario(['step', repeat === 0xf2 ? 'repne' : 'rep', name, 'ecx', ecx, 'cpl', cpl], cpl);
      s.set({ ...registers, ecx, eflags: FLAG.tf | 2 | (cpl === 3 && /^(in|out)/.test(name) ? 0x3000 : 0) });
      s.raw(repeat, ...strings[name], 0x41).show(DATA + 0x40, 4);
      list.push(s.write(DATA, 0x44332211, 0x88776655).write(DATA + 0x40, 0x44332211, 0x11776655));
    }
    // Data breakpoints on one of the iterations, with or without a step besides.
    for (const [name, at, tf, kind] of product(
      ['movsb', 'movsd', 'stosw', 'lodsb', 'cmpsb', 'scasb'],
      [DATA + 1, DATA + 4, DATA + 0x42, DATA + 0x44],
      [0, FLAG.tf],
      ['write', 'access'] as const,
    )) {
      // With both, QEMU traps twice for one iteration.
      const s = scenario(['rep', name, kind, 'at', at.toString(16), tf ? 'and TF' : ''], 0, tf ? bochsAlone : both);
      s.set({ ...registers, ecx: 6, eflags: tf | 2, dr1: at, dr7: control(1, kinds[kind], 0) });
      const same = Array.from({ length: 6 }, () => 0x55555555);
      list.push(
        s
          .write(DATA, ...same)
          .write(DATA + 0x40, ...same)
          .raw(0xf3, ...strings[name], 0x41)
          .show(DATA + 0x40, 4),
      );
    }
    // An instruction breakpoint on a repeated instruction is told once, before the first iteration.
    for (const [name, rf, ecx, prefix] of product(['movsb', 'lodsb'], [0, FLAG.rf], [0, 1, 5], [0, 1])) {
      const s = scenario(['execute at rep', name, rf ? 'RF' : '', 'ecx', ecx, prefix ? 'behind its prefix' : ''], 0);
      s.set({ ...registers, ecx, eflags: rf | 2, dr0: CODE + prefix, dr7: control(0, 0, 0) });
      list.push(s.raw(0xf3, ...strings[name], 0x41));
    }
    // RF in the image that each kind of event pushes; with a breakpoint at the instruction it returns to.
    const events: Record<string, readonly [vector: number, code: readonly number[]]> = {
      '#UD': [6, [0x0f, 0x0b]],
      '#DE': [0, [0x31, 0xc9, 0xf7, 0xf1]],
      '#GP': [13, [0xb8, 0xf0, 0xff, 0, 0, 0x8e, 0xe0]],
      '#PF': [14, [0xa1, 0, 0x10, 0x40, 0]],
      '#BP': [3, [0xcc]],
      '#OF': [4, [0xb0, 0x7f, 0x04, 1, 0xce]],
      'INT n': [vector.test, [0xcd, vector.test]],
      INT1: [1, [0xf1]],
      '#NM': [7, [0xdb, 0xe3]],
    };
    for (const [name, cpl, kind, tf] of product(
      Object.keys(events),
      [0, 3],
      ['int32', 'trap32', 'int16', 'task'],
      [0, 1],
    )) {
      const [number, code] = events[name];
      if (tf === 1 && kind !== 'task') continue;
      // QEMU has no INT1.
      const s = scenario([name, kind, 'cpl', cpl, tf ? 'T bit' : ''], cpl, number === 1 ? bochsAlone : both);
      const paged = name === '#PF' ? CR0.pg : 0;
      s.set({ cr0: (s.start.cr0 | paged | (name === '#NM' ? CR0.ts : 0)) >>> 0 });
      const to = { int32: type.int32, trap32: type.trap32, int16: type.int16, task: type.task }[kind]!;
      s.interrupt(number, gate(to, kind === 'task' ? sel.tssB : sel.code[0], stubOf(number), { dpl: 3 }));
      if (tf) s.task('B', { trap: 1 });
      list.push(
        s
          .raw(...code)
          .show(tss.A + tssField.eflags)
          .show(tss.B),
      );
    }
    // A handler that returns with RF: the instruction it goes back to is not told again, the next one is.
    for (const [name, rf, next] of product(['#UD', '#DE', 'breakpoint'], [0, FLAG.rf], [0, 1])) {
      const s = scenario(['back from', name, rf ? 'with RF' : 'without', next ? 'to a breakpoint behind' : ''], 0);
      const handler = 0x4200;
      const number = { '#UD': 6, '#DE': 0, breakpoint: 1 }[name]!;
      // inc ebx; cmp ebx, 2; je recorder; and/or [esp + 8], RF; iret
      const change = rf ? [0x81, 0x4c, 0x24, 8, 0, 0, 1, 0] : [0x81, 0x64, 0x24, 8, 0xff, 0xff, 0xfe, 0xff];
      const body = [0x43, 0x83, 0xfb, 3, 0x74, change.length + 1, ...change, 0xcf, 0xcd, vector.done];
      s.bytes(handler, ...body)
        .interrupt(number, gate(type.int32, sel.code[0], handler))
        .set({ ebx: 0 });
      const code = { '#UD': [0x0f, 0x0b], '#DE': [0xf7, 0xf1], breakpoint: [0x41, 0x42] }[name]!;
      s.set({ ecx: 0, edx: 0, dr0: CODE + (next ? code.length : 0), dr7: control(0, 0, 0) });
      list.push(s.raw(...code, 0x46, 0x47));
    }
    // General detect: any access to a debug register, before its privilege is looked at or not at all.
    const accesses: Record<string, readonly number[]> = Object.fromEntries(
      [0, 1, 2, 3, 4, 5, 6, 7].flatMap((n): [string, number[]][] => [
        [`from dr${n}`, [0x0f, 0x21, 0xc0 | (n << 3)]],
        [`to dr${n}`, [0x0f, 0x23, 0xc0 | (n << 3)]],
      ]),
    );
    for (const [name, de, gd, tf] of product(Object.keys(accesses), [0, CR4.de], [0, GD], [0, FLAG.tf])) {
      if (tf && !gd) continue;
      // QEMU's general detect is for DR7 alone.
      const s = scenario([name, de ? 'DE' : '', gd ? 'GD' : '', tf ? 'TF' : ''], 0, gd ? bochsAlone : both);
      s.set({ cr4: de, dr7: 0x400 | gd, eax: 0x400, eflags: tf | 2 });
      list.push(s.raw(...accesses[name], 0x41));
    }
    // INT1 against the gates' checks, through a task gate, and with a step behind it.
    for (const [cpl, dpl, tf] of product(RINGS, [0, 3], [0, FLAG.tf])) {
      const s = scenario(['INT1 cpl', cpl, 'gate', dpl, tf ? 'TF' : ''], cpl, bochsAlone).set({ eflags: tf | 2 });
      list.push(s.interrupt(1, gate(type.int32, sel.code[0], stubOf(1), { dpl })).raw(0xf1, 0x41));
    }
    // Port breakpoints by length and alignment.
    for (const [length, port, form] of product(
      [0, 1, 3],
      [0x2ee, 0x2ef, 0x2f0, 0x2f1, 0x2f2, 0x2f3, 0x2f4],
      [0xec, 0xee, 0xef],
    )) {
      const s = scenario(['port', port.toString(16), 'length', length + 1, form.toString(16)], 0).ignore('eax');
      s.set({ cr4: CR4.de, dr3: 0x2f0, dr7: control(3, kinds.io, length), edx: port });
      list.push(s.raw(form, 0x41));
    }
    // Steps over what changes the stack or the flags.
    const changes: Record<string, readonly number[]> = {
      'mov ss, then push': [0x8e, 0xd0, 0x50, 0x41],
      'mov ss, then int': [0x8e, 0xd0, 0xcd, vector.test],
      'mov ss, then ud2': [0x8e, 0xd0, 0x0f, 0x0b],
      'pop ss, then popf': [0x17, 0x9d, 0x41],
      'mov ss, then iret': [0x8e, 0xd0, 0xcf],
      'pushf, popf': [0x9c, 0x9d, 0x41],
      'mov ss from memory': [0x8e, 0x15, 0, 0x50, 0, 0, 0x41, 0x42],
    };
    for (const [name, tf, watched] of product(Object.keys(changes), [0, FLAG.tf], [false, true])) {
      // What MOV SS reads is told with the step: behind the next instruction.
      if (watched && !name.endsWith('memory')) continue;
      // QEMU leaves that instruction out.
      const s = scenario([name, tf ? 'stepped' : '', watched ? 'read watched' : ''], 0, watched ? bochsAlone : both);
      s.write(DATA, sel.data[0]);
      s.set({ eax: sel.data[0], eflags: tf | 2 });
      if (watched) s.set({ dr0: DATA, dr7: control(0, kinds.access, 3) });
      s.write(s.start.esp, ...(name.startsWith('pop') ? [sel.data[0], tf | 2] : [stubOf(0x111), sel.code[0], tf | 2]));
      list.push(s.interrupt(vector.test, gate(type.int32, sel.code[0], stubOf(vector.test))).raw(...changes[name]));
    }
    // A step or breakpoint whose own delivery goes wrong.
    for (const [bad, cpl, why] of product(
      ['absent gate', 'absent code', 'task', 'ring 1'],
      [0, 1, 3],
      ['step', 'data', 'execute'],
    )) {
      const s = scenario([why, 'into', bad, 'cpl', cpl], cpl);
      const places: Record<string, readonly [number, number]> = {
        'absent gate': gate(type.int32, sel.code[0], stubOf(1), { absent: true }),
        'absent code': gate(type.int32, TARGET, stubOf(1)),
        task: gate(type.task, sel.tssB, 0),
        'ring 1': gate(type.int32, sel.code[1] & ~3, stubOf(1)),
      };
      s.describe(TARGET, descriptor(type.code, { absent: true })).interrupt(1, places[bad]);
      const breakpoint = why === 'data' ? control(0, kinds.write, 3) : why === 'execute' ? control(0, 0, 0) : 0;
      s.set({ dr0: why === 'execute' ? CODE : DATA, dr7: breakpoint, eflags: why === 'step' ? FLAG.tf | 2 : 2 });
      list.push(
        s
          .raw(0x89, 0x1d, 0, 0x50, 0, 0, 0x41)
          .show(tss.A + tssField.eip, 2)
          .show(stacks.ring0 - 24, 6),
      );
    }
    return list;
  },
};
