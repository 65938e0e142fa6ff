import { CR0, CR4, type Scenario } from '../scenarios/scenario.js';
import { type Area, both, maker, product, qemuAlone } from './area.js';

const [TS, EM, MP] = [CR0.ts, CR0.em, CR0.mp];
/** x87 and SSE state by what CR0 and CR4 say about it. */
const states: Area = {
  id: 'fpu-state',
  about: 'Control Registers: TS, EM, MP; CR4.OSFXSR',
  scenarios: () => {
    const scenario = maker('fpu-state');
    const list: Scenario[] = [];
    const codes: Record<string, readonly number[]> = {
      fninit: [0xdb, 0xe3],
      fnclex: [0xdb, 0xe2],
      fwait: [0x9b],
      fnstcw: [0xd9, 0x3d, 0, 0x50, 0, 0],
      fldcw: [0xd9, 0x2d, 0x10, 0x50, 0, 0],
      fnstsw: [0xdf, 0xe0],
      'fnstsw to memory': [0xdd, 0x3d, 0, 0x50, 0, 0],
      fnstenv: [0xdb, 0xe3, 0xd9, 0x35, 0, 0x50, 0, 0],
      fnsave: [0xdb, 0xe3, 0xdd, 0x35, 0, 0x50, 0, 0],
      frstor: [0xdd, 0x25, 0x80, 0x50, 0, 0],
      fldenv: [0xd9, 0x25, 0x80, 0x50, 0, 0],
      fxsave: [0x0f, 0xae, 0x05, 0, 0x52, 0, 0],
      'fxsave, not aligned': [0x0f, 0xae, 0x05, 4, 0x52, 0, 0],
      fxrstor: [0x0f, 0xae, 0x0d, 0, 0x54, 0, 0],
      'fxrstor, not aligned': [0x0f, 0xae, 0x0d, 8, 0x54, 0, 0],
      'fninit, fldcw, fnstcw': [0xdb, 0xe3, 0xd9, 0x2d, 0x10, 0x50, 0, 0, 0xd9, 0x3d, 0, 0x50, 0, 0],
      clts: [0x0f, 0x06],
      ldmxcsr: [0x0f, 0xae, 0x15, 0x20, 0x50, 0, 0],
      stmxcsr: [0x0f, 0xae, 0x1d, 0, 0x50, 0, 0],
    };
    for (const [name, cr0, cr4, cpl] of product(
      Object.keys(codes),
      [0, TS, EM, MP, TS | EM, TS | MP, EM | MP, TS | EM | MP],
      [0, CR4.fxsr],
      [0, 3],
    )) {
      const s = scenario(
        [name, cr0 & TS ? 'TS' : '', cr0 & EM ? 'EM' : '', cr0 & MP ? 'MP' : '', cr4 ? 'OSFXSR' : '', 'cpl', cpl],
        cpl,
      );
      s.set({ cr0: s.start.cr0 | cr0, cr4 })
        .write(0x5000, 0xeeeeeeee)
        .write(0x5010, 0x027f)
        .write(0x5020, 0x1f80);
      // An image of the state after FNINIT.
      s.write(0x5080, 0xffff037f, 0xffff0000, 0xffffffff, 0, 0, 0, 0).write(0x5400, 0x037f, 0, 0, 0, 0, 0, 0x1f80, 0);
      if (!/^f?x?save|fnsave|frstor|fxrstor|fldenv/.test(name))
        s.show(0x5000).ignore('[5000]', name === 'fnstenv' ? 0xffff0000 : 0);
      list.push(s.raw(...codes[name]));
    }
    return list;
  },
};

/** No instruction on a Pentium III: whether #UD or #NM comes first is nobody's rule; Bochs has #UD. */
const reserved: Record<string, readonly string[]> = {
  memory: ['d9 /1', 'db /1', 'db /4', 'db /6', 'dd /1', 'dd /5', 'df /1'],
  register: ['da /4', 'da /5', 'da /6', 'da /7', 'db /7', 'dd /6', 'dd /7', 'de /3', 'df /7'],
};

/** Every x87 opcode while CR0.EM or CR0.TS is set: #NM, whatever else it would do. */
const unavailable: Area = {
  id: 'fpu-unavailable',
  about: 'Interrupt 7: Device Not Available Exception',
  scenarios: () => {
    const scenario = maker('fpu-unavailable');
    const list: Scenario[] = [];
    for (const [opcode, reg, form, bit, cpl] of product(
      [0xd8, 0xd9, 0xda, 0xdb, 0xdc, 0xdd, 0xde, 0xdf],
      [0, 1, 2, 3, 4, 5, 6, 7],
      ['memory', 'register'],
      [EM, TS],
      [0, 3],
    )) {
      const name = `${opcode.toString(16)} /${reg}`;
      const oracles = reserved[form].includes(name) ? qemuAlone : both;
      const s = scenario([name, form, bit === EM ? 'EM' : 'TS', 'cpl', cpl], cpl, oracles).set({ cr0: 0x31 | bit });
      const operand = form === 'memory' ? [0x05 | (reg << 3), 0, 0x50, 0, 0] : [0xc0 | (reg << 3)];
      list.push(s.raw(opcode, ...operand));
    }
    const control = { fnop: [0xd9, 0xd0], fneni: [0xdb, 0xe0], fndisi: [0xdb, 0xe1], fnsetpm: [0xdb, 0xe4] } as const;
    for (const [name, bit, cpl] of product(Object.keys(control) as (keyof typeof control)[], [0, EM, TS], [0, 3])) {
      const s = scenario([name, bit === EM ? 'EM' : bit === TS ? 'TS' : '', 'cpl', cpl], cpl);
      list.push(s.set({ cr0: 0x31 | bit }).raw(...control[name]));
    }
    return list;
  },
};

export const floatingPointAreas: readonly Area[] = [states, unavailable];
