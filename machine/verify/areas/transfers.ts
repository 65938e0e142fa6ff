import { type Descriptor, descriptor, gate, marker, sel, stacks, stubOf, type } from '../scenarios/map.js';
import { FLAG, IOPL, type Scenario } from '../scenarios/scenario.js';
import { type Area, bochsAlone, both, maker, product, RINGS } from './area.js';
import { badStacks, tightStacks } from './delivery.js';

const TARGET = sel.free;
const GATE = sel.free + 8;
const PLACE = stubOf(marker.place);

/** Far JMP and CALL straight to code segments (SDM vol. 3, "Direct Calls or Jumps to Code Segments"). */
const direct: Area = {
  id: 'far-direct',
  about: 'Direct Calls or Jumps to Code Segments',
  scenarios: () => {
    const scenario = maker('far-direct');
    const list: Scenario[] = [];
    const go = (s: Scenario, way: string, selector: number, at = PLACE) =>
      s.code((a) => (way === 'jmp' ? a.ljmp(selector, at) : a.lcall(selector, at)));
    for (const [way, cpl, dpl, rpl, conforming] of product(['jmp', 'call'], RINGS, RINGS, RINGS, [false, true])) {
      const s = scenario([way, 'cpl', cpl, 'to', conforming ? 'conforming' : 'code', dpl, 'rpl', rpl], cpl);
      s.describe(TARGET, descriptor(conforming ? type.conforming : type.code, { dpl }));
      list.push(go(s, way, TARGET | rpl).show(0x2004 + TARGET));
    }
    const targets: Record<string, readonly [number, Descriptor?]> = {
      null: [0],
      'null with rpl 2': [2],
      'beyond the GDT': [0x800],
      'the LDT, empty': [TARGET | 4],
      'code of the LDT': [(TARGET | 4) + 8],
      'absent code': [TARGET, descriptor(type.code, { absent: true, dpl: 3 })],
      'absent conforming code': [TARGET, descriptor(type.conforming, { absent: true })],
      data: [TARGET, descriptor(type.data, { dpl: 3 })],
      'an LDT': [sel.ldt],
      'an interrupt gate': [TARGET, gate(type.int32, sel.code[0], PLACE, { dpl: 3 })],
      'a type that is none': [TARGET, gate(0, sel.code[0], PLACE, { dpl: 3 })],
      'another type that is none': [TARGET, gate(13, sel.code[0], PLACE, { dpl: 3 })],
    };
    for (const [way, cpl, target] of product(['jmp', 'call'], RINGS, Object.keys(targets))) {
      const [selector, d] = targets[target];
      const s = scenario([way, 'cpl', cpl, 'to', target], cpl).set({ ldtr: sel.ldt });
      s.describe((TARGET | 4) + 8, descriptor(type.code, { dpl: cpl }));
      if (d) s.describe(selector, d);
      list.push(go(s, way, selector));
    }
    for (const [way, cpl, limit] of product(['jmp', 'call'], [0, 3], [PLACE - 1, PLACE, PLACE + 9])) {
      const s = scenario([way, 'cpl', cpl, 'EIP and limit', limit], cpl, bochsAlone);
      list.push(go(s.describe(TARGET, descriptor(type.code, { dpl: cpl, limit })), way, TARGET | cpl));
    }
    // With operand size 16: IP is cut, words are pushed.
    for (const [way, cpl, conforming] of product(['jmp', 'call'], RINGS, [false, true])) {
      const s = scenario(['16-bit', way, 'cpl', cpl, conforming ? 'conforming' : ''], cpl);
      const selector = conforming ? sel.conforming : sel.code[cpl];
      list.push(s.raw(0x66, way === 'jmp' ? 0xea : 0x9a, PLACE & 0xff, PLACE >> 8, selector, 0));
    }
    return list;
  },
};

