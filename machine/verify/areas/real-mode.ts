import {
  CODE,
  descriptor,
  GDT,
  gate,
  IDT,
  marker,
  realEntryOf,
  real as realStubs,
  STUB16,
  sel,
  stubOf,
  TABLE_LIMIT,
  type,
  vector,
} from '../scenarios/map.js';
import { assembleAt, FLAG, IOPL, type Scenario } from '../scenarios/scenario.js';
import { type Area, bochsAlone, both, maker, product } from './area.js';
import { sixteenBit } from './sixteen-bit.js';

/** Way in (SDM vol. 3, 9.9.2): 16-bit code, segments of 64 KiB, PE cleared, a far jump. */
const SMALL_CODE = sel.free;
const SMALL_DATA = sel.free + 8;
const CODE16 = 0x4100;
const paragraph = { cs: CODE16 >> 4, ss: 0x700, ds: 0x500, es: 0x510 } as const;
const SP = 0x100;
/** Above what a machine's firmware uses, and what this machine's memory ends at is far. */
const FAR = 0x6000;
const words = (...values: number[]) => values.flatMap((v) => [v & 0xff, (v >> 8) & 0xff]);
const address32 = (value: number) => [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24];

interface Start {
  readonly flags?: number;
  readonly sp?: number;
  readonly ss?: number;
  readonly ds?: number;
  readonly es?: number;
  /** Data segments of 4 GiB, as they are left by protected mode. */
  readonly big?: boolean;
}

/** Goes to real mode and runs `code` there, with every vector leading to its recorder; the end is INT 20h. */
export function inRealMode(s: Scenario, code: readonly number[], start: Start = {}): Scenario {
  const { flags = 2, sp = SP, ss = paragraph.ss, ds = paragraph.ds, es = paragraph.es, big = false } = start;
  s.describe(SMALL_CODE, descriptor(type.code, { small: true, limit: 0xffff }));
  s.describe(SMALL_DATA, descriptor(type.data, big ? {} : { small: true, limit: 0xffff }));
  for (let n = 0; n < realStubs.count; n++) s.write(IDT + 4 * n, ((STUB16 >> 4) << 16) | (realEntryOf(n) - STUB16));
  const at = CODE + 0x10;
  s.bytes(CODE, 0xea, ...address32(at), ...words(SMALL_CODE));
  const leave = [0xb8, ...words(SMALL_DATA), 0x8e, 0xd8, 0x8e, 0xc0, 0x8e, 0xd0, 0x8e, 0xe0, 0x8e, 0xe8];
  // mov eax, cr0; and al, FEh; mov cr0, eax; far jump to what follows
  leave.push(0x0f, 0x20, 0xc0, 0x24, 0xfe, 0x0f, 0x22, 0xc0);
  leave.push(0xea, ...words(at + leave.length + 5 - CODE, CODE >> 4));
  leave.push(0xb8, ...words(ss), 0x8e, 0xd0, 0xbc, ...words(sp), 0x68, ...words(flags | 2), 0x9d);
  if (!big)
    for (const [value, modrm] of [
      [ds, 0xd8],
      [es, 0xc0],
    ])
      leave.push(0xb8, ...words(value), 0x8e, modrm);
  leave.push(0xb8, ...words(0xa0a0), 0xea, ...words(0, paragraph.cs));
  return s.bytes(at, ...leave).bytes(CODE16, ...code, 0xcd, vector.done);
}

