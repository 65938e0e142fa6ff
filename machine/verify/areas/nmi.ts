import { CODE, descriptor, gate, sel, stacks, stubOf, tss, tssField, type, vector } from '../scenarios/map.js';
import { FLAG, IOPL, type Scenario } from '../scenarios/scenario.js';
import { type Area, maker, only16, product, RINGS } from './area.js';
import { virtual } from './virtual-start.js';

const TARGET = sel.free;
const NMI = 2;
const HANDLER = 0x4200;
/**
 * The processor sends itself a non-maskable interrupt: the local APIC's ICR, destination 0, delivery mode NMI (SDM vol. 3,
 * 10.6.1). mov dword [FEE00310h], 0; mov dword [FEE00300h], 4400h
 */
const SEND = [0xc7, 0x05, 0x10, 3, 0xe0, 0xfe, 0, 0, 0, 0, 0xc7, 0x05, 0, 3, 0xe0, 0xfe, 0, 0x44, 0, 0];
/** jmp to itself: wherever the interrupt comes, the address it saves is this one's. */
const WAIT = [0xeb, 0xfe];
/** Time in which it would come: mov ecx, 2000; loop to itself. */
const PASS = [0xb9, 0xd0, 7, 0, 0, 0xe2, 0xfe];
const kinds = { int32: type.int32, trap32: type.trap32, int16: type.int16, trap16: type.trap16 } as const;

