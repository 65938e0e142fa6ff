import { describe, expect, it } from 'vitest';
import { PhaseTimer } from '../bench/phase-timer.js';
import { phases, phasesImage } from '../bench/phases.js';
import { makeMachine } from './guest.js';

/**
 * What the reference guest prints with its counts divided by 2^6: the checksums of an assembly program of the same
 * phases, written apart from this one, on QEMU.
 */
const reference: Record<string, string> = {
  a_alu: 'n=0077358f rep=00000000 ck=555a5490',
  b0_init64M: 'n=06000000 rep=00000000 ck=00000000',
  b1_seq1M: 'n=00100004 rep=00000000 ck=32780000',
  b2_seq64M: 'n=04000004 rep=00000000 ck=9e000000',
  b3_rand1M: 'n=002625a0 rep=00000000 ck=aab49214',
  b4_rand64M: 'n=002625a0 rep=00000000 ck=34749214',
  c_int80: 'n=0001312d rep=00000000 ck=00003d09',
  d_cr3churn: 'n=00026250 rep=00000000 ck=7bc7b800',
  e_pagefault: 'n=0001142a rep=00300c00 ck=00000c00',
  f1_movsd1460: 'n=0000493e rep=00116791 ck=3d841eb0',
  f2_movsd4096: 'n=0000249c rep=00186800 ck=60bd293c',
};

describe('the benchmark', () => {
  it('prints what the reference guest prints', async () => {
    const machine = await makeMachine(phasesImage(6).bytes, [], { memoryMiB: 128 });
    const timer = new PhaseTimer(() => 0);
    machine.observe({
      console: (byte, source) => {
        if (source === 'com1') timer.take(byte);
      },
    });
    expect(machine.run(2_000_000_000n)).toMatchObject({ reason: 'exit', code: 0 });
    expect(timer.finished).toBe(true);
    const printed = Object.fromEntries([...timer.times].map(([id, { result }]) => [id, result]));
    expect(printed).toEqual(reference);
    expect(Object.keys(printed)).toEqual(phases(6).map((p) => p.id));
  });
});
