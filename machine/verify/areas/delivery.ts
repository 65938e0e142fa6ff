import { descriptor, gate, sel, stacks, stubOf, tss, type, vector } from '../scenarios/map.js';
import type { Scenario } from '../scenarios/scenario.js';
import { type Area, bochsAlone, both, maker, product, RINGS } from './area.js';

const TARGET = sel.free;
const STACK = sel.free + 8;
type Change = (s: Scenario, ring: number) => void;

const stackField = (ring: number) => `ss${ring}` as 'ss0' | 'ss1' | 'ss2';
const pointerField = (ring: number) => `esp${ring}` as 'esp0' | 'esp1' | 'esp2';
/** A stack segment for `ring` in the TSS, of another kind. */
const other =
  (kind: number, o: Parameters<typeof descriptor>[1] = {}, rpl?: number): Change =>
  (s, ring) =>
    void s
      .describe(STACK, descriptor(kind, { dpl: ring, ...o }))
      .task('A', { [stackField(ring)]: STACK | (rpl ?? ring) });

/** What can be wrong with the stack that a change of privilege switches to. */
export const badStacks: Record<string, Change> = {
  'a good stack': () => undefined,
  'null stack': (s, ring) => void s.task('A', { [stackField(ring)]: 0 }),
  'null stack with rpl': (s, ring) => void s.task('A', { [stackField(ring)]: ring }),
  'stack beyond the GDT': (s, ring) => void s.task('A', { [stackField(ring)]: 0x800 | ring }),
  'stack without LDT': (s, ring) => void s.task('A', { [stackField(ring)]: 0x8c | ring }),
  'stack of another RPL': other(type.data, {}, 3),
  'stack of RPL 0': other(type.data, {}, 0),
  'stack of DPL 3': other(type.data, { dpl: 3 }),
  'stack of DPL 0': other(type.data, { dpl: 0 }),
  'read-only stack': other(type.readOnly),
  'code as stack': other(type.code),
  'system segment as stack': other(type.ldt),
  'absent stack': other(type.data, { absent: true }),
  '16-bit stack': other(type.data, { small: true }),
};
/** Stacks whose limits leave no room, or just enough; QEMU's TCG looks at none of them. */
export const tightStacks: Record<string, Change> = {
  'stack below its limit': other(type.data, { limit: 0xfff }),
  'stack with room for two words': (s, ring) =>
    void s
      .describe(STACK, descriptor(type.down, { dpl: ring, limit: stacks.ring1 - 9 }))
      .task('A', { [stackField(ring)]: STACK | ring, [pointerField(ring)]: stacks.ring1 }),
  'expand-down stack': other(type.down, { limit: 0xfff }),
  'expand-down stack that ends above': other(type.down, { limit: 0x7fff }),
};

/** The stages of a delivery with a change of privilege, each made to fail. */
export const delivery: Area = {
  id: 'delivery',
  about: 'Stack Usage on Transfers to Interrupt and Exception-Handling Routines',
  scenarios: () => {
    const scenario = maker('delivery');
    const list: Scenario[] = [];
    const kinds = { int32: type.int32, trap16: type.trap16, int16: type.int16 } as const;
    const changes = { ...badStacks, ...tightStacks };
    for (const [kind, cpl, ring, bad, way] of product(
      Object.keys(kinds) as (keyof typeof kinds)[],
      [2, 3],
      [1, 2],
      Object.keys(changes),
      ['int', '#UD', '#GP', '#DE'],
    )) {
      if (ring >= cpl) continue;
      const number = { int: vector.test, '#UD': 6, '#GP': 13, '#DE': 0 }[way]!;
      const s = scenario(
        [way, kind, 'cpl', cpl, 'to ring', ring, bad],
        cpl,
        bad in tightStacks ? bochsAlone : both,
      ).interrupt(number, gate(kinds[kind], sel.code[ring] & ~3, stubOf(number), { dpl: 3 }));
      changes[bad](s, ring);
      raise(s, way);
      list.push(s);
    }
    // The stack of ring 0 itself: #TS and #DF need a task to be delivered at all.
    for (const [cpl, bad, way] of product([1, 2, 3], Object.keys(badStacks), ['int', '#UD', '#GP'])) {
      const number = { int: vector.test, '#UD': 6, '#GP': 13 }[way]!;
      const s = scenario([way, 'cpl', cpl, 'to ring 0', bad], cpl)
        .show(tss.E, 1)
        .show(tss.A + 0x20, 16);
      for (const fault of [8, 10, 12]) s.interrupt(fault, gate(type.task, sel.tssE, 0));
      s.interrupt(number, gate(type.int32, sel.code[0], stubOf(number), { dpl: 3 }));
      badStacks[bad](s, 0);
      raise(s, way);
      list.push(s);
    }
    for (const [limit, ring, cpl, small] of product(
      [5, 7, 0xb, 0xd, 0xf, 0x13, 0x15, 0x17, 0x1b, 0x67],
      [1, 2],
      [2, 3],
      [false, true],
    )) {
      // The stack of ring 0, where the fault is told, lies within. Whether SS is read as a word or as a doubleword, the
      // editions of the manual do not agree; no limit here falls between.
      if (ring >= cpl || (!small && limit < 9)) continue;
      const s = scenario(['TSS limit', limit, 'to ring', ring, 'cpl', cpl, small ? '16-bit TSS' : ''], cpl)
        .set({ tr: TARGET })
        .describe(TARGET, descriptor(small ? type.tss16 : type.tss32, { base: small ? tss.D : tss.A, limit }))
        .interrupt(vector.test, gate(type.int32, sel.code[ring] & ~3, stubOf(vector.test), { dpl: 3 }))
        .code((a) => a.int(vector.test));
      list.push(s);
    }
    return list;
  },
};