export const nmi: Area = {
  id: 'nmi',
  about: 'Nonmaskable Interrupt (NMI)',
  scenarios: () => {
    const scenario = maker('nmi');
    const list: Scenario[] = [];
    const to = (s: Scenario) => s.interrupt(NMI, gate(type.int32, sel.code[0], HANDLER));
    for (const [kind, dpl, cpl, flags] of product(Object.keys(kinds) as (keyof typeof kinds)[], [0, 3], RINGS, [
      0,
      FLAG.if,
      0xcd5,
      3 * IOPL,
    ])) {
      const s = scenario([kind, 'gate', dpl, 'cpl', cpl, 'flags', flags.toString(16)], cpl).set({ eflags: flags | 2 });
      list.push(s.interrupt(NMI, gate(kinds[kind], sel.code[0], stubOf(NMI), { dpl })).raw(...SEND, ...WAIT));
    }
    const targets: Record<string, readonly [selector: number, d?: readonly [number, number]]> = {
      null: [0],
      data: [sel.data[0]],
      absent: [TARGET, descriptor(type.code, { absent: true })],
      conforming: [sel.conforming],
      'ring 1': [sel.code[1]],
      'ring 3': [sel.code[3]],
      'beyond the GDT': [0x800],
    };
    for (const [target, cpl] of product(Object.keys(targets), RINGS)) {
      const [selector, d] = targets[target];
      const s = scenario(['to', target, 'cpl', cpl], cpl).interrupt(NMI, gate(type.int32, selector & ~3, stubOf(NMI)));
      if (d) s.describe(selector, d);
      list.push(s.raw(...SEND, ...WAIT));
    }
    for (const [state, cpl] of product(['absent', 'none'], [0, 3])) {
      const s = scenario(['gate', state, 'cpl', cpl], cpl);
      s.interrupt(NMI, state === 'none' ? [0, 0] : gate(type.int32, sel.code[0], stubOf(NMI), { absent: true }));
      list.push(s.raw(...SEND, ...WAIT));
    }
    for (const [task, cpl, flags] of product(['B', 'D', 'absent'] as const, [0, 3], [0, FLAG.if])) {
      const s = scenario(['task gate to', task, 'cpl', cpl, flags ? 'IF' : ''], cpl).set({ eflags: flags | 2 });
      s.describe(TARGET, descriptor(type.tss32, { base: tss.C, limit: 0x67, absent: true }));
      s.interrupt(NMI, gate(type.task, { B: sel.tssB, D: sel.tssD, absent: TARGET }[task], 0));
      s.raw(...SEND, ...WAIT)
        .show(tss.A + tssField.eip, 16)
        .show(tss.B)
        .show(tss.D)
        .show(0x2004 + sel.tssA);
      list.push(task === 'D' ? only16(s) : s);
    }
    // Held back until IRET: a second one waits, a third is lost.
    const again: Record<string, readonly number[]> = {
      'at once': [],
      'with interrupts enabled': [0xfb],
      'after POPF': [0x9c, 0x9d],
    };
    for (const [how, count, cpl] of product(Object.keys(again), [1, 2], [0, 3])) {
      const s = to(scenario(['held back', how, 'sent', count, 'cpl', cpl], cpl));
      // inc ebx; the second time: the end. Send, wait, note that nothing came (edx), IRET: then it comes.
      const sent = Array.from({ length: count }, () => SEND).flat();
      const body = [...sent, ...again[how], ...PASS, 0xba, 0x77, 0, 0, 0, 0xcf];
      s.set({ ebx: 0 }).bytes(HANDLER, 0x43, 0x83, 0xfb, 2, 0x74, body.length, ...body, 0xcd, vector.done);
      list.push(s.raw(...SEND, ...WAIT));
    }
    // Any IRET lets it in again, that of another handler inside, too.
    for (const [way, cpl] of product(['int3', 'ud2', 'int'], [0, 3])) {
      const s = to(scenario(['let in by the IRET of', way, 'cpl', cpl], cpl)).set({ ebx: 0 });
      const inner = 0x4280;
      const number = { int3: 3, ud2: 6, int: vector.test }[way]!;
      const raise = { int3: [0xcc], ud2: [0x0f, 0x0b], int: [0xcd, vector.test] }[way]!;
      s.interrupt(number, gate(type.int32, sel.code[0], inner));
      // A fault returns behind its two bytes.
      s.bytes(inner, ...(way === 'ud2' ? [0x83, 0x04, 0x24, 2] : []), 0xcf);
      const body = [...SEND, ...PASS, ...raise, ...WAIT];
      s.bytes(HANDLER, 0x43, 0x83, 0xfb, 2, 0x74, body.length, ...body, 0xcd, vector.done);
      list.push(s.raw(...SEND, ...WAIT));
    }
    // With what else may be going on when it comes.
    for (const [way, cpl] of product(['rf', 'nt', 'ac', 'iret to an outer ring', 'virtual'], [0])) {
      const s = scenario(['flags', way, 'cpl', cpl], cpl).interrupt(NMI, gate(type.int32, sel.code[0], HANDLER));
      const value = { rf: FLAG.rf, nt: FLAG.nt, ac: FLAG.ac }[way] ?? 0;
      s.set({ eflags: value | 2, ebx: 0 });
      if (way === 'rf' || way === 'nt' || way === 'ac') {
        list.push(s.interrupt(NMI, gate(type.int32, sel.code[0], stubOf(NMI))).raw(...SEND, ...WAIT));
        continue;
      }
      // In the handler another one is sent, and its IRET goes elsewhere: there it comes, before anything is done.
      const frame =
        way === 'virtual'
          ? [0, 0x410, 0x20002, 0x100, 0x700, 0x510, 0x500, 0x520, 0x530]
          : [0x4100, sel.code[3], 2, stacks.ring3 - 0x40, sel.data[3]];
      const body = [...SEND, ...PASS, 0xbc, 0x80, 0x62, 0, 0, 0xcf];
      s.bytes(HANDLER, 0x43, 0x83, 0xfb, 2, 0x74, body.length, ...body, 0xe9);
      const end = HANDLER + 6 + body.length;
      const distance = stubOf(NMI) - (end + 5);
      s.bytes(end + 1, distance & 0xff, (distance >> 8) & 0xff, (distance >> 16) & 0xff, distance >>> 24);
      s.bytes(0x4100, ...WAIT).write(0x6280, ...frame);
      list.push(s.raw(...SEND, ...WAIT).show(stacks.ring0 - 40, 10));
    }
    for (const [iopl, kind] of product([0, 3], Object.keys(kinds) as (keyof typeof kinds)[])) {
      // Sent in ring 0, it may come there or in virtual-8086 mode: there by the blocking of the first one.
      const s = scenario(['in virtual-8086 mode, iopl', iopl, kind], 0).set({ ebx: 0 });
      s.interrupt(NMI, gate(type.int32, sel.code[0], HANDLER));
      const low = gate(kinds[kind], sel.code[0], stubOf(NMI));
      // mov dword [IDT + 16], low; mov dword [IDT + 20], high: the second time by another gate
      const patch = low.flatMap((word, i) => [
        0xc7,
        0x05,
        0x10 + 4 * i,
        0x10,
        0,
        0,
        word & 0xff,
        (word >>> 8) & 0xff,
        (word >>> 16) & 0xff,
        word >>> 24,
      ]);
      virtual(s, WAIT, { flags: FLAG.if | (iopl * IOPL) });
      s.bytes(HANDLER, ...patch, ...SEND, ...PASS, 0xbc, s.start.esp & 0xff, s.start.esp >> 8, 0, 0, 0xcf);
      list.push(s.bytes(CODE, ...SEND, ...WAIT).show(stacks.ring0 - 40, 10));
    }
    return list;
  },
};
