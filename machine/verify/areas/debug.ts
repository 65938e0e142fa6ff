import { little } from '../host/random.js';
import { CODE, DATA, descriptor, gate, sel, stacks, stubOf, tss, type, vector } from '../scenarios/map.js';
import { CR4, FLAG, type Scenario } from '../scenarios/scenario.js';
import { type Area, maker, product } from './area.js';

const kinds = { execute: 0, write: 1, io: 2, access: 3 } as const;
/** DR7 for breakpoint `n`: enabled how, kind, and length less one. */
const control = (n: number, enable: number, kind: number, length: number) =>
  ((enable << (2 * n)) | (kind << (16 + 4 * n)) | (length << (18 + 4 * n)) | 0x400) >>> 0;

/** Breakpoints on data, instructions and ports (SDM vol. 3, "Debug Registers"). */
const breakpoints: Area = {
  id: 'breakpoints',
  about: 'Debug Registers; Debug Exceptions',
  scenarios: () => {
    const scenario = maker('breakpoints');
    const list: Scenario[] = [];
    const accesses: Record<string, (at: number) => readonly number[]> = {
      'read 1': (at) => [0x8a, 0x1d, ...little(at)],
      'read 2': (at) => [0x66, 0x8b, 0x1d, ...little(at)],
      'read 4': (at) => [0x8b, 0x1d, ...little(at)],
      'write 1': (at) => [0x88, 0x1d, ...little(at)],
      'write 2': (at) => [0x66, 0x89, 0x1d, ...little(at)],
      'write 4': (at) => [0x89, 0x1d, ...little(at)],
      'modify 4': (at) => [0x01, 0x1d, ...little(at)],
      'push 4': (at) => [0xff, 0x35, ...little(at)],
      stosd: (at) => [0xbf, ...little(at), 0xab],
    };
    for (const [way, kind, length, offset, cpl] of product(
      Object.keys(accesses),
      ['write', 'access'] as const,
      [0, 1, 3],
      [-4, -3, -1, 0, 1, 2, 3, 4],
      [0, 3],
    )) {
      if (cpl === 3 && length !== 3) continue;
      const s = scenario([way, kind, 'length', length + 1, 'offset', offset, 'cpl', cpl], cpl);
      s.set({ dr0: DATA + 0x10, dr7: control(0, 2, kinds[kind], length) });
      list.push(s.raw(...accesses[way](DATA + 0x10 + offset), 0x40, 0x40).show(DATA + 0x10));
    }
    for (const [n, enable, kind, way] of product(
      [0, 1, 2, 3],
      [0, 1, 2, 3],
      Object.keys(kinds) as (keyof typeof kinds)[],
      ['read 4', 'write 4', 'fetch', 'in'],
    )) {
      const s = scenario(['register', n, 'enable', enable, kind, way], 0);
      const code = way === 'fetch' ? [0x40, 0x41] : way === 'in' ? [0xec, 0x40] : [...accesses[way](DATA), 0x40];
      const where = kind === 'execute' ? CODE + 1 : kind === 'io' ? 0x2f0 : DATA;
      s.set({
        [`dr${n}`]: where,
        dr7: control(n, enable, kinds[kind], kind === 'execute' || kind === 'io' ? 0 : 3),
        cr4: CR4.de,
        edx: 0x2f0,
      } as never);
      list.push(s.raw(0x90, ...code));
    }
    // Several at once, and those that are disabled but match.
    for (const [first, second, third] of product([0, 1, 2], [0, 1, 2], ['write', 'access', 'execute'] as const)) {
      // Whether a breakpoint that is not enabled has its bit set in DR6 is left open.
      const quiet = 4 | (first === 0 ? 1 : 0) | (second === 0 ? 2 : 0);
      const s = scenario(['enable', first, second, third], 0)
        .ignore('dr6', quiet)
        .set({
          dr0: DATA,
          dr1: DATA + 2,
          dr2: CODE + 6,
          dr3: DATA + 4,
        });
      s.set({
        dr7:
          (control(0, first, 1, 3) |
            control(1, second, kinds[third], third === 'execute' ? 0 : 1) |
            control(2, 0, 0, 0) |
            control(3, 1, 3, 3)) >>>
          0,
      });
      list.push(s.raw(...accesses['write 4'](DATA), 0x40, 0x41));
    }
    // Instruction breakpoints: before the instruction; RF passes once; what follows MOV SS is passed over.
    const at: Record<string, readonly number[]> = {
      nop: [0x90, 0x90],
      'mov ss': [0x8e, 0xd0, 0x40],
      'pop ss': [0x17, 0x40],
      sti: [0xfb, 0x40],
      hlt: [0x90, 0x0f, 0x0b],
      int: [0xcd, vector.test],
      ud2: [0x0f, 0x0b],
    };
    for (const [name, position, rf, cpl] of product(Object.keys(at), [0, 1, 2], [false, true], [0, 3])) {
      const s = scenario(['execute at', name, position, rf ? 'RF' : '', 'cpl', cpl], cpl);
      s.set({ dr1: CODE + position, dr7: control(1, 2, 0, 0), eflags: rf ? FLAG.rf | 2 : 2, eax: sel.data[cpl] }).write(
        s.start.esp,
        sel.data[cpl],
      );
      list.push(s.raw(...at[name]));
    }
    // Strings: after each iteration.
    for (const [way, count, offset] of product(
      ['rep stosb', 'rep movsd', 'rep outsb', 'rep lodsb'],
      [1, 3, 5],
      [0, 2, 4],
    )) {
      const code = {
        'rep stosb': [0xf3, 0xaa],
        'rep movsd': [0xf3, 0xa5],
        'rep outsb': [0xf3, 0x6e],
        'rep lodsb': [0xf3, 0xac],
      }[way]!;
      const s = scenario([way, count, 'offset', offset], 0);
      s.set({ dr2: DATA + offset, dr7: control(2, 1, 3, 0), esi: DATA, edi: DATA, ecx: count, edx: 0x2f0, eax: 0x77 });
      list.push(s.raw(...code, 0x41).show(DATA, 3));
    }
    for (const [way, cpl, gd] of product(
      ['mov from dr0', 'mov to dr0', 'mov from dr7', 'mov from dr6', 'mov from dr4'],
      [0, 3],
      [0, 0x2000],
    )) {
      const code = {
        'mov from dr0': [0x0f, 0x21, 0xc0],
        'mov to dr0': [0x0f, 0x23, 0xc0],
        'mov from dr7': [0x0f, 0x21, 0xf8],
        'mov from dr6': [0x0f, 0x21, 0xf0],
        'mov from dr4': [0x0f, 0x21, 0xe0],
      }[way]!;
      // GD with a fault of its own would meet the recorder: not from ring 3.
      if (gd && cpl === 3) continue;
      list.push(
        scenario([way, gd ? 'GD' : '', 'cpl', cpl], cpl)
          .set({ dr7: 0x400 | gd })
          .raw(...code),
      );
    }
    return list;
  },
};

