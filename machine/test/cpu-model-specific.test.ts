import { describe, expect, it } from 'vitest';
import { type Assembler, eax, ecx, edx, sym } from '../../toolchain/assembler/index.js';
import { processors } from '../processors/index.js';
import { iretTo, run, type Scene, sel } from './cpu.js';

const [UD, GP] = [6, 13];
const MSR = { tsc: 0x10, sysenterCs: 0x174, microcode: 0x8b, efer: 0xc0000080, star: 0xc0000081, hwcr: 0xc0010015 };
const wrmsr = (a: Assembler, number: number, low: number | string, high = 0) => {
  a.mov(ecx, number);
  a.mov(eax, typeof low === 'string' ? sym(low) : low);
  a.mov(edx, high);
  a.bytes(0x0f, 0x30);
};
const rdmsr = (a: Assembler, number: number) => {
  a.mov(ecx, number);
  a.bytes(0x0f, 0x32);
};
const on = (id: string, main: (a: Assembler) => void, scene: Partial<Scene> = {}) =>
  run({ ...scene, options: { preset: processors[id] }, main });

describe('model-specific registers', () => {
  it('are those of the processor; others are #GP', async () => {
    expect((await on('pentium-133', (a) => rdmsr(a, MSR.sysenterCs))).vector).toBe(GP);
    expect((await on('pentium3-800', (a) => rdmsr(a, MSR.sysenterCs))).vector).toBe(-1);
    expect((await on('pentium3-800', (a) => rdmsr(a, MSR.efer))).vector).toBe(GP);
    expect((await on('core2-2400', (a) => wrmsr(a, MSR.efer, 0x800))).vector).toBe(-1);
    // SCE is AMD's alone outside of 64-bit mode.
    expect((await on('core2-2400', (a) => wrmsr(a, MSR.efer, 1))).vector).toBe(GP);
    expect((await on('pentium3-800', (a) => rdmsr(a, 0x12345))).vector).toBe(GP);
  });

  it('that change nothing read 0 whatever was written', async () => {
    const { vector, reg } = await on('pentium3-800', (a) => {
      wrmsr(a, MSR.microcode, 0x1234);
      rdmsr(a, MSR.microcode);
    });
    expect([vector, reg('eax'), reg('edx')]).toEqual([-1, 0, 0]);
    expect((await on('pentium3-800', (a) => rdmsr(a, MSR.hwcr))).vector).toBe(GP);
    expect((await on('opteron-1800', (a) => rdmsr(a, MSR.hwcr))).vector).toBe(-1);
  });

  it('are ring 0’s', async () => {
    const { vector, frame } = await on('pentium3-800', (a) => {
      iretTo(a, 3, 'user');
      a.label('user');
      a.bytes(0x0f, 0x32);
    });
    expect([vector, frame[0]]).toEqual([GP, 0]);
  });
});

describe('SYSCALL and SYSRET', () => {
  // AMD64 APM vol. 2, 6.1.1: STAR holds EIP, the selector for ring 0 and that for ring 3.
  const star = (a: Assembler) => {
    wrmsr(a, MSR.efer, 1);
    wrmsr(a, MSR.star, 'entry', ((sel.code3 - 3) << 16) | sel.code0);
  };
  it('go to the address in STAR and back to ECX, flat segments on both sides', async () => {
    const { vector, frame, reg, symbols } = await on('opteron-1800', (a) => {
      star(a);
      iretTo(a, 3, 'user');
      a.label('user');
      a.bytes(0x0f, 0x05);
      a.label('back');
      a.hlt(); // #GP in ring 3
      a.label('entry');
      a.mov(eax, ecx);
      a.bytes(0x0f, 0x07);
    });
    expect([vector, frame[1], frame[2]]).toEqual([GP, symbols.get('back'), sel.code3]);
    expect(frame[3] & 0x200).toBe(0x200); // SYSRET sets IF
    expect(reg('eax')).toBe(symbols.get('back'));
  });

  it('are #UD without EFER.SCE, and on a processor without them', async () => {
    expect((await on('opteron-1800', (a) => a.bytes(0x0f, 0x05))).vector).toBe(UD);
    expect((await on('pentium3-800', (a) => a.bytes(0x0f, 0x05))).vector).toBe(UD);
  });
});

describe('time and performance counters', () => {
  const cr4 = (a: Assembler, bits: number) => {
    a.mov(eax, bits);
    a.bytes(0x0f, 0x22, 0xe0);
  };
  const user = (bits: number, code: readonly number[]) => (a: Assembler) => {
    cr4(a, bits);
    iretTo(a, 3, 'user');
    a.label('user');
    a.bytes(...code);
    a.bytes(0xcc);
  };
  it('RDTSC is ring 0’s under CR4.TSD, RDPMC unless CR4.PCE', async () => {
    const [rdtsc, rdpmc] = [
      [0x0f, 0x31],
      [0x31, 0xc9, 0x0f, 0x33],
    ];
    const vectorOf = async (main: (a: Assembler) => void) =>
      (await on('pentium3-800', main, { gates: [{ vector: 3, label: 'vector3', dpl: 3 }] })).vector;
    expect(await vectorOf(user(0, rdtsc))).toBe(3);
    expect(await vectorOf(user(4, rdtsc))).toBe(GP);
    expect(await vectorOf(user(0, rdpmc))).toBe(GP);
    expect(await vectorOf(user(0x100, rdpmc))).toBe(3);
    expect((await on('pentium3-800', (a) => a.bytes(0xb1, 2, 0x0f, 0x33))).vector).toBe(GP);
    expect((await on('pentium-133', (a) => a.bytes(0x0f, 0x33))).vector).toBe(UD);
  });
});

it('a bit of CR4 that the processor lacks is #GP; the 486 has no CR4', async () => {
  const set = (bits: number) => (a: Assembler) => {
    a.mov(eax, bits);
    a.bytes(0x0f, 0x22, 0xe0);
  };
  expect((await on('pentium3-800', set(0x7fc))).vector).toBe(-1);
  expect((await on('pentium3-800', set(0x800))).vector).toBe(GP);
  expect((await on('pentium-133', set(0x20))).vector).toBe(GP);
  expect((await on('486dx2-66', set(0))).vector).toBe(UD);
});
