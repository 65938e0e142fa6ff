import { descriptor, GDT, gate, LDT, paging, sel, stacks, tss, tssField, type } from '../scenarios/map.js';
import { FLAG, IOPL, type Scenario } from '../scenarios/scenario.js';
import { type Area, maker, only16, product, RINGS } from './area.js';

const TARGET = sel.free;
const GATE = sel.free + 8;
/** Both TSSs and their descriptors' busy bits. */
export function showTasks(s: Scenario): Scenario {
  s.show(tss.A, 1).show(tss.A + tssField.cr3, 19);
  s.show(tss.B, 1)
    .show(tss.B + tssField.cr3, 19)
    .show(tss.D, 11);
  for (const selector of [sel.tssA, sel.tssB, sel.tssC, sel.tssD, TARGET]) s.show(GDT + 4 + selector);
  return s.show(LDT + 4 + TARGET);
}

const b = (o: Parameters<typeof descriptor>[1] = {}, kind: number = type.tss32) =>
  descriptor(kind, { base: tss.B, limit: 0x67, ...o });
const targets: Record<string, readonly [selector: number, d?: readonly [number, number]]> = {
  'a task': [TARGET, b()],
  'a task of DPL 3': [TARGET, b({ dpl: 3 })],
  'a task of DPL 1': [TARGET, b({ dpl: 1 })],
  'a task, RPL 3': [TARGET | 3, b({ dpl: 3 })],
  'a 16-bit task': [TARGET, descriptor(type.tss16, { base: tss.D, limit: 0x2b, dpl: 3 })],
  'a busy task': [TARGET, b({ dpl: 3 }, type.tss32Busy)],
  'a busy 16-bit task': [TARGET, descriptor(type.tss16Busy, { base: tss.D, limit: 0x2b, dpl: 3 })],
  'an absent task': [TARGET, b({ dpl: 3, absent: true })],
  'a short task': [TARGET, b({ dpl: 3, limit: 0x66 })],
  'a short 16-bit task': [TARGET, descriptor(type.tss16, { base: tss.D, limit: 0x2a, dpl: 3 })],
  'a task in the LDT': [TARGET | 4, b({ dpl: 3 })],
  'the task itself': [sel.tssA],
};

/** JMP, CALL and task gates to all kinds of targets (SDM vol. 3, "Task Switching"). */
const switches: Area = {
  id: 'task-switch',
  about: 'Task Switching',
  scenarios: () => {
    const scenario = maker('task-switch');
    const list: Scenario[] = [];
    for (const [way, target, cpl, dpl] of product(['jmp', 'call'], Object.keys(targets), RINGS, [-1, 0, 1, 2, 3])) {
      const [selector, d] = targets[target];
      const s = scenario([way, dpl < 0 ? 'to' : `task gate ${dpl} to`, target, 'cpl', cpl], cpl).set({ ldtr: sel.ldt });
      if (d) s.describe(selector, d);
      if (dpl >= 0) s.describe(GATE, gate(type.task, selector, 0, { dpl }));
      s.code((a) => (way === 'jmp' ? a.ljmp : a.lcall)(dpl < 0 ? selector : GATE, 0x12345678));
      showTasks(s);
      list.push(target.includes('16-bit') ? only16(s) : s);
    }
    for (const [way, cpl, eflags] of product(['jmp', 'call', 'iret'], RINGS, [
      FLAG.nt,
      FLAG.cf,
      3 * IOPL,
      0xcd5,
      FLAG.if,
      FLAG.rf,
    ])) {
      const s = scenario([way, 'cpl', cpl, 'flags', eflags], cpl);
      s.set({ eflags: eflags | 2 | (way === 'iret' ? FLAG.nt : 0) }).describe(
        TARGET,
        b({ dpl: 3 }, way === 'iret' ? type.tss32Busy : type.tss32),
      );
      s.task('A', { link: TARGET });
      s.code((a) => (way === 'iret' ? a.iretd() : way === 'jmp' ? a.ljmp(TARGET, 0) : a.lcall(TARGET, 0)));
      list.push(showTasks(s));
    }
    return list;
  },
};

/** IRET with NT: back to the task that the link names. */
const nested: Area = {
  id: 'task-return',
  about: 'Task Linking',
  scenarios: () => {
    const scenario = maker('task-return');
    const list: Scenario[] = [];
    for (const [target, cpl, word] of product(Object.keys(targets), RINGS, [false, true])) {
      const [selector, d] = targets[target];
      const s = scenario(['iret', word ? '16' : '', 'to', target, 'cpl', cpl], cpl);
      s.set({ ldtr: sel.ldt, eflags: FLAG.nt | 2 }).task('A', { link: selector });
      if (d) s.describe(selector, d);
      s.raw(...(word ? [0x66, 0xcf] : [0xcf]));
      showTasks(s);
      list.push(target.includes('16-bit') ? only16(s) : s);
    }
    return list;
  },
};

type Change = (s: Scenario) => void;
const segment =
  (field: keyof typeof tssField, selector: number, d?: readonly [number, number]): Change =>
  (s) => {
    if (d) s.describe(GATE, d);
    s.task('B', { [field]: selector });
  };
