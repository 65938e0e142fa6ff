import { DATA, type Descriptor, descriptor, gate, sel, stubOf, type } from '../scenarios/map.js';
import type { Scenario } from '../scenarios/scenario.js';
import { type Area, bochsAlone, maker, product, RINGS } from './area.js';

const TARGET = sel.free;
/** The 32 types that the S bit and the type field make. */
const TYPES = Array.from({ length: 32 }, (_, i) => i);
const named = (kind: number) => `${kind & 0x10 ? '' : 'system '}type ${(kind & 15).toString(16)}`;
/** A descriptor of a type, whatever that is; system types as a 32-bit gate or table would look. */
const of = (kind: number, dpl: number, absent = false, flat = false): Descriptor =>
  (kind & 0x10) === 0 && (kind & 4) !== 0
    ? gate(kind, sel.code[0], stubOf(0x30), { dpl, absent })
    : descriptor(kind, flat ? whole(kind, dpl, absent) : { dpl, absent, limit: 0xfff, base: 0x3000 });
/** All of memory but, for one that expands down, its first byte: a stack must go on working. */
const whole = (kind: number, dpl: number, absent: boolean) =>
  (kind & 0x1c) === 0x14 ? { dpl, absent, limit: 0 } : { dpl, absent };

const segmentNames = ['es', 'cs', 'ss', 'ds', 'fs', 'gs'] as const;
const popOf: Record<number, readonly number[]> = { 0: [0x07], 2: [0x17], 3: [0x1f], 4: [0x0f, 0xa1], 5: [0x0f, 0xa9] };
const farOf: Record<number, readonly number[]> = {
  0: [0xc4],
  2: [0x0f, 0xb2],
  3: [0xc5],
  4: [0x0f, 0xb4],
  5: [0x0f, 0xb5],
};

/** Loads of segment registers (SDM vol. 3, "Privilege Level Checking When Accessing Data Segments"). */
const loads: Area = {
  id: 'segment-loads',
  about: 'Privilege Level Checking When Accessing Data Segments; Loading the SS Register',
  scenarios: () => {
    const scenario = maker('segment-loads');
    const list: Scenario[] = [];
    const load = (s: Scenario, way: string, segment: number, selector: number) => {
      s.set({ eax: selector });
      if (way === 'pop') s.write(s.start.esp, selector).raw(...popOf[segment]);
      else if (way === 'far') {
        s.write(DATA, 0x12345678, selector).raw(...farOf[segment], 0x1d, DATA & 0xff, DATA >> 8, 0, 0);
      } else s.raw(0x8e, 0xc0 | (segment << 3));
      return s.show(0x2004 + TARGET);
    };
    for (const [segment, kind, cpl, dpl, rpl] of product([2, 3, 5], TYPES, RINGS, [0, 2, 3], [0, 3])) {
      if (segment === 5 && (dpl === 2 || rpl !== 0)) continue;
      const s = scenario(['mov', segmentNames[segment], named(kind), 'dpl', dpl, 'rpl', rpl, 'cpl', cpl], cpl);
      list.push(load(s.describe(TARGET, of(kind, dpl, false, segment === 2)), 'mov', segment, TARGET | rpl));
    }
    const odd: Record<string, number> = {
      null: 0,
      'null rpl 3': 3,
      'GDT end': 0x7fc,
      'beyond GDT': 0x800,
      LDT: TARGET | 4,
      'beyond LDT': 0x404,
    };
    for (const [way, segment, which, cpl] of product(
      ['mov', 'pop', 'far'],
      [0, 1, 2, 3, 4, 5],
      Object.keys(odd),
      RINGS,
    )) {
      if (segment === 1 && (way !== 'mov' || which !== 'null')) continue;
      const s = scenario([way, segmentNames[segment], which, 'cpl', cpl], cpl).set({ ldtr: sel.ldt });
      s.describe(TARGET | 4, descriptor(type.data, segment === 2 ? { dpl: cpl } : { dpl: cpl, limit: 0xff }));
      list.push(load(s, way, segment, odd[which] | (which.includes('LDT') ? cpl : 0)));
    }
    for (const [way, segment, kind, absent, cpl] of product(
      ['pop', 'far'],
      [0, 2, 3, 4, 5],
      [0x10, 0x12, 0x16, 0x18, 0x1a, 0x1e, 9],
      [false, true],
      [0, 3],
    )) {
      const s = scenario([way, segmentNames[segment], absent ? 'absent' : '', named(kind), 'cpl', cpl], cpl);
      list.push(load(s.describe(TARGET, of(kind, cpl, absent, segment === 2)), way, segment, TARGET | cpl));
    }
    for (const [segment, kind, cpl] of product([2, 3], TYPES, [0, 3])) {
      const s = scenario(['mov', segmentNames[segment], 'absent', named(kind), 'cpl', cpl], cpl);
      list.push(load(s.describe(TARGET, of(kind, cpl, true, segment === 2)), 'mov', segment, TARGET | cpl));
    }
    return list;
  },
};

