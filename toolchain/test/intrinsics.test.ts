// kernels/lib/x86.ts and the back end name the same intrinsics; each expands to the instruction it names.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { EXPECTATIONS } from '../backend/calls.js';
import { INTRINSICS } from '../backend/intrinsics.js';
import { type Expr, register } from '../backend/ir.js';
import { Selector } from '../backend/select.js';

const declared = [
  ...readFileSync('kernels/lib/x86.ts', 'utf8').matchAll(/export declare function (\w+)\(([^)]*)\): (\w+);/g),
].map(([, name, params, result]) => ({ name, params: params === '' ? [] : params.split(', '), result }));

test('every declared function has an expansion, and the other way round', () => {
  expect(declared.map((d) => d.name).sort()).toEqual([...Object.keys(INTRINSICS), ...EXPECTATIONS].sort());
});

test.each(declared.filter((d) => Object.hasOwn(INTRINSICS, d.name)))(
  '$name takes its operands and sets its result',
  ({ name, params, result }) => {
    const args: Expr[] = params.flatMap((p, i) =>
      p.endsWith('u64') ? [register(20 + i), register(30 + i)] : [register(20 + i)],
    );
    const results = result === 'void' ? [] : result === 'u64' ? [8, 9] : [8];
    const values = name === 'stackSlot' ? [{ kind: 'const', value: 16 } as const] : args;
    const s = new Selector({
      name,
      registers: 64,
      params: [],
      blocks: [
        {
          id: 0,
          depth: 0,
          isLoopHead: false,
          statements: [{ kind: 'intrinsic', name, args: values, results, position: 0 }],
          end: { kind: 'return', values: [], position: 0 },
        },
      ],
    });
    const text = JSON.stringify(s.run().blocks[0].instructions);
    for (const e of values) if (e.kind === 'reg') expect(text).toMatch(new RegExp(`"(reg|base)":${e.reg}\\b`));
    for (const r of results) expect(text).toContain(`"a":{"kind":"reg","reg":${r}}`);
  },
);
