import { describe, expect, it } from 'vitest';
import {
  type Assembler,
  al,
  ax,
  cr0,
  cr3,
  ds,
  eax,
  ebx,
  ecx,
  edi,
  edx,
  es,
  esi,
  esp,
  mem,
  sym,
} from '../../toolchain/assembler/index.js';
import { processors } from '../processors/index.js';
import { callGate, DATA, flag, iretTo, run, STACK0, STACK1, STACK3, sel, stage, stateWord, TSS } from './cpu.js';

const GP = 13;
const TS = 10;
const NP = 11;
const UD = 6;
const NM = 7;

describe('rings', () => {
  it('int to ring 0 pushes SS, ESP, EFLAGS, CS, EIP on the stack of the TSS', async () => {
    const { vector, frame, reg, symbols } = await run({
      main: (a) => {
        iretTo(a, 3, 'user');
        a.label('user');
        a.int(3);
        a.label('back');
      },
      gates: [{ vector: 3, label: 'vector3', dpl: 3 }],
    });
    expect(vector).toBe(3);
    expect(frame.slice(0, 5)).toEqual([symbols.get('back'), sel.code3, 2, STACK3, sel.data3]);
    expect([reg('esp'), reg('cpl')]).toEqual([STACK0 - 24, 0]);
  });

  it('int from ring 3 to ring 1 takes the stack of ring 1, and ring 1 returns by iret', async () => {
    const { ram32, vector, frame } = await run({
      main: (a) => {
        iretTo(a, 3, 'user');
        a.label('user');
        a.mov(eax, sel.data3);
        a.mov(ds, ax);
        a.int(0x40);
        a.mov(mem({ disp: DATA + 8 }), esp);
        a.int(3);
        a.label('ring1');
        a.mov(mem({ disp: DATA }), esp);
        a.push(eax);
        a.bytes(0x8c, 0xd0); // mov eax, ss
        a.mov(mem({ disp: DATA + 4 }), eax);
        a.pop(eax);
        a.iretd();
      },
      gates: [
        { vector: 3, label: 'vector3', dpl: 3 },
        { vector: 0x40, label: 'ring1', dpl: 3, code: sel.code1 },
      ],
    });
    expect([ram32(DATA), ram32(DATA + 4), ram32(DATA + 8)]).toEqual([STACK1 - 20, sel.data1, STACK3]);
    expect([vector, frame[1]]).toEqual([3, sel.code3]);
  });

  it('a gate of DPL 0 is closed to int n from ring 3: #GP(vector x 8 + 2)', async () => {
    const { vector, frame } = await run({
      main: (a) => {
        iretTo(a, 3, 'user');
        a.label('user');
        a.int(0x21);
      },
      gates: [{ vector: 0x21, label: 'vector3' }],
    });
    expect([vector, frame[0]]).toEqual([GP, 0x21 * 8 + 2]);
  });

  it('an absent gate is #NP, a vector beyond the IDT #GP', async () => {
    const absent = await run({ main: (a) => a.int(0x21), gates: [{ vector: 0x21, label: 'vector3', absent: true }] });
    expect([absent.vector, absent.frame[0]]).toEqual([NP, 0x21 * 8 + 2]);
    const beyond = await run({ main: (a) => a.int(0x21), idtLimit: 32 * 8 - 1 });
    expect([beyond.vector, beyond.frame[0]]).toEqual([GP, 0x21 * 8 + 2]);
  });

  it('interrupt gates clear IF, trap gates do not', async () => {
    for (const [trap, expected] of [
      [false, 0],
      [true, flag.if],
    ] as const) {
      const { ram32 } = await run({
        main: (a) => {
          a.push(0x202);
          a.popfd();
          a.int(0x21);
          a.label('handler');
          a.pushfd();
          a.pop(mem({ disp: DATA }));
          a.cli();
        },
        gates: [{ vector: 0x21, label: 'handler', trap }],
      });
      expect(ram32(DATA) & flag.if).toBe(expected);
    }
  });

  it('a return outwards makes data segments of the inner ring null', async () => {
    const { vector, frame, ram32 } = await run({
      main: (a) => {
        a.mov(eax, sel.data3);
        a.mov(es, ax);
        iretTo(a, 3, 'user');
        a.label('user');
        a.bytes(0x8c, 0xd8); // mov eax, ds
        a.mov(mem({ seg: es, disp: DATA }), eax);
        a.mov(eax, mem({ disp: DATA }));
      },
    });
    expect(ram32(DATA)).toBe(0);
    expect([vector, frame[0]]).toEqual([GP, 0]);
  });

  it('a return inwards is refused', async () => {
    const { vector, frame } = await run({
      main: (a) => {
        iretTo(a, 3, 'user');
        a.label('user');
        a.pushfd();
        a.push(sel.code0);
        a.push(0);
        a.iretd();
      },
    });
    expect([vector, frame[0]]).toEqual([GP, sel.code0]);
  });

  it('a bad stack selector in the TSS is #TS with that selector', async () => {
    const { vector, frame } = await run({
      main: (a) => {
        a.mov(mem({ disp: TSS + 16 }), sel.data3); // SS1 of ring 3
        iretTo(a, 3, 'user');
        a.label('user');
        a.int(0x40);
      },
      gates: [{ vector: 0x40, label: 'vector3', dpl: 3, code: sel.code1 }],
    });
    expect([vector, frame[0]]).toEqual([TS, sel.data3 & ~3]);
  });

  it('a call gate of DPL 3 leads to ring 0 with its parameters, and lret leads back', async () => {
    const { machine, symbols } = await stage({
      descriptors: [[0, 0]],
      main: (a) => {
        iretTo(a, 3, 'user');
        a.label('user');
        a.push(0x1234);
        a.lcall(sel.extra | 3, 0);
        a.mov(ebx, esp);
        a.int(3);
        a.label('target');
        a.mov(edx, mem({ base: esp, disp: 8 })); // above EIP and CS
        a.mov(esi, esp);
        a.bytes(0xca, 4, 0); // lret 4
      },
      gates: [{ vector: 3, label: 'vector3', dpl: 3 }],
    });
    const ram = new DataView(machine.memory.ram.buffer, machine.memory.ram.byteOffset);
    const [low, high] = callGate(sel.code0, symbols.get('target')!, 3, 1);
    ram.setUint32(0x2000 + sel.extra, low, true);
    ram.setUint32(0x2000 + sel.extra + 4, high, true);
    expect(machine.run(1_000_000n).reason).toBe('halted');
    const reg = (name: string) => stateWord(machine, name);
    expect([reg('edx'), reg('esi'), reg('ebx')]).toEqual([0x1234, STACK0 - 20, STACK3]);
  });

  it('sysenter and sysexit go by the MSRs and touch no memory', async () => {
    const { reg, vector } = await run({
      options: { preset: processors['pentium3-800'] },
      main: (a) => {
        for (const [msr, value] of [
          [0x174, 8],
          [0x175, STACK0 - 64],
          [0x176, sym('kernel')],
        ] as const) {
          a.mov(ecx, msr);
          a.xor(edx, edx);
          a.mov(eax, value);
          a.wrmsr();
        }
        a.jmp('first');
        a.label('kernel');
        a.mov(ebx, esp);
        a.inc(edi);
        a.cmp(edi, 2);
        a.je('end');
        a.label('first');
        a.mov(edx, sym('user'));
        a.mov(ecx, STACK3);
        a.sysexit();
        a.label('user');
        a.mov(esi, esp);
        a.sysenter();
      },
    });
    expect(vector).toBe(-1);
    expect([reg('ebx'), reg('esi'), reg('cpl')]).toEqual([STACK0 - 64, STACK3, 0]);
  });
});

