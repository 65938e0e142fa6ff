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
  fs,
  gs,
  mem,
  mem8,
  sym,
} from '../../toolchain/assembler/index.js';
import { processors } from '../processors/index.js';
import {
  access,
  callGate,
  DATA,
  descriptor,
  flag,
  iretTo,
  run,
  STACK0,
  STACK1,
  STACK3,
  sel,
  stage,
  stateWord,
  TSS,
} from './cpu.js';

const GP = 13;
const TS = 10;
const NP = 11;
const SS = 12;
const PF = 14;
const UD = 6;
const NM = 7;

/** A page directory and table that map the first 4 MiB one to one, for everybody, with the bits `change` says. */
function paging(a: Assembler, change: (a: Assembler) => void = () => {}): void {
  a.mov(edi, 0x10000);
  a.mov(mem({ base: edi }), 0x11007);
  a.mov(eax, 7);
  a.mov(edi, 0x11000);
  a.mov(ecx, 1024);
  a.label('map');
  a.mov(mem({ base: edi }), eax);
  a.add(edi, 4);
  a.add(eax, 0x1000);
  a.dec(ecx);
  a.jnz('map');
  change(a);
  a.mov(eax, 0x10000);
  a.mov(cr3, eax);
  a.mov(eax, cr0);
  a.or(eax, 0x80010000);
  a.mov(cr0, eax);
}
const pte = (linear: number) => mem({ disp: 0x11000 + (linear >>> 12) * 4 });

describe('faults are precise', () => {
  it('a #GP has EIP at the instruction, the selector as error code, and changes no register', async () => {
    const { vector, frame, reg, symbols } = await run({
      main: (a) => {
        a.mov(eax, 0x1f0);
        a.mov(ebx, esp);
        a.label('here');
        a.mov(ds, ax);
      },
    });
    expect([vector, frame[0], frame[1], frame[2]]).toEqual([GP, 0x1f0, symbols.get('here'), sel.code0]);
    expect(reg('ebx')).toBe(STACK0);
  });

  it('a push that faults leaves ESP alone', async () => {
    const { vector, frame, reg } = await run({
      main: (a) => {
        paging(a, (b) => b.mov(pte(0x30000), 0x30000));
        iretTo(a, 3, 'user');
        a.label('user');
        a.mov(esp, 0x31000);
        a.mov(eax, 1);
        a.push(eax);
      },
    });
    expect([vector, frame[0]]).toEqual([PF, 6]); // not present, write, user
    expect(frame[4]).toBe(0x31000);
    expect(reg('cr2')).toBe(0x30ffc);
  });

  it('a read-modify-write on a read-only page writes nothing and says so', async () => {
    const { vector, frame, reg, ram32 } = await run({
      main: (a) => {
        a.mov(mem({ disp: DATA }), 41);
        paging(a, (b) => b.mov(pte(DATA), DATA | 5));
        a.inc(mem({ disp: DATA }));
      },
    });
    expect([vector, frame[0]]).toEqual([PF, 3]); // present, write, supervisor
    expect([reg('cr2'), ram32(DATA)]).toEqual([DATA, 41]);
  });

  it('a write across two pages, the second of them missing, writes no byte of the first', async () => {
    const { vector, reg, ram32 } = await run({
      main: (a) => {
        a.mov(mem({ disp: 0x30ffc }), 0x11111111);
        paging(a, (b) => b.mov(pte(0x31000), 0));
        a.mov(mem({ disp: 0x30ffe }), 0x22222222);
      },
    });
    expect([vector, reg('cr2'), ram32(0x30ffc)]).toEqual([PF, 0x31000, 0x11111111]);
  });

  it('rep movsd faults in the middle with its progress kept, and goes on afterwards', async () => {
    const { vector, reg, ram32 } = await run({
      main: (a) => {
        for (let i = 0; i < 3; i++) a.mov(mem({ disp: 0x30ff8 + 4 * i }), 7 + i);
        paging(a, (b) => b.mov(pte(0x31000), 0));
        a.mov(esi, 0x30ff8);
        a.mov(edi, DATA);
        a.mov(ecx, 3);
        a.cld();
        a.rep();
        a.movsd();
        a.jmp('end');
        a.label('fix');
        a.mov(mem({ disp: DATA + 0x100 }), ecx);
        a.mov(mem({ disp: DATA + 0x104 }), esi);
        a.mov(pte(0x31000), 0x31007);
        a.add(esp, 4);
        a.iretd();
      },
      gates: [{ vector: PF, label: 'fix' }],
    });
    expect(vector).toBe(-1);
    expect([ram32(DATA + 0x100), ram32(DATA + 0x104)]).toEqual([1, 0x31000]);
    expect([ram32(DATA), ram32(DATA + 4), ram32(DATA + 8), reg('ecx')]).toEqual([7, 8, 9, 0]);
  });

  it('an instruction across two pages faults on the second with EIP at its first byte', async () => {
    const { vector, frame, reg } = await run({
      main: (a) => {
        a.mov(mem8({ disp: 0x30fff }), 0xb8); // mov eax, imm32: the immediate lies in the next page
        paging(a, (b) => b.mov(pte(0x31000), 0));
        a.mov(eax, 0x30fff);
        a.jmpIndirect(eax);
      },
    });
    expect([vector, frame[0], frame[1], reg('cr2')]).toEqual([PF, 0, 0x30fff, 0x31000]);
  });

  it('code that was written over is decoded again', async () => {
    const { reg } = await run({
      main: (a) => {
        a.mov(ecx, 2);
        a.xor(eax, eax);
        a.label('again');
        a.call('patched');
        a.mov(mem({ sym: 'patched', disp: 1 }), 100);
        a.dec(ecx);
        a.jnz('again');
        a.jmp('end');
        a.align(32);
        a.label('patched');
        a.bytes(0x05, 1, 0, 0, 0); // add eax, 1
        a.ret();
      },
    });
    expect(reg('eax')).toBe(101);
  });
});

