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
  es,
  esi,
  esp,
  fs,
  gs,
  mem,
  mem8,
} from '../../toolchain/assembler/index.js';
import { access, DATA, descriptor, flag, iretTo, run, STACK0, sel } from './cpu.js';

const GP = 13;
const NP = 11;
const SS = 12;
const PF = 14;

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

  it.each([
    { name: 'popad', bytes: [0x61] },
    { name: 'popa', bytes: [0x66, 0x61] },
  ])('$name reads upwards: the fault tells the first address', async ({ bytes }) => {
    const { vector, frame, reg } = await run({
      main: (a) => {
        paging(a, (b) => b.mov(pte(0x30000), 0x30000));
        iretTo(a, 3, 'user');
        a.label('user');
        a.mov(esp, 0x30042);
        a.bytes(...bytes);
      },
    });
    expect([vector, frame[0], frame[4], reg('cr2')]).toEqual([PF, 4, 0x30042, 0x30042]);
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