const DONE = [0xcd, vector.done];
const instructions: Record<string, readonly number[]> = {
  ...sixteenBit,
  nothing: [0x90],
  popf: [0x68, 0xd7, 0x7e, 0x9d, 0x9c, 0x58],
  'popf, 32-bit': [0x66, 0x68, 0xd7, 0x7e, 0x24, 0, 0x66, 0x9d, 0x66, 0x9c, 0x66, 0x58],
  'sti, cli': [0xfb, 0x9c, 0xfa, 0x9c],
  'into not taken': [0x30, 0xc0, 0xce],
  ud2: [0x0f, 0x0b],
  'division, 32-bit': [0x66, 0x31, 0xc9, 0x66, 0xf7, 0xf1],
  'division that overflows': [0xba, 0xff, 0xff, 0xb9, 2, 0, 0xf7, 0xf9],
  aam: [0xd4, 0],
  'bound within': [0xb8, 2, 0, 0x62, 0x06, 8, 0],
  'iret, 32-bit': [0x66, 0x68, 0xd7, 0x7e, 0x24, 0, 0x66, 0x68, 0x10, 4, 0, 0, 0x66, 0x6a, 0x20, 0x66, 0xcf],
  'iret with NT': [0x68, 2, 0x40, 0x9d, 0x68, 2, 0, 0x68, 0x10, 4, 0x6a, 0x20, 0xcf],
  'far jmp through memory': [0xff, 0x2e, 0, 0],
  'far jmp to another paragraph': [0xea, 0x20, 1, 0, 4],
  'retf, 32-bit': [0x66, 0x68, 0x10, 4, 0x11, 0x11, 0x66, 0x6a, 0x20, 0x66, 0xcb],
  'near call': [0xe8, 0x1d, 0],
  'near call through memory': [0xff, 0x16, 0, 0],
  pusha: [0x60, 0x31, 0xc0, 0x61],
  'push of segments': [0x06, 0x0e, 0x16, 0x1e, 0x0f, 0xa0, 0x0f, 0xa8, 0x07, 0x1f, 0x0f, 0xa9, 0x0f, 0xa1],
  'mov of segments': [0x8c, 0xc8, 0x8e, 0xd8, 0x8e, 0xe0, 0x66, 0x8c, 0xd1],
  'mov cs': [0x8e, 0xc8],
  les: [0xc4, 0x1e, 0, 0],
  'lss, 32-bit': [0x66, 0x0f, 0xb2, 0x26, 0x18, 0],
  'pop ss': [0x68, 0, 7, 0x17],
  'sidt, 32-bit': [0x66, 0x0f, 0x01, 0x0e, 0x10, 0],
  'lgdt and sgdt': [0x0f, 0x01, 0x16, 8, 0, 0x0f, 0x01, 0x06, 0x10, 0],
  'lgdt and sgdt, 32-bit': [0x66, 0x0f, 0x01, 0x16, 8, 0, 0x0f, 0x01, 0x06, 0x10, 0],
  'lmsw of 0': [0x31, 0xc0, 0x0f, 0x01, 0xf0],
  'mov to cr2': [0x0f, 0x22, 0xd0],
  'mov to dr1 and from': [0x0f, 0x23, 0xc8, 0x0f, 0x21, 0xcb],
  'rdmsr of nothing': [0x66, 0xb9, 0xff, 0xff, 0xff, 0x0f, 0x0f, 0x32],
  'rdmsr of SYSENTER_CS': [0x66, 0xb9, 0x74, 1, 0, 0, 0x0f, 0x32],
  'fninit with TS': [0x0f, 0x20, 0xc0, 0x0c, 8, 0x0f, 0x22, 0xc0, 0xdb, 0xe3],
  'in and out': [0xba, 0xf0, 2, 0xec, 0xee, 0x31, 0xc0],
  xlat: [0xbb, 0, 0, 0xb0, 2, 0xd7],
  loop: [0xb9, 3, 0, 0x42, 0xe2, 0xfd],
  'loop by ecx': [0x66, 0xb9, 3, 0, 0, 0, 0x42, 0x67, 0xe2, 0xfc],
  jcxz: [0x66, 0xb9, 0, 0, 1, 0, 0xe3, 1, 0x42],
  jecxz: [0x66, 0xb9, 0, 0, 1, 0, 0x67, 0xe3, 1, 0x42],
  'rep movsw': [0x31, 0xf6, 0x31, 0xff, 0xb9, 4, 0, 0xf3, 0xa5],
  'rep stosd, downwards': [0xbf, 0x0c, 0, 0xb9, 3, 0, 0xfd, 0xf3, 0x66, 0xab],
  'repe cmpsb': [0x31, 0xf6, 0x31, 0xff, 0xb9, 4, 0, 0xf3, 0xa6],
  'sib in 16-bit code': [0x66, 0xbb, 4, 0, 0, 0, 0x67, 0x66, 0x8b, 0x4c, 0x1b, 0],
  'lea wraps': [0xbb, 0xff, 0xff, 0xbe, 3, 0, 0x8d, 0x40, 0x01],
  cmpxchg8b: [0x0f, 0xc7, 0x0e, 0, 0],
  'lock of nop': [0xf0, 0x90],
};

