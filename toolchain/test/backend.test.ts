// The back end against the WebAssembly engine of Node: two thousand random programs must leave the same results and
// the same memory on our machine and on this host's processor. `npm run verify:toolchain` runs a hundred thousand others.
import { describe, expect, test } from 'vitest';
import { buildCore } from '../driver/core.js';
import { runBatch } from '../verify/batch.js';
import { batchText, moduleBytes } from '../verify/encode.js';
import { generate } from '../verify/generate.js';
import { linuxUnavailable } from '../verify/linux.js';
import { walk } from '../verify/program.js';
import { shrink } from '../verify/shrink.js';
import { byNode } from '../verify/subjects.js';

const FIRST_SEED = 1_000_000;
const BATCHES = 10;
const PROGRAMS = 200;

const reason = linuxUnavailable();

describe(`random programs on our machine and on this processor${reason ? ` (this one skipped: ${reason})` : ''}`, () => {
  // 500025: a byte, sign-extended, under a mask of higher bits than a byte has.
  const seeds = [500_025, ...Array.from({ length: BATCHES - 1 }, (_, i) => FIRST_SEED + i)];
  test.each(seeds)(`${PROGRAMS} of seed %i agree with Node`, async (seed) => {
    const core = await WebAssembly.compile((await buildCore()) as Uint8Array<ArrayBuffer>);
    expect(runBatch({ seed, programs: PROGRAMS, core, native: reason === undefined }).failures).toEqual([]);
  });
});

describe('the generator', () => {
  test('makes the same batch of the same seed, valid, without traps, and different results', () => {
    const wasm = moduleBytes(generate(7, 50));
    expect(moduleBytes(generate(7, 50))).toEqual(wasm);
    expect(WebAssembly.validate(wasm as Uint8Array<ArrayBuffer>)).toBe(true);
    const results = byNode(wasm, 50);
    const words = new Set(new Uint32Array(results.slice().buffer));
    expect(words.size).toBeGreaterThan(100);
  });

  test('uses every instruction of both types that compiled code has', () => {
    const seen = new Set<string>();
    for (let seed = 1; seed <= 10; seed++)
      for (const f of generate(seed, PROGRAMS).programs)
        for (const { list, index } of walk(f.body)) seen.add(list[index].text.split(' ')[0]);
    expect(seen.size).toBe(EVERY_INSTRUCTION);
  });
});

/** Comparisons and operators; bit counts and extensions; accesses; conversions; constants, variables; control; bulk. */
const EVERY_INSTRUCTION = 2 * (11 + 15) + (5 + 6) + (5 + 7 + 3 + 4) + 3 + (2 + 5) + 11 + 2;

test('a failing program is shrunk to what makes it fail', () => {
  const { helpers, programs } = generate(3, 200);
  const has = (text: string) => text.includes('i64.rem_u');
  const textOf = (p: (typeof programs)[number]) => batchText({ helpers: [], programs: [p] });
  const index = programs.findIndex((p) => has(textOf(p)) && textOf(p).length > 4000);
  const single = { helpers, programs: [programs[index]] };
  const before = batchText({ helpers: [], programs: [programs[index]] }).length;
  const after = batchText(shrink(single, ({ programs: [p] }) => has(batchText({ helpers: [], programs: [p] }))));
  const program = after.slice(after.indexOf('(func $program0'));
  expect(program.length).toBeLessThan(before / 4);
  expect(program.split('\n').filter((line) => /\((?!func|param|local )/.test(line)).length).toBeLessThan(16); // what sets pointers stays
  expect(program).toContain('i64.rem_u');
});