describe('privilege', () => {
  const inRing3 = (main: (a: Assembler) => void, flags = 2, options = {}) =>
    run({
      options,
      main: (a) => {
        iretTo(a, 3, 'user', flags);
        a.label('user');
        main(a);
      },
    });

  const privileged: [string, (a: Assembler) => void][] = [
    ['hlt', (a) => a.hlt()],
    ['cli', (a) => a.cli()],
    ['sti', (a) => a.sti()],
    ['mov to cr3', (a) => a.mov(cr3, eax)],
    ['mov from cr0', (a) => a.mov(eax, cr0)],
    ['lgdt', (a) => a.bytes(0x0f, 0x01, 0x15, 0, 0, 0, 0)],
    ['invlpg', (a) => a.bytes(0x0f, 0x01, 0x3d, 0, 0, 0, 0)],
    ['clts', (a) => a.clts()],
    ['wbinvd', (a) => a.wbinvd()],
    ['rdmsr', (a) => a.rdmsr()],
    ['in', (a) => a.in(al, 0x60)],
    ['out', (a) => a.out(0x80, al)],
  ];
  for (const [name, main] of privileged) {
    it(`${name} in ring 3 is #GP(0)`, async () => {
      const { vector, frame } = await inRing3(main);
      expect([vector, frame[0]]).toEqual([GP, 0]);
    });
  }

  it('the I/O bit map opens single ports, IOPL opens all and cli with them', async () => {
    const open = { poke: (ram: DataView) => ram.setUint16(TSS + 102, 0x40, true) };
    const mapped = await run({
      ...open,
      main: (a) => {
        // 68h..  bytes of the TSS serve as the map: port 80h is bit 0 of byte 40h + 10h.
        a.mov(mem({ disp: TSS + 0x50 }), 0xfffffffe);
        iretTo(a, 3, 'user');
        a.label('user');
        a.out(0x80, al);
        a.label('here');
        a.out(0x81, al);
      },
    });
    expect([mapped.vector, mapped.frame[1]]).toEqual([GP, mapped.symbols.get('here')]);
    const byLevel = await inRing3((a) => {
      a.out(0x80, al);
      a.cli();
      a.label('here');
      a.hlt();
    }, 0x3202);
    expect([byLevel.vector, byLevel.frame[1]]).toEqual([GP, byLevel.symbols.get('here')]);
  });

  it('popf in ring 3 changes neither IF nor IOPL', async () => {
    const { reg } = await inRing3((a) => {
      a.push(0x3200 | flag.cf);
      a.popfd();
      a.pushfd();
      a.pop(ebx);
      a.ud2();
    });
    expect(reg('ebx') & 0x3201).toBe(flag.cf);
  });

  it('what the preset lacks is #UD: cmov and sysenter on the Pentium; lock on what cannot be locked', async () => {
    for (const bytes of [
      [0x0f, 0x44, 0xc3],
      [0x0f, 0x34],
      [0xf0, 0x01, 0xd8],
      [0xf0, 0x8b, 0x03],
      [0x0f, 0x0b],
    ]) {
      const { vector } = await run({ main: (a) => a.bytes(...bytes) });
      expect(vector).toBe(UD);
    }
  });

  it('CR0.TS makes x87 instructions #NM', async () => {
    const { vector } = await run({
      main: (a) => {
        a.mov(eax, cr0);
        a.or(eax, 8);
        a.mov(cr0, eax);
        a.bytes(0xd9, 0xe8); // fld1
      },
    });
    expect(vector).toBe(NM);
  });
});

describe('prices', () => {
  it('each gate, return and crossing is counted and charged once', async () => {
    const { core } = await run({
      main: (a) => {
        iretTo(a, 3, 'user');
        a.label('user');
        for (let i = 0; i < 3; i++) a.int(0x40);
        a.int(3);
        a.label('kernel');
        a.iretd();
      },
      gates: [
        { vector: 3, label: 'vector3', dpl: 3 },
        { vector: 0x40, label: 'kernel', dpl: 3 },
      ],
    });
    const { events } = processors['pentium-133'];
    const row = (cause: number) => core.wide(core.get('currentRow') + 8 * cause);
    const [trap, back] = [8, 9];
    expect(row(trap)).toBe(4 * events.intToRing0.value + events.farTransfer.value);
    expect(row(back)).toBe(4 * events.iretOuter.value);
  });
});