function raise(s: Scenario, way: string): void {
  if (way === 'int') s.code((a) => a.int(vector.test));
  else if (way === '#UD') s.code((a) => a.ud2());
  else if (way === '#GP') s.raw(0xf4);
  else s.raw(0x31, 0xc0, 0xf6, 0xf0); // xor eax, eax; div al
}

/** First exception: instructions that raise it at any privilege level. */
const first: Record<string, readonly [vector: number, code: readonly number[], change?: Change]> = {
  '#DE': [0, [0x31, 0xc0, 0xf6, 0xf0]],
  '#BP': [3, [0xcc]],
  '#OF': [4, [0xb0, 0x7f, 0x04, 1, 0xce]],
  '#BR': [5, [0xb8, 5, 0, 0, 0, 0x62, 0x05, 0, 0x50, 0, 0]],
  '#UD': [6, [0x0f, 0x0b]],
  '#NM': [7, [0xdb, 0xe3], (s) => void s.set({ cr0: s.start.cr0 | 8 })],
  '#NP': [
    11,
    [0xb8, 0xa0, 0, 0, 0, 0x8e, 0xe0],
    (s) => void s.describe(0xa0, descriptor(type.data, { dpl: 3, absent: true })),
  ],
  '#SS': [12, [0xb8, 0xa0, 0, 0, 0, 0x8e, 0xd0]],
  '#GP': [13, [0xb8, 0xf0, 0xff, 0, 0, 0x8e, 0xe0]],
  '#PF': [14, [0xa1, 0, 0x10, 0x40, 0], (s) => void s.set({ cr0: (s.start.cr0 | 0x80000000) >>> 0 })],
};

/** What the gate of the first exception, or of the second, is. */
const gateStates: Record<string, (s: Scenario, number: number) => void> = {
  absent: (s, n) => void s.interrupt(n, gate(type.int32, sel.code[0], stubOf(n), { absent: true })),
  'no gate': (s, n) => void s.interrupt(n, [0, 0]),
  'to a null selector': (s, n) => void s.interrupt(n, gate(type.int32, 0, stubOf(n))),
  'to absent code': (s, n) =>
    void s.describe(TARGET, descriptor(type.code, { absent: true })).interrupt(n, gate(type.int32, TARGET, stubOf(n))),
  'to an outer ring': (s, n) => void s.interrupt(n, gate(type.int32, sel.code[3] & ~3, stubOf(n))),
  'to a bad TSS': (s, n) => void s.interrupt(n, gate(type.task, sel.code[0], 0)),
};

/** Exceptions while exceptions are delivered: serial or double (SDM vol. 3, "Interrupt 8: Double Fault Exception"). */
export const doubleFaults: Area = {
  id: 'double-faults',
  about: 'Conditions for Generating a Double Fault',
  scenarios: () => {
    const scenario = maker('double-faults');
    const list: Scenario[] = [];
    for (const [name, state, cpl, way] of product(Object.keys(first), Object.keys(gateStates), RINGS, [
      'gate',
      'task',
    ])) {
      const [number, code, change] = first[name];
      const s = scenario([name, 'gate', state, 'cpl', cpl, '#DF by', way], cpl);
      // #SS wants a stack segment that is not there, of this ring.
      if (name === '#SS') s.describe(0xa0, descriptor(type.data, { dpl: cpl, absent: true }));
      s.raw(...(name === '#SS' ? [0xb8, 0xa0 | cpl, 0, 0, 0, 0x8e, 0xd0] : code));
      change?.(s, cpl);
      gateStates[state](s, number);
      if (way === 'task')
        s.interrupt(8, gate(type.task, sel.tssE, 0))
          .show(tss.E, 1)
          .show(tss.A + 0x20, 16);
      list.push(s);
    }
    // Two in a row that are not a double fault, each delivered in its turn.
    for (const [name, cpl] of product(Object.keys(first), RINGS)) {
      const [number, code, change] = first[name];
      const s = scenario([name, 'gate of a page that is not there, cpl', cpl], cpl);
      if (name === '#SS') s.describe(0xa0, descriptor(type.data, { dpl: cpl, absent: true }));
      s.raw(...(name === '#SS' ? [0xb8, 0xa0 | cpl, 0, 0, 0, 0x8e, 0xd0] : code));
      change?.(s, cpl);
      // The handler's segment is based in the window, whose page is absent: the fault is that of its first instruction.
      s.describe(TARGET, descriptor(type.code, { base: 0x400000, limit: 0xfffff }));
      s.interrupt(number, gate(type.int32, TARGET, 0x2000)).set({ cr0: (s.start.cr0 | 0x80000000) >>> 0 });
      if (number !== 14) list.push(s);
    }
    return list;
  },
};
