import { describe, expect, it } from 'vitest';
import { type Assembler, cr0, eax, mem } from '../../toolchain/assembler/index.js';
import { processors } from '../processors/index.js';
import { little } from '../verify/host/random.js';
import { DATA, run } from './cpu.js';

const options = { preset: processors['pentium3-800'] };
const [UD, NM, GP, MF] = [6, 7, 13, 16];
const [MP, EM, TS, NE] = [2, 4, 8, 0x20];
const at = (opcode: readonly number[], reg: number, address: number) => (a: Assembler) =>
  a.bytes(...opcode, (reg << 3) | 5, ...little(address));
const fnsave = at([0xdd], 6, DATA);
const frstor = at([0xdd], 4, DATA);
const fnstenv = at([0xd9], 6, DATA);
const fldcw = at([0xd9], 5, DATA);
const fxsave = at([0x0f, 0xae], 0, DATA);
const fxrstor = at([0x0f, 0xae], 1, DATA);
const fninit = (a: Assembler) => a.bytes(0xdb, 0xe3);
const fnstsw = (a: Assembler) => a.bytes(0xdf, 0xe0);
const wait = (a: Assembler) => a.bytes(0x9b);
const fld1 = (a: Assembler) => a.bytes(0xd9, 0xe8);
const control = (bits: number) => (a: Assembler) => {
  a.mov(eax, cr0);
  a.or(eax, bits);
  a.mov(cr0, eax);
};
const outcomeOf = async (...steps: ((a: Assembler) => void)[]) =>
  run({
    options,
    main: (a) => {
      for (const step of steps) step(a);
    },
  });

describe('x87 state', () => {
  // SDM vol. 1, 8.1.12: after FNINIT control is 037Fh, all registers are empty.
  it('FNINIT, FNSTENV: seven doublewords', async () => {
    const { ram32, vector } = await outcomeOf(fninit, fnstenv);
    expect(vector).toBe(-1);
    expect([0, 4, 8, 12, 16, 20, 24].map((i) => ram32(DATA + i))).toEqual([
      0xffff037f, 0xffff0000, 0xffffffff, 0, 0, 0, 0xffff0000,
    ]);
  });

  it('FRSTOR and FNSAVE keep registers in stack order; tags follow from what they hold', async () => {
    const image = new Uint8Array(108);
    const view = new DataView(image.buffer);
    // Top of stack 3; ST0 = 1.0, ST1 = 0, ST2 = infinity, ST3 = denormal; the others empty.
    view.setUint16(0, 0x037f, true);
    view.setUint16(4, 3 << 11, true);
    view.setUint16(8, 0xffff & ~(0xff << 6), true);
    image.set([0, 0, 0, 0, 0, 0, 0, 0x80, 0xff, 0x3f], 28);
    image.set([0, 0, 0, 0, 0, 0, 0, 0x80, 0xff, 0x7f], 48);
    image.set([1, 0, 0, 0, 0, 0, 0, 0, 0, 0], 58);
    const { ram32, machine, vector } = await run({
      options,
      poke: (ram) => new Uint8Array(ram.buffer, ram.byteOffset + DATA).set(image),
      main: (a) => {
        frstor(a);
        at([0xdd], 6, DATA + 0x100)(a);
        at([0xd9], 6, DATA + 0x200)(a);
      },
    });
    expect(vector).toBe(-1);
    const saved = machine.memory.ram.slice(DATA + 0x100 + 28, DATA + 0x100 + 108);
    expect(saved).toEqual(image.slice(28));
    // Physical registers 3 to 6: valid, zero, special, special.
    expect(ram32(DATA + 0x108) & 0xffff).toBe(0xc03f | (0 << 6) | (1 << 8) | (2 << 10) | (2 << 12));
    expect(ram32(DATA + 0x200)).toBe(0xffff037f); // FNSAVE initialises
  });

  it('FXSAVE and FXRSTOR carry everything, 16 bytes a register', async () => {
    const image = Uint8Array.from({ length: 512 }, (_, i) => (i * 7) & 0xff);
    const view = new DataView(image.buffer);
    view.setUint32(0, 0x1800037f, true);
    view.setUint32(4, 0x05a50081, true);
    view.setUint32(0x0c, 0x23, true);
    view.setUint32(0x14, 0x2b, true);
    view.setUint32(0x18, 0x1f80, true);
    view.setUint32(0x1c, 0xffff, true);
    for (let i = 0; i < 8; i++) image.fill(0, 0x20 + 16 * i + 10, 0x30 + 16 * i);
    image.fill(0, 288);
    const { machine, vector } = await run({
      options,
      poke: (ram) => new Uint8Array(ram.buffer, ram.byteOffset + DATA).set(image),
      main: (a) => {
        fxrstor(a);
        at([0x0f, 0xae], 0, DATA + 0x400)(a);
      },
    });
    expect(vector).toBe(-1);
    expect(machine.memory.ram.slice(DATA + 0x400, DATA + 0x600)).toEqual(image);
  });

  it('FXSAVE wants 16 bytes of alignment, and a processor that has it', async () => {
    expect((await outcomeOf(at([0x0f, 0xae], 0, DATA + 4))).vector).toBe(GP);
    expect((await run({ main: fxsave })).vector).toBe(UD);
  });
});

