import { descriptor, gate, LDT, STUB16, sel, stubOf, tss, type, vector } from '../scenarios/map.js';
import { FLAG, IOPL, type Scenario } from '../scenarios/scenario.js';
import { type Area, bochsAlone, both, maker, only16, product, RINGS } from './area.js';

const kinds = { int32: type.int32, trap32: type.trap32, int16: type.int16, trap16: type.trap16 } as const;
const names = Object.keys(kinds) as (keyof typeof kinds)[];
const HANDLER = stubOf(vector.test);
const TARGET = sel.free;

/** INT n through interrupt and trap gates of every kind (SDM vol. 3, "Exception- or Interrupt-Handler Procedures"). */
export const gates: Area = {
  id: 'gates',
  about: 'Protection of Exception- and Interrupt-Handler Procedures',
  scenarios: () => {
    const scenario = maker('gates');
    const call = (s: Scenario) => s.code((a) => a.int(vector.test));
    const list: Scenario[] = [];
    for (const [kind, dpl, cpl, conforming, target] of product(names, RINGS, RINGS, [false, true], RINGS)) {
      const code = descriptor(conforming ? type.conforming : type.code, { dpl: target });
      list.push(
        call(scenario([kind, 'gate', dpl, 'cpl', cpl, conforming ? 'conforming' : 'code', target], cpl))
          .describe(TARGET, code)
          .interrupt(vector.test, gate(kinds[kind], TARGET, HANDLER, { dpl })),
      );
    }
    for (const [kind, dpl, cpl] of product(names, RINGS, RINGS)) {
      list.push(
        call(scenario(['absent', kind, 'gate', dpl, 'cpl', cpl], cpl)).interrupt(
          vector.test,
          gate(kinds[kind], sel.code[0], HANDLER, { dpl, absent: true }),
        ),
      );
    }
    for (const [other, dpl, cpl] of product([0, 1, 2, 3, 4, 8, 9, 10, 11, 12, 13, 0x16, 0x1a, 0x1e], [0, 3], [0, 3])) {
      list.push(
        call(scenario(['type', other, 'in place of a gate', dpl, 'cpl', cpl], cpl)).interrupt(
          vector.test,
          gate(other, sel.code[0], HANDLER, { dpl }),
        ),
      );
    }
    const targets: Record<string, readonly [number, readonly [number, number]]> = {
      null: [0, [0, 0]],
      'null with rpl 3': [3, [0, 0]],
      'beyond the limit': [0x800, [0, 0]],
      'no descriptor': [TARGET, [0, 0]],
      data: [TARGET, descriptor(type.data)],
      'read-only': [TARGET, descriptor(type.readOnly)],
      'absent code': [TARGET, descriptor(type.code, { absent: true })],
      'absent data': [TARGET, descriptor(type.data, { absent: true })],
      'absent code of ring 3': [TARGET, descriptor(type.code, { dpl: 3, absent: true })],
      'execute-only': [TARGET, descriptor(type.executeOnly)],
      'of the LDT': [TARGET | 4, descriptor(type.code)],
      'with rpl 3': [sel.code[0] | 3, [0, 0]],
      tss: [sel.tssB, [0, 0]],
      'call gate': [TARGET, gate(type.call32, sel.code[0], HANDLER)],
      'small code': [TARGET, descriptor(type.code, { limit: 0x8300 })],
      'code based elsewhere': [TARGET, descriptor(type.code, { base: 0x100 })],
    };
    for (const [kind, cpl, target] of product(names, RINGS, Object.keys(targets))) {
      const [selector, d] = targets[target];
      // The handler's second instruction lies beyond the limit, which QEMU does not look at.
      const oracles = target === 'small code' ? bochsAlone : both;
      const s = call(scenario([kind, 'cpl', cpl, 'to', target], cpl, oracles)).set({ ldtr: sel.ldt });
      if (selector >= sel.free && selector < 0x800) s.describe(selector, d);
      const offset = target === 'code based elsewhere' ? HANDLER - 0x100 : HANDLER;
      list.push(s.interrupt(vector.test, gate(kinds[kind], selector, offset, { dpl: 3 })));
    }
    for (const [kind, cpl] of product(names, RINGS)) {
      list.push(
        call(scenario([kind, 'cpl', cpl, 'to 16-bit code'], cpl))
          .describe(TARGET, descriptor(type.code, { small: true, limit: 0xffff }))
          .interrupt(vector.test, gate(kinds[kind], TARGET, STUB16, { dpl: 3 })),
        call(scenario([kind, 'cpl', cpl, 'to an LDT that is not there'], cpl)).interrupt(
          vector.test,
          gate(kinds[kind], TARGET | 4, HANDLER, { dpl: 3 }),
        ),
      );
    }
    const flags = {
      if: FLAG.if,
      nt: FLAG.nt,
      tf: FLAG.tf,
      'if iopl 3': FLAG.if | (3 * IOPL),
      ac: FLAG.ac,
      status: 0xcd5,
    };
    for (const [kind, cpl, flag, target] of product(
      names,
      [0, 3],
      Object.keys(flags) as (keyof typeof flags)[],
      [0, 1],
    )) {
      if (target > cpl) continue;
      const s = call(scenario([kind, 'cpl', cpl, 'flags', flag, 'to ring', target], cpl));
      list.push(
        s
          .set({ eflags: flags[flag] | 2 })
          .interrupt(vector.test, gate(kinds[kind], sel.code[target] & ~3, HANDLER, { dpl: 3 }))
          // With TF the trap comes before INT's handler has an instruction done, or after the first one.
          .show(tss.A, 1),
      );
    }
    // The other instructions that enter a gate: their DPL checks, and ICEBP that has none.
    const ways = { int3: [0xcc], 'int 3': [0xcd, 3], into: [0xb0, 0x7f, 0x04, 1, 0xce], icebp: [0xf1] } as const;
    for (const [way, dpl, cpl, kind] of product(Object.keys(ways) as (keyof typeof ways)[], RINGS, RINGS, names)) {
      const number = way === 'into' ? 4 : way === 'icebp' ? 1 : 3;
      list.push(
        scenario([way, kind, 'gate', dpl, 'cpl', cpl], cpl)
          .raw(...ways[way])
          .interrupt(number, gate(kinds[kind], sel.code[0], stubOf(number), { dpl })),
      );
    }
    for (const [number, limit, cpl] of product([0x30, 0x31, 0x40, 0xff], [0x17f, 0x180, 0x184, 0x187, 0x18f], [0, 3])) {
      list.push(
        scenario(['int', number, 'IDT limit', limit, 'cpl', cpl], cpl)
          .set({ idtLimit: limit })
          .interrupt(number, gate(type.int32, sel.code[0], stubOf(number), { dpl: 3 }))
          .code((a) => a.int(number)),
      );
    }
    return list;
  },
};

