import { describe, expect, it } from 'vitest';
import { type Assembler, cr0, cr4, eax, ebx, edx, esp, mem } from '../../toolchain/assembler/index.js';
import { processors } from '../processors/index.js';
import { little } from '../verify/host/random.js';
import { coreOf, DATA, iretTo, look, run, type Scene, STACK0, STACK3, sel, stage } from './cpu.js';

const [NMI, UD, GP, AC] = [2, 6, 13, 17];
const VM = 0x20000;
/** Code of 16 bits is put here by hand: paragraph 900h. */
const CODE16 = 0x9000;
const put = (at: number, bytes: readonly number[]) => (ram: DataView) =>
  new Uint8Array(ram.buffer, ram.byteOffset + at).set(bytes);

describe('virtual-8086 mode', () => {
  // SDM vol. 3, chapter 20: entered by IRET with VM in the flags; selectors are paragraphs; IOPL guards the flags.
  const enter = (a: Assembler, flags: number) => {
    for (const word of [0x4000, 0x3000, 0x2000, 0x1000, 0x0800, 0x100, flags | VM | 2, CODE16 >> 4, 0]) a.push(word);
    a.iretd();
  };
  const virtual = (bytes: readonly number[], flags = 0x3000, scene: Partial<Scene> = {}) =>
    run({ ...scene, poke: put(CODE16, bytes), main: (a) => enter(a, flags) });

  it('leaves by any exception to ring 0, with all segments on its stack', async () => {
    const { vector, frame, reg, ram32 } = await virtual([0xb8, 0x34, 0x12, 0x0f, 0x0b]); // mov ax, 1234h; ud2
    expect([vector, frame[0], frame[1], frame[2] & VM, frame[3], frame[4]]).toEqual([
      UD,
      3,
      CODE16 >> 4,
      VM,
      0x100,
      0x800,
    ]);
    expect(reg('eax') & 0xffff).toBe(0x1234);
    // SS, then ES, DS, FS, GS, from the frame upwards.
    expect([4, 3, 2, 1].map((n) => ram32(STACK0 - 4 * n))).toEqual([0x1000, 0x2000, 0x3000, 0x4000]);
    expect(reg('cpl')).toBe(0);
  });

  it('addresses by paragraph', async () => {
    const { ram32 } = await virtual([0xb8, 0x00, 0x08, 0x8e, 0xd8, 0xc7, 0x06, 0x10, 0x00, 0xcd, 0xab, 0x0f, 0x0b]);
    expect(ram32(0x8010) & 0xffff).toBe(0xabcd);
  });

  it.each([
    ['CLI', [0xfa]],
    ['PUSHF', [0x9c]],
    ['POPF', [0x9d]],
    ['INT n', [0xcd, 0x40]],
    ['IRET', [0xcf]],
  ])('%s is #GP(0) below IOPL 3', async (_, bytes) => {
    const { vector, frame } = await virtual(bytes, 0);
    expect([vector, frame[0], frame[1]]).toEqual([GP, 0, 0]);
  });

  it.each([
    ['ARPL', [0x63, 0xc0]],
    ['LAR', [0x0f, 0x02, 0xc0]],
    ['SLDT', [0x0f, 0x00, 0xc0]],
  ])('%s is #UD', async (_, bytes) => {
    expect((await virtual(bytes)).vector).toBe(UD);
  });

  it('the I/O bit map decides whatever IOPL says', async () => {
    const { vector, frame } = await virtual([0xe6, 0x80]);
    expect([vector, frame[0]]).toEqual([GP, 0]);
  });

  it('PUSHF at IOPL 3 hides VM; far jumps and returns stay in it', async () => {
    // pushf; pop bx; call far 900h:0010h ... at 10h: pop cx; pop dx; ud2
    const bytes = [0x9c, 0x5b, 0x9a, 0x10, 0x00, 0x00, 0x09, 0x0f, 0x0b];
    const far = [0x59, 0x5a, 0x0f, 0x0b];
    const { reg, vector } = await virtual([...bytes, ...new Array(16 - bytes.length).fill(0x90), ...far]);
    expect([vector, reg('ebx') & 0xffff, reg('ecx') & 0xffff, reg('edx') & 0xffff]).toEqual([UD, 0x3002, 7, 0x900]);
  });
});

it('virtual-8086 extensions and PSE-36 are announced by no processor, and CR4 refuses the former', async () => {
  for (const [id, { features }] of Object.entries(processors)) {
    const known: readonly string[] = features;
    expect(
      known.filter((feature) => /vme|pse36/.test(feature)),
      id,
    ).toEqual([]);
  }
  const { vector, reg } = await run({
    main: (a) => {
      a.mov(eax, 1);
      a.bytes(0x0f, 0xa2); // cpuid
      a.mov(ebx, edx);
      a.mov(eax, 1);
      a.mov(cr4, eax);
    },
  });
  expect([vector, reg('ebx') & 0x20002]).toEqual([GP, 0]);
});