/** Call gates, with parameters copied from stack to stack. */
const callGates: Area = {
  id: 'call-gates',
  about: 'Accessing a Code Segment Through a Call Gate',
  scenarios: () => {
    const scenario = maker('call-gates');
    const list: Scenario[] = [];
    const kinds = { call32: type.call32, call16: type.call16 } as const;
    const kindNames = Object.keys(kinds) as (keyof typeof kinds)[];
    const go = (s: Scenario, way: string, selector: number) => {
      for (let i = 0; i < 32; i++) s.write(s.start.esp + 4 * i, 0x5000 + i);
      return s.code((a) => (way === 'jmp' ? a.ljmp(selector, 0xdeadbeef) : a.lcall(selector, 0xdeadbeef)));
    };
    for (const [way, kind, cpl, gateDpl, rpl, dpl, conforming] of product(
      ['jmp', 'call'],
      kindNames,
      RINGS,
      RINGS,
      RINGS,
      RINGS,
      [false, true],
    )) {
      // RPL counts as CPL does in the gate's check alone: not with every other value.
      if (rpl !== 0 && (dpl > 1 || conforming)) continue;
      const s = scenario(
        [way, kind, gateDpl, 'cpl', cpl, 'rpl', rpl, 'to', conforming ? 'conforming' : 'code', dpl],
        cpl,
      );
      s.describe(TARGET, descriptor(conforming ? type.conforming : type.code, { dpl }));
      s.describe(GATE, gate(kinds[kind], TARGET, PLACE, { dpl: gateDpl, parameters: 2 }));
      list.push(go(s, way, GATE | rpl).show(0x2004 + TARGET));
    }
    for (const [kind, cpl, ring, parameters] of product(kindNames, [1, 2, 3], [0, 1, 2], [0, 1, 3, 15, 31, 32 + 1])) {
      if (ring >= cpl) continue;
      const s = scenario([kind, 'cpl', cpl, 'to ring', ring, 'parameters', parameters], cpl);
      s.describe(GATE, gate(kinds[kind], sel.code[ring] & ~3, PLACE, { dpl: 3, parameters }));
      const top = [stacks.ring0, stacks.ring1, stacks.ring2][ring];
      // What lies below the last push is nobody's.
      const words = 4 + (parameters & 31);
      list.push(
        go(s, 'call', GATE | 3).show(
          kind === 'call32' ? top - 4 * words : top - 4 * (words >> 1),
          kind === 'call32' ? words : words >> 1,
        ),
      );
    }
    const gatesOf: Record<string, readonly [number, Descriptor?]> = {
      'an absent gate': [GATE, gate(type.call32, sel.code[0], PLACE, { dpl: 3, absent: true })],
      'a gate to null': [GATE, gate(type.call32, 3, PLACE, { dpl: 3 })],
      'a gate to data': [GATE, gate(type.call32, sel.data[0], PLACE, { dpl: 3 })],
      'a gate beyond the GDT': [GATE, gate(type.call32, 0x800, PLACE, { dpl: 3 })],
      'a gate to absent code': [GATE, gate(type.call32, TARGET, PLACE, { dpl: 3 })],
      'a gate to a gate': [GATE, gate(type.call32, GATE, PLACE, { dpl: 3 })],
      'a gate to the LDT': [GATE, gate(type.call32, TARGET | 4, PLACE, { dpl: 3 })],
      'a gate to a TSS': [GATE, gate(type.call32, sel.tssB, PLACE, { dpl: 3 })],
      'a gate in the LDT': [(TARGET | 4) + 8],
    };
    for (const [way, cpl, which] of product(['jmp', 'call'], RINGS, Object.keys(gatesOf))) {
      const [selector, d] = gatesOf[which];
      const s = scenario([way, 'cpl', cpl, 'through', which], cpl).set({ ldtr: sel.ldt });
      s.describe(TARGET, descriptor(type.code, { absent: true }));
      s.describe((TARGET | 4) + 8, gate(type.call32, sel.code[cpl] & ~3, PLACE, { dpl: 3 }));
      s.describe(TARGET | 4, descriptor(type.code));
      if (d) s.describe(selector, d);
      list.push(go(s, way, selector));
    }
    const stacksOf = { ...badStacks, ...tightStacks };
    for (const [kind, cpl, ring, bad] of product(kindNames, [2, 3], [1, 2], Object.keys(stacksOf))) {
      if (ring >= cpl) continue;
      const s = scenario([kind, 'cpl', cpl, 'to ring', ring, bad], cpl, bad in tightStacks ? bochsAlone : both);
      s.describe(GATE + 8, gate(kinds[kind], sel.code[ring] & ~3, PLACE, { dpl: 3, parameters: 1 }));
      stacksOf[bad](s, ring);
      list.push(go(s, 'call', GATE + 8));
    }
    // Parameters from a 16-bit stack, where the upper half of ESP means nothing.
    for (const [kind, cpl, ring, parameters] of product(kindNames, [1, 2, 3], [0, 1, 2], [1, 5, 31])) {
      if (ring >= cpl) continue;
      const s = scenario([kind, 'cpl', cpl, '16-bit stack, to ring', ring, 'parameters', parameters], cpl);
      s.describe(GATE, gate(kinds[kind], sel.code[ring] & ~3, PLACE, { dpl: 3, parameters }));
      s.describe(GATE + 16, descriptor(type.data, { dpl: cpl, small: true, limit: 0xffff }));
      go(s, 'call', GATE | 3).set({ ss: (GATE + 16) | cpl, esp: 0x12340000 | s.start.esp });
      // What IRET has left in that upper half differs between processors.
      list.push(s.ignore(`stack${parameters + 2}`, 0xffff0000));
    }
    return list;
  },
};