/** LLDT, LTR and the instructions that look at descriptors without loading them. */
const looks: Area = {
  id: 'descriptor-looks',
  about: 'LAR, LSL, VERR, VERW, ARPL, LLDT, LTR',
  scenarios: () => {
    const scenario = maker('descriptor-looks');
    const list: Scenario[] = [];
    const opcodes = {
      lar: [0x0f, 0x02, 0xd8],
      lsl: [0x0f, 0x03, 0xd8],
      verr: [0x0f, 0x00, 0xe0],
      verw: [0x0f, 0x00, 0xe8],
    };
    for (const [name, kind, cpl, dpl, rpl] of product(
      Object.keys(opcodes) as (keyof typeof opcodes)[],
      TYPES,
      RINGS,
      [0, 2, 3],
      [0, 3],
    )) {
      if (rpl === 3 && cpl % 2 === 1) continue;
      const s = scenario([name, named(kind), 'dpl', dpl, 'rpl', rpl, 'cpl', cpl], cpl);
      s.describe(TARGET, of(kind, dpl)).set({ eax: TARGET | rpl });
      list.push(s.raw(...opcodes[name]));
    }
    for (const [name, word, cpl, selector] of product(
      ['lar', 'lsl', 'verr', 'verw'] as const,
      [false, true],
      [0, 3],
      [0, 3, 0x7f8, 0x800, 0x8c, 0xfffc],
    )) {
      const s = scenario([name, word ? '16-bit' : '', 'selector', selector, 'cpl', cpl], cpl).set({
        eax: 0x77770000 | selector,
      });
      list.push(s.raw(...(word ? [0x66] : []), ...opcodes[name]));
    }
    for (const [name, kind, cpl, absent, table] of product(
      ['lldt', 'ltr'],
      TYPES,
      [0, 1, 3],
      [false, true],
      ['GDT', 'LDT'],
    )) {
      if (table === 'LDT' && (kind > 10 || absent)) continue;
      if (cpl > 0 && kind > 3) continue;
      const s = scenario([name, absent ? 'absent' : '', named(kind), 'of the', table, 'cpl', cpl], cpl).set({
        ldtr: sel.ldt,
      });
      const selector = table === 'GDT' ? TARGET : TARGET | 4;
      s.describe(selector, of(kind, 0, absent)).set({ eax: selector });
      list.push(s.raw(0x0f, 0x00, name === 'lldt' ? 0xd0 : 0xd8).show(0x2004 + TARGET));
    }
    for (const [name, selector, cpl] of product(
      ['lldt', 'ltr'],
      [0, 3, 0x800, 0xfff8, sel.tssA, sel.ldt | 3],
      [0, 3],
    )) {
      const s = scenario([name, 'selector', selector, 'cpl', cpl], cpl).set({ eax: selector });
      list.push(s.raw(0x0f, 0x00, name === 'lldt' ? 0xd0 : 0xd8));
    }
    for (const [a, b, cpl] of product([0x10, 0x13, 0x21, 0xfffc, 0xffff], [0x10, 0x13, 0x22, 1], [0, 3])) {
      list.push(
        scenario(['arpl', a, b, 'cpl', cpl], cpl)
          .set({ eax: 0x55550000 | a, ebx: b })
          .raw(0x63, 0xd8),
      );
    }
    return list;
  },
};

interface Access {
  readonly code: (address: number) => readonly number[];
  readonly size: number;
}
const address32 = (address: number) => [
  address & 0xff,
  (address >>> 8) & 0xff,
  (address >>> 16) & 0xff,
  address >>> 24,
];
/** Accesses through ES: override and absolute address. */
const accesses: Record<string, Access> = {
  'read 1': { size: 1, code: (at) => [0x26, 0x8a, 0x1d, ...address32(at)] },
  'read 2': { size: 2, code: (at) => [0x26, 0x66, 0x8b, 0x1d, ...address32(at)] },
  'read 4': { size: 4, code: (at) => [0x26, 0x8b, 0x1d, ...address32(at)] },
  'write 1': { size: 1, code: (at) => [0x26, 0x88, 0x1d, ...address32(at)] },
  'write 2': { size: 2, code: (at) => [0x26, 0x66, 0x89, 0x1d, ...address32(at)] },
  'write 4': { size: 4, code: (at) => [0x26, 0x89, 0x1d, ...address32(at)] },
  'modify 4': { size: 4, code: (at) => [0x26, 0x01, 0x1d, ...address32(at)] },
  'modify 8': { size: 8, code: (at) => [0x26, 0x0f, 0xc7, 0x0d, ...address32(at)] },
  'test 4': { size: 4, code: (at) => [0x26, 0xf7, 0x05, ...address32(at), 1, 0, 0, 0] },
  stosd: { size: 4, code: (at) => [0xbf, ...address32(at), 0xab] },
  scasb: { size: 1, code: (at) => [0xbf, ...address32(at), 0xae] },
};