const everyday: Area = {
  id: 'real-mode',
  about: 'Real-Address Mode Operation; Instructions Supported in Real-Address Mode',
  scenarios: () => {
    const scenario = maker('real-mode');
    const list: Scenario[] = [];
    for (const [name, flags] of product(Object.keys(instructions), [0, FLAG.if, (3 * IOPL) | FLAG.nt])) {
      // QEMU answers for registers that are none; and it looks at LOCK in few places.
      const oracles = /^(rdmsr of nothing|lock)/.test(name) ? bochsAlone : both;
      const s = scenario([name, 'flags', flags.toString(16)], 0, oracles).set({ ebx: 0x0500 });
      s.bytes(CODE16 + 0x20, 0x47, ...DONE).bytes(CODE + 0x120, 0x46, ...DONE);
      s.write(0x5000, 0x04100020, 0x07ff0700, (GDT << 16) | TABLE_LIMIT, GDT >>> 16);
      s.write(0x5010, 0xcccccccc, 0xcccccccc, 0x11110180, 0x0700);
      list.push(inRealMode(s, instructions[name], { flags }).show(0x5000, 8).show(0x5100, 4).show(0x70e0, 8));
    }
    // Interrupts: three words, the flags with IF and TF cleared, and back.
    for (const [number, flags, ss] of product(
      [0, 1, 5, 0x1f, 0x30, 0x3f],
      [0, 0xcd5, FLAG.if, FLAG.nt, FLAG.tf],
      [0x700, 0x701],
    )) {
      const s = scenario(['int', number, 'flags', flags.toString(16), 'ss', ss.toString(16)], 0);
      list.push(inRealMode(s, [0xcd, number], { flags, ss }).show(0x70f0, 8));
    }
    for (const [way, flags, wide] of product(['int', 'ud2'], [0, FLAG.if | 1, 0x7000], [false, true])) {
      // A handler of the scenario's own: inc bx; iret
      const s = scenario([way, 'and iret', wide ? '32-bit' : '', 'flags', flags.toString(16)], 0);
      inRealMode(s, [way === 'int' ? 0xcd : 0x0f, way === 'int' ? 0x30 : 0x0b, 0x42, 0x9c], { flags });
      const number = way === 'int' ? 0x30 : 6;
      s.write(IDT + 4 * number, (paragraph.cs << 16) | 0x40);
      // For #UD: over the instruction; with 32 bits, a frame made of the other.
      const over = way === 'int' ? [] : [0x5d, 0x45, 0x45, 0x55];
      const widen = [0x59, 0x5a, 0x5e, 0x66, 0x0f, 0xb7, 0xf6, 0x66, 0x56, 0x6a, 0, 0x52, 0x6a, 0, 0x51];
      list.push(s.bytes(CODE16 + 0x40, 0x43, ...over, ...(wide ? [...widen, 0x66] : []), 0xcf).show(0x70f0, 4));
    }
    for (const [number, limit] of product([0x10, 0x20, 0x30], [0x7f, 0x80, 0xbf, 0xc0, 0xc2, 0xc3, 0xff])) {
      // INT beyond the limit of the table is #GP; a limit that leaves no room for that leaves none for anything.
      const s = scenario(['int', number, 'table limit', limit.toString(16)], 0).set({ idtLimit: limit });
      list.push(inRealMode(s, [0xcd, number]));
    }
    return list;
  },
};