describe('segments', () => {
  const small = descriptor(DATA, 0x1f, access.data | 0x60);
  const extra3 = sel.extra | 3;

  /** Runs `main` with ES of a 32-byte segment at DATA. */
  const withSmall = (main: (a: Assembler) => void) =>
    run({
      descriptors: [small],
      main: (a) => {
        a.mov(eax, extra3);
        a.mov(es, ax);
        main(a);
      },
    });
  const esAt = (disp: number) => mem({ seg: es, disp });

  it('the last doubleword within the limit is reached, at the base', async () => {
    const { vector, ram32 } = await withSmall((a) => a.mov(esAt(0x1c), 5));
    expect([vector, ram32(DATA + 0x1c)]).toEqual([-1, 5]);
  });

  it('one byte beyond the limit is #GP(0), for reads, writes and read-modify-writes', async () => {
    for (const beyond of [
      (a: Assembler) => a.mov(eax, esAt(0x1d)),
      (a: Assembler) => a.mov(esAt(0x1d), eax),
      (a: Assembler) => a.inc(esAt(0x1d)),
      (a: Assembler) => a.mov(al, mem8({ seg: es, disp: 0x20 })),
      (a: Assembler) => a.mov(eax, esAt(0xffffffff)),
    ]) {
      const { vector, frame } = await withSmall(beyond);
      expect([vector, frame[0]]).toEqual([GP, 0]);
    }
  });

  it('rep stosd stops at the limit', async () => {
    const { vector, reg } = await withSmall((a) => {
      a.mov(edi, 0);
      a.mov(ecx, 100);
      a.cld();
      a.rep();
      a.stosd();
    });
    expect([vector, reg('ecx'), reg('edi')]).toEqual([GP, 92, 0x20]);
  });

  it('beyond the limit of SS it is #SS(0)', async () => {
    const { vector, frame } = await run({
      descriptors: [descriptor(0, 0x20fff, access.data)],
      main: (a) => {
        a.mov(ebx, 0x21000);
        a.mov(eax, sel.extra);
        a.bytes(0x8e, 0xd0); // mov ss, ax
        a.mov(eax, mem({ base: esp, disp: 0x1000 }));
      },
    });
    expect([vector, frame[0]]).toEqual([SS, 0]);
  });

  it('an expand-down segment begins above its limit', async () => {
    const below = await run({
      descriptors: [descriptor(0, 0x7fff, access.downward)],
      main: (a) => {
        a.mov(eax, sel.extra);
        a.mov(es, ax);
        a.mov(esAt(0x8000), 1);
        a.label('here');
        a.mov(esAt(0x7fff), 1);
      },
    });
    expect([below.vector, below.frame[1]]).toEqual([GP, below.symbols.get('here')]);
  });

  const refused: [string, number, readonly [number, number] | null, number][] = [
    ['a selector beyond the GDT', 0x100, null, GP],
    ['an execute-only code segment', sel.extra, descriptor(0, 0xffff, access.executeOnly), GP],
    ['a system descriptor', sel.extra, descriptor(0, 0xffff, 0x82), GP],
    ['an absent segment', sel.extra, descriptor(0, 0xffff, access.data & 0x7f), NP],
    ['a selector of ring 3 for a segment of ring 0', sel.data0 | 3, null, GP],
    ['a selector of the LDT, when there is none', 0x0c, null, GP],
  ];
  for (const [what, selector, extra, expected] of refused) {
    it(`DS does not take ${what}`, async () => {
      const { vector, frame } = await run({
        descriptors: extra ? [extra] : [],
        main: (a) => {
          a.mov(eax, selector);
          a.mov(ds, ax);
        },
      });
      expect([vector, frame[0]]).toEqual([expected, selector & ~3]);
    });
  }

  it('a null selector may be loaded, not used; a read-only segment not written', async () => {
    const used = await run({
      main: (a) => {
        a.xor(eax, eax);
        a.mov(fs, ax);
        a.label('here');
        a.mov(eax, mem({ seg: fs, disp: 0 }));
      },
    });
    expect([used.vector, used.frame[0], used.frame[1]]).toEqual([GP, 0, used.symbols.get('here')]);
    const written = await run({
      descriptors: [descriptor(0, 0xffff, access.readOnly)],
      main: (a) => {
        a.mov(eax, sel.extra);
        a.mov(gs, ax);
        a.mov(ebx, mem({ seg: gs, disp: 0 }));
        a.mov(mem({ seg: gs, disp: 0 }), ebx);
      },
    });
    expect([written.vector, written.frame[0]]).toEqual([GP, 0]);
  });

  it('execution stops at the limit of CS', async () => {
    const { vector, frame } = await run({
      descriptors: [descriptor(DATA, 0x02, access.code)],
      poke: (ram) => ram.setUint32(DATA, 0x90909090, true),
      main: (a) => a.ljmp(sel.extra, 0),
    });
    expect([vector, frame[0], frame[1], frame[2]]).toEqual([GP, 0, 3, sel.extra]);
  });
});

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

describe('exceptions of exceptions', () => {
  it('a page fault whose handler is absent is a double fault', async () => {
    const { vector, frame } = await run({
      main: (a) => {
        paging(a, (b) => b.mov(pte(0x31000), 0));
        a.mov(eax, mem({ disp: 0x31000 }));
      },
      gates: [{ vector: PF, label: 'vector14', absent: true }],
    });
    expect([vector, frame[0]]).toEqual([8, 0]);
  });

  it('without a handler for that one either the processor shuts down', async () => {
    const { stop } = await run({ main: (a) => a.ud2(), idtLimit: 0 });
    expect(stop.reason).toBe('triple-fault');
  });

  it('TF traps after each instruction with EIP behind it', async () => {
    const { vector, frame, symbols } = await run({
      main: (a) => {
        a.push(0x102);
        a.popfd();
        a.inc(eax);
        a.label('here');
        a.inc(eax);
      },
    });
    expect([vector, frame[0]]).toEqual([1, symbols.get('here')]);
    expect(frame[2] & flag.tf).toBe(flag.tf);
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
