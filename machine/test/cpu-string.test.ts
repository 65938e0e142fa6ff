import { describe, expect, it } from 'vitest';
import { type Assembler, al, ax, eax, ecx, edi, es, esi, mem, mem8 } from '../../toolchain/assembler/index.js';
import { processors } from '../processors/index.js';
import { layout } from '../tables/layout.js';
import { access, DATA, descriptor, flag, outcomeOf, run, sel } from './cpu.js';

/**
 * REP MOVS and REP STOS go by whole granules where nothing can go wrong (core/string.ts). Near the limit of ES
 * iterations go one by one, so the same copy into segments with tight limits must differ in nothing but host time.
 */
const PIECES = 6;
const PIECE = 384;
const FROM = DATA;
const TO = DATA + 0x8000;

const kinds: [string, (a: Assembler) => void, number][] = [
  ['movsd', (a) => a.movsd(), 4],
  ['movsw', (a) => a.movsw(), 2],
  ['movsb', (a) => a.movsb(), 1],
  ['stosd', (a) => a.stosd(), 4],
  ['stosb', (a) => a.stosb(), 1],
];

async function copied(
  processor: string,
  operation: (a: Assembler) => void,
  size: number,
  shift: number,
  tight: boolean,
) {
  const bytes = PIECE - shift - 4;
  const { machine, core, stop, reg } = await run({
    options: { preset: processors[processor as keyof typeof processors] },
    descriptors: Array.from({ length: PIECES }, (_, i) =>
      descriptor(TO + i * PIECE, tight ? PIECE - 1 : 0xffffff, access.data),
    ),
    poke: (ram) => {
      for (let i = 0; i < PIECES * PIECE; i++) ram.setUint8(FROM + i, (i * 7 + 3) & 0xff);
    },
    main: (a) => {
      a.cld();
      // Twice: cold, then with caches and TLBs as the first pass left them.
      for (let pass = 0; pass < 2; pass++) {
        for (let i = 0; i < PIECES; i++) {
          a.mov(eax, sel.extra + 8 * i);
          a.mov(es, ax);
          a.mov(eax, 0xa1b2c3d4 + pass);
          a.mov(esi, FROM + i * PIECE + 2 * shift);
          a.mov(edi, shift);
          a.mov(ecx, Math.floor(bytes / size));
          a.rep();
          operation(a);
        }
      }
    },
  });
  expect(stop.reason).toBe('halted');
  const wide = (from: number, count: number) => Array.from({ length: count }, (_, i) => core.wide(from + 8 * i));
  return {
    cycle: core.cycle,
    causes: wide(core.get('currentRow'), 32),
    counters: wide(layout.COUNTERS, 32),
    events: wide(layout.EVENT_COUNTS, 64),
    registers: ['esi', 'edi', 'ecx', 'eip'].map(reg),
    bytes: [...machine.memory.ram.slice(TO, TO + PIECES * PIECE)],
  };
}

describe('REP by granules is REP by iterations', () => {
  for (const processor of Object.keys(processors)) {
    for (const [name, operation, size] of kinds) {
      it(`${name} on ${processor}: same memory, registers, counters and cycles`, async () => {
        for (const shift of [0, 4, 5]) {
          const loose = await copied(processor, operation, size, shift, false);
          const tight = await copied(processor, operation, size, shift, true);
          expect(tight).toEqual(loose);
          const last = FROM + (PIECES - 1) * PIECE + 2 * shift + Math.floor((PIECE - shift - 4) / size) * size;
          if (name.startsWith('movs')) expect(loose.registers[0]).toBe(last);
        }
      });
    }
  }
});

const { cf, zf } = flag;
const GP = 13;

describe('string instructions', () => {
  it('repe cmpsb stops at the first difference', async () => {
    const { reg, flags } = await outcomeOf((a) => {
      a.mov(mem({ disp: DATA }), 0x04030201);
      a.mov(mem({ disp: DATA + 0x100 }), 0x04990201);
      a.mov(esi, DATA);
      a.mov(edi, DATA + 0x100);
      a.mov(ecx, 4);
      a.cld();
      a.rep();
      a.cmpsb();
    });
    expect([reg('ecx'), reg('esi'), reg('edi')]).toEqual([1, DATA + 3, DATA + 0x103]);
    expect(flags & (zf | cf)).toBe(cf); // 03 < 99
  });

  it('repne scasb finds a byte, downwards', async () => {
    const { reg, flags } = await outcomeOf((a) => {
      a.mov(mem({ disp: DATA }), 0x00000041);
      a.mov(edi, DATA + 3);
      a.mov(ecx, 100);
      a.mov(al, 0x41);
      a.std();
      a.repne();
      a.scasb();
      a.cld();
    });
    expect([reg('ecx'), reg('edi')]).toEqual([96, DATA - 1]);
    expect(flags & zf).toBe(zf);
  });

  it.each([
    ['movsd', (a: Assembler) => a.movsd()],
    ['stosd', (a: Assembler) => a.stosd()],
  ])('rep %s with a count above 2^31 goes on to the limit of ES, and #GP has what is left', async (_, op) => {
    const { vector, reg } = await run({
      descriptors: [descriptor(TO, PIECE - 1, access.data)],
      main: (a) => {
        a.mov(eax, sel.extra);
        a.mov(es, ax);
        a.mov(esi, FROM);
        a.mov(edi, 0);
        a.mov(ecx, 0x80000001);
        a.cld();
        a.rep();
        op(a);
      },
    });
    expect([vector, reg('edi'), reg('ecx')]).toEqual([GP, PIECE, 0x80000001 - PIECE / 4]);
  });

  it('rep movsb with operands that overlap repeats a pattern', async () => {
    const { ram32 } = await outcomeOf((a) => {
      a.mov(mem8({ disp: DATA }), 0x5a);
      a.mov(esi, DATA);
      a.mov(edi, DATA + 1);
      a.mov(ecx, 40);
      a.cld();
      a.rep();
      a.movsb();
    });
    expect(ram32(DATA + 1)).toBe(0x5a5a5a5a);
    expect(ram32(DATA + 37)).toBe(0x5a5a5a5a);
  });
});