const edges: Area = {
  id: 'real-mode-limits',
  about: 'Real-Address Mode: Address Translation; Interrupts 12 and 13',
  scenarios: () => {
    const scenario = maker('real-mode-limits');
    const list: Scenario[] = [];
    const codes: Record<string, readonly number[]> = {
      'byte at FFFFh': [0xa0, 0xff, 0xff],
      'word at FFFFh': [0xa1, 0xff, 0xff],
      'word to FFFFh': [0x89, 0x0e, 0xff, 0xff],
      'word at FFFEh': [0xa1, 0xfe, 0xff],
      'doubleword at FFFDh': [0x66, 0xa1, 0xfd, 0xff],
      'doubleword to FFFCh': [0x66, 0x89, 0x0e, 0xfc, 0xff],
      'eight bytes at FFFAh': [0x0f, 0xc7, 0x0e, 0xfa, 0xff],
      'a32 at 10000h': [0x67, 0xa0, 0, 0, 1, 0],
      'a32 to 10000h': [0x67, 0xa2, 0, 0, 1, 0],
      'a32 at FFFFFFFFh': [0x67, 0xa0, 0xff, 0xff, 0xff, 0xff],
      'bp at FFFFh': [0xbd, 0xff, 0xff, 0x89, 0x46, 0],
      'bx and si wrap': [0xbb, 0xff, 0xff, 0xbe, 5, 0, 0x8b, 0x00],
      'stosw at FFFFh': [0xbf, 0xff, 0xff, 0xab],
      'lodsd at FFFEh': [0xbe, 0xfe, 0xff, 0x66, 0xad],
      'rep movsb across the end': [0xbe, 0xfe, 0xff, 0xbf, 0xfe, 0xff, 0xb9, 4, 0, 0xf3, 0xa4],
      'rep stosb by a32 across the end': [0x66, 0xbf, 0xfe, 0xff, 0, 0, 0x66, 0xb9, 4, 0, 0, 0, 0x67, 0xf3, 0xaa],
      'near jmp to 10000h': [0x66, 0xe9, 0xfa, 0xff, 0, 0],
      'near call to 10000h': [0x66, 0xe8, 0xfa, 0xff, 0, 0],
      'far jmp to 10000h': [0x66, 0xea, 0, 0, 1, 0, 0x10, 4],
      'far call to 10000h': [0x66, 0x9a, 0, 0, 1, 0, 0x10, 4],
      'ret to 10000h': [0x66, 0x68, 0, 0, 1, 0, 0x66, 0xc3],
      'retf to 10000h': [0x66, 0x68, 0x10, 4, 0, 0, 0x66, 0x68, 0, 0, 1, 0, 0x66, 0xcb],
      'iret to 10000h': [0x66, 0x6a, 2, 0x66, 0x68, 0x10, 4, 0, 0, 0x66, 0x68, 0, 0, 1, 0, 0x66, 0xcf],
      'near jmp that wraps': [0xe9, 0x1d, 0xff],
      'les across the end': [0xc4, 0x06, 0xfd, 0xff],
      'bound across the end': [0x62, 0x06, 0xfd, 0xff],
      'lgdt across the end': [0x0f, 0x01, 0x16, 0xfc, 0xff],
    };
    for (const [name, big] of product(Object.keys(codes), [false, true])) {
      const start = big ? { big, ds: 0, es: 0 } : { ds: FAR, es: FAR };
      // From a segment of 4 GiB, whatever lies at 64 KiB: nobody's memory until it is written.
      const s = scenario([name, big ? 'with 4 GiB' : ''], 0, bochsAlone);
      s.write(0x60000, 0x11223344).write(0x6fff8, 0x55667788, 0x99aabbcc, 0x12121212);
      s.write(0xfff8, 0x00010002, 0x00030004).write(0x10000, 0x00050006, 0);
      // At the end of all memory there may be a ROM.
      if (name.includes('FFFFFFFFh')) s.ignore('eax', 0xff);
      list.push(inRealMode(s, codes[name], start).show(0x60000).show(0x6fff8, 3).show(0xfff8, 4));
    }
    // The same where no limit is at issue, with QEMU, too.
    for (const name of Object.keys(codes).filter((n) =>
      /^(byte|a32 (at|to) 10000h|bx|word (at|to) FFFEh|doubleword to FFFCh|rep stosb by)/.test(n),
    )) {
      const s = scenario([name, 'with 4 GiB, both'], 0)
        .write(0xfff8, 0x00010002, 0x00030004)
        .write(0x10000, 0x00050006, 0);
      if (!name.startsWith('bx')) list.push(inRealMode(s, codes[name], { big: true }).show(0xfff8, 4));
    }
    // The stack at its ends: 1 has room for one byte, 0 goes round.
    for (const [way, sp] of product(
      ['push', 'push 32', 'pop', 'pop 32', 'call', 'pusha', 'enter', 'ret'],
      [0, 1, 2, 4, 6, 0x10, 0xfffc, 0xfffe, 0xffff],
    )) {
      // With SP 1 there is no room to tell of it either, and the processor shuts down; a return to half an address
      // leads nowhere.
      if (sp === 1 && !way.startsWith('pop')) continue;
      if (way === 'ret' && sp === 0xffff) continue;
      const s = scenario([way, 'with sp', sp.toString(16)], 0, bochsAlone);
      const code = {
        push: [0x50],
        'push 32': [0x66, 0x50],
        pop: [0x58],
        'pop 32': [0x66, 0x58],
        call: [0xe8, 0, 0],
        pusha: [0x60],
        enter: [0xc8, 2, 0, 1],
        ret: [0xc3],
      }[way]!;
      // What lies behind the segment is seen by those that fault at its end.
      s.write(0x6fff0, ...Array.from({ length: 20 }, () => 0x00300030));
      s.write(0x60000, ...Array.from({ length: 8 }, () => 0x00300030)).bytes(CODE16 + 0x30, ...DONE);
      // mov sp, imm; the instruction; mov ax, sp; mov sp, SP
      const all = [0x89, 0xe5, 0xbc, ...words(sp), ...code, 0x89, 0xe0, 0xbc, ...words(SP)];
      list.push(inRealMode(s, all, { ss: FAR }).show(0x60000).show(0x6fff0, 4));
    }
    for (const [segment, offset] of product([0xffff, 0xfff0], [0x10, 0x100, 0x110])) {
      // With A20 on, addresses go on above 1 MiB.
      if (segment * 16 + offset < 0x100000 || segment * 16 + offset >= 0x100020) continue;
      const s = scenario(['above 1 MiB', segment.toString(16), offset.toString(16)], 0);
      list.push(inRealMode(s, [0x66, 0xa1, ...words(offset)], { ds: segment }));
    }
    return list;
  },
};

