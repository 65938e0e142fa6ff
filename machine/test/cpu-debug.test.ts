import { describe, expect, it } from 'vitest';
import { type Assembler, ax, eax, ebx, ecx, edi, esp, mem, ss, sym } from '../../toolchain/assembler/index.js';
import { little } from '../verify/host/random.js';
import { DATA, flag, IDT, run, type Scene, sel } from './cpu.js';

// SDM vol. 3, chapter 17. DR7: enables in bits 2n (local) and 2n+1, kind in 16+4n, length less one in 18+4n.
const [CODE, WRITE, PORT, ACCESS] = [0, 1, 2, 3];
const watch = (n: number, kind: number, length: number) =>
  (1 << (2 * n)) | (kind << (16 + 4 * n)) | ((length - 1) << (18 + 4 * n));
const RF = 0x10000;
const [DB, UD] = [1, 6];

const moveToDr = (a: Assembler, n: number) => a.bytes(0x0f, 0x23, 0xc0 | (n << 3)); // mov drN, eax
const moveFromDr = (a: Assembler, n: number) => a.bytes(0x0f, 0x21, 0xc0 | (n << 3)); // mov eax, drN
function setDr(a: Assembler, n: number, value: number | string): void {
  a.mov(eax, typeof value === 'string' ? sym(value) : value);
  moveToDr(a, n);
}
/** A handler that records [EIP, EFLAGS, DR6] at DATA, clears DR6, and goes on with RF set. */
const recorder: Pick<Scene, 'gates'> = { gates: [{ vector: DB, label: 'record' }] };
function record(a: Assembler): void {
  a.label('record');
  a.push(eax);
  a.push(edi);
  a.mov(edi, mem({ disp: DATA }));
  for (const at of [8, 16]) {
    a.mov(eax, mem({ base: esp, disp: at }));
    a.mov(mem({ base: edi }), eax);
    a.add(edi, 4);
  }
  moveFromDr(a, 6);
  a.mov(mem({ base: edi }), eax);
  a.add(edi, 4);
  a.mov(mem({ disp: DATA }), edi);
  a.mov(eax, 0);
  moveToDr(a, 6);
  a.pop(edi);
  a.pop(eax);
  a.bytes(0x81, 0x4c, 0x24, 8, ...little(RF)); // or dword [esp + 8], RF
  a.iretd();
}
const LOG = DATA + 0x100;
const begin = (a: Assembler) => a.mov(mem({ disp: DATA }), LOG);
const logged = (ram32: (at: number) => number) =>
  Array.from({ length: (ram32(DATA) - LOG) / 12 }, (_, i) => [0, 4, 8].map((at) => ram32(LOG + 12 * i + at)));