/** What a return finds as selectors on its stack. */
const stackSegments: Record<string, readonly [number, Descriptor?]> = {
  null: [0],
  'null with RPL 3': [3],
  'DPL 0': [sel.data[0]],
  'DPL 1': [sel.data[1]],
  'DPL 2': [sel.data[2]],
  'DPL 3': [sel.data[3]],
  'DPL 3, RPL 0': [sel.data[3] & ~3],
  'read-only': [GATE | 3, descriptor(type.readOnly, { dpl: 3 })],
  absent: [GATE | 3, descriptor(type.data, { dpl: 3, absent: true })],
  code: [sel.code[3]],
  'beyond the GDT': [0x803],
  system: [GATE | 3, descriptor(type.ldt, { dpl: 3 })],
  'of the LDT': [GATE | 7],
};

/** Far RET and IRET to the same and outer rings. */
const returns: Area = {
  id: 'returns',
  about: 'Returning from a Called Procedure; IRET',
  scenarios: () => {
    const scenario = maker('returns');
    const list: Scenario[] = [];
    const leave = (s: Scenario, way: string, words: readonly number[], selector: number, wide: boolean) => {
      // retf n removes 8 bytes on either stack.
      const frame =
        way === 'iret'
          ? [PLACE, selector, words[2]]
          : way === 'retf'
            ? [PLACE, selector]
            : [PLACE, selector, 0x77, 0x88];
      const all = [...frame, words[0], words[1]];
      if (wide) s.write(s.start.esp, ...all);
      else all.forEach((word, i) => void s.bytes(s.start.esp + 2 * i, word & 0xff, (word >> 8) & 0xff));
      const opcode = way === 'iret' ? [0xcf] : way === 'retf' ? [0xcb] : [0xca, 8, 0];
      return s.raw(...(wide ? [] : [0x66]), ...opcode);
    };
    for (const [way, cpl, rpl, dpl, conforming] of product(['retf', 'retf n', 'iret'], RINGS, RINGS, RINGS, [
      false,
      true,
    ])) {
      const s = scenario([way, 'cpl', cpl, 'to', conforming ? 'conforming' : 'code', dpl, 'rpl', rpl], cpl);
      s.describe(TARGET, descriptor(conforming ? type.conforming : type.code, { dpl }));
      const stack = [stacks.start, stacks.ring1, stacks.ring2, stacks.ring3][rpl] - 0x40;
      list.push(leave(s, way, [stack, sel.data[rpl], 2], TARGET | rpl, true).show(0x2004 + TARGET));
    }
    for (const [way, cpl, ring, wide] of product(['retf', 'retf n', 'iret'], RINGS, RINGS, [true, false])) {
      const stack = [stacks.start, stacks.ring1, stacks.ring2, stacks.ring3][ring] - 0x40;
      const s = scenario([way, wide ? '' : '16-bit', 'cpl', cpl, 'to ring', ring], cpl);
      // Selectors of rings that are not allowed any more become null.
      const mixed = { ds: cpl === 0 ? sel.data[0] : sel.data[cpl], es: sel.data[3], fs: 0, gs: sel.conforming };
      list.push(
        leave(s.set(mixed), way, [stack, sel.data[ring], 0xcd7], sel.code[ring], wide).ignore(
          'esp',
          wide ? 0 : 0xffff0000,
        ),
      );
    }
    for (const [way, cpl, which] of product(['retf', 'retf n', 'iret'], [0, 1, 2], Object.keys(stackSegments))) {
      const [selector, d] = stackSegments[which];
      const s = scenario([way, 'cpl', cpl, 'SS', which], cpl).set({ ldtr: sel.ldt });
      s.describe(GATE | 7, descriptor(type.data, { dpl: 3 }));
      if (d) s.describe(selector, d);
      list.push(leave(s, way, [stacks.ring3 - 0x40, selector, 2], sel.code[3], true));
    }
    // From and to 16-bit stacks: the upper half of ESP is neither read nor, on the outer one, written.
    for (const [way, cpl, ring, wide, from, to] of product(
      ['retf', 'retf n', 'iret'],
      [0, 1, 2],
      [1, 2, 3],
      [true, false],
      [false, true],
      [false, true],
    )) {
      if (ring <= cpl || (!from && !to)) continue;
      const words = [from ? 'from' : '', to ? 'to' : '', '16-bit stack, ring', ring];
      const s = scenario([way, wide ? '' : '16-bit', 'cpl', cpl, ...words], cpl);
      s.describe(GATE, descriptor(type.data, { dpl: ring, small: true, limit: 0xffff }));
      s.describe(GATE + 8, descriptor(type.data, { dpl: cpl, small: true, limit: 0xffff }));
      const outer = [0, stacks.ring1, stacks.ring2, stacks.ring3][ring] - 0x40;
      leave(s, way, [0x56780000 | outer, to ? GATE | ring : sel.data[ring], 2], sel.code[ring], wide);
      if (!to && wide) s.write(s.start.esp + 4 * (way === 'iret' ? 3 : way === 'retf' ? 2 : 4), outer);
      // A wide frame for a 16-bit stack: whether ESP is loaded whole or in its lower half, processors differ.
      s.ignore('esp', 0xffff0000);
      list.push(from ? s.set({ ss: (GATE + 8) | cpl, esp: 0x43210000 | s.start.esp }) : s);
    }
    const codes: Record<string, readonly [number, Descriptor?]> = {
      null: [0],
      'null with RPL 3': [3],
      data: [sel.data[3]],
      absent: [TARGET | 3, descriptor(type.code, { dpl: 3, absent: true })],
      'beyond the GDT': [0x803],
      'a gate': [TARGET | 3, gate(type.call32, sel.code[3], PLACE, { dpl: 3 })],
      'of the LDT': [TARGET | 7],
      'EIP beyond the limit': [TARGET | 3, descriptor(type.code, { dpl: 3, limit: 0x7fff })],
    };
    for (const [way, cpl, which] of product(['retf', 'retf n', 'iret'], RINGS, Object.keys(codes))) {
      const [selector, d] = codes[which];
      const s = scenario([way, 'cpl', cpl, 'CS', which], cpl, which.startsWith('EIP') ? bochsAlone : both).set({
        ldtr: sel.ldt,
      });
      s.describe(TARGET | 7, descriptor(type.code, { dpl: 3 }));
      if (d) s.describe(selector, d);
      list.push(leave(s, way, [stacks.ring3 - 0x40, sel.data[3], 2], selector, true));
    }
    const flags = [0, 0xcd5, FLAG.if, 3 * IOPL, FLAG.nt, FLAG.ac, 0x200000, FLAG.rf, 0xffc08028, FLAG.tf];
    for (const [cpl, ring, iopl, value, wide] of product(RINGS, RINGS, [0, 2, 3], flags, [true, false])) {
      if (ring < cpl || (iopl === 2 && cpl % 2 === 0)) continue;
      const s = scenario(
        ['iret', wide ? '' : '16-bit', 'cpl', cpl, 'to ring', ring, 'iopl', iopl, 'flags', value.toString(16)],
        cpl,
      );
      const stack = [stacks.start, stacks.ring1, stacks.ring2, stacks.ring3][ring] - 0x40;
      s.set({ eflags: 2 | (iopl * IOPL) });
      list.push(
        leave(s, 'iret', [stack, sel.data[ring], value], sel.code[ring], wide).ignore('esp', wide ? 0 : 0xffff0000),
      );
    }
    return list;
  },
};

