import { describe, expect, it } from 'vitest';
import { type Assembler, eax, ecx, edi, edx, esi, sym } from '../../toolchain/assembler/index.js';
import { processors } from '../processors/index.js';
import { DATA, look, type Scene, stage } from './cpu.js';

/**
 * A REP instruction gives way to the limit of a run, and goes on in the next: nobody may see where. It looks at its own
 * code where it looks at interrupts, every 128 iterations (core/string.ts).
 */
const INC_EDX = 0x42424242;
const NOP = 0x90;
/** Doublewords to write, from this far before the instruction. */
const COUNT = 512;
const BEFORE = 64;

/** Overwrites itself, and what follows, with INC EDX. */
function overwriting(operation: (a: Assembler) => void, shift: number) {
  return (a: Assembler) => {
    a.cld();
    a.mov(esi, DATA);
    a.mov(edi, sym('repeat'));
    a.sub(edi, BEFORE);
    a.mov(eax, INC_EDX);
    a.mov(ecx, COUNT);
    a.xor(edx, edx);
    a.jmp('repeat');
    a.align(32);
    for (let i = 0; i < BEFORE + shift; i++) a.db(NOP);
    a.label('repeat');
    a.rep();
    operation(a);
    for (let i = 0; i < 4 * COUNT; i++) a.db(NOP);
  };
}

/** Reads or writes 16 KiB: all of a first-level cache that may hold its code, too. */
function sweeping(operation: (a: Assembler) => void, shift: number) {
  return (a: Assembler) => {
    a.cld();
    a.mov(esi, DATA);
    a.mov(edi, 0x200000);
    a.mov(ecx, 0x1000);
    a.jmp('repeat');
    a.align(32);
    for (let i = 0; i < shift; i++) a.db(NOP);
    a.label('repeat');
    a.rep();
    operation(a);
  };
}

/** At once, or in runs of so many cycles. */
async function end(scene: Scene, slice: bigint) {
  const { machine, symbols } = await stage(scene);
  let stop = machine.run(slice);
  while (stop.reason === 'budget') stop = machine.run(slice);
  return { hash: machine.stateHash(), ...look(machine, symbols, stop) };
}

const movs = (a: Assembler) => a.movsd();
const stos = (a: Assembler) => a.stosd();
const lods = (a: Assembler) => a.lodsd();
// In one granule of code, or across the end of one.
const scenes: [string, (a: Assembler) => void][] = [
  ['movs that overwrites itself', overwriting(movs, 0)],
  ['stos that overwrites itself', overwriting(stos, 0)],
  ['stos that overwrites itself, in two granules', overwriting(stos, 31)],
  ['movs over 16 KiB', sweeping(movs, 0)],
  ['movs over 16 KiB, in two granules', sweeping(movs, 31)],
  ['lods over 16 KiB', sweeping(lods, 0)],
  ['stos over 16 KiB', sweeping(stos, 0)],
];

describe('where a run is cut, a REP instruction does not show', () => {
  for (const processor of ['486dx2-66', 'pentium-133'] as const) {
    for (const [name, main] of scenes) {
      it(`${name}, on ${processor}`, async () => {
        const scene: Scene = {
          main,
          options: { preset: processors[processor] },
          poke: (ram) => {
            for (let i = 0; i < COUNT; i++) ram.setUint32(DATA + 4 * i, INC_EDX, true);
          },
        };
        const straight = await end(scene, 10_000_000n);
        const cut = await end(scene, 97n);
        expect(straight.stop.reason).toBe('halted');
        expect(cut.hash).toBe(straight.hash);
        // After 128 iterations what they wrote takes effect, from the instruction on.
        if (name.includes('itself')) {
          expect(straight.reg('ecx')).toBe(COUNT - 128);
          expect(straight.reg('edx')).toBe(4 * 128 - BEFORE);
        } else expect(straight.reg('ecx')).toBe(0);
      });
    }
  }
});
