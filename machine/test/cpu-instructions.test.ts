import { describe, expect, it } from 'vitest';
import {
  type Assembler,
  ah,
  al,
  ax,
  bl,
  cl,
  eax,
  ebp,
  ebx,
  ecx,
  edi,
  edx,
  esi,
  esp,
  mem,
  mem8,
} from '../../toolchain/assembler/index.js';
import { processors } from '../processors/index.js';
import { handlers } from '../tables/handlers.js';
import { formsOf, instructions } from '../tables/instructions.js';
import { TICKS_PER_CYCLE } from '../tables/issue.js';
import { layout } from '../tables/layout.js';
import { DATA, flag, run } from './cpu.js';

const { cf, pf, af, zf, sf, of } = flag;
const ARITHMETIC = cf | pf | af | zf | sf | of;

/** Runs `main`; EFLAGS at its end are in EBP. */
async function outcomeOf(main: (a: Assembler) => void) {
  const outcome = await run({
    main: (a) => {
      main(a);
      a.pushfd();
      a.pop(ebp);
    },
  });
  expect(outcome.stop.reason).toBe('halted');
  expect(outcome.vector).toBe(-1);
  return { ...outcome, flags: outcome.reg('ebp') & ARITHMETIC };
}

describe('the table', () => {
  it('names a handler for every form, and uses every handler but the pseudo-instructions of runs', () => {
    const used = new Set(instructions.flatMap(formsOf));
    const unused = handlers.filter((name) => !used.has(name));
    expect(unused).toEqual(['END', 'EA16', 'HOOK', 'LOCK']);
  });

  it('has no place taken twice, and a guard on all that came after the 486', () => {
    expect(new Set(instructions.map(({ id }) => id)).size).toBe(instructions.length);
    const later = instructions.filter(({ mnemonic }) =>
      /^(CMOV|SYSE|SYSC|SYSR|CMPXCHG8B|RDTSC|RDMSR|WRMSR|RDPMC|FX|LDMX|STMX)/.test(mnemonic),
    );
    expect(later).toHaveLength(16 + 4 + 1 + 4 + 4);
    expect(later.filter(({ guard }) => guard === undefined)).toEqual([]);
  });
});

