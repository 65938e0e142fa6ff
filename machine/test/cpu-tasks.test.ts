import { describe, expect, it } from 'vitest';
import { type Assembler, eax, ebx, mem, sym } from '../../toolchain/assembler/index.js';
import { little } from '../verify/host/random.js';
import { access, DATA, descriptor, GDT, run, STACK0, sel, TSS } from './cpu.js';

// SDM vol. 3, chapter 7. The second task: its TSS, its stack, and the selectors of descriptors about it.
const OTHER = 0x4800;
const STACK = 0x2c000;
const task = {
  tss: sel.extra,
  gate: sel.extra + 8,
  absent: sel.extra + 16,
  short: sel.extra + 24,
  narrow: sel.extra + 32,
};
const [TS, GP, NP, DB, DF] = [10, 13, 11, 1, 8];

const tss = (limit: number, type = 0x89): readonly [number, number] => [
  limit | (OTHER << 16),
  (type << 8) | (OTHER >>> 16),
];
const descriptors = [tss(103), [task.tss << 16, 0x8500] as const, tss(103, 0x09), tss(102), tss(43, 0x81)];

/** Fills the second TSS: `at` is the task's first instruction. */
function prepare(a: Assembler, at: string, fields: Record<number, number> = {}): void {
  a.mov(mem({ disp: OTHER + 0x20 }), sym(at));
  const all = {
    36: 2,
    40: 0x1234,
    56: STACK,
    72: sel.data0,
    76: sel.code0,
    80: sel.data0,
    84: sel.data0,
    88: sel.data0,
    92: sel.data0,
    ...fields,
  };
  for (const [offset, value] of Object.entries(all)) a.mov(mem({ disp: OTHER + Number(offset) }), value);
}
const far = (a: Assembler, opcode: number, selector: number) =>
  a.bytes(opcode, ...little(0), selector & 0xff, selector >> 8);
const [JMP, CALL] = [0xea, 0x9a];
const busy = (ram32: (at: number) => number, selector: number) => (ram32(GDT + selector + 4) >>> 8) & 0xff;