/** Between the modes: how protection is turned on again, and what segments are meanwhile. */
const switching: Area = {
  id: 'mode-switch',
  about: 'Switching Back to Real-Address Mode; Switching to Protected Mode',
  scenarios: () => {
    const scenario = maker('mode-switch');
    const list: Scenario[] = [];
    const on = {
      'mov cr0': [0x0f, 0x20, 0xc0, 0x0c, 1, 0x0f, 0x22, 0xc0],
      lmsw: [0x0f, 0x01, 0xe0, 0x0c, 1, 0x0f, 0x01, 0xf0],
    };
    // In 32-bit code, flat: a stack again, then the end.
    const behind = assembleAt((a) => a.bytes(0x66, 0xb8, 0x10, 0, 0x8e, 0xd0, 0xbc, ...address32(0x6300)), 0x4200);
    behind.push(0xe9, ...address32(stubOf(marker.place) - (0x4200 + behind.length + 5)));
    for (const [way, wide, flags] of product(
      Object.keys(on) as (keyof typeof on)[],
      [true, false],
      [0, FLAG.nt, 3 * IOPL, FLAG.tf],
    )) {
      // With TF the vector table would be taken for an IDT: not there.
      if (flags === FLAG.tf) continue;
      const s = scenario([way, wide ? '32-bit jump' : '16-bit jump', 'flags', flags.toString(16)], 0);
      const jump = wide
        ? [0x66, 0xea, ...address32(0x4200), ...words(sel.code[0])]
        : [0xea, ...words(0x4200, sel.code[0])];
      list.push(inRealMode(s.bytes(0x4200, ...behind), [...on[way], ...jump], { flags }));
    }
    // Protected, but still in the code segment of before: 16 bits, where it was, at CPL 0.
    for (const [way, code] of product(Object.keys(on) as (keyof typeof on)[], Object.keys(between))) {
      const s = scenario([way, 'then', code], 0)
        .bytes(0x4200, ...behind)
        .write(0x5000, 0x89, 0x4444);
      const { bytes, raises } = between[code];
      s.interrupt(13, gate(type.int32, sel.code[0], stubOf(13))).interrupt(6, gate(type.int32, sel.code[0], stubOf(6)));
      const jump = [0x66, 0xea, ...address32(0x4200), ...words(sel.code[0])];
      inRealMode(s, [...on[way], ...bytes, ...jump], { flags: 0 });
      // What comes through the IDT is recorded on the stack of before: flat again for that.
      if (raises) s.ignore('esp', 0xffff0000);
      // Bits 19-16 of what LAR gives are undefined.
      if (code.startsWith('lar')) s.ignore('ecx', 0xf0000);
      list.push(s.show(0x5000, 2));
    }
    for (const value of [0x10, 0x80000010, 0x80000011, 0x20000010, 0x60000010, 0x8]) {
      // mov eax, value; mov cr0, eax in real mode: paging without protection is #GP.
      const oracles = value === 0x80000010 || value === 0x20000010 ? bochsAlone : both;
      const s = scenario(['mov cr0', value.toString(16)], 0, oracles).bytes(0x4200, ...behind);
      const jump = [0x66, 0xea, ...address32(0x4200), ...words(sel.code[0])];
      const end = (value & 1) !== 0 ? jump : [];
      list.push(inRealMode(s, [0x66, 0xb8, ...address32(value), 0x0f, 0x22, 0xc0, ...end]));
    }
    return list;
  },
};
const between: Record<string, { bytes: readonly number[]; raises?: boolean }> = {
  nothing: { bytes: [] },
  'a near jump': { bytes: [0xeb, 0] },
  'mov through ds': { bytes: [0x66, 0xa1, 4, 0, 0x66, 0xa3, 0, 0] },
  'sldt, str': { bytes: [0x0f, 0x00, 0xc3, 0x0f, 0x00, 0xc9] },
  'lar of code': { bytes: [0xba, 8, 0, 0x66, 0x0f, 0x02, 0xca] },
  'mov es': { bytes: [0xb8, ...words(sel.data[0]), 0x8e, 0xc0] },
  'push and pop': { bytes: [0x0e, 0x16, 0x59, 0x5a] },
  arpl: { bytes: [0x63, 0xd8] },
};

export const realAreas: readonly Area[] = [everyday, edges, switching];
