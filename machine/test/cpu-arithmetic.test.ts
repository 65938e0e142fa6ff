import { describe, expect, it } from 'vitest';
import { type Assembler, ah, al, ax, bl, cl, eax, ebx, ecx, edx, esi } from '../../toolchain/assembler/index.js';
import { flag, outcomeOf, run } from './cpu.js';

const { cf, pf, af, zf, sf, of } = flag;
const ARITHMETIC = cf | pf | af | zf | sf | of;

/** What stands in ECX and EDX before each instruction. */
const [COUNT, OTHER] = [32, 0x9abcdef0];
const CARRY = true;

interface Case {
  readonly name: string;
  /** EAX before; all arithmetic flags are clear, but for CF where `carry` sets it. */
  readonly before: number;
  readonly carry: boolean;
  instruction(a: Assembler): void;
  /** EAX after, and the flags. */
  readonly after: number;
  readonly flags: number;
  /** Flags that the manual leaves undefined, which are not compared. */
  readonly undefined: number;
}

const row = (
  name: string,
  before: number,
  instruction: Case['instruction'],
  after: number,
  flags: number,
  { carry = false, undefined: unknown = 0 } = {},
): Case => ({ name, before, instruction, after, flags, carry, undefined: unknown });

// SDM vol. 1, 3.4.3.1: CF unsigned carry, OF signed overflow, AF carry from bit 3, PF even parity of the low byte. AF is
// undefined after logic and shifts, OF after shifts by more than one, all but CF and OF after a multiplication (vol. 2).
const cases: Case[] = [
  row('add overflows', 0x7fffffff, (a) => a.add(eax, 1), 0x80000000, of | sf | af | pf),
  row('add carries to zero', 0xffffffff, (a) => a.add(eax, 1), 0, cf | zf | af | pf),
  row('sub borrows', 1, (a) => a.sub(eax, 2), 0xffffffff, cf | sf | af | pf),
  row('cmp leaves its operand', 0x80000000, (a) => a.cmp(eax, 1), 0x80000000, of | af | pf),
  row('8-bit add', 0x1280, (a) => a.add(al, al), 0x1200, cf | of | zf | pf),
  row('8-bit add to AH', 0x7f01, (a) => a.add(ah, 1), 0x8001, of | sf | af),
  row('16-bit sub', 0xabcd0000, (a) => a.sub(ax, 1), 0xabcdffff, cf | sf | af | pf),
  row('and clears carry', 0xff, (a) => a.and(eax, 0x83), 0x83, 0, { carry: CARRY, undefined: af }),
  row('inc keeps carry', 0x7fffffff, (a) => a.inc(eax), 0x80000000, cf | of | sf | af | pf, { carry: CARRY }),
  row('dec to minus one, carry clear', 0, (a) => a.dec(eax), 0xffffffff, sf | af | pf),
  row('8-bit dec overflows', 0x80, (a) => a.dec(al), 0x7f, of | af),
  row('neg of zero', 0, (a) => a.neg(eax), 0, zf | pf),
  row('neg of the least', 0x80000000, (a) => a.neg(eax), 0x80000000, cf | of | sf | pf),
  row('adc takes the carry', 0xffffffff, (a) => a.adc(eax, 0), 0, cf | zf | af | pf, { carry: CARRY }),
  row('sbb takes the borrow', 0, (a) => a.sbb(eax, eax), 0xffffffff, cf | sf | af | pf, { carry: CARRY }),
  row('8-bit adc', 0x7f, (a) => a.adc(al, 0), 0x80, of | sf | af, { carry: CARRY }),
  row('shl by one overflows', 0x40000000, (a) => a.shl(eax, 1), 0x80000000, of | sf | pf, { undefined: af }),
  row('shr by one', 0x80000001, (a) => a.shr(eax, 1), 0x40000000, cf | of | pf, { undefined: af }),
  row('sar rounds down', 0xfffffffd, (a) => a.sar(eax, 1), 0xfffffffe, cf | sf, { undefined: af }),
  row('a shift by 0 leaves flags', 5, (a) => a.shl(eax, cl), 5, cf, { carry: CARRY }),
  row('rol into carry', 0x80000000, (a) => a.rol(eax, 1), 1, cf | of),
  row('rcr through carry', 2, (a) => a.rcr(eax, 1), 0x80000001, of, { carry: CARRY }),
  row('shld', 0x12345678, (a) => a.shld(eax, edx, 8), 0x3456789a, pf, { undefined: af | of }),
  row('imul overflows', 0x10000, (a) => a.imul(eax, eax), 0, cf | of, { undefined: af | sf | zf | pf }),
  row('imul fits', -3, (a) => a.imul(eax, eax, 5), 0xfffffff1, 0, { undefined: af | sf | zf | pf }),
];

describe('arithmetic flags', () => {
  it.each(cases)('$name', async ({ before, carry, instruction, after, flags, undefined: unknown }) => {
    const seen = await outcomeOf((a) => {
      a.mov(esi, 1);
      a.mov(eax, before);
      a.mov(ecx, COUNT);
      a.mov(edx, OTHER);
      a.test(esi, esi);
      if (carry) a.stc();
      instruction(a);
    });
    expect(seen.reg('eax')).toBe(after);
    const mask = ARITHMETIC & ~unknown;
    expect(seen.flags & mask).toBe(flags & mask);
  });
});

describe('multiplication and division', () => {
  const least = 0x80000000;
  it.each<[string, number, number, (a: Assembler) => void, number, number]>([
    ['mul gives 64 bits', 0xffffffff, 0xffffffff, (a) => a.mul(ebx), 0xfffffffe, 1],
    ['idiv truncates towards zero, and the remainder has the sign of the dividend', -7, 2, signedDivide, -1, -3],
    ['8-bit div puts the remainder into AH', 1000, 7, (a) => a.div(bl), OTHER, (6 << 8) | 142],
  ])('%s', async (_, left, right, instruction, high, low) => {
    const { reg } = await outcomeOf((a) => operands(a, left, right, instruction));
    expect([reg('edx'), reg('eax')]).toEqual([high >>> 0, low >>> 0]);
  });

  it('mul says by CF and OF that the product needs its upper half', async () => {
    const flagsOf = async (left: number) => (await outcomeOf((a) => operands(a, left, 5, (b) => b.mul(ebx)))).flags;
    expect((await flagsOf(least)) & (cf | of)).toBe(cf | of);
    expect((await flagsOf(3)) & (cf | of)).toBe(0);
  });

  it.each<[string, number, number, (a: Assembler) => void, number]>([
    ['a quotient that does not fit', 0, 1, (a) => a.div(ebx), OTHER],
    ['the least number divided by -1', least, -1, signedDivide, 0xffffffff],
  ])('%s is #DE at the instruction, and changes nothing', async (_, left, right, instruction, high) => {
    const { vector, frame, symbols, reg } = await run({ main: (a) => operands(a, left, right, instruction) });
    expect(vector).toBe(0);
    expect(frame[0]).toBe(symbols.get('divide') ?? symbols.get('instruction'));
    expect([reg('edx'), reg('eax')]).toEqual([high, left]);
  });

  function operands(a: Assembler, left: number, right: number, instruction: (a: Assembler) => void): void {
    a.mov(eax, left);
    a.mov(edx, OTHER);
    a.mov(ebx, right);
    a.label('instruction');
    instruction(a);
  }

  function signedDivide(a: Assembler): void {
    a.cdq();
    a.label('divide');
    a.idiv(ebx);
  }
});