describe('arithmetic flags', () => {
  // SDM vol. 1, 3.4.3.1: CF unsigned carry, OF signed overflow, AF carry from bit 3, PF even parity of the low byte.
  const cases: [string, (a: Assembler) => void, number, number][] = [
    [
      'add overflows',
      (a) => {
        a.mov(eax, 0x7fffffff);
        a.add(eax, 1);
      },
      0x80000000,
      of | sf | af | pf,
    ],
    [
      'add carries to zero',
      (a) => {
        a.mov(eax, 0xffffffff);
        a.add(eax, 1);
      },
      0,
      cf | zf | af | pf,
    ],
    [
      'sub borrows',
      (a) => {
        a.mov(eax, 1);
        a.sub(eax, 2);
      },
      0xffffffff,
      cf | sf | af | pf,
    ],
    [
      'cmp leaves its operand',
      (a) => {
        a.mov(eax, 0x80000000);
        a.cmp(eax, 1);
      },
      0x80000000,
      of | af | pf,
    ],
    [
      '8-bit add',
      (a) => {
        a.mov(eax, 0x1280);
        a.add(al, al);
      },
      0x1200,
      cf | of | zf | pf,
    ],
    [
      '8-bit add to AH',
      (a) => {
        a.mov(eax, 0x7f01);
        a.add(ah, 1);
      },
      0x8001,
      of | sf | af,
    ],
    [
      '16-bit sub',
      (a) => {
        a.mov(eax, 0xabcd0000);
        a.sub(ax, 1);
      },
      0xabcdffff,
      cf | sf | af | pf,
    ],
    [
      'and clears carry',
      (a) => {
        a.mov(eax, 0xff);
        a.stc();
        a.and(eax, 0x83);
      },
      0x83,
      0,
    ],
    [
      'inc keeps carry',
      (a) => {
        a.mov(eax, 0x7fffffff);
        a.stc();
        a.inc(eax);
      },
      0x80000000,
      cf | of | sf | af | pf,
    ],
    [
      'dec to minus one, carry clear',
      (a) => {
        a.xor(eax, eax);
        a.dec(eax);
      },
      0xffffffff,
      sf | af | pf,
    ],
    [
      '8-bit dec overflows',
      (a) => {
        a.mov(eax, 0x80);
        a.clc();
        a.dec(al);
      },
      0x7f,
      of | af,
    ],
    [
      'neg of zero',
      (a) => {
        a.xor(eax, eax);
        a.neg(eax);
      },
      0,
      zf | pf,
    ],
    [
      'neg of the least',
      (a) => {
        a.mov(eax, 0x80000000);
        a.neg(eax);
      },
      0x80000000,
      cf | of | sf | pf,
    ],
    [
      'adc takes the carry',
      (a) => {
        a.mov(eax, 0xffffffff);
        a.stc();
        a.adc(eax, 0);
      },
      0,
      cf | zf | af | pf,
    ],
    [
      'sbb takes the borrow',
      (a) => {
        a.xor(eax, eax);
        a.stc();
        a.sbb(eax, eax);
      },
      0xffffffff,
      cf | sf | af | pf,
    ],
    [
      '8-bit adc',
      (a) => {
        a.mov(eax, 0x7f);
        a.stc();
        a.adc(al, 0);
      },
      0x80,
      of | sf | af,
    ],
    [
      'shl by one overflows',
      (a) => {
        a.mov(eax, 0x40000000);
        a.shl(eax, 1);
      },
      0x80000000,
      of | sf | pf,
    ],
    [
      'shr by one',
      (a) => {
        a.mov(eax, 0x80000001);
        a.shr(eax, 1);
      },
      0x40000000,
      cf | of | pf,
    ],
    [
      'sar rounds down',
      (a) => {
        a.mov(eax, 0xfffffffd);
        a.sar(eax, 1);
      },
      0xfffffffe,
      cf | sf,
    ],
    [
      'a shift by 0 leaves flags',
      (a) => {
        a.mov(ecx, 32);
        a.mov(eax, 5);
        a.stc();
        a.shl(eax, cl);
      },
      5,
      cf,
    ],
    [
      'rol into carry',
      (a) => {
        a.mov(eax, 0x80000000);
        a.xor(ecx, ecx);
        a.rol(eax, 1);
      },
      1,
      cf | of | zf | pf,
    ],
    [
      'rcr through carry',
      (a) => {
        a.mov(eax, 2);
        a.xor(ecx, ecx);
        a.stc();
        a.rcr(eax, 1);
      },
      0x80000001,
      of | zf | pf,
    ],
    [
      'shld',
      (a) => {
        a.mov(eax, 0x12345678);
        a.mov(edx, 0x9abcdef0);
        a.shld(eax, edx, 8);
      },
      0x3456789a,
      pf,
    ],
    [
      'imul overflows',
      (a) => {
        a.mov(eax, 0x10000);
        a.imul(eax, eax);
      },
      0,
      cf | of | zf | pf,
    ],
    [
      'imul fits',
      (a) => {
        a.mov(eax, -3);
        a.imul(eax, eax, 5);
      },
      0xfffffff1,
      sf,
    ],
  ];
  for (const [name, main, result, flags] of cases) {
    it(name, async () => {
      // Carry in is 0 and ZF 0 unless the case sets them: TEST leaves both.
      const seen = await outcomeOf((a) => {
        a.mov(esi, 1);
        a.test(esi, esi);
        main(a);
      });
      expect(seen.reg('eax')).toBe(result);
      // The manual leaves AF undefined after logic and shifts, OF after shifts by more than one: neither is compared.
      const undefinedHere = /^(and|shl|shr|sar|rol|rcr|shld|imul|a shift)/.test(name) ? af : 0;
      const noOverflow = name === 'shld' ? of | cf : 0;
      const noProduct = name.startsWith('imul') ? sf | zf | pf : 0;
      const mask = ARITHMETIC & ~(undefinedHere | noOverflow | noProduct);
      expect(seen.flags & mask).toBe(flags & mask);
    });
  }
});