describe('breakpoints', () => {
  it('on code are faults; RF lets the instruction pass once', async () => {
    const { ram32, symbols, reg } = await run({
      ...recorder,
      main: (a) => {
        begin(a);
        setDr(a, 0, 'here');
        setDr(a, 7, watch(0, CODE, 1));
        a.mov(ecx, 2);
        a.label('again');
        a.mov(ebx, 1);
        a.label('here');
        a.add(ebx, 1);
        a.dec(ecx);
        a.jnz('again');
        a.hlt();
        record(a);
      },
    });
    const [first, second] = logged(ram32);
    expect(logged(ram32)).toHaveLength(2);
    expect([first[0], first[1] & RF, first[2] & 0xf]).toEqual([symbols.get('here'), 0, 1]);
    expect(second[0]).toBe(symbols.get('here'));
    expect(reg('ebx')).toBe(2);
  });

  it.each([
    ['writes', WRITE, 1],
    ['accesses', ACCESS, 2],
  ])('on data %s are traps behind the instruction', async (_, kind, count) => {
    const { ram32, symbols } = await run({
      ...recorder,
      main: (a) => {
        begin(a);
        setDr(a, 1, DATA + 0x40);
        setDr(a, 7, watch(1, kind, 4));
        a.mov(ecx, 5);
        a.mov(mem({ disp: DATA + 0x41 }), ecx);
        a.label('written');
        a.mov(ecx, mem({ disp: DATA + 0x40 }));
        a.label('read');
        a.mov(ecx, mem({ disp: DATA + 0x48 }));
        a.hlt();
        record(a);
      },
    });
    const found = logged(ram32);
    expect(found.map(([eip]) => eip)).toEqual([symbols.get('written'), symbols.get('read')].slice(0, count));
    expect(found.map(([, , dr6]) => dr6 & 0xf)).toEqual([2, 2].slice(0, count));
  });

  it('a REP instruction traps behind the iteration that matched, and goes on', async () => {
    const { ram32, symbols, reg } = await run({
      ...recorder,
      main: (a) => {
        begin(a);
        setDr(a, 0, DATA + 0x48);
        setDr(a, 7, watch(0, WRITE, 4));
        a.mov(edi, DATA + 0x40);
        a.mov(ecx, 5);
        a.mov(eax, 9);
        a.label('here');
        a.bytes(0xf3, 0xab); // rep stosd
        a.mov(ebx, mem({ disp: DATA + 0x50 }));
        a.hlt();
        record(a);
      },
    });
    const found = logged(ram32);
    expect(found.map(([eip]) => eip)).toEqual([symbols.get('here')]);
    expect([reg('ebx'), reg('ecx')]).toEqual([9, 0]);
  });

  it('on ports need CR4.DE', async () => {
    const { ram32, symbols } = await run({
      ...recorder,
      main: (a) => {
        begin(a);
        setDr(a, 0, 0x80);
        setDr(a, 7, watch(0, PORT, 1));
        a.bytes(0xe6, 0x80); // out 80h, al
        a.bytes(0x0f, 0x20, 0xe0, 0x83, 0xc8, 8, 0x0f, 0x22, 0xe0); // CR4 |= 8
        a.bytes(0xe6, 0x80);
        a.label('after');
        a.hlt();
        record(a);
      },
    });
    expect(logged(ram32).map(([eip]) => eip)).toEqual([symbols.get('after')]);
  });

  it('a watched word is noticed by pushes of the processor itself', async () => {
    const { ram32 } = await run({
      gates: [...(recorder.gates ?? []), { vector: 0x30, label: 'interrupt' }],
      main: (a) => {
        begin(a);
        setDr(a, 0, 0x20000 - 12);
        setDr(a, 7, watch(0, WRITE, 4));
        a.mov(esp, 0x20000);
        a.push(eax);
        a.push(eax);
        a.push(eax);
        a.label('after');
        a.hlt();
        a.label('interrupt');
        a.iretd();
        record(a);
      },
    });
    expect(logged(ram32)).toHaveLength(1);
  });
});

describe('debug registers', () => {
  it('have fixed bits; DR4 and DR5 are DR6 and DR7', async () => {
    const { reg, vector } = await run({
      main: (a) => {
        setDr(a, 6, 0xffffffff);
        setDr(a, 5, 0x0000d800);
        moveFromDr(a, 4);
        a.mov(ebx, eax);
        moveFromDr(a, 7);
      },
    });
    expect([vector, reg('ebx'), reg('eax')]).toEqual([-1, 0xffffefff, 0x400]);
  });

  it('DR4 is #UD with CR4.DE', async () => {
    const { vector } = await run({
      main: (a) => {
        a.bytes(0x0f, 0x20, 0xe0, 0x83, 0xc8, 8, 0x0f, 0x22, 0xe0); // CR4 |= 8
        moveFromDr(a, 4);
      },
    });
    expect(vector).toBe(UD);
  });

  it('GD makes their use a #DB with DR6.BD, and ends with it', async () => {
    const { vector, frame, symbols, reg } = await run({
      gates: [{ vector: DB, label: 'handler' }],
      main: (a) => {
        setDr(a, 7, 0x2000);
        a.label('here');
        moveFromDr(a, 0);
        a.hlt();
        a.label('handler');
        a.pop(ebx);
        moveFromDr(a, 7);
        a.mov(ecx, eax);
        moveFromDr(a, 6);
      },
    });
    expect([vector, frame.length]).toEqual([-1, 0]);
    expect([reg('ebx'), reg('ecx') & 0x2000, reg('eax') & 0x2000]).toEqual([symbols.get('here'), 0, 0x2000]);
  });
});