describe('CR0 and the x87', () => {
  it.each([
    ['TS', [control(TS), fninit], NM],
    ['EM', [control(EM), fnstsw], NM],
    ['TS and FXSAVE', [control(TS), fxsave], NM],
    ['TS alone and WAIT', [control(TS), wait], -1],
    ['TS, MP and WAIT', [control(TS | MP), wait], NM],
    ['EM and WAIT', [control(EM), wait], -1],
    ['TS and arithmetic', [control(TS), fld1], NM],
    ['arithmetic, which there is not', [fld1], UD],
    ['CLTS', [control(TS), (a: Assembler) => a.bytes(0x0f, 6), fninit], -1],
  ] as const)('%s', async (_, steps, expected) => {
    expect((await outcomeOf(...steps)).vector).toBe(expected);
  });

  it('an exception that becomes unmasked is #MF at the next waiting instruction, under NE', async () => {
    // FLDENV with the zero-divide flag set and masked; FLDCW unmasks it.
    const prepare = (a: Assembler) => {
      fninit(a);
      fnstenv(a);
      a.mov(mem({ disp: DATA + 4 }), 4);
      at([0xd9], 4, DATA)(a); // fldenv
      a.mov(mem({ disp: DATA }), 0x037b);
      fldcw(a);
    };
    const status = await outcomeOf(prepare, fnstsw);
    expect([status.vector, status.reg('eax') & 0xffff]).toEqual([-1, 0x8084]);
    expect((await outcomeOf(control(NE), prepare, wait)).vector).toBe(MF);
    expect((await outcomeOf(control(NE), prepare, fldcw)).vector).toBe(MF);
    expect((await outcomeOf(control(NE), prepare, (a) => a.bytes(0xdb, 0xe2), wait)).vector).toBe(-1); // fnclex
    expect((await outcomeOf(prepare, wait)).vector).toBe(-1);
  });
});

describe('MXCSR', () => {
  const osfxsr = (a: Assembler) => a.bytes(0x0f, 0x20, 0xe0, 0x80, 0xcc, 2, 0x0f, 0x22, 0xe0); // CR4.OSFXSR
  const ldmxcsr = at([0x0f, 0xae], 2, DATA);
  const stmxcsr = at([0x0f, 0xae], 3, DATA + 4);
  it('exists with CR4.OSFXSR, and has reserved bits', async () => {
    expect((await outcomeOf(stmxcsr)).vector).toBe(UD);
    const first = await outcomeOf(osfxsr, stmxcsr);
    expect([first.vector, first.ram32(DATA + 4)]).toEqual([-1, 0x1f80]);
    expect((await outcomeOf(osfxsr, (a) => a.mov(mem({ disp: DATA }), 0x10000), ldmxcsr)).vector).toBe(GP);
    expect((await outcomeOf(osfxsr, control(TS), ldmxcsr)).vector).toBe(NM);
  });
});

it('CPUID announces FXSAVE and neither x87, MMX nor SSE', async () => {
  const { reg } = await outcomeOf((a) => {
    a.mov(eax, 1);
    a.bytes(0x0f, 0xa2);
  });
  expect(reg('edx') & ((1 << 0) | (1 << 23) | (1 << 24) | (3 << 25))).toBe(1 << 24);
});

it('an unsaved state is not lost on a fault: FNSAVE to a read-only place changes nothing', async () => {
  const { vector, ram32 } = await run({
    options,
    gates: [{ vector: GP, label: 'caught-by-save' }],
    main: (a) => {
      fninit(a);
      a.bytes(0x2e); // cs:
      fnsave(a);
      a.label('caught-by-save');
      fnstenv(a);
    },
  });
  expect([vector, ram32(DATA)]).toEqual([-1, 0xffff037f]);
});