describe('real mode', () => {
  // SDM vol. 3, 9.9.2: through a code segment of 16 bits, CR0.PE cleared, then a far jump.
  const descriptors = [[0xffff, 0x00009b00] as const, [0xffff, 0x00009300] as const];
  const switching = [
    0xb8,
    sel.extra + 8,
    0,
    0x8e,
    0xd8,
    0x8e,
    0xd0,
    0x8e,
    0xc0, // mov ax, data; mov ds, ss, es
    0x0f,
    0x20,
    0xc0,
    0x24,
    0xfe,
    0x0f,
    0x22,
    0xc0, // mov eax, cr0; and al, FEh; mov cr0, eax
    0xea,
    0x00,
    0x00,
    0x00,
    0x09, // jmp 900h:0
  ];
  /** Runs `code` there; vector `vector` leads to `handler`. */
  const real = (code: readonly number[], vector: number, handler: readonly number[]) =>
    run({
      descriptors,
      poke: (ram) => {
        ram.setUint32(DATA, 0x0000ffff, true);
        put(CODE16 + 0x100, switching)(ram);
        put(CODE16, [0xbc, 0x00, 0x10, ...code])(ram); // mov sp, 1000h
        ram.setUint32(4 * vector, ((CODE16 >> 4) << 16) | 0x80, true);
        put(CODE16 + 0x80, handler)(ram);
      },
      main: (a) => {
        a.bytes(0x0f, 0x01, 0x1d, ...little(DATA)); // lidt [DATA]: limit FFFFh, base 0
        a.bytes(0xea, ...little(CODE16 + 0x100), sel.extra, 0);
      },
    });

  it('runs at paragraphs, and interrupts go through the vector table', async () => {
    // mov ax, 0A00h; mov ds, ax; mov word [4], 55AAh; int 40h ... pop cx; pop dx; hlt
    const code = [0xb8, 0, 0x0a, 0x8e, 0xd8, 0xc7, 6, 4, 0, 0xaa, 0x55, 0xcd, 0x40];
    const { reg, stop, ram32 } = await real(code, 0x40, [0x59, 0x5a, 0xf4]);
    expect(stop.reason).toBe('halted');
    expect([reg('cr0') & 1, reg('ecx') & 0xffff, reg('edx') & 0xffff]).toEqual([0, 0x10, 0x900]);
    expect([reg('esp') & 0xffff, ram32(0xa004)]).toEqual([0x1000 - 2, 0x55aa]);
  });

  it('instructions about selectors are #UD there', async () => {
    const { reg } = await real([0x0f, 0x00, 0xc0], UD, [0x59, 0xf4]); // sldt ax ... pop cx; hlt
    expect(reg('ecx') & 0xffff).toBe(3);
  });
});

describe('non-maskable interrupts', () => {
  it('come whatever IF says, once, and are held back until IRET', async () => {
    const { machine, symbols } = await stage({
      gates: [{ vector: NMI, label: 'nmi' }],
      main: (a) => {
        a.mov(ebx, 0);
        a.label('wait');
        a.hlt();
        a.label('woken');
        a.hlt();
        a.label('nmi');
        a.inc(ebx);
        a.jmp('on');
        a.label('on');
        a.iretd();
      },
    });
    const core = coreOf(machine);
    machine.run(100_000n);
    // A cycle is a run of instructions: up to the jump.
    const inHandler = () => [core.get('eip') === symbols.get('on'), core.get('nmiLine')];
    core.set('nmiLine', 1);
    machine.run(1n);
    expect(inHandler()).toEqual([true, 0]);
    core.set('nmiLine', 1);
    machine.run(1n);
    expect([core.get('eip'), core.get('nmiLine')]).toEqual([symbols.get('woken'), 1]);
    machine.run(1n);
    expect(inHandler()).toEqual([true, 0]);
    const end = look(machine, symbols, machine.run(100_000n));
    expect([end.reg('ebx'), end.reg('eip')]).toEqual([2, symbols.get('woken')! + 1]);
  });
});

describe('alignment check', () => {
  // SDM vol. 3, 6.15: CR0.AM, EFLAGS.AC and CPL 3 together.
  const misaligned = (am: boolean, ring: 0 | 3, ac: number, offset: number) =>
    run({
      main: (a) => {
        if (am) {
          a.mov(eax, cr0);
          a.or(eax, 0x40000);
          a.mov(cr0, eax);
        }
        if (ring === 3) iretTo(a, 3, 'user', 2 | ac);
        a.label('user');
        a.mov(eax, mem({ base: esp, disp: offset }));
        a.label('done');
        a.hlt();
      },
    });
  it.each([
    ['all three', true, 3, 0x40000, -7, AC],
    ['aligned', true, 3, 0x40000, -8, GP],
    ['without AM', false, 3, 0x40000, -7, GP],
    ['without AC', true, 3, 0, -7, GP],
    ['in ring 0', true, 0, 0x40000, -7, -1],
  ] as const)('%s', async (_, am, ring, ac, offset, expected) => {
    const { vector, frame, symbols } = await misaligned(am, ring, ac, offset);
    expect(vector).toBe(expected);
    if (expected === AC) expect([frame[0], frame[1]]).toEqual([0, symbols.get('user')]);
  });
});

it('SALC spreads carry over AL; INT1 is a #DB that no gate refuses', async () => {
  const salc = await run({ main: (a) => a.bytes(0xb8, ...little(0x1200), 0xf9, 0xd6) });
  expect(salc.reg('eax')).toBe(0x12ff);
  const user = await run({
    main: (a) => {
      iretTo(a, 3, 'user');
      a.label('user');
      a.bytes(0xf1);
      a.label('after');
    },
  });
  expect([user.vector, user.frame[0], user.frame[3]]).toEqual([1, user.symbols.get('after'), STACK3]);
});