/** Single steps, and instructions around which they are held back. */
const steps: Area = {
  id: 'single-step',
  about: 'Single-Step Exception Condition',
  scenarios: () => {
    const scenario = maker('single-step');
    const list: Scenario[] = [];
    const D3 = sel.data[3];
    const codes: Record<string, readonly number[]> = {
      nop: [0x90],
      'inc twice': [0x40, 0x40],
      'mov ss': [0x8e, 0xd0, 0x41, 0x42],
      'pop ss': [0x17, 0x41, 0x42],
      'mov ds': [0x8e, 0xd8, 0x41],
      lss: [0x0f, 0xb2, 0x25, ...little(DATA), 0x41],
      sti: [0xfb, 0x41],
      'int through an interrupt gate': [0xcd, 0x30],
      'int through a trap gate': [0xcd, 0x31],
      int3: [0xcc],
      ud2: [0x0f, 0x0b],
      'division by zero': [0x31, 0xc9, 0xf7, 0xf1],
      'popf that clears TF': [0x9d, 0x41],
      pushf: [0x9c, 0x58],
      'rep stosb': [0xf3, 0xaa, 0x41],
      'rep of none': [0x31, 0xc9, 0xf3, 0xaa],
      jmp: [0xeb, 1, 0x90, 0x41],
      'far jmp': [0xea, ...little(stubOf(0x111)), 0x08, 0],
      'into not taken': [0xce, 0x41],
      sysenter: [0x0f, 0x34],
      in: [0xec],
      'mov dr7': [0x0f, 0x23, 0xf8],
      'mov dr6': [0x0f, 0x23, 0xf0],
      hlt: [0xf4],
    };
    for (const [name, cpl] of product(Object.keys(codes), [0, 1, 3])) {
      if (name === 'hlt' && cpl === 0) continue;
      const s = scenario([name, 'cpl', cpl], cpl).set({
        eflags: FLAG.tf | 2,
        eax: sel.data[cpl],
        ecx: 3,
        edi: DATA + 8,
        edx: 0x2f0,
      });
      s.write(s.start.esp, name.startsWith('popf') ? 2 : sel.data[cpl]).write(DATA, s.start.esp, sel.data[cpl]);
      s.set({ msrs: 1, sysenterCs: 8, sysenterEsp: stacks.ring0, sysenterEip: stubOf(0x111) });
      if (name.startsWith('mov dr')) s.set({ eax: 0 });
      for (const n of [0x30, 0x31])
        s.interrupt(n, gate(n === 0x30 ? type.int32 : type.trap32, sel.code[0], stubOf(n), { dpl: 3 }));
      list.push(s.raw(...codes[name]));
    }
    // TF set by POPF and IRET: the trap comes behind the next instruction.
    for (const [way, cpl, shadow] of product(
      ['popf', 'popf word', 'iret', 'iret to ring 3'],
      [0, 3],
      ['nop', 'mov ss', 'int', 'ud2', 'cli'],
    )) {
      if (way.includes('ring') && cpl === 3) continue;
      const s = scenario([way, 'then', shadow, 'cpl', cpl], cpl).set({
        eax: way.includes('ring') ? D3 : sel.data[cpl],
      });
      const behind = {
        nop: [0x90, 0x40],
        'mov ss': [0x8e, 0xd0, 0x41, 0x42],
        int: [0xcd, vector.test],
        ud2: [0x0f, 0x0b],
        cli: [0xfa, 0x41],
      }[shadow]!;
      const ring = way.includes('ring') ? 3 : cpl;
      if (way.startsWith('iret'))
        s.write(s.start.esp, CODE + 1, sel.code[ring], 0x102, stacks.ring3 - 0x40, sel.data[3]);
      else s.write(s.start.esp, 0x102);
      s.interrupt(vector.test, gate(type.int32, sel.code[0], stubOf(vector.test), { dpl: 3 }));
      const first = way === 'popf word' ? [0x66, 0x9d] : way === 'popf' ? [0x9d] : [0xcf];
      list.push(s.raw(...first, ...behind));
    }
    // Together with breakpoints: one exception tells both.
    for (const [kind, cpl, way] of product(['write', 'execute'] as const, [0, 3], ['same', 'next'])) {
      const s = scenario(['step and', kind, way, 'cpl', cpl], cpl).set({ eflags: FLAG.tf | 2 });
      // The trap comes first; whether it tells of a breakpoint that the next instruction has is left open.
      if (kind === 'execute' && way === 'next') s.ignore('dr6', 8);
      const length = 6;
      const where = kind === 'write' ? (way === 'same' ? DATA : DATA + 0x20) : way === 'same' ? CODE : CODE + length;
      s.set({ dr3: where, dr7: control(3, 2, kinds[kind], kind === 'write' ? 3 : 0) });
      list.push(s.raw(0x89, 0x1d, ...little(DATA), 0x40));
    }
    for (const [cpl, t] of product([0, 3], [0, 1])) {
      const s = scenario(['switch to a task, T bit', t, 'and TF, cpl', cpl], cpl).task('B', { trap: t, eflags: 0x102 });
      s.describe(sel.free, descriptor(type.tss32, { base: tss.B, limit: 0x67, dpl: 3 })).code((a) =>
        a.ljmp(sel.free, 0),
      );
      list.push(s.show(tss.A + 0x20, 2));
    }
    return list;
  },
};

