import { describe, expect, it } from 'vitest';
import { ah, al, bl, eax, ebp, ebx, ecx, edi, edx, esi, esp, mem } from '../../toolchain/assembler/index.js';
import { processors } from '../processors/index.js';
import { handlers } from '../tables/handlers.js';
import { formsOf, instructions } from '../tables/instructions.js';
import { TICKS_PER_CYCLE } from '../tables/issue.js';
import { layout } from '../tables/layout.js';
import { DATA, flag, outcomeOf, run } from './cpu.js';

const { cf, af, zf } = flag;

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