/** Limits and types when memory is accessed; QEMU's TCG looks at neither. */
const limits: Area = {
  id: 'segment-limits',
  about: 'Limit Checking; Type Checking',
  scenarios: () => {
    const scenario = maker('segment-limits');
    const list: Scenario[] = [];
    const kinds = {
      data: type.data,
      'read-only': type.readOnly,
      down: type.down,
      'down read-only': 0x14,
      code: type.code,
      'execute-only': type.executeOnly,
      conforming: type.conforming,
    };
    for (const [kind, way, small, edge] of product(
      Object.keys(kinds) as (keyof typeof kinds)[],
      Object.keys(accesses),
      [false, true],
      [-8, -4, -3, -2, -1, 0, 1, 2],
    )) {
      const { code, size } = accesses[way];
      if (edge < -size || (small && !kind.startsWith('down'))) continue;
      const s = scenario([way, kind, small ? 'small' : '', 'at limit', edge], 3, bochsAlone);
      s.describe(TARGET, descriptor(kinds[kind], { dpl: 3, limit: 0x5fff, small })).set({ es: sel.data[3] });
      s.raw(0x8e, 0xc0, ...code(0x5fff + edge))
        .set({ eax: TARGET | 3 })
        .show(0x5ff4, 6);
      list.push(s);
    }
    // Ends of the address space, a limit in pages, a base, and segments that hold nothing.
    for (const [way, name, address] of product(
      Object.keys(accesses),
      ['64 KiB', 'page limit', 'based', 'null', 'no limit'],
      [0, 0xffff, 0x10000, 0x1fff, 0x2000, 0xfffffffc, 0xfffffffe],
    )) {
      const s = scenario([way, name, 'at', address.toString(16)], 0, bochsAlone);
      const d: Record<string, Descriptor> = {
        '64 KiB': descriptor(type.down, { small: true, limit: 0x0fff }),
        'page limit': [((DATA & 0xffff) << 16) | 1, 0x00c09200],
        based: descriptor(type.data, { base: 0x3000, limit: 0x2fff }),
        null: [0, 0],
        'no limit': descriptor(type.data, { limit: 0, base: DATA }),
      };
      s.describe(TARGET, d[name]).set({ eax: name === 'null' ? 3 : TARGET });
      list.push(s.raw(0x8e, 0xc0, ...accesses[way].code(address)).show(0x5000, 2));
    }
    // Stack segments: pushes, pops and calls at the edge; a 16-bit stack wraps.
    const pushes: Record<string, readonly number[]> = {
      push: [0x50],
      'push word': [0x66, 0x50],
      pop: [0x5b],
      pusha: [0x60],
      popa: [0x61],
      call: [0xe8, 0, 0, 0, 0],
      enter: [0xc8, 8, 0, 0],
      'enter 3': [0xc8, 8, 0, 3],
      leave: [0xc9],
      pushf: [0x9c],
      ret: [0xc3],
      lcall: [0x9a, ...address32(stubOf(0x111)), sel.code[0], 0],
      'push [esp]': [0xff, 0x34, 0x24],
      'mov [ebp]': [0x89, 0x45, 0],
      'mov [esp]': [0x89, 0x04, 0x24],
    };
    for (const [way, kind, small, esp] of product(
      Object.keys(pushes),
      ['data', 'down'] as const,
      [false, true],
      [0x5ffc, 0x5ffe, 0x6000, 0x6002, 0x6004, 0x6010],
    )) {
      // A return to half an address leads nowhere.
      if (way === 'ret' && esp % 4 !== 0) continue;
      const s = scenario([way, kind, small ? 'small' : '', 'esp', esp.toString(16)], 0, bochsAlone);
      s.describe(TARGET, descriptor(kinds[kind], { limit: 0x5fff, small }))
        .interrupt(12, gate(type.task, sel.tssE, 0))
        .interrupt(8, gate(type.task, sel.tssE, 0));
      s.interrupt(0x20, gate(type.task, sel.tssE, 0)).write(0x5ff8, ...Array.from({ length: 8 }, () => 0x4100));
      s.bytes(0x4100, 0xcd, 0x20);
      // mov ss, eax; mov esp, ebx; mov ebp, ebx
      list.push(
        s
          .set({ eax: TARGET, ebx: esp })
          .raw(0x8e, 0xd0, 0x89, 0xdc, 0x89, 0xdd, ...pushes[way])
          .show(0x3038, 2)
          .show(0x3020),
      );
    }
    // Fetching beyond the limit of the code segment.
    for (const [limit, conforming] of product(
      [0x4100, 0x4101, 0x4102, 0x4103, 0x4104, 0x4105, 0x4106, 0x4107],
      [false, true],
    )) {
      const s = scenario(['fetch', conforming ? 'conforming' : '', 'limit', limit.toString(16)], 0, bochsAlone);
      s.describe(TARGET, descriptor(conforming ? type.conforming : type.code, { limit }));
      // mov eax, imm32; int done
      s.bytes(0x4100, 0xb8, 1, 2, 3, 4, 0xcd, 0x20);
      list.push(s.code((a) => a.ljmp(TARGET, 0x4100)));
    }
    return list;
  },
};

export const segmentAreas: readonly Area[] = [loads, looks, limits];