describe('multiplication and division', () => {
  it('mul gives 64 bits', async () => {
    const { reg, flags } = await outcomeOf((a) => {
      a.mov(eax, 0xffffffff);
      a.mov(ebx, 0xffffffff);
      a.mul(ebx);
    });
    expect([reg('edx'), reg('eax')]).toEqual([0xfffffffe, 1]);
    expect(flags & (cf | of)).toBe(cf | of);
  });

  it('idiv truncates towards zero, the remainder has the sign of the dividend', async () => {
    const { reg } = await outcomeOf((a) => {
      a.mov(eax, -7);
      a.cdq();
      a.mov(ebx, 2);
      a.idiv(ebx);
    });
    expect([reg('eax') | 0, reg('edx') | 0]).toEqual([-3, -1]);
  });

  it('8-bit div puts the remainder into AH', async () => {
    const { reg } = await outcomeOf((a) => {
      a.mov(eax, 1000);
      a.mov(bl, 7);
      a.div(bl);
    });
    expect(reg('eax')).toBe((6 << 8) | 142);
  });

  it('a quotient that does not fit is #DE, and changes nothing', async () => {
    const outcome = await run({
      main: (a) => {
        a.mov(edx, 1);
        a.mov(eax, 0);
        a.mov(ebx, 1);
        a.label('here');
        a.div(ebx);
      },
    });
    expect(outcome.vector).toBe(0);
    expect(outcome.frame[0]).toBe(outcome.symbols.get('here'));
    expect([outcome.reg('edx'), outcome.reg('eax')]).toEqual([1, 0]);
  });

  it('the least number divided by -1 is #DE', async () => {
    const outcome = await run({
      main: (a) => {
        a.mov(eax, 0x80000000);
        a.cdq();
        a.mov(ebx, -1);
        a.idiv(ebx);
      },
    });
    expect(outcome.vector).toBe(0);
  });
});

