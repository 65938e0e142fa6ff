import { describe, expect, it } from 'vitest';
import { type Assembler, cr0, cr3, eax, ebx, mem } from '../../toolchain/assembler/index.js';
import { processors } from '../processors/index.js';
import { DATA, iretTo, type Outcome, run, type Scene } from './cpu.js';

// SDM vol. 3, 4.4: pointers at 10000h, a directory at 11000h, a table for the first 2 MiB at 12000h, one to one; the
// second 2 MiB are a large page, and so is linear 40000000h, which shows the first.
const [POINTERS, DIRECTORY, TABLE] = [0x10000, 0x11000, 0x12000];
const [P, W, U, LARGE] = [1, 2, 4, 0x80];
const [GP, PF] = [13, 14];
const NX = 0x80000000;
const entry = (linear: number) => TABLE + 8 * (linear >>> 12);

/** Pages read and written by everybody; `change` alters the tables first. */
async function paged(
  main: (a: Assembler) => void,
  change: (ram: DataView) => void = () => {},
  options: Scene['options'] = { preset: processors['core2-2400'] },
): Promise<Outcome> {
  return run({
    options,
    poke: (ram) => {
      ram.setUint32(POINTERS, DIRECTORY | P, true);
      ram.setUint32(POINTERS + 8, (DIRECTORY + 0x2000) | P, true);
      ram.setUint32(DIRECTORY, TABLE | P | W | U, true);
      ram.setUint32(DIRECTORY + 8, 0x200000 | P | W | U | LARGE, true);
      ram.setUint32(DIRECTORY + 0x2000, P | W | U | LARGE, true);
      for (let page = 0; page < 512; page++) ram.setUint32(TABLE + 8 * page, (page << 12) | P | W | U, true);
      change(ram);
    },
    main: (a) => {
      a.bytes(0x0f, 0x20, 0xe0, 0x83, 0xc8, 0x20, 0x0f, 0x22, 0xe0); // CR4.PAE
      a.mov(eax, POINTERS);
      a.mov(cr3, eax);
      a.mov(eax, cr0);
      a.or(eax, 0x80010000);
      a.label('on');
      a.mov(cr0, eax);
      main(a);
    },
  });
}

/** EFER.NXE. */
function enableNx(a: Assembler): void {
  a.bytes(0xb9, 0x80, 0, 0, 0xc0, 0x0f, 0x32, 0x80, 0xcc, 8, 0x0f, 0x30); // mov ecx, C0000080h; rdmsr; or ah, 8; wrmsr
}

describe('PAE', () => {
  it('maps pages of 4 KiB and 2 MiB, and marks entries accessed and dirty', async () => {
    const { reg, ram32, vector } = await paged((a) => {
      a.mov(mem({ disp: DATA }), 0x1111);
      a.mov(eax, mem({ disp: 0x40000000 + DATA }));
      a.mov(mem({ disp: 0x234567 & ~3 }), eax);
    });
    expect([vector, reg('eax'), ram32(0x234564)]).toEqual([-1, 0x1111, 0x1111]);
    expect([ram32(entry(DATA)) & 0x60, ram32(DIRECTORY + 8) & 0x60, ram32(DIRECTORY + 0x2000) & 0x60]).toEqual([
      0x60, 0x60, 0x20,
    ]);
  });

  it('reads the four pointers at a load of CR3 and at no other time', async () => {
    const { reg, vector, frame } = await paged((a) => {
      a.mov(mem({ disp: POINTERS + 8 }), 0);
      a.mov(ebx, mem({ disp: 0x40000000 }));
      a.mov(eax, cr3);
      a.mov(cr3, eax);
      a.mov(ebx, mem({ disp: 0x40000000 }));
    });
    expect([vector, frame[0], reg('cr2')]).toEqual([PF, 0, 0x40000000]);
  });

  it('refuses a pointer with reserved bits: #GP at the load of CR0 and of CR3', async () => {
    const first = await paged(
      () => {},
      (ram) => ram.setUint32(POINTERS, DIRECTORY | P | W, true),
    );
    expect([first.vector, first.frame[0], first.frame[1]]).toEqual([GP, 0, first.symbols.get('on')]);
    const later = await paged((a) => {
      a.mov(mem({ disp: POINTERS + 8 }), DIRECTORY | P | 0x20);
      a.mov(eax, cr3);
      a.mov(cr3, eax);
    });
    expect([later.vector, later.frame[0]]).toEqual([GP, 0]);
  });

  it.each([
    ['NX without EFER.NXE', NX],
    ['an address bit beyond 36', 0x10],
  ])('%s in an entry is a reserved bit', async (_, high) => {
    const { vector, frame } = await paged(
      (a) => a.mov(eax, mem({ disp: DATA })),
      (ram) => ram.setUint32(entry(DATA) + 4, high, true),
    );
    expect([vector, frame[0]]).toEqual([PF, 9]);
  });

  it('bits 13 to 20 of a large page are reserved', async () => {
    const { vector, frame } = await paged(
      (a) => a.mov(eax, mem({ disp: 0x200000 })),
      (ram) => ram.setUint32(DIRECTORY + 8, 0x202000 | P | W | U | LARGE, true),
    );
    expect([vector, frame[0]]).toEqual([PF, 9]);
  });

  it('user and read-only are combined over both levels', async () => {
    const { vector, frame } = await paged(
      (a) => {
        iretTo(a, 3, 'user');
        a.label('user');
        a.bytes(0x90);
      },
      (ram) => ram.setUint32(DIRECTORY, TABLE | P | W, true),
    );
    // The fetch of the first instruction: present, user.
    expect([vector, frame[0]]).toEqual([PF, 5]);
  });
});

describe('no-execute', () => {
  const jump = (a: Assembler) => a.bytes(0xb8, 0, 0x80, 0, 0, 0xff, 0xe0); // mov eax, DATA; jmp eax

  it('faults a fetch with bit 4 in the error code, and no read', async () => {
    const { vector, frame, reg } = await paged(
      (a) => {
        enableNx(a);
        a.mov(ebx, mem({ disp: DATA }));
        jump(a);
      },
      (ram) => {
        ram.setUint32(entry(DATA) + 4, NX, true);
        ram.setUint32(DATA, 0xf4, true);
      },
    );
    expect([vector, frame[0], frame[1], reg('cr2'), reg('ebx')]).toEqual([PF, 0x11, DATA, DATA, 0xf4]);
  });

  it('bit 4 tells every fetch under NXE, and none without', async () => {
    const absent = (ram: DataView) => ram.setUint32(entry(DATA), 0, true);
    const withNxe = await paged((a) => {
      enableNx(a);
      jump(a);
    }, absent);
    expect([withNxe.vector, withNxe.frame[0]]).toEqual([PF, 0x10]);
    const without = await paged(jump, absent);
    expect([without.vector, without.frame[0]]).toEqual([PF, 0]);
  });

  it('a processor without it has no EFER', async () => {
    const { vector } = await paged(enableNx, undefined, { preset: processors['pentium3-800'] });
    expect(vector).toBe(GP);
  });
});