describe('hardware tasks', () => {
  it.each([
    ['a TSS', task.tss],
    ['a task gate', task.gate],
  ])('JMP to %s saves one task and loads the other', async (_, selector) => {
    const { reg, ram32, vector, symbols } = await run({
      descriptors,
      main: (a) => {
        prepare(a, 'other');
        a.mov(eax, 0xabcd);
        far(a, JMP, selector);
        a.label('back');
        a.hlt();
        a.label('other');
        a.bytes(0x0f, 0x00, 0xcb); // str ebx
        a.bytes(0x9c, 0x59); // pushfd; pop ecx
      },
    });
    expect(vector).toBe(-1);
    expect([reg('eax'), reg('ebx'), reg('esp')]).toEqual([0x1234, task.tss, STACK]);
    expect(reg('ecx') & 0x4000).toBe(0); // NT
    expect(reg('cr0') & 8).toBe(8); // TS
    expect([busy(ram32, sel.tss), busy(ram32, task.tss)]).toEqual([0x89, 0x8b]);
    const saved = [0x20, 0x28, 0x38, 0x4c, 0x50].map((at) => ram32(TSS + at));
    expect(saved).toEqual([symbols.get('back'), 0xabcd, STACK0, sel.code0, sel.data0]);
  });

  it('CALL nests: the link, NT, both busy; IRET goes back and leaves the task where it was', async () => {
    const { reg, ram32, vector } = await run({
      descriptors,
      main: (a) => {
        prepare(a, 'other');
        far(a, CALL, task.tss);
        a.mov(ebx, 7);
        a.bytes(0x9c, 0x59); // pushfd; pop ecx
        a.hlt();
        a.label('other');
        a.mov(eax, mem({ disp: GDT + sel.tss + 4 }));
        a.mov(mem({ disp: DATA }), eax);
        a.bytes(0x9c, 0x58); // pushfd; pop eax
        a.mov(mem({ disp: DATA + 4 }), eax);
        a.iretd();
      },
    });
    expect(vector).toBe(-1);
    expect([reg('ebx'), reg('ecx') & 0x4000]).toEqual([7, 0]);
    expect([(ram32(DATA) >>> 8) & 0xff, ram32(DATA + 4) & 0x4000]).toEqual([0x8b, 0x4000]);
    expect(ram32(OTHER) & 0xffff).toBe(sel.tss);
    expect([busy(ram32, sel.tss), busy(ram32, task.tss)]).toEqual([0x8b, 0x89]);
    expect(ram32(OTHER + 0x24) & 0x4000).toBe(0); // IRET cleared NT in what it saved
  });

  it('a double fault enters its task on a good stack, with an error code of 0 and the faulting EIP saved', async () => {
    const { reg, ram32, symbols, vector } = await run({
      descriptors,
      poke: (ram) => {
        ram.setUint32(0x3000 + 8 * DF, task.tss << 16, true);
        ram.setUint32(0x3000 + 8 * DF + 4, 0x8500, true);
        // No gate for #GP: its delivery is a second #GP.
        ram.setUint32(0x3000 + 8 * GP + 4, 0, true);
      },
      main: (a) => {
        prepare(a, 'other');
        a.label('here');
        a.int(0x40);
        a.label('other');
      },
      idtLimit: 0x40 * 8 - 1,
    });
    expect(vector).toBe(-1);
    expect([reg('esp'), ram32(STACK - 4)]).toEqual([STACK - 4, 0]);
    expect([ram32(TSS + 0x20), ram32(TSS + 0x24) & 0x10000]).toEqual([symbols.get('here'), 0x10000]);
  });

  it('a 16-bit TSS loads the low halves and leaves ones above', async () => {
    const { reg, vector } = await run({
      descriptors,
      // The code lies above 64 KiB: a segment that starts with it.
      main: (a) => {
        a.mov(mem({ disp: OTHER + 0x0e }), 0x00020000 | 0x9000);
        a.mov(mem({ disp: OTHER + 0x12 }), 0x56781234);
        a.mov(mem({ disp: OTHER + 0x1a }), 0x8000);
        a.mov(mem({ disp: OTHER + 0x22 }), (sel.code0 << 16) | sel.data0);
        a.mov(mem({ disp: OTHER + 0x26 }), (sel.data0 << 16) | sel.data0);
        a.mov(mem({ disp: OTHER + 0x2a }), 0);
        a.mov(mem({ disp: 0x9000 }), 0xf4); // hlt
        far(a, JMP, task.narrow);
      },
    });
    expect(vector).toBe(-1);
    expect([reg('eip'), reg('eax'), reg('ecx'), reg('esp')]).toEqual([0x9001, 0xffff1234, 0xffff5678, 0xffff8000]);
  });

  it.each([
    ['busy', sel.tss, GP, sel.tss],
    ['not present', task.absent, NP, task.absent],
    ['too small', task.short, TS, task.short],
  ])('a TSS that is %s is refused in the old task', async (_, selector, expected, code) => {
    const { vector, frame, symbols } = await run({
      descriptors,
      main: (a) => {
        prepare(a, 'here');
        a.label('here');
        far(a, JMP, selector);
      },
    });
    expect([vector, frame[0], frame[1]]).toEqual([expected, code, symbols.get('here')]);
  });

  it('a bad data segment is #TS of the new task, before its first instruction', async () => {
    const { vector, frame, reg, symbols, ram32 } = await run({
      descriptors,
      main: (a) => {
        prepare(a, 'other', { 84: 0x1f0 });
        far(a, JMP, task.tss);
        a.label('other');
        a.mov(eax, 1);
      },
    });
    expect([vector, frame[0], frame[1]]).toEqual([TS, 0x1f0, symbols.get('other')]);
    expect([reg('eax'), busy(ram32, task.tss)]).toEqual([0x1234, 0x8b]);
  });

  it('the T bit is a #DB of the new task with DR6.BT', async () => {
    const { vector, frame, symbols, reg } = await run({
      descriptors,
      main: (a) => {
        prepare(a, 'other', { 100: 1 });
        far(a, JMP, task.tss);
        a.label('other');
        a.mov(eax, 1);
      },
    });
    expect([vector, frame[0], reg('eax')]).toEqual([DB, symbols.get('other'), 0x1234]);
  });

  it('a task may live in another ring and address space', async () => {
    const { vector, frame, reg } = await run({
      descriptors,
      main: (a) => {
        prepare(a, 'other', {
          72: sel.data3,
          76: sel.code3,
          80: sel.data3,
          84: sel.data3,
          88: 0,
          92: 0,
          4: STACK0,
          8: sel.data0,
        });
        far(a, JMP, task.tss);
        a.label('other');
        a.hlt();
      },
    });
    expect([vector, frame[0], frame[2], frame[4]]).toEqual([GP, 0, sel.code3, STACK]);
    expect(reg('cpl')).toBe(0);
  });
});

describe('gates of 16 bits', () => {
  /** 32-bit code within reach of a 16-bit offset. */
  const low = descriptor(0, 0xffff, access.code);
  it('a call gate pushes and copies words', async () => {
    // Ring 3 calls ring 0 through a 16-bit gate with two parameters; the target lies in the first 64 KiB.
    const { vector, ram32, reg } = await run({
      descriptors: [low, [(sel.extra << 16) | 0x9000, 0xe400 | 2]],
      main: (a) => {
        a.mov(mem({ disp: 0x9000 }), 0xf4); // hlt
        a.push(sel.data3);
        a.push(0x28000);
        a.push(2);
        a.push(sel.code3);
        a.push(sym('user'));
        a.iretd();
        a.label('user');
        a.bytes(0x66, 0x68, 0x11, 0x11, 0x66, 0x68, 0x22, 0x22); // push word 1111h, 2222h
        far(a, CALL, sel.extra + 8 + 3);
      },
    });
    expect(vector).toBe(-1);
    // From the top of STACK0: SS, SP, 1111h, 2222h, CS, IP.
    expect(reg('esp')).toBe(STACK0 - 12);
    expect(ram32(STACK0 - 8)).toBe(0x11112222);
    expect(ram32(STACK0 - 4)).toBe((sel.data3 << 16) | 0x7ffc);
  });
});