const tasks: Record<string, readonly [selector: number, d?: readonly [number, number]]> = {
  'a task': [sel.tssB],
  'a 16-bit task': [sel.tssD],
  'a busy task': [TARGET, descriptor(type.tss32Busy, { base: tss.B, limit: 0x67 })],
  'an absent task': [TARGET, descriptor(type.tss32, { base: tss.B, limit: 0x67, absent: true })],
  'a short task': [TARGET, descriptor(type.tss32, { base: tss.B, limit: 0x66 })],
  'a task with DPL 3': [TARGET, descriptor(type.tss32, { base: tss.B, limit: 0x67, dpl: 3 })],
  null: [0],
  'beyond the limit': [0x800],
  code: [sel.code[0]],
  'an LDT': [sel.ldt],
  'a task in the LDT': [TARGET | 4, descriptor(type.tss32, { base: tss.B, limit: 0x67 })],
};

/** Task gates in the IDT: where they lead, and who may use them. */
export const taskGates: Area = {
  id: 'task-gates',
  about: 'Interrupt Tasks',
  scenarios: () => {
    const scenario = maker('task-gates');
    const list: Scenario[] = [];
    for (const [dpl, cpl, target, way] of product(RINGS, RINGS, Object.keys(tasks), ['int', '#UD', '#GP'])) {
      const [selector, d] = tasks[target];
      const number = way === 'int' ? vector.test : way === '#UD' ? 6 : 13;
      // A #GP that meets a bad task becomes a double fault; its DPL does not matter.
      if (way !== 'int' && dpl > 1) continue;
      const s = scenario([way, 'task gate', dpl, 'cpl', cpl, 'to', target], cpl)
        .set({ ldtr: sel.ldt })
        .interrupt(number, gate(type.task, selector, 0, { dpl }))
        .show(tss.B, 1)
        .show(tss.D, 1)
        .show(tss.A + 0x20, 16);
      if (d) s.describe(selector, d);
      for (const shown of [sel.tssA, sel.tssB, sel.tssD, TARGET]) s.show(0x2004 + (shown & ~7));
      s.show(LDT + 4 + (TARGET & ~7));
      if (way === 'int') s.code((a) => a.int(number));
      else if (way === '#UD') s.code((a) => a.ud2());
      else s.raw(0x0f, 0x01, 0x15, 0, 0x50, 0, 0, 0x0f, 0x22, 0xf8); // lgdt; mov cr7 is #UD, outside of ring 0 #GP
      if (way === '#GP' && cpl === 0) continue;
      list.push(target.includes('16-bit') ? only16(s) : s);
    }
    return list;
  },
};