/** What can be wrong in the state of the new task; each is found in its context. */
const states: Record<string, Change> = {
  whole: () => undefined,
  'null CS': segment('cs', 0),
  'CS of data': segment('cs', sel.data[0]),
  'CS of ring 3, SS of ring 0': segment('cs', sel.code[3]),
  'CS with wrong RPL': segment('cs', sel.code[0] | 3),
  'CS beyond the GDT': segment('cs', 0x800),
  'absent CS': segment('cs', GATE, descriptor(type.code, { absent: true })),
  'conforming CS': segment('cs', sel.conforming),
  'conforming CS, RPL 3': (s) => void s.task('B', { cs: sel.conforming | 3, ss: sel.data[3], ds: sel.data[3] }),
  'null SS': segment('ss', 0),
  'SS of ring 3': segment('ss', sel.data[3]),
  'SS with wrong RPL': segment('ss', sel.data[0] | 3),
  'read-only SS': segment('ss', GATE, descriptor(type.readOnly)),
  'absent SS': segment('ss', GATE, descriptor(type.data, { absent: true })),
  'SS beyond the GDT': segment('ss', 0x800),
  'null DS': segment('ds', 0),
  'execute-only DS': segment('ds', GATE, descriptor(type.executeOnly)),
  'absent DS': segment('ds', GATE, descriptor(type.data, { absent: true })),
  'DS beyond the GDT': segment('ds', 0x804),
  'DS is a TSS': segment('ds', sel.tssC),
  'absent ES': segment('es', GATE, descriptor(type.data, { absent: true })),
  'absent FS': segment('fs', GATE, descriptor(type.data, { absent: true })),
  'absent GS': segment('gs', GATE, descriptor(type.data, { absent: true })),
  'an LDT': segment('ldt', sel.ldt),
  'DS of its LDT': (s) => void s.task('B', { ldt: sel.ldt, ds: GATE | 4 }).describe(GATE | 4, descriptor(type.data)),
  'LDT in the LDT': segment('ldt', sel.ldt | 4),
  'LDT is a TSS': segment('ldt', sel.tssC),
  'absent LDT': segment('ldt', GATE, descriptor(type.ldt, { base: LDT, limit: 0x3ff, absent: true })),
  'LDT beyond the GDT': segment('ldt', 0x800),
  'EIP beyond the limit': (s) =>
    void s.task('B', { cs: GATE }).describe(GATE, descriptor(type.code, { limit: 0x7fff })),
  'ring 3': (s) =>
    void s.task('B', {
      cs: sel.code[3],
      ss: sel.data[3],
      ds: sel.data[3],
      es: sel.data[3],
      fs: sel.data[3],
      gs: 0,
      esp: stacks.ring3,
    }),
  'ring 3 with DS of ring 0': (s) =>
    void s.task('B', { cs: sel.code[3], ss: sel.data[3], ds: sel.data[0], esp: stacks.ring3 }),
  'ring 1': (s) =>
    void s.task('B', {
      cs: sel.code[1],
      ss: sel.data[1],
      ds: sel.data[1],
      es: sel.data[3],
      fs: 0,
      gs: 0,
      esp: stacks.ring1,
    }),
  'T bit': (s) => void s.task('B', { trap: 1 }),
  TF: (s) => void s.task('B', { eflags: 0x102 }),
  RF: (s) => void s.task('B', { eflags: 0x10002 }),
  'flags all set': (s) => void s.task('B', { eflags: 0x7cd7 }),
  NT: (s) => void s.task('B', { eflags: 0x4002 }),
};

const context: Area = {
  id: 'task-state',
  about: 'Exception Conditions Checked During a Task Switch',
  scenarios: () => {
    const scenario = maker('task-state');
    const list: Scenario[] = [];
    for (const [way, state, cpl] of product(['jmp', 'call', 'iret', 'int'], Object.keys(states), [0, 3])) {
      const s = scenario([way, 'to a task with', state, 'cpl', cpl], cpl);
      s.describe(TARGET, b({ dpl: 3 }, way === 'iret' ? type.tss32Busy : type.tss32));
      s.interrupt(0x30, gate(type.task, TARGET, 0, { dpl: 3 }));
      if (way === 'iret') s.set({ eflags: FLAG.nt | 2 }).task('A', { link: TARGET });
      states[state](s);
      // Faults of the new context are delivered there; what has no stack there needs a task of its own.
      for (const fault of [8, 10, 11, 12]) s.interrupt(fault, gate(type.task, sel.tssE, 0));
      s.show(tss.E, 1);
      s.code((a) => {
        if (way === 'int') a.int(0x30);
        else if (way === 'iret') a.iretd();
        else if (way === 'jmp') a.ljmp(TARGET, 0);
        else a.lcall(TARGET, 0);
      });
      list.push(showTasks(s));
    }
    // CR3 and TS change with the task; addresses of the new space count at once.
    for (const [way, cpl, cr3] of product(
      ['jmp', 'call'],
      [0, 3],
      [paging.directory, 0x200000, paging.directory | 0x18],
    )) {
      const s = scenario([way, 'cpl', cpl, 'with paging, CR3', cr3.toString(16)], cpl);
      s.set({ cr0: (s.start.cr0 | 0x80000000) >>> 0 }).describe(TARGET, b({ dpl: 3 }));
      s.write(0x200000, paging.low | 7, 0).task('B', { cr3, trap: 0 });
      s.code((a) => (way === 'jmp' ? a.ljmp(TARGET, 0) : a.lcall(TARGET, 0)));
      list.push(showTasks(s));
    }
    return list;
  },
};

export const taskAreas: readonly Area[] = [switches, nested, context];
