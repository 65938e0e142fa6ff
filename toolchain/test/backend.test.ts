// The back end against the WebAssembly engine of Node: two thousand random programs must leave the same results and
// the same memory on our machine and on this host's processor. `npm run verify:toolchain` runs a hundred thousand others.
import { describe, expect, test } from 'vitest';
import { buildCore } from '../driver/core.js';
import { runBatch } from '../verify/batch.js';
import { batchText, moduleBytes } from '../verify/encode.js';
import { ADD, AND, access, binary, or, SHL, SHR_U } from '../verify/forms.js';
import { generate } from '../verify/generate.js';
import { compiled, linuxUnavailable } from '../verify/linux.js';
import { BASE, constant, type Node, plain, SIGNATURES, walk } from '../verify/program.js';
import { shrink } from '../verify/shrink.js';
import { byNode, differences, onMachine } from '../verify/subjects.js';

const FIRST_SEED = 1_000_000;
const BATCHES = 10;
const PROGRAMS = 200;

const reason = linuxUnavailable();

describe(`random programs on our machine and on this processor${reason ? ` (this one skipped: ${reason})` : ''}`, () => {
  const seeds = Array.from({ length: BATCHES }, (_, i) => FIRST_SEED + i);
  test.each(seeds)(`${PROGRAMS} of seed %i agree with Node`, async (seed) => {
    const core = await WebAssembly.compile((await buildCore()) as Uint8Array<ArrayBuffer>);
    expect(runBatch({ seed, programs: PROGRAMS, core, native: reason === undefined }).failures).toEqual([]);
  });
});

/** A parameter, which the compiler does not know to be 3. */
const THREE = or('i32', plain('i32', 'local.get 0', [0x20, 0]), 3);
const plusOne = (x: Node) => binary('i32', ADD, x, constant('i32', 1));
const minusOne = (x: Node) => binary('i32', ADD, x, constant('i32', -1));

/** What random programs have found once; each leaves 1. */
const FOUND: Record<string, Node[]> = {
  'a byte, sign-extended, under a mask with higher bits than a byte has': [
    access('void', 'i32', [0x3a, 'store8'], 0, constant('i32', BASE), constant('i32', 0x80)),
    {
      ...plain('i32', 'if', [0x04]),
      kids: [
        binary('i32', AND, access('i32', 'i32', [0x2c, 'load8_s'], 0, constant('i32', BASE)), constant('i32', 0x100)),
      ],
      bodies: [[constant('i32', 1)], [constant('i32', 2)]],
      label: 0,
    },
  ],
  'a sum, shifted by a count that is a negative number, in a sum': [
    binary('i32', SHR_U, minusOne(binary('i32', SHL, plusOne(THREE), constant('i32', -32 + 10))), constant('i32', 11)),
  ],
};

test.each(Object.entries(FOUND))('%s', async (_, body) => {
  const core = await WebAssembly.compile((await buildCore()) as Uint8Array<ArrayBuffer>);
  const program = { signature: SIGNATURES[0], locals: [], body, arguments: [[0n, 0n]] };
  const batch = { helpers: generate(1, 0).helpers, programs: [program] };
  const wasm = moduleBytes(batch);
  expect(new Uint32Array(byNode(wasm, 1).slice(0, 4).buffer)[0]).toBe(1);
  expect(differences(onMachine(core).run(compiled(wasm), 1), byNode(wasm, 1), 1)).toEqual([]);
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
const EVERY_INSTRUCTION = 2 * (11 + 15) + (5 + 6) + (5 + 7 + 3 + 4) + 3 + (2 + 5) + 12 + 2;

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