describe('single step', () => {
  const stepping = (main: (a: Assembler) => void) =>
    run({
      ...recorder,
      main: (a) => {
        begin(a);
        main(a);
        a.hlt();
        record(a);
      },
    });
  const popFlags = (a: Assembler, flags: number) => {
    a.push(flags);
    a.bytes(0x9d); // popfd
  };

  it('begins behind the instruction after POPF, and ends behind the POPF that clears TF', async () => {
    const { ram32, symbols } = await stepping((a) => {
      popFlags(a, 2 | flag.tf);
      a.push(2);
      a.label('first');
      a.bytes(0x9d);
      a.label('last');
      a.mov(eax, 1);
    });
    expect(logged(ram32).map(([eip]) => eip)).toEqual([symbols.get('first'), symbols.get('last')]);
    expect(logged(ram32)[0][2]).toBe(0xffff4ff0);
  });

  it('waits for one instruction behind a load of SS', async () => {
    const { ram32, symbols } = await stepping((a) => {
      a.bytes(0x8c, 0xd0); // mov eax, ss
      a.push(2);
      popFlags(a, 2 | flag.tf);
      a.mov(ss, ax);
      a.label('shadow');
      a.bytes(0x90);
      a.label('after');
      a.bytes(0x9d);
      a.label('last');
    });
    expect(logged(ram32).map(([eip]) => eip)).toEqual([symbols.get('after'), symbols.get('last')]);
  });

  it('INT n is not stepped into, and REP MOVS is stepped by iteration', async () => {
    const { ram32, symbols } = await stepping((a) => {
      a.mov(mem({ disp: IDT + 8 * 0x30 }), sym('service'));
      a.mov(eax, sym('service'));
      a.bytes(0x66, 0xa3, ...little(IDT + 8 * 0x30)); // mov [..], ax
      a.mov(ebx, eax);
      a.bytes(0xc1, 0xe8, 16, 0x66, 0xa3, ...little(IDT + 8 * 0x30 + 6)); // shr eax, 16; mov [..], ax
      a.bytes(0x66, 0xc7, 0x05, ...little(IDT + 8 * 0x30 + 2), sel.code0, 0);
      a.bytes(0x66, 0xc7, 0x05, ...little(IDT + 8 * 0x30 + 4), 0x00, 0x8e);
      a.mov(edi, DATA + 0x40);
      a.mov(ecx, 2);
      a.push(2);
      popFlags(a, 2 | flag.tf);
      a.int(0x30);
      a.label('rep');
      a.bytes(0xf3, 0xaa); // rep stosb
      a.label('popf');
      a.bytes(0x9d);
      a.label('last');
      a.hlt();
      a.label('service');
      a.bytes(0x90);
      a.iretd();
    });
    // IRET sets TF again, so that the first trap comes behind the first iteration.
    const names = ['rep', 'popf', 'last'].map((name) => symbols.get(name));
    expect(logged(ram32).map(([eip]) => eip)).toEqual(names);
  });
});

describe('EFLAGS.RF', () => {
  it('is pushed as 1 by faults and as 0 by traps', async () => {
    const fault = await run({ main: (a) => a.bytes(0x0f, 0x0b) });
    expect([fault.vector, fault.frame[2] & RF]).toEqual([UD, RF]);
    const trap = await run({ main: (a) => a.bytes(0xcc) });
    expect([trap.vector, trap.frame[2] & RF]).toEqual([3, 0]);
  });
});