/** SYSENTER and SYSEXIT by what is in the registers they go by. */
const fastCalls: Area = {
  id: 'fast-calls',
  about: 'Performing Fast Calls to System Procedures',
  scenarios: () => {
    const scenario = maker('fast-calls');
    const list: Scenario[] = [];
    for (const [way, cpl, selector, flags] of product(
      ['sysenter', 'sysexit'],
      RINGS,
      [0, 3, 8, 0x0b, 0x80],
      [0, FLAG.if | FLAG.cf, 0x3000],
    )) {
      const s = scenario([way, 'cpl', cpl, 'CS', selector, 'flags', flags], cpl).set({
        msrs: 1,
        sysenterCs: selector,
        sysenterEsp: stacks.ring0,
        sysenterEip: stubOf(marker.place),
        ecx: stacks.ring3,
        edx: stubOf(marker.place),
        eflags: flags | 2,
      });
      list.push(s.raw(0x0f, way === 'sysenter' ? 0x34 : 0x35));
    }
    return list;
  },
};
/** SYSCALL and SYSRET as AMD's processors have them outside of long mode. */
const amdCalls: Area = {
  id: 'syscall',
  about: "AMD64 Architecture Programmer's Manual vol. 3: SYSCALL, SYSRET",
  scenarios: () => {
    const scenario = maker('syscall');
    const list: Scenario[] = [];
    const STAR = 0xc0000081;
    const place = stubOf(marker.place);
    const bytesOf = (value: number) => [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24];
    for (const [way, enabled, flags] of product(
      ['syscall', 'sysret', 'sysret, syscall', 'sysret, sysret'],
      [0, 1],
      [0, FLAG.if | FLAG.cf, 3 * IOPL, FLAG.nt],
    )) {
      // QEMU has them in its 64-bit processors alone.
      const s = scenario([way, enabled ? 'SCE' : '', 'flags', flags], 0, bochsAlone).set({
        msrs: 2,
        efer: enabled,
        eflags: flags | 2,
      });
      s.model = 'amd';
      // mov ecx, STAR; mov eax, entry; mov edx, selectors; wrmsr; mov ecx, where SYSRET goes; mov esp below ring 3's top
      const star = [0xb9, ...bytesOf(STAR), 0xb8, ...bytesOf(place), 0xba, 8, 0, sel.code[3] & ~3, 0, 0x0f, 0x30];
      const target = way.includes(',') ? 0x4100 : place;
      const ready = [0xb9, ...bytesOf(target), 0xbc, ...bytesOf(stacks.ring3 - 0x40)];
      s.bytes(0x4100, 0x0f, way.endsWith('syscall') ? 0x05 : 0x07);
      list.push(s.raw(...star, ...ready, 0x0f, way === 'syscall' ? 0x05 : 0x07));
    }
    return list;
  },
};

export const transferAreas: readonly Area[] = [direct, callGates, returns, fastCalls, amdCalls];