describe('data', () => {
  it('byte registers are the low words’ halves', async () => {
    const { reg } = await outcomeOf((a) => {
      a.mov(eax, 0x11223344);
      a.mov(ah, 0x99);
      a.mov(bl, ah);
      a.movzx(ecx, ah);
      a.movsx(edx, bl);
    });
    expect([reg('eax'), reg('ebx') & 0xff, reg('ecx'), reg('edx')]).toEqual([0x11229944, 0x99, 0x99, 0xffffff99]);
  });

  it('addresses are base + index x scale + displacement; without a base, too', async () => {
    const { reg } = await outcomeOf((a) => {
      a.mov(ebx, 0x1000);
      a.mov(ecx, 3);
      a.lea(eax, mem({ base: ebx, index: ecx, scale: 8, disp: -4 }));
      a.lea(edx, mem({ index: ecx, scale: 4, disp: 0x100 }));
      a.mov(esi, esp);
      a.lea(edi, mem({ base: esp, disp: 4 }));
    });
    expect([reg('eax'), reg('edx'), reg('edi') - reg('esi')]).toEqual([0x1014, 0x10c, 4]);
  });

  it('16-bit addressing wraps at 64 KiB', async () => {
    const { reg } = await outcomeOf((a) => {
      a.mov(mem({ disp: 0x10 }), 0xcafe1234);
      a.mov(ebx, 0xabcdfff0);
      a.bytes(0x67, 0x8b, 0x47, 0x20); // mov eax, [bx + 0x20]
    });
    expect(reg('eax')).toBe(0xcafe1234);
  });

  it('misaligned data, across granules and lines', async () => {
    const { reg, ram32 } = await outcomeOf((a) => {
      a.mov(mem({ disp: DATA + 30 }), 0x11223344);
      a.mov(eax, mem({ disp: DATA + 31 }));
      a.add(mem({ disp: DATA + 29 }), 0x01010101);
    });
    expect(reg('eax')).toBe(0x00112233);
    expect(ram32(DATA + 29)).toBe((0x22334400 + 0x01010101) >>> 0);
  });

  it('xchg, xadd, cmpxchg, cmpxchg8b, bswap', async () => {
    const { reg, ram32, flags } = await outcomeOf((a) => {
      a.mov(mem({ disp: DATA }), 10);
      a.mov(mem({ disp: DATA + 4 }), 0);
      a.mov(ecx, 5);
      a.lock();
      a.xadd(mem({ disp: DATA }), ecx); // [DATA] = 15, ecx = 10
      a.mov(eax, 15);
      a.mov(edx, 20);
      a.lock();
      a.cmpxchg(mem({ disp: DATA }), edx); // equal: [DATA] = 20
      a.mov(esi, 0x12345678);
      a.bswap(esi);
      a.mov(eax, 21);
      a.mov(edx, 0);
      a.cmpxchg8b(mem({ disp: DATA })); // not equal: edx:eax = 0:20
    });
    expect([reg('ecx'), ram32(DATA), reg('esi'), reg('eax'), reg('edx')]).toEqual([10, 20, 0x78563412, 20, 0]);
    expect(flags & zf).toBe(0);
  });

  it('bit strings reach beyond the operand', async () => {
    const { ram32, flags } = await outcomeOf((a) => {
      a.mov(mem({ disp: DATA - 4 }), 0);
      a.mov(ecx, -1);
      a.bts(mem({ disp: DATA }), ecx);
    });
    expect(ram32(DATA - 4)).toBe(0x80000000);
    expect(flags & cf).toBe(0);
  });

  it('the stack: pushad stores the old ESP, enter and leave make a frame', async () => {
    const { reg, ram32 } = await outcomeOf((a) => {
      a.mov(edi, esp);
      a.pushad();
      a.mov(esi, mem({ base: esp, disp: 12 }));
      a.popad();
      a.bytes(0xc8, 0x10, 0x00, 0x00); // enter 16, 0
      a.mov(ebx, ebp);
      a.sub(ebx, esp);
      a.leave();
      a.mov(ecx, esp);
      a.mov(mem({ disp: DATA }), edi);
    });
    expect(reg('ebx')).toBe(16);
    expect(reg('ecx')).toBe(ram32(DATA));
  });

  it('decimal adjustment of 19 + 28', async () => {
    const { reg, flags } = await outcomeOf((a) => {
      a.mov(eax, 0x19);
      a.add(al, 0x28);
      a.bytes(0x27); // daa
    });
    expect(reg('eax')).toBe(0x47);
    expect(flags & (cf | af)).toBe(af);
  });
});

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

describe('what it costs', () => {
  const { issue } = processors['pentium-133'];
  const ticks = (name: keyof typeof issue, n = 1) => n * issue[name].value;

  it('issue time is the sum of the classes, in ticks; what is less than a cycle is kept', async () => {
    const body = async (n: number) => {
      const { core } = await run({
        main: (a) => {
          for (let i = 0; i < n; i++) {
            a.add(eax, ebx); // alu
            a.mov(ecx, mem({ disp: DATA })); // load
            a.mov(mem({ disp: DATA }), ecx); // store
            a.push(eax); // push
            a.pop(eax); // push
            a.imul(edx, edx); // multiply
          }
        },
      });
      const issueCycles = core.wide(core.get('currentRow'));
      return { issueCycles, instructions: core.wide(layout.COUNTERS) };
    };
    const few = await body(1);
    const many = await body(1 + TICKS_PER_CYCLE);
    const each = ticks('alu') + ticks('load') + ticks('store') + ticks('push', 2) + ticks('multiply');
    // Sixteen repetitions cost a whole number of cycles, whatever the fractions.
    expect(many.issueCycles - few.issueCycles).toBe(each);
    expect(many.instructions - few.instructions).toBe(6 * TICKS_PER_CYCLE);
  });

  it('every cycle is in the ledger', async () => {
    const { core } = await run({
      main: (a) => {
        a.mov(ecx, 100);
        a.label('again');
        a.rdtsc();
        a.dec(ecx);
        a.jnz('again');
      },
    });
    const row = core.get('currentRow');
    let sum = 0;
    for (let cause = 0; cause < 32; cause++) sum += core.wide(row + 8 * cause);
    expect(sum).toBe(core.cycle);
  });
});