/** Alignment checks: CR0.AM and EFLAGS.AC, in ring 3 alone. */
const alignment: Area = {
  id: 'alignment',
  about: 'Interrupt 17: Alignment Check Exception',
  scenarios: () => {
    const scenario = maker('alignment');
    const list: Scenario[] = [];
    const forms: Record<string, (at: number) => readonly number[]> = {
      'mov 1': (at) => [0x8a, 0x1d, ...little(at)],
      'mov 2': (at) => [0x66, 0x8b, 0x1d, ...little(at)],
      'mov 4': (at) => [0x8b, 0x1d, ...little(at)],
      'store 2': (at) => [0x66, 0x89, 0x1d, ...little(at)],
      'store 4': (at) => [0x89, 0x1d, ...little(at)],
      'modify 4': (at) => [0x01, 0x1d, ...little(at)],
      cmpxchg8b: (at) => [0x0f, 0xc7, 0x0d, ...little(at)],
      les: (at) => [0xc4, 0x1d, ...little(at)],
      push: (at) => [0xbc, ...little(at), 0x50],
      stosd: (at) => [0xbf, ...little(at), 0xab],
      bound: (at) => [0x62, 0x05, ...little(at)],
      sgdt: (at) => [0x0f, 0x01, 0x05, ...little(at)],
    };
    for (const [form, offset, cpl, am, ac] of product(
      Object.keys(forms),
      [0, 1, 2, 3],
      [0, 3],
      [false, true],
      [false, true],
    )) {
      if (cpl === 0 && !(am && ac)) continue;
      // QEMU's TCG does not check alignment for this.
      const s = scenario([form, 'offset', offset, 'cpl', cpl, am ? 'AM' : '', ac ? 'AC' : ''], cpl, ['bochs']);
      s.set({ cr0: s.start.cr0 | (am ? 0x40000 : 0), eflags: 2 | (ac ? FLAG.ac : 0), eax: 0 });
      s.write(DATA, 0, 0x00430000, 0x43, 0);
      list.push(
        s
          .raw(...forms[form](DATA + offset))
          .show(DATA, 4)
          .ignore('eflags', 0x8d5),
      );
    }
    return list;
  },
};

export const debugAreas: readonly Area[] = [breakpoints, steps, alignment];
